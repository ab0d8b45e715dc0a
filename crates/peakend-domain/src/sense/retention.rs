//! Retention: how long an organisation keeps what it heard (GDPR 5 (1) e, PIPL 19).

use std::collections::BTreeMap;

use jiff::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{Day, FieldFault, Month};

/// Longest time that can be set, in months; longer is "for good".
pub const LONGEST_MONTHS: u16 = 600;

/// Months that the voices of single surveys are kept, by code; `None` keeps them for good.
pub type SurveyMonths = BTreeMap<String, Option<u16>>;

/// Months that each kind of record is kept; `None` keeps it for good.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retention {
    /// Voices: responses and signals with answers and words, and the words of closed cases.
    pub voices: Option<u16>,
    /// Events and the decisions to ask that followed them.
    pub events: Option<u16>,
    /// Operating figures.
    pub outcomes: Option<u16>,
    /// Voices of surveys that have a time of their own, longer or shorter than that of `voices`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub surveys: SurveyMonths,
}

impl Retention {
    /// Every field that is out of range.
    pub fn check(&self) -> Result<(), Vec<FieldFault>> {
        let fields = [("voices", self.voices), ("events", self.events), ("outcomes", self.outcomes)];
        let fields = fields.into_iter().map(|(path, months)| (path.to_owned(), months));
        let surveys = self.surveys.iter().map(|(code, months)| (survey_path(code), *months));
        let outside = fields.chain(surveys).filter(|(_, m)| m.is_some_and(|m| !(1..=LONGEST_MONTHS).contains(&m)));
        let faults: Vec<FieldFault> = outside
            .map(|(path, _)| {
                let message = format!("keep for 1 to {LONGEST_MONTHS} months, or leave it empty to keep for good");
                FieldFault::new(path, "out_of_range", message).arg("min", "1").arg("max", LONGEST_MONTHS.to_string())
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    /// What stays on a day; the day so many months ago is the first that stays.
    #[must_use]
    pub fn limits(&self, today: Day) -> RetentionLimits {
        let back = |months: u16| Day::of(today.date().saturating_sub(Span::new().months(i32::from(months))));
        RetentionLimits {
            voices: self.voices.map(back),
            surveys: self.surveys.iter().map(|(code, months)| (code.clone(), months.map(back))).collect(),
            events: self.events.map(back),
            outcomes: self.outcomes.map(|months| Month(Month::of(today).0 - i32::from(months))),
        }
    }
}

/// Where a fault of a survey's own time is.
#[must_use]
pub fn survey_path(code: &str) -> String {
    format!("surveys.{code}")
}

/// A survey's own time written as `code:months`; without months it is kept for good.
pub fn parse_survey(text: &str) -> Result<(String, Option<u16>), FieldFault> {
    let fault = || {
        let message = format!("`{text}` is no `code:months`: write `visit:6`, or `visit:` to keep for good");
        FieldFault::new("surveys", "bad_survey_time", message)
    };
    let (code, months) = text.trim().split_once(':').filter(|(code, _)| !code.is_empty()).ok_or_else(fault)?;
    let months = if months.is_empty() { None } else { Some(months.parse().map_err(|_| fault())?) };
    Ok((code.to_owned(), months))
}

/// A setting as somebody asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionChange {
    /// As in [`Retention`].
    pub voices: Option<u16>,
    /// As in [`Retention`].
    pub events: Option<u16>,
    /// As in [`Retention`].
    pub outcomes: Option<u16>,
    /// All surveys with a time of their own; `None` leaves them as they are set, for callers who know nothing of them.
    pub surveys: Option<SurveyMonths>,
}

impl RetentionChange {
    /// The setting that follows one.
    #[must_use]
    pub fn after(self, before: &Retention) -> Retention {
        let Self { voices, events, outcomes, surveys } = self;
        Retention { voices, events, outcomes, surveys: surveys.unwrap_or_else(|| before.surveys.clone()) }
    }
}

/// The first day or month that stays; `None` where everything does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetentionLimits {
    /// Of voices, but those of `surveys`.
    pub voices: Option<Day>,
    /// Of the voices of surveys that have a time of their own.
    pub surveys: BTreeMap<String, Option<Day>>,
    /// Of events.
    pub events: Option<Day>,
    /// Of operating figures.
    pub outcomes: Option<Month>,
}

/// Whose voices a limit is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VoicesOf<'a> {
    /// One survey's.
    Survey(&'a str),
    /// Signals, and every survey's but these.
    Others(Vec<&'a str>),
}

impl RetentionLimits {
    /// First day that stays of the voices of a survey; an empty code means signals.
    #[must_use]
    pub fn of(&self, survey: &str) -> Option<Day> {
        self.surveys.get(survey).copied().unwrap_or(self.voices)
    }

    /// Every limit in force on voices; no voice is under two of them.
    #[must_use]
    pub fn each(&self) -> Vec<(VoicesOf<'_>, Day)> {
        let own = self.surveys.iter().filter_map(|(code, day)| Some((VoicesOf::Survey(code), (*day)?)));
        let others = VoicesOf::Others(self.surveys.keys().map(String::as_str).collect());
        self.voices.map(|day| (others, day)).into_iter().chain(own).collect()
    }
}

/// How much went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetentionCounts {
    /// Voices with their answers and words.
    pub voices: u64,
    /// Closed cases that lost their words and their person, and stay as numbers.
    pub cases: u64,
    /// Events.
    pub events: u64,
    /// Decisions to ask.
    pub asks: u64,
    /// Entries of the intake log that are tombstones now.
    pub log_entries: u64,
    /// Rows of the warehouse: voices and operating figures.
    pub warehouse_rows: u64,
}

impl RetentionCounts {
    /// The sum of two counts, field by field.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            voices: self.voices + other.voices,
            cases: self.cases + other.cases,
            events: self.events + other.events,
            asks: self.asks + other.asks,
            log_entries: self.log_entries + other.log_entries,
            warehouse_rows: self.warehouse_rows + other.warehouse_rows,
        }
    }
}

