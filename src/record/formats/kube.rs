//! Kubernetes: events as `kubectl get events -o json` prints them, and the API server's audit log.

use std::borrow::Cow;

use memchr::memmem;

use super::lines::{backward, chomp, forward, into_text};
use super::{Format, into_owned, json, start};
use crate::record::{Frame, Record, Severity, stamp};

/// Whether the object is, or may hold, an event.
pub(in crate::record) fn is_event(json: &[u8]) -> bool {
    memmem::find(json, b"\"involvedObject\"").is_some()
        || (memmem::find(json, b"\"regarding\"").is_some()
            && memmem::find(json, b"events.k8s.io").is_some())
}

/// The scalars of an object that were asked for.
struct Scalars<'a>(Vec<(&'static str, Cow<'a, [u8]>)>);

impl<'a> Scalars<'a> {
    fn of(json: &'a [u8], names: &'static [&'static str]) -> Option<Self> {
        let mut found = Vec::new();
        // A watch wraps each object.
        let known = |name: &str| {
            let name = name.strip_prefix("object.").unwrap_or(name);
            names.iter().find(|known| **known == name)
        };
        let mut each = |name: &str, value: Cow<'a, [u8]>| {
            if let Some(name) = known(name).filter(|_| !value.is_empty()) {
                found.push((*name, value));
            }
        };
        json::walk(json, &mut each, &|name| known(name).is_some())?;
        Some(Self(found))
    }

    /// The value of the first of the names that has one.
    fn get(&self, names: &[&str]) -> Option<Cow<'a, [u8]>> {
        names
            .iter()
            .find_map(|name| self.0.iter().rfind(|(known, _)| known == name))
            .map(|(_, v)| v.clone())
    }

    fn text(&self, names: &[&str]) -> Option<Cow<'a, str>> {
        self.get(names).map(into_text)
    }
}

const EVENT: &[&str] = &[
    "type",
    "reason",
    "message",
    "note",
    "count",
    "series.count",
    "deprecatedCount",
    "lastTimestamp",
    "series.lastObservedTime",
    "eventTime",
    "deprecatedLastTimestamp",
    "firstTimestamp",
    "metadata.creationTimestamp",
    "involvedObject.name",
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.fieldPath",
    "regarding.name",
    "regarding.kind",
    "regarding.namespace",
    "regarding.fieldPath",
    "source.host",
    "deprecatedSource.host",
    "source.component",
    "reportingComponent",
    "reportingController",
];

/// The record of an event's object.
fn event<'a>(json: &'a [u8]) -> Option<Record<'a>> {
    let found = Scalars::of(json, EVENT)?;
    let subject = found.text(&["involvedObject.name", "regarding.name"])?;
    let mut record = start(Format::KubeEvents, json);
    record.unwrapped = true;
    record.program = Some(Cow::Borrowed("kubernetes-event"));
    record.subject = Some(subject);
    record.host = found.text(&["source.host", "deprecatedSource.host"]);
    let times = [
        "lastTimestamp",
        "series.lastObservedTime",
        "eventTime",
        "deprecatedLastTimestamp",
        "firstTimestamp",
        "metadata.creationTimestamp",
    ];
    record.stamp = found.get(&times).and_then(|time| stamp::from_text(&time));
    record.severity = match found.get(&["type"]).as_deref() {
        Some(b"Warning") => Some(Severity::Warning),
        Some(b"Normal") => Some(Severity::Info),
        _ => None,
    };
    for (name, from) in [
        ("reason", &["reason"][..]),
        ("kind", &["involvedObject.kind", "regarding.kind"]),
        (
            "namespace",
            &["involvedObject.namespace", "regarding.namespace"],
        ),
        ("count", &["count", "series.count", "deprecatedCount"]),
        (
            "component",
            &[
                "source.component",
                "reportingComponent",
                "reportingController",
            ],
        ),
    ] {
        record
            .facts
            .extend(found.text(from).map(|value| (name, value)));
    }
    let field = found.text(&["involvedObject.fieldPath", "regarding.fieldPath"]);
    if let Some(container) = field.as_deref().and_then(container_of) {
        record
            .facts
            .push(("container", Cow::Owned(container.to_string())));
    }
    record.message = found.get(&["message", "note"]).unwrap_or_default();
    Some(record)
}

/// `spec.containers{app}`: `app`.
fn container_of(field: &str) -> Option<&str> {
    field.split_once('{')?.1.strip_suffix('}')
}

