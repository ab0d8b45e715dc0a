//! Metrics: versioned definitions. A figure names the definition it was made by,
//! so that two figures are compared only when they mean the same.

use crate::Pillar;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Likelihood to recommend, 0..=10.
    Nps,
    /// Satisfaction, 1..=5.
    Csat,
    /// Ease, 1..=7.
    Ces,
    /// Tone of texts.
    NetSentiment,
    /// Responses.
    Responses,
    /// Signals.
    Signals,
}

impl Measure {
    /// The stored name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nps => "nps",
            Self::Csat => "csat",
            Self::Ces => "ces",
            Self::NetSentiment => "net_sentiment",
            Self::Responses => "responses",
            Self::Signals => "signals",
        }
    }

    /// A count has no interval and is never refused for a small base, except
    /// among employees.
    #[must_use]
    pub fn is_count(self) -> bool {
        matches!(self, Self::Responses | Self::Signals)
    }
}

/// The unit of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricUnit {
    /// Points from -100 to 100.
    Points,
    /// Per cent.
    Percent,
    /// A number of voices.
    Count,
}

impl MetricUnit {
    /// The public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Points => "points",
            Self::Percent => "percent",
            Self::Count => "count",
        }
    }
}

/// A named range of answers, inclusive. The bands of a metric cover its scale
/// without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BandRange {
    /// Code, also the value of the filter `band`.
    pub code: &'static str,
    /// Lowest answer.
    pub low: u8,
    /// Highest answer.
    pub high: u8,
}

const fn band(code: &'static str, low: u8, high: u8) -> BandRange {
    BandRange { code, low, high }
}

/// A text in English, simplified and traditional Chinese.
pub type Trio = [&'static str; 3];

/// A versioned definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Metric {
    /// Id, as in a question.
    pub id: &'static str,
    /// Definition id with its version, as in a figure.
    pub definition: &'static str,
    /// What is counted.
    pub measure: Measure,
    /// Pillars it is meant for.
    pub pillars: &'static [Pillar],
    /// Unit of the value.
    pub unit: MetricUnit,
    /// Whether more is better; `None` for plain counts.
    pub higher_is_better: Option<bool>,
    /// Bands, highest first; empty when there is no scale of answers.
    pub bands: &'static [BandRange],
    /// Name.
    pub name: Trio,
    /// Formula in words and symbols.
    pub formula: Trio,
}

const NPS_BANDS: &[BandRange] = &[band("promoter", 9, 10), band("passive", 7, 8), band("detractor", 0, 6)];
const PUBLIC: &[Pillar] = &[Pillar::Brand, Pillar::Customer];

