//! A table seen through the roles of a request; everything that is wrong with a
//! column is found here, before a method runs.

use std::collections::{BTreeMap, BTreeSet};

use super::{Method, Request, Role, StatError};
use crate::table::{Table, month_of};

/// Names shown of a group column that has too many or too few.
const NAMES_SHOWN: usize = 8;

/// A table, the method and its request.
pub(super) struct Input<'a> {
    pub(super) method: &'a Method,
    pub(super) request: &'a Request,
    pub(super) table: &'a Table,
}

impl<'a> Input<'a> {
    /// Checks that the method reads every role given, has every role it needs,
    /// that every column named exists, and that there are rows.
    pub(super) fn of(method: &'a Method, request: &'a Request, table: &'a Table) -> Result<Self, StatError> {
        let known = || method.needs.iter().chain(method.may).map(|(role, _)| *role);
        if let Some(unused) = request.columns.keys().find(|role| !known().any(|known| known == **role)) {
            let mut reads: Vec<&str> = known().map(Role::flag).collect();
            // a method without roles names its columns in an option
            if reads.is_empty() {
                reads.extend(method.options.iter().map(|(flag, _)| *flag));
            }
            let reads = reads.join(", ");
            return Err(StatError::UnusedRole { method: method.name, flag: unused.flag(), reads });
        }
        if let Some((role, what)) = method.needs.iter().find(|(role, _)| !request.columns.contains_key(role)) {
            let found = table.header().join(", ");
            return Err(StatError::MissingRole { method: method.name, flag: role.flag(), what, found });
        }
        for (role, names) in &request.columns {
            if *role != Role::X && names.len() > 1 {
                return Err(StatError::OneColumn { method: method.name, flag: role.flag(), have: names.len() });
            }
            for name in names {
                table.column(&[name])?;
            }
        }
        if table.len() == 0 {
            return Err(StatError::NoRows { table: table.name().to_owned(), method: method.name });
        }
        Ok(Self { method, request, table })
    }

    pub(super) fn rows(&self) -> usize {
        self.table.len()
    }

    /// Columns of a role; none when it was not given.
    pub(super) fn columns(&self, role: Role) -> Vec<usize> {
        let names = self.request.columns.get(&role).into_iter().flatten();
        names.filter_map(|name| self.table.maybe_column(&[name])).collect()
    }

    pub(super) fn maybe(&self, role: Role) -> Option<usize> {
        self.columns(role).first().copied()
    }

    /// The column of a role the method needs.
    pub(super) fn one(&self, role: Role) -> Result<usize, StatError> {
        let what = self.method.needs.iter().find(|(r, _)| *r == role).map_or("a column", |(_, what)| what);
        self.maybe(role).ok_or_else(|| StatError::MissingRole {
            method: self.method.name,
            flag: role.flag(),
            what,
            found: self.table.header().join(", "),
        })
    }

