//! The list of methods with the roles each needs.

use std::fmt::Write as _;

use super::input::Input;
use super::{Report, Role, StatError};
use super::{
    causal, chart, compare, csi, cuped, did, drivers, interrupted, linkage, matching, nps, panel, raking, staggered,
    survival, synthetic,
};

/// A role and what a method means by it.
pub type RoleUse = (Role, &'static str);

/// A method as the command offers it.
#[derive(Debug)]
pub struct Method {
    /// Name on the command line.
    pub name: &'static str,
    /// What it answers, in one line.
    pub about: &'static str,
    /// Roles it cannot do without.
    pub needs: &'static [RoleUse],
    /// Roles it may be given.
    pub may: &'static [RoleUse],
    /// Options it reads, with their meaning.
    pub options: &'static [(&'static str, &'static str)],
    pub(super) run: fn(&Input<'_>) -> Result<Report, StatError>,
}

/// All methods.
pub static METHODS: [Method; 16] = [
    nps::METHOD,
    compare::METHOD,
    drivers::METHOD,
    csi::METHOD,
    chart::METHOD,
    raking::METHOD,
    panel::METHOD,
    linkage::METHOD,
    did::METHOD,
    staggered::METHOD,
    interrupted::METHOD,
    causal::METHOD,
    synthetic::METHOD,
    cuped::METHOD,
    matching::METHOD,
    survival::METHOD,
];

/// The methods, their roles and options, as text.
#[must_use]
pub fn method_list() -> String {
    let mut text = String::new();
    for method in &METHODS {
        let _infallible = writeln!(text, "{:<12} {}", method.name, method.about);
        let line = |text: &mut String, mark: &str, flag: &str, what: &str| {
            let _infallible = writeln!(text, "  {mark} {flag:<10} {what}");
        };
        for (role, what) in method.needs {
            line(&mut text, "*", role.flag(), what);
        }
        for (role, what) in method.may {
            line(&mut text, " ", role.flag(), what);
        }
        for (flag, what) in method.options {
            line(&mut text, " ", flag, what);
        }
    }
    text.push_str("* is needed\n");
    text
}
