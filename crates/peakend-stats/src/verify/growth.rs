//! Cases of the method "Growth accounting, cohort retention, repeat purchase":
//! `data.csv` with customer, date and perhaps an amount; periods are months.

use serde_json::Value;

use super::case::CaseError;
use super::{Figures, ReadTable};
use crate::table::Table;
use crate::value::cohort::{cohorts, repeat_counts};
use crate::value::growth::{Activity, GrowthPeriod, growth};

/// All figures of the case.
pub(super) fn figures(read: ReadTable<'_>) -> Result<Figures, CaseError> {
    let table = Table::need("data.csv", read)?;
    let amount = table.maybe_column(&["amount", "revenue", "value", "spend", "price"]);
    let activities = activities(&table, amount)?;
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

fn activities(table: &Table, amount: Option<usize>) -> Result<Vec<Activity>, CaseError> {
    let customer = table.column(&["id", "customer", "customer_id", "user", "user_id"])?;
    let date = table.column(&["date", "day", "ts", "time", "order_date"])?;
    let customers = table.codes(customer);
    (0..table.len())
        .map(|row| {
            let (year, month, day) =
                calendar(table.text(row, date)).ok_or_else(|| table.fault(row, date, "a date such as 1997-01-31"))?;
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

/// Year, month and day of `1997-01-31`, `1997/01/31` or `19970131`, a time of
/// day after it ignored.
fn calendar(text: &str) -> Option<(i32, i32, i32)> {
    let day = text.split(['T', ' ']).next()?;
    let parts: Vec<&str> = day.split(['-', '/']).collect();
    let (year, month, day) = match parts.as_slice() {
        [year, month, day] => (*year, *month, *day),
        [packed] if packed.len() == 8 && packed.is_ascii() => (&packed[..4], &packed[4..6], &packed[6..]),
        _ => return None,
    };
    let (year, month, day) = (year.parse().ok()?, month.parse().ok()?, day.parse().ok()?);
    ((0..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)).then_some((year, month, day))
}

#[cfg(test)]
mod tests {
    use super::{calendar, month_name};

    #[test]
    fn dates_in_three_spellings() {
        assert_eq!(calendar("1997-01-31"), Some((1997, 1, 31)));
        assert_eq!(calendar("1997/1/31 08:00"), Some((1997, 1, 31)));
        assert_eq!(calendar("19970131"), Some((1997, 1, 31)));
        assert_eq!(calendar("1997-13-01"), None);
        assert_eq!(month_name(1997 * 12), "1997-01");
    }
}
