//! The names that structured loggers give to time, level, message and the rest.
//!
//! In: names (nested ones joined by dots) and values, from JSON or logfmt. Out: the parts of a record.

use std::borrow::Cow;

use super::lines::into_text;
use super::{level, syslog};
use crate::record::{Record, Severity, stamp};

/// What a name stands for. Of several names of one kind the one with the smallest rank counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Time(u8),
    Level(u8),
    Message(u8),
    Logger(u8),
    Unit(u8),
    Subject(u8),
    Host(u8),
    Pid(u8),
    Trace(u8),
    Fact(&'static str),
}

/// What the name stands for; `None` where it is of no use.
fn part(name: &str) -> Option<Part> {
    Some(match name {
        "@timestamp" => Part::Time(0),
        "timestamp" | "Timestamp" => Part::Time(1),
        "time" | "asctime" | "@t" | "t.$date" => Part::Time(2),
        "ts" | "datetime" => Part::Time(3),
        "t" | "eventTime" | "StartUTC" => Part::Time(4),

        "level" | "log.level" | "levelname" | "@l" | "error_severity" | "@level" => Part::Level(0),
        "severity" | "lvl" | "loglevel" | "logLevel" | "level_name" => Part::Level(1),
        "s" | "severityText" => Part::Level(2),

        "message" | "msg" | "short_message" | "@m" | "@message" => Part::Message(0),
        "fields.message" | "jsonPayload.message" | "jsonPayload.msg" => Part::Message(1),
        "@mt" | "textPayload" | "event" | "body" | "MESSAGE" => Part::Message(2),
        "log" | "error.message" => Part::Message(3),

        "logger" | "logger_name" | "log.logger" | "target" | "@module" => Part::Logger(0),
        "name" | "component" | "c" | "module" => Part::Logger(1),

        "unit" | "_SYSTEMD_UNIT" => Part::Unit(0),
        "kubernetes.container_name"
        | "kubernetes.container.name"
        | "containerName"
        | "resource.labels.container_name" => Part::Unit(1),
        "service" | "service.name" | "service_name" | "serviceName" | "_service" => Part::Unit(2),
        "app" | "application" | "kubernetes.labels.app" => Part::Unit(3),

        "pod"
        | "pod.name"
        | "podRef.name"
        | "podName"
        | "kubernetes.pod_name"
        | "kubernetes.pod.name"
        | "resource.labels.pod_name" => Part::Subject(0),
        "container" | "container.name" | "container_name" => Part::Subject(1),
        "task" | "alloc_id" => Part::Subject(2),

        "hostname" | "host" | "host.name" | "host.hostname" | "_HOSTNAME" => Part::Host(0),
        "nodeName" | "kubernetes.host" | "node.name" | "node" => Part::Host(1),

        "pid" | "process.pid" | "@pid" => Part::Pid(0),
        "process_id" | "processId" | "process" => Part::Pid(1),

        "stack_trace" | "stacktrace" | "error.stack_trace" | "exc_info" | "@x" | "err.stack" => {
            Part::Trace(0)
        }
        "exception"
        | "exception.stacktrace"
        | "error.stack"
        | "stack"
        | "traceback"
        | "errorVerbose" => Part::Trace(1),

        "error" | "err" | "err.message" | "fields.error" => Part::Fact("error"),
        "id" => Part::Fact("id"),
        "namespace" | "kubernetes.namespace_name" | "pod.namespace" => Part::Fact("namespace"),
        "image" => Part::Fact("image"),
        "reason" => Part::Fact("reason"),
        "user" | "user.name" => Part::Fact("user"),
        "version" | "service.version" => Part::Fact("version"),
        "exit_code" | "exitCode" | "exit_status" | "exitStatus" => Part::Fact("exit_code"),
        "status" => Part::Fact("status"),
        "revision" | "commit" => Part::Fact("revision"),
        "deployment" => Part::Fact("deployment"),
        _ => return None,
    })
}

/// A value and the rank of its name.
type Ranked<'a> = Option<(u8, Cow<'a, [u8]>)>;

/// The parts of a record that have been found.
#[derive(Debug, Default)]
pub(in crate::record) struct Parts<'a> {
    time: Ranked<'a>,
    level: Ranked<'a>,
    message: Ranked<'a>,
    logger: Ranked<'a>,
    unit: Ranked<'a>,
    subject: Ranked<'a>,
    host: Ranked<'a>,
    pid: Ranked<'a>,
    trace: Ranked<'a>,
    facts: Vec<(&'static str, Cow<'a, [u8]>)>,
    /// Serilog's compact form.
    is_compact: bool,
}

