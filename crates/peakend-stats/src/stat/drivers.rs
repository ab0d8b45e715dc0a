//! `stat drivers`: what share of an outcome's explained variance goes with each
//! driver, and how well each does.

use super::input::Input;
use super::method::Method;
use super::words::{p_with_sign, shown};
use super::{Line, Report, Role, StatError};
use crate::insight::driver::{Column, Driver, DriverOptions, driver_analysis};

pub(super) const METHOD: Method = Method {
    name: "drivers",
    about: "Key drivers of an outcome: relative weights and performance",
    needs: &[(Role::Y, "outcome"), (Role::X, "drivers, separated by commas")],
    may: &[],
    options: &[
        ("--scale", "lowest,highest answer: performance is then shown on 0 to 100"),
        ("--seed", "of the resamples"),
    ],
    run,
};

fn run(input: &Input<'_>) -> Result<Report, StatError> {
    let (y, x) = (input.one(Role::Y)?, input.columns(Role::X));
    let outcome = input.varying(y)?;
    let values = input.all_varying(&x)?;
    let asked = &input.request.options;
    let options = DriverOptions { seed: asked.seed, scale: asked.scale, ..DriverOptions::default() };
    let outcome = Column { name: input.name(y), values: &outcome };
    let drivers: Vec<Column<'_>> =
        x.iter().zip(&values).map(|(&c, values)| Column { name: input.name(c), values }).collect();
    let found = driver_analysis(outcome, &drivers, &options)?;
    let mut ranked: Vec<&Driver> = found.drivers.iter().collect();
    ranked.sort_by(|a, b| b.share.total_cmp(&a.share));
    let mut lines: Vec<Line> = vec![Line::of("explained (R2)", found.r_squared).tested(found.p).base(found.n)];
    lines.extend(ranked.iter().map(|driver| line(driver)));
    let fix: Vec<&str> = ranked.iter().filter(|d| d.quadrant.name() == "fix").map(|d| d.name.as_str()).collect();
    let mut report = Report::of(
        METHOD.name,
        found.definition,
        format!("Key drivers of `{}`: share of the explained variance", found.outcome),
        &found,
        &found.warnings,
    )
    .say(format!(
        "The drivers explain {:.0} % of the variance (p {}); the strongest is {}.",
        100.0 * found.r_squared,
        p_with_sign(found.p),
        ranked.first().map_or("none", |d| d.name.as_str())
    ));
    if !fix.is_empty() {
        report = report.say(format!("Important and weak, so first to mend: {}.", fix.join(", ")));
    }
    Ok(report.say("Drivers go with the outcome; nothing here shows a cause.").lines(lines))
}

fn line(driver: &Driver) -> Line {
    let noise = if driver.beats_noise == Some(false) { ", no more than noise" } else { "" };
    let note = format!(
        "{}, mean {}, r {}{noise}",
        driver.quadrant.name(),
        shown(driver.performance),
        shown(driver.correlation)
    );
    Line { interval: driver.share_interval, ..Line::of(&driver.name, driver.share) }.note(note)
}
