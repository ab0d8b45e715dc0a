//! Public holidays and make-up working days of mainland China, 2024 to 2026.
//!
//! Source: the yearly notices of the General Office of the State Council on the
//! arrangement of public holidays (国办发明电〔2023〕7号, 〔2024〕12号, 〔2025〕7号).
//! Later years are added when their notice is published; until then the week's
//! hours hold.

use std::collections::BTreeMap;

use super::{CalendarDocument, DayEntry, MakeUpEntry, Week};
use crate::{Day, Lang, LocalText};

/// English, simplified, traditional.
type Name = (&'static str, &'static str, &'static str);

const NEW_YEAR: Name = ("New Year", "元旦", "元旦");
const SPRING: Name = ("Spring Festival", "春节", "春節");
const QINGMING: Name = ("Qingming Festival", "清明节", "清明節");
const LABOUR: Name = ("Labour Day", "劳动节", "勞動節");
const DRAGON_BOAT: Name = ("Dragon Boat Festival", "端午节", "端午節");
const MID_AUTUMN: Name = ("Mid-Autumn Festival", "中秋节", "中秋節");
const NATIONAL: Name = ("National Day", "国庆节", "國慶節");
const NATIONAL_AND_MID_AUTUMN: Name = ("National Day and Mid-Autumn Festival", "国庆节、中秋节", "國慶節、中秋節");

/// A holiday: name, first and last day off, and the weekend days worked for it.
type Holiday = (Name, &'static str, &'static str, &'static [&'static str]);

const HOLIDAYS: [Holiday; 20] = [
    (NEW_YEAR, "2024-01-01", "2024-01-01", &[]),
    (SPRING, "2024-02-10", "2024-02-17", &["2024-02-04", "2024-02-18"]),
    (QINGMING, "2024-04-04", "2024-04-06", &["2024-04-07"]),
    (LABOUR, "2024-05-01", "2024-05-05", &["2024-04-28", "2024-05-11"]),
    (DRAGON_BOAT, "2024-06-10", "2024-06-10", &[]),
    (MID_AUTUMN, "2024-09-15", "2024-09-17", &["2024-09-14"]),
    (NATIONAL, "2024-10-01", "2024-10-07", &["2024-09-29", "2024-10-12"]),
    (NEW_YEAR, "2025-01-01", "2025-01-01", &[]),
    (SPRING, "2025-01-28", "2025-02-04", &["2025-01-26", "2025-02-08"]),
    (QINGMING, "2025-04-04", "2025-04-06", &[]),
    (LABOUR, "2025-05-01", "2025-05-05", &["2025-04-27"]),
    (DRAGON_BOAT, "2025-05-31", "2025-06-02", &[]),
    (NATIONAL_AND_MID_AUTUMN, "2025-10-01", "2025-10-08", &["2025-09-28", "2025-10-11"]),
    (NEW_YEAR, "2026-01-01", "2026-01-03", &["2026-01-04"]),
    (SPRING, "2026-02-15", "2026-02-23", &["2026-02-14", "2026-02-28"]),
    (QINGMING, "2026-04-04", "2026-04-06", &[]),
    (LABOUR, "2026-05-01", "2026-05-05", &["2026-05-09"]),
    (DRAGON_BOAT, "2026-06-19", "2026-06-21", &[]),
    (MID_AUTUMN, "2026-09-25", "2026-09-27", &[]),
    (NATIONAL, "2026-10-01", "2026-10-07", &["2026-09-20", "2026-10-10"]),
];

/// The default calendar of a mainland organisation: Monday to Friday 09:00 to
/// 18:00 in Shanghai, with the public holidays and make-up days.
#[must_use]
pub fn china() -> CalendarDocument {
    let mut holidays = Vec::new();
    let mut make_up_days = Vec::new();
    for (name, first, last, worked) in HOLIDAYS {
        let (Some(first), Some(last)) = (Day::parse(first), Day::parse(last)) else { continue };
        let days = (first.0..=last.0).map(|day| DayEntry { on: Day(day).to_string(), name: text(name) });
        holidays.extend(days);
        make_up_days.extend(worked.iter().map(|on| MakeUpEntry {
            on: (*on).to_owned(),
            name: text(name),
            hours: Vec::new(),
        }));
    }
    make_up_days.sort_by(|a, b| a.on.cmp(&b.on));
    let week = Week::monday_to_friday(&[("09:00", "18:00")]);
    CalendarDocument { time_zone: "Asia/Shanghai".to_owned(), week, holidays, make_up_days }
}

fn text((en, hans, hant): Name) -> LocalText {
    let pairs = [(Lang::En, en), (Lang::ZhHans, hans), (Lang::ZhHant, hant)];
    LocalText(
        pairs.into_iter().map(|(lang, text)| (lang.tag().to_owned(), text.to_owned())).collect::<BTreeMap<_, _>>(),
    )
}
