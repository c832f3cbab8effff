//! OpenTelemetry's logs as its file exporter writes them: a batch a line (OTLP's JSON encoding).
//!
//! In: a line that begins with `{"resourceLogs":`. Out: one record: the batch's first time, its worst
//! severity, and all its bodies, a line each. What a batch holds of several services is told as the first
//! one's.

use std::borrow::Cow;

use serde::Deserialize;

use super::{Format, lines, start};
use crate::record::{Frame, Record, Severity, stamp};
use crate::time::Stamp;

const BEGIN: &[u8] = b"{\"resourceLogs\":";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Batch {
    resource_logs: Vec<ResourceLogs>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs {
    #[serde(default)]
    resource: Resource,
    #[serde(default)]
    scope_logs: Vec<ScopeLogs>,
}

#[derive(Deserialize, Default)]
struct Resource {
    #[serde(default)]
    attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
struct Attribute {
    key: String,
    #[serde(default)]
    value: AnyValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ScopeLogs {
    #[serde(default)]
    log_records: Vec<LogRecord>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogRecord {
    severity_number: Option<u8>,
    #[serde(default)]
    body: AnyValue,
    #[serde(default)]
    attributes: Vec<Attribute>,
}

/// A value of which only text matters.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct AnyValue {
    string_value: Option<String>,
    int_value: Option<serde_json::Value>,
}

pub(super) fn is_line(line: &[u8]) -> bool {
    line.starts_with(BEGIN)
}

/// The first time of the batch, when it happened or was observed, found without parsing it.
pub(super) fn stamp_of(line: &[u8]) -> Option<Stamp> {
    let name = b"imeUnixNano\":";
    let rest = line.get(memchr::memmem::find(line, name)? + name.len()..)?;
    let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
    stamp::from_text(rest.get(..stamp::digits(rest, 0))?)
}

/// Reads a batch; `None` where it is none.
pub(super) fn read<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    if !is_line(frame.line) {
        return None;
    }
    let batch: Batch = serde_json::from_slice(lines::chomp(frame.line)).ok()?;
    let mut record = start(Format::JsonLines, frame.line);
    record.stamp = stamp_of(frame.line);
    record.unwrapped = true;
    let mut message = String::new();
    for logs in batch.resource_logs {
        for attribute in logs.resource.attributes {
            attribute.put(&mut record);
        }
        for said in logs.scope_logs.into_iter().flat_map(|s| s.log_records) {
            // The scale begins with the worst.
            let severity = said.severity_number.and_then(severity);
            record.severity = record.severity.into_iter().chain(severity).min();
            let mut parts: Vec<String> = said.body.string_value.into_iter().collect();
            for attribute in said.attributes {
                // A trace stands beside the body (OpenTelemetry's semantic conventions).
                if attribute.key == "exception.stacktrace" {
                    parts.extend(attribute.value.string_value);
                }
            }
            for part in parts {
                if !message.is_empty() {
                    message.push('\n');
                }
                message.push_str(&part);
            }
        }
    }
    record.message = Cow::Owned(message.into_bytes());
    Some(record)
}

impl Attribute {
    /// What a resource tells (OpenTelemetry's semantic conventions for resources); the first counts.
    fn put(self, record: &mut Record<'_>) {
        let number = self.value.int_value.map(|n| n.to_string());
        let Some(text) = self.value.string_value.or(number) else {
            return;
        };
        let place = match &*self.key {
            "host.name" => &mut record.host,
            "service.name" => &mut record.program,
            "k8s.container.name" => &mut record.unit,
            "k8s.pod.name" => {
                record.facts.push(("pod", Cow::Owned(text.clone())));
                &mut record.subject
            }
            "k8s.namespace.name" => {
                record.facts.push(("namespace", Cow::Owned(text)));
                return;
            }
            "process.pid" => {
                record.pid = record.pid.or(text.trim_matches('"').parse().ok());
                return;
            }
            _ => return,
        };
        place.get_or_insert(Cow::Owned(text));
    }
}

/// The data model's 1 to 24: four numbers for each of TRACE, DEBUG, INFO, WARN, ERROR, FATAL.
fn severity(number: u8) -> Option<Severity> {
    Some(match number {
        1..=8 => Severity::Debug,
        9..=12 => Severity::Info,
        13..=16 => Severity::Warning,
        17..=20 => Severity::Error,
        21..=24 => Severity::Critical,
        _ => return None,
    })
}
