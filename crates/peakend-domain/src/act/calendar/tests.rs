//! Golden figures of the calendar, and its laws.
use proptest::prelude::{ProptestConfig, Strategy, prop_assert, prop_assert_eq, proptest};

use super::*;

fn calendar(zone: &str, week: Week) -> Calendar {
    let document =
        CalendarDocument { time_zone: zone.to_owned(), week, holidays: Vec::new(), make_up_days: Vec::new() };
    Calendar::read(&document).unwrap()
}

fn always(zone: &str) -> Calendar {
    let day = vec![Hours { from: "00:00".to_owned(), to: "24:00".to_owned() }];
    let mut week = Week::monday_to_friday(&[("00:00", "24:00")]);
    week.sat = day.clone();
    week.sun = day;
    calendar(zone, week)
}

fn local(zone: &str, text: &str) -> Timestamp {
    let zone = TimeZone::get(zone).unwrap();
    zone.to_timestamp(text.parse::<jiff::civil::DateTime>().unwrap()).unwrap()
}

const SHANGHAI: &str = "Asia/Shanghai";

#[test]
fn eight_business_hours_from_friday_half_past_four_end_on_monday_half_past_three() {
    let plain = calendar(SHANGHAI, Week::monday_to_friday(&[("09:00", "18:00")]));
    let friday = local(SHANGHAI, "2026-11-20T16:30");
    assert_eq!(plain.due(friday, 480).unwrap(), local(SHANGHAI, "2026-11-23T15:30"));
    let lunch = calendar(SHANGHAI, Week::monday_to_friday(&[("09:00", "12:00"), ("13:00", "18:00")]));
    assert_eq!(lunch.due(friday, 480).unwrap(), local(SHANGHAI, "2026-11-23T16:30"));
    assert_eq!(lunch.business_minutes_between(friday, local(SHANGHAI, "2026-11-23T16:30")), 480);
}

#[test]
fn a_clock_that_runs_out_at_closing_time_is_due_then() {
    let plain = calendar(SHANGHAI, Week::monday_to_friday(&[("09:00", "18:00")]));
    let start = local(SHANGHAI, "2026-11-20T16:30");
    assert_eq!(plain.due(start, 90).unwrap(), local(SHANGHAI, "2026-11-20T18:00"));
    assert_eq!(plain.due(start, 91).unwrap(), local(SHANGHAI, "2026-11-23T09:01"));
    assert_eq!(plain.due(start, 0).unwrap(), start);
}

#[test]
fn spring_festival_stops_the_clock_and_its_make_up_saturday_runs_it() {
    let china = Calendar::read(&china()).unwrap();
    // Friday before; Saturday 14 February is worked for the festival, 15 to 23 are off
    let friday = local(SHANGHAI, "2026-02-13T17:00");
    assert_eq!(china.due(friday, 120).unwrap(), local(SHANGHAI, "2026-02-14T10:00"));
    let saturday = local(SHANGHAI, "2026-02-14T17:30");
    assert_eq!(china.due(saturday, 60).unwrap(), local(SHANGHAI, "2026-02-24T09:30"));
}

#[test]
fn each_year_of_china_has_its_statutory_days() {
    let document = china();
    let count = |year: &str| {
        let off = document.holidays.iter().filter(|d| d.on.starts_with(year)).count();
        (off, document.make_up_days.iter().filter(|d| d.on.starts_with(year)).count())
    };
    assert_eq!([count("2024"), count("2025"), count("2026")], [(28, 8), (28, 5), (33, 6)]);
    for day in &document.make_up_days {
        let weekday = Day::parse(&day.on).unwrap().date().weekday();
        assert!(matches!(weekday, jiff::civil::Weekday::Saturday | jiff::civil::Weekday::Sunday), "{}", day.on);
    }
}

#[test]
fn the_night_clocks_change_has_an_hour_less_or_more() {
    let berlin = always("Europe/Berlin");
    let spring = [local("Europe/Berlin", "2026-03-29T00:00"), local("Europe/Berlin", "2026-03-30T00:00")];
    assert_eq!(berlin.business_minutes_between(spring[0], spring[1]), 23 * 60);
    let autumn = [local("Europe/Berlin", "2026-10-25T00:00"), local("Europe/Berlin", "2026-10-26T00:00")];
    assert_eq!(berlin.business_minutes_between(autumn[0], autumn[1]), 25 * 60);
    assert_eq!(berlin.due(spring[0], 180).unwrap(), local("Europe/Berlin", "2026-03-29T04:00"));
}

