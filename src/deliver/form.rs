//! The forms in which receivers take an alert.

use anstream::adapter::strip_str;
use serde_json::{Value, json};

use crate::alert::{Alert, Happening, headline, render};
use crate::report::{Style, Time};
use crate::time::Span;

/// An alert that goes on is withdrawn by its receiver after this, should nobody tell that it ended.
const STANDS: Span = Span::from_seconds(86_400);

/// What a webhook's body looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// The alert as it stands in docs/watch.md.
    #[default]
    Json,
    /// An object with a `text`, as incoming webhooks of Slack, Mattermost and their like take it.
    Slack,
    /// A list of one alert, as Alertmanager's API takes it (`POST /api/v2/alerts`).
    Alertmanager,
}

impl Form {
    /// The body; `None` where the form has no use for the alert.
    #[must_use]
    pub fn body(self, alert: &Alert) -> Option<Vec<u8>> {
        match self {
            Self::Json => json(alert),
            Self::Slack => slack(alert).map(|value| value.to_string().into_bytes()),
            Self::Alertmanager => Some(alertmanager(alert).to_string().into_bytes()),
        }
    }
}

pub(super) fn json(alert: &Alert) -> Option<Vec<u8>> {
    // No map of the alert has keys that are no strings, which is all that could fail.
    serde_json::to_vec(alert).ok()
}

/// What closes quietly is no news for a person.
fn slack(alert: &Alert) -> Option<Value> {
    if alert.event == Happening::Closed {
        return None;
    }
    // The three that Slack takes for markup in a text, https://docs.slack.dev/messaging/formatting-message-text
    let escaped = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    let mut text = escaped(&headline(alert));
    if let Some(note) = &alert.note {
        text.push_str("\n_");
        text.push_str(&escaped(&crate::report::harmless(note)));
        text.push('_');
    }
    Some(json!({ "text": text }))
}

/// The labels stay the same from alert to alert of one incident, for by them it is known again.
fn alertmanager(alert: &Alert) -> Value {
    let incident = &alert.incident;
    let mut services: Vec<&str> = incident
        .loops
        .iter()
        .map(|l| l.entity.service.as_str())
        .collect();
    services.sort_unstable();
    services.dedup();
    let ends = match alert.event.is_open() {
        true => Time(alert.at.0.plus(STANDS)),
        false => alert.at,
    };
    json!([{
        "labels": {
            "alertname": "CrashLoop",
            "incident": incident.id,
            "severity": "critical",
        },
        "annotations": {
            "summary": headline(alert),
            "description": strip_str(&render(alert, Style { width: 100 })).to_string(),
            "services": services.join(", "),
        },
        "startsAt": incident.onset,
        "endsAt": ends,
    }])
}