impl<'a> Parts<'a> {
    /// Whether the name is of any use.
    pub(in crate::record) fn wants(name: &str) -> bool {
        part(name).is_some()
    }

    /// Takes a value in.
    pub(in crate::record) fn put(&mut self, name: &str, value: Cow<'a, [u8]>) {
        if value.is_empty() {
            return;
        }
        self.is_compact |= name == "@t";
        let (rank, place) = match part(name) {
            Some(Part::Time(rank)) => (rank, &mut self.time),
            Some(Part::Level(rank)) => (rank, &mut self.level),
            Some(Part::Message(rank)) => (rank, &mut self.message),
            Some(Part::Logger(rank)) => (rank, &mut self.logger),
            Some(Part::Unit(rank)) => (rank, &mut self.unit),
            Some(Part::Subject(rank)) => (rank, &mut self.subject),
            Some(Part::Host(rank)) => (rank, &mut self.host),
            Some(Part::Pid(rank)) => (rank, &mut self.pid),
            Some(Part::Trace(rank)) => (rank, &mut self.trace),
            Some(Part::Fact(name)) => {
                self.facts.push((name, value));
                return;
            }
            None => return,
        };
        if place.as_ref().is_none_or(|(have, _)| rank < *have) {
            *place = Some((rank, value));
        }
    }

    /// Whether a message has been found, or a stack trace that can stand for it.
    pub(in crate::record) fn has_message(&self) -> bool {
        self.message.is_some() || self.trace.is_some()
    }

    /// Fills the record. Its message stays where none has been found.
    pub(in crate::record) fn fill(self, record: &mut Record<'a>) {
        let text = |ranked: Ranked<'a>| ranked.map(|(_, value)| into_text(value));
        if let Some((_, time)) = &self.time {
            record.stamp = stamp::from_text(time);
        }
        record.severity = match self.level {
            Some((_, value)) => severity(&value),
            // Compact events leave the level out where it is Information (clef-json.org).
            None if self.is_compact => Some(Severity::Info),
            None => None,
        }
        .or(record.severity);
        // A pod or container is the fact's name too: rules ask for it by that.
        if let Some((rank @ 0..=1, value)) = &self.subject {
            let name = if *rank == 0 { "pod" } else { "container" };
            record.facts.push((name, into_text(value.clone())));
        }
        record.program = text(self.logger).or(record.program.take());
        let pod = self
            .subject
            .as_ref()
            .filter(|(rank, _)| *rank == 0)
            .cloned();
        record.unit = text(self.unit.or(pod)).or(record.unit.take());
        record.subject = text(self.subject).or(record.subject.take());
        record.host = text(self.host).or(record.host.take());
        let pid = self.pid.and_then(|(_, value)| stamp::number(&value));
        record.pid = pid.and_then(|pid| u32::try_from(pid).ok()).or(record.pid);
        record.facts.extend(
            self.facts
                .into_iter()
                .map(|(name, value)| (name, into_text(value))),
        );
        let message = match (self.message, self.trace) {
            (Some((_, message)), Some((_, trace))) => Cow::Owned([&*message, &*trace].join(&b'\n')),
            (Some((_, text)), None) | (None, Some((_, text))) => text,
            (None, None) => return,
        };
        record.message = clean(message);
    }
}

/// The text without colour codes and the line ends behind it.
fn clean(text: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match text {
        Cow::Borrowed(text) => super::uncoloured(text.trim_ascii()),
        Cow::Owned(text) => Cow::Owned(super::uncoloured(text.trim_ascii()).into_owned()),
    }
}

/// `info`, `INFO+2`, `30` (pino, bunyan), `3` (syslog), `I` and `D1` (MongoDB).
fn severity(value: &[u8]) -> Option<Severity> {
    match stamp::number(value) {
        Some(number @ 0..=7) => Some(syslog::severity(u8::try_from(number).ok()?)),
        Some(60..) => Some(Severity::Critical),
        Some(50..) => Some(Severity::Error),
        Some(40..) => Some(Severity::Warning),
        Some(30..) => Some(Severity::Info),
        Some(_) => Some(Severity::Debug),
        None => match value.trim_ascii() {
            [letter] | [letter @ b'D', b'1'..=b'5'] => level::letter(*letter),
            word => level::of(word.split(|b| matches!(b, b'+' | b'-' | b' ')).next()?),
        },
    }
}
