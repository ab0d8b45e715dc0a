//! The board's questions that must scan, asked of one process or of executors.

use anyhow::bail;
use peakend_cluster::Ballista;
use peakend_query::{
    Band, Counting, DayRange, Dimension, Filter, Grain, MigrationQuestion, Question, RankingQuestion, Score, Tone,
    Warehouse,
};
use peakend_warehouse::{Planned, SegmentWarehouse};

const ORG: &str = "bank";
const START: i32 = 20_028;
const END: i32 = 20_758;

/// Their names, and what they ask.
pub(crate) const ALL: [(&str, &str); 5] = [
    ("Q4", "four filters, by week"),
    ("Q6", "migration between two quarters"),
    ("Q8", "driver moments by touchpoint"),
    ("Q9", "twenty detractors with the largest assets"),
    ("one day", "Q4 of one day: what a question costs that reads next to nothing"),
];

/// The answer as text.
pub(crate) async fn ask(warehouse: &SegmentWarehouse, on: Option<&Ballista>, name: &str) -> anyhow::Result<String> {
    let far = on.map(|elsewhere| Planned { warehouse, elsewhere });
    let whole = DayRange { from: START, to: END - 1 };
    let question = Question {
        org: ORG.to_owned(),
        period: whole,
        filter: Filter::All,
        by: Vec::new(),
        grain: None,
        persons: false,
        counting: Counting::Everything,
    };
    Ok(match name {
        "Q4" | "one day" => {
            let period = if name == "Q4" { whole } else { DayRange { from: END - 1, to: END - 1 } };
            let q = Question { filter: narrow(), grain: Some(Grain::Week), period, ..question };
            let table = match far {
                Some(far) => far.answer(&q).await?,
                None => warehouse.answer(&q).await?,
            };
            format!("{:?}", table.rows)
        }
        "Q6" => {
            let q = moved();
            match far {
                Some(far) => format!("{:?}", far.migration(&q).await?),
                None => format!("{:?}", warehouse.migration(&q).await?),
            }
        }
        "Q8" => {
            let q = Question { by: vec![Dimension::Touchpoint], ..question };
            match far {
                Some(far) => format!("{:?}", far.joint(&q).await?),
                None => format!("{:?}", warehouse.joint(&q).await?),
            }
        }
        "Q9" => {
            let q = most_assets();
            match far {
                Some(far) => format!("{:?}", far.ranking(&q).await?),
                None => format!("{:?}", warehouse.ranking(&q).await?),
            }
        }
        other => bail!("no question {other}"),
    })
}

fn any(dimension: Dimension, codes: impl IntoIterator<Item = u32>) -> Filter {
    Filter::In(dimension, codes.into_iter().map(|c| c.to_string()).collect())
}

/// Q4: five regions, two segments, one channel, what was said unkindly.
fn narrow() -> Filter {
    let regions = [1, 3, 5, 8, 13];
    Filter::And(vec![
        any(Dimension::Unit, (0..2000).filter(|unit| regions.contains(&(unit % 34)))),
        any(Dimension::Segment, [1, 2]),
        any(Dimension::Channel, [1]),
        Filter::Tone(Tone::Negative),
    ])
}

/// Q6: who moved between two quarters.
fn moved() -> MigrationQuestion {
    let band = |low, high| Band { score: Score::Nps, low, high };
    MigrationQuestion {
        org: ORG.to_owned(),
        before: DayRange { from: 20_544, to: 20_634 },
        after: DayRange { from: 20_635, to: 20_726 },
        filter: Filter::All,
        score: Score::Nps,
        bands: vec![band(0, 6), band(7, 8), band(9, 10)],
    }
}

/// Q9: the detractors of ninety days with the most assets.
fn most_assets() -> RankingQuestion {
    RankingQuestion {
        org: ORG.to_owned(),
        period: DayRange { from: END - 90, to: END - 1 },
        filter: Filter::Band(Band { score: Score::Nps, low: 0, high: 6 }),
        kind: "aum".to_owned(),
        month: 2026 * 12 + 9,
        limit: 20,
    }
}