/// Reads an event: a line of its own, or the object around a line of indented JSON.
pub(in crate::record) fn read_event<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    if frame.line.starts_with(b"{\"") {
        let record = event(chomp(frame.line))?;
        return Some(Record {
            len: frame.line.len(),
            ..record
        });
    }
    // Elements of a list begin with a bare brace; those of other lists than `items` lie further in.
    let own_text = chomp(frame.line).trim_ascii();
    let brace = matches!(own_text, b"{" | b"}" | b"},");
    let mut indent = indent_of(frame.line) + usize::from(brace);
    let own = std::iter::once((0, frame.line));
    for (back, line) in own.chain(backward(frame.before)) {
        if indent_of(line) < indent && chomp(line).trim_ascii() == b"{" {
            indent = indent_of(line);
            if let Some(record) = event_from(frame, back, indent) {
                return Some(record);
            }
        }
    }
    None
}

/// The event whose object begins `back` bytes before the frame's line with a brace at `indent`.
fn event_from<'a>(frame: Frame<'a>, back: usize, indent: usize) -> Option<Record<'a>> {
    let above = frame.before.get(frame.before.len().checked_sub(back)?..)?;
    let closes = |line: &[u8]| indent_of(line) == indent && line.trim_ascii().starts_with(b"}");
    let own = std::iter::once((None, frame.line));
    let after = forward(frame.after).map(|(end, line)| (Some(end), line));
    let (end, _) = own.chain(after).find(|(_, line)| closes(line))?;
    let mut json = above.to_vec();
    json.extend_from_slice(frame.line);
    if let Some(end) = end {
        json.push(b'\n');
        json.extend_from_slice(frame.after.get(..end)?);
    }
    let text = json.trim_ascii_end();
    let text = text.strip_suffix(b",").unwrap_or(text);
    let record = into_owned(event(text)?);
    Some(Record {
        back,
        len: json.len(),
        ..record
    })
}

fn indent_of(line: &[u8]) -> usize {
    line.iter().take_while(|b| **b == b' ').count()
}

const AUDIT: &[&str] = &[
    "kind",
    "stage",
    "verb",
    "requestURI",
    "userAgent",
    "user.username",
    "objectRef.resource",
    "objectRef.subresource",
    "objectRef.namespace",
    "objectRef.name",
    "responseStatus.code",
    "stageTimestamp",
    "requestReceivedTimestamp",
];

/// Reads a line of the API server's audit log.
pub(in crate::record) fn read_audit<'a>(frame: Frame<'a>) -> Option<Record<'a>> {
    let line = chomp(frame.line);
    let found = Scalars::of(line, AUDIT)?;
    let verb = found.text(&["verb"])?;
    let resource = match (
        found.text(&["objectRef.resource"]),
        found.text(&["objectRef.subresource"]),
    ) {
        (Some(resource), Some(part)) => Some(Cow::Owned(format!("{resource}/{part}"))),
        (resource, _) => resource.or_else(|| found.text(&["requestURI"])),
    };
    let (name, namespace) = (
        found.text(&["objectRef.name"]),
        found.text(&["objectRef.namespace"]),
    );
    let (user, agent) = (found.text(&["user.username"]), found.text(&["userAgent"]));
    let or_dash = |text: &Option<Cow<'a, str>>| text.as_deref().unwrap_or("-").to_string();
    let object = match (&namespace, &name) {
        (Some(namespace), Some(name)) => format!("{namespace}/{name}"),
        (one, other) => or_dash(if other.is_some() { other } else { one }),
    };
    let message = format!(
        "{verb} {} {object} by {} ({})",
        or_dash(&resource),
        or_dash(&user),
        or_dash(&agent)
    );
    let mut record = start(Format::KubeAudit, frame.line);
    record.unwrapped = true;
    record.program = Some(Cow::Borrowed("kube-audit"));
    let time = found.get(&["stageTimestamp", "requestReceivedTimestamp"]);
    record.stamp = time.and_then(|time| stamp::from_text(&time));
    record.subject = name.clone();
    record.message = Cow::Owned(message.into_bytes());
    let facts = [
        ("verb", Some(verb)),
        ("resource", resource),
        ("name", name),
        ("namespace", namespace),
        ("user", user),
        ("userAgent", agent),
        ("code", found.text(&["responseStatus.code"])),
        ("stage", found.text(&["stage"])),
    ];
    record.facts.extend(
        facts
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?))),
    );
    Some(record)
}