    pub(super) fn name(&self, column: usize) -> &'a str {
        &self.table.header()[column]
    }

    pub(super) fn text(&self, row: usize, column: usize) -> &'a str {
        self.table.text(row, column)
    }

    /// Numbers of a column; an empty field is NaN, an infinity is refused.
    pub(super) fn numbers(&self, column: usize) -> Result<Vec<f64>, StatError> {
        (0..self.rows())
            .map(|row| match self.table.number(row, column)? {
                Some(x) if !x.is_finite() => Err(StatError::NotFinite {
                    line: row + 2,
                    column: self.name(column).to_owned(),
                    text: self.text(row, column).to_owned(),
                }),
                x => Ok(x.unwrap_or(f64::NAN)),
            })
            .collect()
    }

    /// Numbers that are not all the same.
    pub(super) fn varying(&self, column: usize) -> Result<Vec<f64>, StatError> {
        let numbers = self.numbers(column)?;
        let mut known = numbers.iter().filter(|x| !x.is_nan());
        let first = known.next();
        // one value is too few rather than constant: the method says so
        if let Some(first) = first.filter(|first| known.clone().count() > 0 && known.all(|x| x == *first)) {
            let rows = numbers.iter().filter(|x| !x.is_nan()).count();
            return Err(StatError::Constant { column: self.name(column).to_owned(), rows, value: first.to_string() });
        }
        Ok(numbers)
    }

    /// Varying numbers of all columns of a role.
    pub(super) fn all_varying(&self, columns: &[usize]) -> Result<Vec<Vec<f64>>, StatError> {
        columns.iter().map(|&c| self.varying(c)).collect()
    }

    /// Numbers of which none may be missing.
    pub(super) fn complete(&self, column: usize, wanted: &'static str) -> Result<Vec<f64>, StatError> {
        let numbers = self.varying(column)?;
        match numbers.iter().position(|x| x.is_nan()) {
            Some(row) => Err(self.table.fault(row, column, wanted).into()),
            None => Ok(numbers),
        }
    }

    /// Weights: a positive number in every row.
    pub(super) fn complete_weights(&self, column: usize) -> Result<Vec<f64>, StatError> {
        let numbers = self.numbers(column)?;
        match numbers.iter().position(|x| x.is_nan() || *x <= 0.0) {
            Some(row) => Err(self.table.fault(row, column, "a positive weight").into()),
            None => Ok(numbers),
        }
    }

    /// 0 / 1 of which both occur.
    pub(super) fn arms(&self, column: usize) -> Result<Vec<bool>, StatError> {
        let flags = self.flags(column)?;
        if flags.iter().all(|f| *f == flags[0]) {
            let value = self.text(0, column).to_owned();
            return Err(StatError::Constant { column: self.name(column).to_owned(), rows: flags.len(), value });
        }
        Ok(flags)
    }

    pub(super) fn flags(&self, column: usize) -> Result<Vec<bool>, StatError> {
        (0..self.rows()).map(|row| Ok(self.table.flag(row, column)?)).collect()
    }

    /// A code for every name; an empty one is a fault.
    pub(super) fn codes(&self, column: usize) -> Result<Vec<u64>, StatError> {
        match (0..self.rows()).find(|&row| self.text(row, column).is_empty()) {
            Some(row) => Err(self.table.fault(row, column, "a name").into()),
            None => Ok(self.table.codes(column)),
        }
    }

    /// Codes of the clusters: the column of clusters, else the given one. As many
    /// clusters as rows are refused.
    pub(super) fn clusters(&self, otherwise: usize) -> Result<Vec<u64>, StatError> {
        let column = self.maybe(Role::Cluster).unwrap_or(otherwise);
        let codes = self.codes(column)?;
        let distinct = codes.iter().collect::<BTreeSet<_>>().len();
        if distinct == codes.len() && distinct > 1 {
            return Err(StatError::ClusterPerRow { column: self.name(column).to_owned(), rows: distinct });
        }
        Ok(codes)
    }

    pub(super) fn periods(&self, column: usize) -> Result<Vec<i64>, StatError> {
        Ok(self.table.periods(column)?)
    }

    /// Places in time of a single series: days by their date, else as [`Self::periods`].
    pub(super) fn moments(&self, column: usize) -> Result<Vec<i64>, StatError> {
        let texts = || (0..self.rows()).map(|row| self.text(row, column));
        if !texts().all(|text| text.len() == "2026-05-01".len() && month_of(text).is_some()) {
            return self.periods(column);
        }
        let days: BTreeSet<&str> = texts().collect();
        let places: BTreeMap<&str, i64> = days.into_iter().zip(0..).collect();
        Ok(texts().map(|text| places[text]).collect())
    }

    /// The period a text stands for, in the coding of a column of periods.
    pub(super) fn period_of(&self, column: usize, periods: &[i64], text: &str) -> Option<i64> {
        if let Some(row) = (0..self.rows()).find(|&row| self.text(row, column) == text) {
            return periods.get(row).copied();
        }
        let first = self.text(0, column);
        match (month_of(first), first.parse::<f64>()) {
            (Some(month), _) if periods[0] == month => month_of(text),
            (_, Ok(number)) if periods[0] as f64 == number => {
                text.parse::<f64>().ok().filter(|x| x.fract() == 0.0 && x.abs() < 1e15).map(|x| x as i64)
            }
            _ => None,
        }
    }

    /// How a period stands in the table; its number when it does not.
    pub(super) fn period_text(&self, column: usize, periods: &[i64], period: i64) -> String {
        let row = periods.iter().position(|p| *p == period);
        row.map_or_else(|| period.to_string(), |row| self.text(row, column).to_owned())
    }

    /// Values of a column in order of their text, with the rows of each.
    pub(super) fn groups(&self, column: usize) -> Vec<(&'a str, Vec<usize>)> {
        let names: BTreeSet<&str> =
            (0..self.rows()).map(|row| self.text(row, column)).filter(|name| !name.is_empty()).collect();
        let rows = |name: &str| (0..self.rows()).filter(|&row| self.text(row, column) == name).collect();
        names.into_iter().map(|name| (name, rows(name))).collect()
    }

    /// The fault of a column that has not the groups a method compares.
    pub(super) fn not_groups(&self, column: usize, groups: &[(&str, Vec<usize>)], need: usize) -> StatError {
        StatError::Groups {
            method: self.method.name,
            column: self.name(column).to_owned(),
            have: groups.len(),
            need,
            names: groups.iter().take(NAMES_SHOWN).map(|(name, _)| (*name).to_owned()).collect(),
        }
    }

    /// An option that is missing or cannot be used.
    pub(super) fn option(&self, need: impl Into<String>, have: impl Into<String>) -> StatError {
        StatError::Option { method: self.method.name, need: need.into(), have: have.into() }
    }
}

/// One value per column of a row.
pub(super) fn across(columns: &[Vec<f64>], row: usize) -> Vec<f64> {
    columns.iter().map(|column| column[row]).collect()
}
