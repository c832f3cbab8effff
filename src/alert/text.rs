//! Alerts for people.
//!
//! In: an alert. Out: a headline, and below it, where it opens, changes or
//! closes what somebody has to act on, the incident as the report has it.

use crate::report::{Style, harmless, render_incident};

use super::{Alert, Happening};

/// One line: what happened, to whom, and why.
#[must_use]
pub fn headline(alert: &Alert) -> String {
    let again = if alert.again { " (told again)" } else { "" };
    let what = alert.event.name().to_uppercase();
    let text = match (&alert.into, alert.event) {
        (Some(into), Happening::Merged) => format!("is a part of incident {into}"),
        _ => alert.incident.summary.clone(),
    };
    let at = alert.at.0;
    let id = &alert.incident.id;
    harmless(&format!(
        "{} {}Z  {what}{again}  {id}  {text}",
        at.date(),
        at.clock()
    ))
    .replace('\n', " ")
}

/// The headline, and what is behind it.
#[must_use]
pub fn render(alert: &Alert, style: Style) -> String {
    let mut text = headline(alert);
    text.push('\n');
    if let Some(note) = &alert.note {
        text.push_str(&format!("  note: {}\n", harmless(note).replace('\n', " ")));
    }
    if alert.event.is_open() || alert.event == Happening::Recovered {
        text.push_str(&render_incident(&alert.changes, &alert.incident, style));
        text.push('\n');
    }
    text
}