/// The last time that something was looked for which is no longer kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionRun {
    /// When it ended.
    pub at: Timestamp,
    /// What went.
    pub removed: RetentionCounts,
}

/// An organisation's setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetentionSetting {
    /// How long.
    pub keep: Retention,
    /// When it was set.
    pub saved_at: Timestamp,
    /// By whom: a user's or key's id, or `system`.
    pub saved_by: String,
    /// The last run under any setting.
    pub last_run: Option<RetentionRun>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(voices: u16) -> Retention {
        Retention { voices: Some(voices), ..Retention::default() }
    }

    #[test]
    fn the_day_so_many_months_ago_is_the_first_that_stays() {
        let first = |today, months| keep(months).limits(Day::parse(today).unwrap()).voices.unwrap().to_string();
        assert_eq!(first("2026-11-22", 24), "2024-11-22");
        assert_eq!(first("2026-03-31", 1), "2026-02-28", "a month without that day ends earlier");
        let limits = Retention { outcomes: Some(2), ..Retention::default() }.limits(Day::parse("2026-01-31").unwrap());
        assert_eq!(limits.outcomes.unwrap().to_string(), "2025-11");
        assert_eq!((limits.voices, limits.events), (None, None), "what has no limit stays for good");
    }

    #[test]
    fn a_time_out_of_range_names_its_field() {
        assert_eq!(keep(LONGEST_MONTHS).check(), Ok(()));
        let surveys = own(&[("short", Some(0)), ("visit", Some(12)), ("long", Some(601)), ("ever", None)]);
        let faulty = Retention { events: Some(0), outcomes: Some(601), surveys, ..Retention::default() };
        let faults = faulty.check().unwrap_err();
        let named: Vec<&str> = faults.iter().map(|f| f.path.as_str()).collect();
        assert_eq!(named, ["events", "outcomes", "surveys.long", "surveys.short"]);
    }

    fn own(surveys: &[(&str, Option<u16>)]) -> SurveyMonths {
        surveys.iter().map(|(code, months)| ((*code).to_owned(), *months)).collect()
    }

    #[test]
    fn a_survey_has_its_own_time_shorter_longer_or_for_good_and_else_the_organisations() {
        let surveys = own(&[("short", Some(1)), ("long", Some(36)), ("ever", None)]);
        let today = Day::parse("2026-11-22").unwrap();
        let limits = Retention { surveys: surveys.clone(), ..keep(12) }.limits(today);
        let stays = |survey| limits.of(survey).map(|day| day.to_string());
        let days = ["short", "long", "ever", "another", ""].map(stays);
        let day = |day: &str| Some(day.to_owned());
        assert_eq!(days, [day("2026-10-22"), day("2023-11-22"), None, day("2025-11-22"), day("2025-11-22")]);
        let all: Vec<String> = limits.each().iter().map(|(of, day)| format!("{of:?} {day}")).collect();
        assert_eq!(
            all,
            [
                r#"Others(["ever", "long", "short"]) 2025-11-22"#,
                r#"Survey("long") 2023-11-22"#,
                r#"Survey("short") 2026-10-22"#
            ]
        );
        let alone = Retention { surveys, ..Retention::default() }.limits(today);
        assert_eq!(alone.each().len(), 2, "a survey's time needs none of the organisation");
    }

    #[test]
    fn a_change_that_says_nothing_of_surveys_leaves_their_times_as_they_are() {
        let before = Retention { surveys: own(&[("visit", Some(6))]), ..keep(12) };
        let quiet = RetentionChange { voices: Some(24), ..RetentionChange::default() };
        assert_eq!(quiet.after(&before), Retention { surveys: own(&[("visit", Some(6))]), ..keep(24) });
        let none = RetentionChange { surveys: Some(SurveyMonths::new()), ..RetentionChange::default() };
        assert_eq!(none.after(&before), Retention::default());
    }

    #[test]
    fn a_surveys_time_is_written_as_code_and_months() {
        assert_eq!(parse_survey("visit:6").unwrap(), ("visit".to_owned(), Some(6)));
        assert_eq!(parse_survey(" visit: ").unwrap(), ("visit".to_owned(), None));
        for bad in ["visit", ":6", "visit:six", "visit:-1", ""] {
            assert_eq!(parse_survey(bad).unwrap_err().path, "surveys", "{bad}");
        }
    }

    #[test]
    fn a_setting_of_an_earlier_release_reads_as_one_without_surveys() {
        let earlier: Retention = serde_json::from_str(r#"{"voices":12,"events":null,"outcomes":null}"#).unwrap();
        assert_eq!(earlier, keep(12));
        assert_eq!(serde_json::to_string(&earlier).unwrap(), r#"{"voices":12,"events":null,"outcomes":null}"#);
    }
}
