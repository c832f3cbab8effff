//! A list of changes in a file.
//!
//! In: a file, and the zone of times that bear none. Out: its changes. The form is told by content: what
//! begins with `{` or `[` is JSON, anything else CSV with a header.

use std::path::Path;

use jiff::tz::TimeZone;

use crate::error::Error;

use super::{Outside, Spot, Told, action, csv, json, kind, time};

/// The columns that are known.
pub(super) const COLUMNS: &str =
    "time, kind, action, target, host, subject, path, from, to, actor, summary";

/// What is wrong with a line, and what to do.
pub(super) struct Wrong {
    /// From 1.
    pub(super) line: u64,
    pub(super) reason: String,
}

pub(super) fn read(path: &Path, zone: &TimeZone) -> Result<Outside, Error> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    let fail = |wrong: Wrong| Error::Changes {
        file: name.clone(),
        line: wrong.line,
        reason: wrong.reason,
    };
    let text = std::str::from_utf8(&bytes).map_err(|err| {
        let before = &bytes[..err.valid_up_to()];
        fail(Wrong {
            line: 1 + memchr::memchr_iter(b'\n', before).count() as u64,
            reason: "is not UTF-8 text; a list is JSON Lines, or CSV with a header, not compressed"
                .to_owned(),
        })
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let (format, events) = match text.trim_start().as_bytes().first() {
        None => {
            return Err(fail(Wrong {
                line: 1,
                reason: "the list is empty".to_owned(),
            }));
        }
        Some(b'{' | b'[') => ("changes-json", json::read(text, zone)),
        _ if text.trim_start().starts_with("apiVersion:") || text.starts_with("---\n") => {
            return Err(fail(Wrong {
                line: 1,
                reason:
                    "is YAML: export objects with `kubectl get ... -o json --show-managed-fields`"
                        .to_owned(),
            }));
        }
        Some(_) => ("changes-csv", csv::read(text, zone)),
    };
    Ok(Outside {
        path: name.clone(),
        format,
        bytes: bytes.len() as u64,
        lines: text.lines().count() as u64,
        events: events.map_err(fail)?,
    })
}

impl Told {
    /// Takes the value of a column; the reason where it cannot be understood.
    pub(super) fn take(
        &mut self,
        column: &str,
        value: &str,
        zone: &TimeZone,
    ) -> Result<(), String> {
        let value = value.trim();
        if value.is_empty() {
            return Ok(());
        }
        let own = || Some(value.to_owned());
        match column {
            "time" => self.time = Some(time(value, zone)?),
            "kind" => {
                let found = kind(value).ok_or_else(|| {
                    format!(
                        "`{value}` is no kind of change: use config, code, package, image, unit, flag, \
                         migration, certificate, infrastructure, permission, operator or other"
                    )
                })?;
                self.kind = Some(found);
            }
            "action" => {
                let found = action(value).ok_or_else(|| {
                    format!(
                        "`{value}` is no action: use apply, rollback, reload, restart or remove"
                    )
                })?;
                self.action = Some(found);
            }
            "target" => self.targets.extend(split(value)),
            "path" => self.paths.extend(split(value)),
            "host" => self.host = own(),
            "subject" => self.subject = own(),
            "from" => self.from = own(),
            "to" => self.to = own(),
            "actor" => self.actor = own(),
            "summary" => self.summary = own(),
            _ => drop(self.more.insert(column.to_owned(), value.to_owned())),
        }
        Ok(())
    }

    /// The event, where it is a change.
    pub(super) fn finish(mut self, spot: &Spot<'_>) -> Result<crate::classify::Event, Wrong> {
        let wrong = |reason: &str| Wrong {
            line: spot.line,
            reason: reason.to_owned(),
        };
        if let Some(lack) = self.lack() {
            return Err(wrong(lack));
        }
        if self.subject.is_none() && self.paths.is_empty() {
            self.subject = self.summary.take();
        }
        // `service@host`, where no column names the host.
        if self.host.is_none() {
            let hosts: Vec<&str> = self
                .targets
                .iter()
                .filter_map(|t| t.split_once('@').map(|(_, host)| host))
                .filter(|host| !host.is_empty())
                .collect();
            if let [first, rest @ ..] = &hosts[..] {
                if rest.iter().any(|host| host != first) {
                    return Err(wrong("names several hosts: write a line for each"));
                }
                self.host = Some((*first).to_owned());
            }
            for target in &mut self.targets {
                if let Some((service, host)) = target.split_once('@')
                    && !host.is_empty()
                    && !service.is_empty()
                {
                    *target = service.to_owned();
                }
            }
        }
        self.event(spot, "list")
            .ok_or_else(|| wrong("has no `time`"))
    }
}

fn split(value: &str) -> impl Iterator<Item = String> + '_ {
    let parts = value.split([',', ';']).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned)
}
