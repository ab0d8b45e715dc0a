//! Cases of the method "Growth accounting, cohort retention, repeat purchase":
//! `data.csv` with customer, date and perhaps an amount; periods are months.

use serde_json::Value;

use super::case::CaseError;
use super::spec::Spec;
use super::{Figures, ReadTable, tables};
use crate::table::Table;
use crate::value::cohort::{cohorts, repeat_counts};
use crate::value::growth::{Activity, GrowthPeriod, growth};

/// All figures of the case.
pub(super) fn figures(spec: Spec<'_>, read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = tables::main(spec, read)?;
    let roles = Roles::of(&table, spec)?;
    let amount = roles.amount;
    let activities = activities(&table, roles)?;
    let mut figures = Figures::new();
    for period in growth(&activities) {
        month(&period, amount.is_some(), &mut figures);
    }
    for cohort in cohorts(&activities) {
        let name = month_name(cohort.period);
        figures.insert(format!("cohort.{name}.size"), cohort.size.into());
        for (k, active) in cohort.active.iter().enumerate() {
            let share = *active as f64 / cohort.size as f64;
            figures.insert(format!("cohort.{name}.{k}"), share.into());
        }
    }
    let (repeating, customers) = repeat_counts(&activities);
    figures.insert("customers".into(), customers.into());
    figures.insert("repeat_rate".into(), (repeating as f64 / customers as f64).into());
    Ok(figures)
}

fn month(period: &GrowthPeriod, money: bool, figures: &mut Figures) {
    let name = month_name(period.period);
    let mut put = |id: &str, value: Value| {
        figures.insert(format!("{name}.{id}"), value);
    };
    put("active", period.active.into());
    put("new", period.new.into());
    put("retained", period.retained.into());
    put("resurrected", period.resurrected.into());
    put("churned", period.churned.into());
    put("quick_ratio", period.quick_ratio().into());
    let before = (period.active_before > 0).then_some(period.active_before as f64);
    put("gross_retention", before.map(|b| period.retained as f64 / b).into());
    if money {
        put("rev.new", period.money.new.into());
        put("rev.resurrected", period.money.resurrected.into());
        put("rev.churned", period.money.churned.into());
        put("rev.expansion", period.money.expansion.into());
        put("rev.contraction", period.money.contraction.into());
        put("rev.total", period.money.total.into());
    }
}

/// Months since year 0 as `YYYY-MM`.
fn month_name(period: i32) -> String {
    format!("{:04}-{:02}", period.div_euclid(12), period.rem_euclid(12) + 1)
}

/// Who bought, when, for how much.
#[derive(Clone, Copy)]
struct Roles {
    customer: usize,
    date: usize,
    amount: Option<usize>,
}

impl Roles {
    /// By the specification, by usual names, else by what the columns hold: the
    /// first with a date, the first other one, the next with numbers.
    fn of(table: &Table, spec: Spec<'_>) -> Result<Self, CaseError> {
        let columns = || 0..table.header().len();
        let named = |keys: &[&str], usual: &[&str]| spec.column(keys, table).or_else(|| table.maybe_column(usual));
        let dates = ["date", "day", "ts", "time", "order_date", "timestamp", "month"];
        let dated = |column: &usize| table.len() > 0 && calendar(table.text(0, *column)).is_some();
        let date = named(&["date=", "time="], &dates).or_else(|| columns().find(dated));
        let date = date.map_or_else(|| table.column(&dates), Ok)?;
        let ids = ["id", "customer", "customer_id", "user", "user_id", "client", "member"];
        let customer = named(&["customer=", "id=", "unit="], &ids).or_else(|| columns().find(|c| *c != date));
        let customer = customer.map_or_else(|| table.column(&ids), Ok)?;
        let numeric = |column: &usize| (0..table.len()).all(|row| table.number(row, *column).is_ok());
        let amount = named(&["amount=", "value="], &["amount", "revenue", "value", "spend", "sales", "price", "total"]);
        let amount = amount.or_else(|| columns().filter(|c| ![customer, date].contains(c)).find(numeric));
        Ok(Self { customer, date, amount })
    }
}

fn activities(table: &Table, Roles { customer, date, amount }: Roles) -> Result<Vec<Activity>, CaseError> {
    let month_first = !(0..table.len()).any(|row| day_first(table.text(row, date)));
    let customers = table.codes(customer);
    (0..table.len())
        .map(|row| {
            let (year, month, day) = calendar_in(table.text(row, date), month_first)
                .ok_or_else(|| table.fault(row, date, "a date such as 1997-01-31"))?;
            let amount = match amount {
                Some(column) => table.number(row, column)?.unwrap_or(0.0),
                None => 0.0,
            };
            Ok(Activity {
                customer: customers[row],
                period: year * 12 + month - 1,
                // a number per day is enough: days are only told apart
                day: (year * 12 + month) * 31 + day,
                amount,
            })
        })
        .collect()
}

/// Year, month and day of `1997-01-31`, `1997/01/31`, `19970131`, or with the
/// year last, a time of day after it ignored; a bare month counts as its first day.
fn calendar(text: &str) -> Option<(i32, i32, i32)> {
    calendar_in(text, true)
}

fn calendar_in(text: &str, month_first: bool) -> Option<(i32, i32, i32)> {
    let (year, month, day) = match parts(text)?.as_slice() {
        [day, month, year] if year.len() == 4 && !month_first => (*year, *month, *day),
        [month, day, year] if year.len() == 4 && month.len() < 3 => (*year, *month, *day),
        [year, month, day] => (*year, *month, *day),
        [year, month] if year.len() == 4 => (*year, *month, "1"),
        [packed] if packed.len() == 8 && packed.is_ascii() => (&packed[..4], &packed[4..6], &packed[6..]),
        _ => return None,
    };
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    ((0..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

fn parts(text: &str) -> Option<Vec<&str>> {
    Some(text.split(['T', ' ']).next()?.split(['-', '/', '.']).collect())
}

/// Whether a date with the year last can only begin with its day.
fn day_first(text: &str) -> bool {
    let parts = parts(text).unwrap_or_default();
    parts.len() == 3 && parts[2].len() == 4 && parts[0].parse::<i32>().is_ok_and(|first| (13..=31).contains(&first))
}

#[cfg(test)]
mod tests {
    use super::{calendar, calendar_in, day_first, month_name};

    #[test]
    fn dates_in_three_spellings() {
        assert_eq!(calendar("1997-01-31"), Some((1997, 1, 31)));
        assert_eq!(calendar("1997/1/31 08:00"), Some((1997, 1, 31)));
        assert_eq!(calendar("19970131"), Some((1997, 1, 31)));
        assert_eq!(calendar("1997-13-01"), None);
        assert_eq!(calendar("1/31/1997 8:26"), Some((1997, 1, 31)));
        assert_eq!(calendar_in("2/1/1997", false), Some((1997, 1, 2)));
        assert!(day_first("31.1.1997") && !day_first("1/31/1997"));
        assert_eq!(calendar("1997-01"), Some((1997, 1, 1)));
        assert_eq!(month_name(1997 * 12), "1997-01");
    }
}
