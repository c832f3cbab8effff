//! The report for people.

use super::model::Report;

/// How it is to look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns.
    pub width: usize,
}

/// The whole report as text.
#[must_use]
pub fn render(report: &Report, _style: Style) -> String {
    report
        .incidents
        .iter()
        .map(|i| format!("{}\n", i.summary))
        .collect()
}