/// Every metric, in the order it is shown.
pub const REGISTRY: [Metric; 7] = [
    Metric {
        id: "nps",
        definition: "nps.v1",
        measure: Measure::Nps,
        pillars: PUBLIC,
        unit: MetricUnit::Points,
        higher_is_better: Some(true),
        bands: NPS_BANDS,
        name: ["NPS", "净推荐值 NPS", "淨推薦值 NPS"],
        formula: [
            "100 × (promoters 9–10 − detractors 0–6) / all answers 0–10; adjusted Wald interval, score interval below 20 answers",
            "100 ×（推荐者 9–10 − 贬损者 0–6）/ 全部 0–10 分答案；校正 Wald 区间，少于 20 份答案时用得分区间",
            "100 ×（推薦者 9–10 − 貶損者 0–6）/ 全部 0–10 分答案；校正 Wald 區間，少於 20 份答案時用得分區間",
        ],
    },
    Metric {
        id: "enps",
        definition: "enps.v1",
        measure: Measure::Nps,
        pillars: &[Pillar::Employee],
        unit: MetricUnit::Points,
        higher_is_better: Some(true),
        bands: NPS_BANDS,
        name: ["eNPS", "员工净推荐值 eNPS", "員工淨推薦值 eNPS"],
        formula: [
            "the NPS formula on “recommend us as an employer”; shown for at least 5 answers, whole months, through the release gate",
            "以“推荐为雇主”按 NPS 公式计算；至少 5 份答案、按整月、经放行门展示",
            "以「推薦為雇主」按 NPS 公式計算；至少 5 份答案、按整月、經放行門展示",
        ],
    },
    Metric {
        id: "csat",
        definition: "csat.v1",
        measure: Measure::Csat,
        pillars: &Pillar::ALL,
        unit: MetricUnit::Percent,
        higher_is_better: Some(true),
        bands: &[band("satisfied", 4, 5), band("unsatisfied", 1, 3)],
        name: ["CSAT", "满意度 CSAT", "滿意度 CSAT"],
        formula: [
            "100 × answers 4 and 5 / all answers 1–5; Wilson interval",
            "100 × 4 分与 5 分的答案 / 全部 1–5 分答案；Wilson 区间",
            "100 × 4 分與 5 分的答案 / 全部 1–5 分答案；Wilson 區間",
        ],
    },
    Metric {
        id: "ces",
        definition: "ces.v1",
        measure: Measure::Ces,
        pillars: &Pillar::ALL,
        unit: MetricUnit::Percent,
        higher_is_better: Some(true),
        bands: &[band("easy", 5, 7), band("hard", 1, 4)],
        name: ["CES", "便利度 CES", "便利度 CES"],
        formula: [
            "100 × answers 5, 6 and 7 to “made it easy” / all answers 1–7; Wilson interval",
            "100 × “办理轻松”5、6、7 分的答案 / 全部 1–7 分答案；Wilson 区间",
            "100 ×「辦理輕鬆」5、6、7 分的答案 / 全部 1–7 分答案；Wilson 區間",
        ],
    },
    Metric {
        id: "net_sentiment",
        definition: "net_sentiment.v1",
        measure: Measure::NetSentiment,
        pillars: &Pillar::ALL,
        unit: MetricUnit::Points,
        higher_is_better: Some(true),
        bands: &[],
        name: ["Net sentiment", "净情感值", "淨情感值"],
        formula: [
            "variant A: 100 × (positive − negative) / all texts whose tone is determined",
            "口径 A：100 ×（正面 − 负面）/ 全部可判定情感的文本",
            "口徑 A：100 ×（正面 − 負面）/ 全部可判定情感的文本",
        ],
    },
    Metric {
        id: "responses",
        definition: "responses.v1",
        measure: Measure::Responses,
        pillars: &Pillar::ALL,
        unit: MetricUnit::Count,
        higher_is_better: None,
        bands: &[],
        name: ["Responses", "答卷数", "答卷數"],
        formula: ["number of responses", "答卷数量", "答卷數量"],
    },
    Metric {
        id: "signals",
        definition: "signals.v1",
        measure: Measure::Signals,
        pillars: &Pillar::ALL,
        unit: MetricUnit::Count,
        higher_is_better: None,
        bands: &[],
        name: ["Signals", "自发声音数", "自發聲音數"],
        formula: ["number of signals", "自发声音数量", "自發聲音數量"],
    },
];

/// The metric of that id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Metric> {
    REGISTRY.iter().find(|m| m.id == id)
}

/// The band of that code, with the measure it belongs to.
#[must_use]
pub fn find_band(code: &str) -> Option<(Measure, BandRange)> {
    REGISTRY.iter().find_map(|m| m.bands.iter().find(|b| b.code == code).map(|b| (m.measure, *b)))
}

impl Metric {
    /// The metric to use in a pillar: recommendation by employees is a metric of
    /// its own and is never pooled with that of customers.
    #[must_use]
    pub fn within(&'static self, pillar: Option<Pillar>) -> &'static Self {
        match (self.id, pillar) {
            ("nps", Some(Pillar::Employee)) => find("enps").unwrap_or(self),
            ("enps", Some(Pillar::Brand | Pillar::Customer)) => find("nps").unwrap_or(self),
            _ => self,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_cover_their_scale_without_gaps() {
        for metric in REGISTRY.iter().filter(|m| !m.bands.is_empty()) {
            for pair in metric.bands.windows(2) {
                assert_eq!(pair[0].low, pair[1].high + 1, "{}", metric.id);
            }
        }
    }

    #[test]
    fn employees_have_their_own_recommendation_metric() {
        let nps = find("nps").unwrap();
        assert_eq!(nps.within(Some(Pillar::Employee)).definition, "enps.v1");
        assert_eq!(nps.within(None).definition, "nps.v1");
        assert_eq!(find_band("detractor"), Some((Measure::Nps, band("detractor", 0, 6))));
    }

    #[test]
    fn definitions_are_unique_and_versioned() {
        let mut seen: Vec<&str> = REGISTRY.iter().map(|m| m.definition).collect();
        assert!(seen.iter().all(|d| d.ends_with(".v1")));
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), REGISTRY.len());
    }
}