#[test]
fn hours_in_the_missing_hour_are_not_counted_twice() {
    let sun = vec![
        Hours { from: "02:00".to_owned(), to: "02:30".to_owned() },
        Hours { from: "03:00".to_owned(), to: "04:00".to_owned() },
    ];
    let week = Week { sun, ..Week::default() };
    let berlin = calendar("Europe/Berlin", week);
    let (a, b) = (local("Europe/Berlin", "2026-03-29T00:00"), local("Europe/Berlin", "2026-03-30T00:00"));
    assert_eq!(berlin.business_minutes_between(a, b), 60);
}

#[test]
fn a_calendar_without_hours_is_refused() {
    let mut document = china();
    document.week = Week::default();
    assert_eq!(Calendar::read(&document).unwrap_err()[0].code, "calendar_without_hours");
}

#[test]
fn years_of_holidays_are_refused_instead_of_searched_for_ever() {
    let mut document = china();
    document.week = Week { mon: document.week.mon, ..Week::default() };
    document.make_up_days.clear();
    let first = Day::parse("2026-01-01").unwrap().0;
    document.holidays =
        (first..first + 2000).map(|d| DayEntry { on: Day(d).to_string(), name: LocalText::default() }).collect();
    let calendar = Calendar::read(&document).unwrap();
    let start = local(SHANGHAI, "2026-01-01T09:00");
    assert_eq!(calendar.due(start, u32::MAX), Err(CalendarRefusal::TooFewHours));
    assert!(calendar.due(start, 60).is_ok());
}

#[test]
fn every_fault_of_a_document_is_named_at_once() {
    let hours = |from: &str, to: &str| Hours { from: from.to_owned(), to: to.to_owned() };
    let mut document = china();
    document.time_zone = "Mars/Olympus".to_owned();
    document.week.mon = vec![hours("18:00", "09:00")];
    document.week.tue = vec![hours("09:00", "12:00"), hours("11:00", "18:00")];
    document.week.wed = vec![hours("9", "18:00"), hours("23:00", "24:01")];
    document.holidays[0].on = "2024-02-30".to_owned();
    document.make_up_days[0].on = document.holidays[1].on.clone();
    let codes: Vec<String> = Calendar::read(&document).unwrap_err().into_iter().map(|f| f.code).collect();
    let wanted = [
        "time_zone_unknown",
        "hours_reversed",
        "hours_overlap",
        "not_hours",
        "not_hours",
        "not_a_day",
        "holiday_and_make_up",
    ];
    assert_eq!(codes, wanted);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_calendar_that_never_closes_measures_elapsed_time(
        zone in proptest::sample::select(vec!["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
        start in 1_700_000_000i64..1_830_000_000,
        minutes in 0u32..200_000,
    ) {
        let calendar = always(zone);
        let a = Timestamp::from_second(start).unwrap();
        let due = calendar.due(a, minutes).unwrap();
        prop_assert_eq!(a.duration_until(due).as_mins(), i64::from(minutes));
        prop_assert_eq!(calendar.business_minutes_between(a, due), i64::from(minutes));
    }

    #[test]
    fn due_is_the_inverse_of_business_minutes(
        zone in proptest::sample::select(vec!["Asia/Shanghai", "Europe/Berlin"]),
        start in 1_700_000_000i64..1_830_000_000,
        minutes in 1u32..20_000,
        split in (0u16..600, 1u16..300).prop_map(|(open, length)| (open, open + length)),
    ) {
        let text = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
        let calendar = calendar(zone, Week::monday_to_friday(&[(&text(split.0), &text(split.1)), ("15:00", "19:00")]));
        let a = Timestamp::from_second(start).unwrap();
        let due = calendar.due(a, minutes).unwrap();
        prop_assert_eq!(calendar.business_minutes_between(a, due), i64::from(minutes));
        prop_assert_eq!(calendar.business_minutes_between(due, a), -i64::from(minutes));
        prop_assert!(calendar.due(a, minutes + 1).unwrap() > due);
    }
}
