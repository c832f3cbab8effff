//! The formats, one family a file, and what each line's shape tells.
//!
//! Owns: the list of formats. In: a line. Out: the format that its head shows ([`shape`]), and the
//! record that a family's reader makes of it ([`read_as`]).

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use memchr::memchr;
use memchr::memmem::Finder;

use super::stamp::{self, Layout};
use super::{Frame, Record, Tag};
use crate::time::Stamp;

mod ansible;
mod container;
mod inner;
mod journal;
mod journal_file;
mod json;
mod keys;
mod kube;
mod level;
mod lines;
mod logfmt;
mod packages;
mod services;
mod syslog;
mod text;
mod web;

pub(super) use journal::Places;

/// How a log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Format {
    /// `Mar  1 10:00:00 web01 app[812]: ..`, with or without PRI, year and host.
    Rfc3164,
    /// `<30>1 2026-03-01T10:00:00Z web01 app 812 - - ..`.
    Rfc5424,
    /// `2026-03-01T10:00:00.123456+01:00 web01 app[812]: ..`.
    RsyslogIso,
    /// journalctl's default; also its separators.
    JournalShort,
    /// `Mar 01 10:00:00.123456 ..`.
    JournalShortPrecise,
    /// `2026-03-01T10:00:00+0100 ..`, since v255 with a colon; syslog-ng's ISO stamps too.
    JournalShortIso,
    /// `2026-03-01T10:00:00.123456+0100 ..`; since v255 it cannot be told from [`Format::RsyslogIso`].
    JournalShortIsoPrecise,
    /// `Sun 2026-03-01 10:00:00 CET ..`, also with units for programs.
    JournalShortFull,
    /// `1772355600.123456 ..`.
    JournalShortUnix,
    /// `[  812.123456] web01 app[812]: ..`: time since boot.
    JournalShortMonotonic,
    /// One JSON object an entry.
    JournalJson,
    /// Stanzas of `KEY=value`.
    JournalExport,
    /// A binary journal, of which `source` has made lines.
    Journal,
    /// `[  812.123456] ..` and `[Sun Mar  1 10:00:00 2026] ..`.
    Dmesg,
    /// dpkg.log.
    Dpkg,
    /// apt's history.log: stanzas.
    AptHistory,
    /// Ansible's `log_path`.
    Ansible,
    /// Docker's json-file driver.
    DockerJson,
    /// `2026-03-01T10:00:00.123456789+01:00 stdout F ..`: containerd, CRI-O.
    Cri,
    /// One JSON object a record, of any logger.
    JsonLines,
    /// `kubectl get events -o json`, one a line or as an indented list.
    KubeEvents,
    /// The Kubernetes API server's audit log.
    KubeAudit,
    /// `time=.. level=info msg=".."`.
    Logfmt,
    /// `I0301 10:00:00.123456     812 file.go:10] ..`: klog, glog.
    Klog,
    /// `03-01 10:00:00.123   812   830 D Tag: ..`: Android.
    Logcat,
    /// `2026-03-01 10:00:00,123 - app - INFO - ..`, `.. INFO ..`, `INFO:app:..`.
    PythonLogging,
    /// `2026-03-01 10:00:00.123  INFO 812 --- [main] c.e.App : ..`: logback, Spring Boot.
    Logback,
    /// `2026-03-01 10:00:00,123 INFO  [main] c.e.App: ..`.
    Log4j,
    /// `2026-03-01T10:00:00.123+0100 [INFO]  client: ..`: Nomad, Consul, Vault.
    Hclog,
    /// `[2026-03-01T09:00:00Z INFO  app::mod] ..`.
    EnvLogger,
    /// `2026-03-01T09:00:00.123456Z  INFO app::mod: ..`.
    TracingText,
    /// `2026/03/01 10:00:00 ..`.
    GoLog,
    /// `I, [2026-03-01T10:00:00.123456 #812]  INFO -- app: ..`.
    RubyLogger,
    /// `2026-03-01_09:00:00.12345 ..`: runit.
    Svlogd,
    /// `@4000000065e1a2b30f3a1c2c ..`: daemontools, s6.
    Tai64n,
    /// Common and combined access logs.
    Access,
    /// nginx's error log.
    NginxError,
    /// Apache's error log.
    ApacheError,
    /// supervisord's own log.
    Supervisord,
    /// PM2's own log.
    Pm2,
    /// monit's log.
    Monit,
    /// PostgreSQL's log.
    Postgres,
    /// Redis' log.
    Redis,
    /// A stamp, then text.
    StampedText,
    /// No stamp.
    Plain,
}

use Format as F;

impl Format {
    /// All formats.
    pub const ALL: &'static [Self] = &[
        F::Rfc3164,
        F::Rfc5424,
        F::RsyslogIso,
        F::JournalShort,
        F::JournalShortPrecise,
        F::JournalShortIso,
        F::JournalShortIsoPrecise,
        F::JournalShortFull,
        F::JournalShortUnix,
        F::JournalShortMonotonic,
        F::JournalJson,
        F::JournalExport,
        F::Journal,
        F::Dmesg,
        F::Dpkg,
        F::AptHistory,
        F::Ansible,
        F::DockerJson,
        F::Cri,
        F::JsonLines,
        F::KubeEvents,
        F::KubeAudit,
        F::Logfmt,
        F::Klog,
        F::Logcat,
        F::PythonLogging,
        F::Logback,
        F::Log4j,
        F::Hclog,
        F::EnvLogger,
        F::TracingText,
        F::GoLog,
        F::RubyLogger,
        F::Svlogd,
        F::Tai64n,
        F::Access,
        F::NginxError,
        F::ApacheError,
        F::Supervisord,
        F::Pm2,
        F::Monit,
        F::Postgres,
        F::Redis,
        F::StampedText,
        F::Plain,
    ];

    /// Whether each line is a request that was served.
    #[must_use]
    pub fn is_access_log(self) -> bool {
        matches!(self, F::Access)
    }

    /// Its name in a report.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            F::Rfc3164 => "rfc3164",
            F::Rfc5424 => "rfc5424",
            F::RsyslogIso => "rsyslog-iso",
            F::JournalShort => "journal-short",
            F::JournalShortPrecise => "journal-short-precise",
            F::JournalShortIso => "journal-short-iso",
            F::JournalShortIsoPrecise => "journal-short-iso-precise",
            F::JournalShortFull => "journal-short-full",
            F::JournalShortUnix => "journal-short-unix",
            F::JournalShortMonotonic => "journal-short-monotonic",
            F::JournalJson => "journal-json",
            F::JournalExport => "journal-export",
            F::Journal => "journal",
            F::Dmesg => "dmesg",
            F::Dpkg => "dpkg",
            F::AptHistory => "apt-history",
            F::Ansible => "ansible",
            F::DockerJson => "docker-json",
            F::Cri => "cri",
            F::JsonLines => "json-lines",
            F::KubeEvents => "kube-events",
            F::KubeAudit => "kube-audit",
            F::Logfmt => "logfmt",
            F::Klog => "klog",
            F::Logcat => "logcat",
            F::PythonLogging => "python-logging",
            F::Logback => "logback",
            F::Log4j => "log4j",
            F::Hclog => "hclog",
            F::EnvLogger => "env-logger",
            F::TracingText => "tracing-text",
            F::GoLog => "go-log",
            F::RubyLogger => "ruby-logger",
            F::Svlogd => "svlogd",
            F::Tai64n => "tai64n",
            F::Access => "access",
            F::NginxError => "nginx-error",
            F::ApacheError => "apache-error",
            F::Supervisord => "supervisord",
            F::Pm2 => "pm2",
            F::Monit => "monit",
            F::Postgres => "postgres",
            F::Redis => "redis",
            F::StampedText => "stamped-text",
            F::Plain => "plain",
        }
    }

    /// Literals that make a line a candidate, because the format may hide words of the message: bytes
    /// as numbers, colour codes, parts of lines.
    #[must_use]
    pub fn veils(self) -> &'static [&'static str] {
        match self {
            F::JournalJson => &["\"MESSAGE\":[", "\"MESSAGE\" : [", "\\u001b["],
            F::JournalExport => &["MESSAGE\n"],
            F::DockerJson | F::JsonLines | F::KubeEvents | F::KubeAudit => {
                &["\\u001b[", "\\u001B["]
            }
            F::Cri => &[" stdout P ", " stderr P "],
            _ => &[],
        }
    }

    /// How some writers of JSON write a character that others write as it is: a line that holds one of
    /// these may hide a literal with the character.
    pub const ESCAPES: [(char, &'static [&'static str]); 5] = [
        ('"', &["\\\""]),
        ('\\', &["\\\\"]),
        ('<', &["\\u003c", "\\u003C"]),
        ('>', &["\\u003e", "\\u003E"]),
        ('&', &["\\u0026"]),
    ];

    /// Whether a line of this format always is a record of its own: nothing below belongs to it.
    fn is_single(self) -> bool {
        matches!(
            self,
            F::JournalJson
                | F::JournalExport
                | F::Journal
                | F::Dpkg
                | F::AptHistory
                | F::Ansible
                | F::DockerJson
                | F::Cri
                | F::JsonLines
                | F::KubeEvents
                | F::KubeAudit
                | F::Logfmt
                | F::Access
                | F::Plain
        )
    }

    /// The syslog family, whose census reads host and tag.
    fn is_syslog(self) -> bool {
        self <= F::JournalShortMonotonic
    }
}

/// A record of this format that has nothing yet but the place of its one line.
fn start<'a>(format: Format, line: &'a [u8]) -> Record<'a> {
    Record {
        format,
        stamp: None,
        host: None,
        program: None,
        unit: None,
        subject: None,
        pid: None,
        severity: None,
        message: Cow::Borrowed(b""),
        facts: Vec::new(),
        back: 0,
        len: line.len(),
        unwrapped: false,
        cursor: None,
    }
}

/// The same record, borrowed from nothing.
fn into_owned(record: Record<'_>) -> Record<'static> {
    fn own(text: Option<Cow<'_, str>>) -> Option<Cow<'static, str>> {
        text.map(|text| Cow::Owned(text.into_owned()))
    }
    Record {
        format: record.format,
        stamp: record.stamp,
        host: own(record.host),
        program: own(record.program),
        unit: own(record.unit),
        subject: own(record.subject),
        pid: record.pid,
        severity: record.severity,
        message: Cow::Owned(record.message.into_owned()),
        facts: record
            .facts
            .into_iter()
            .map(|(name, value)| (name, Cow::Owned(value.into_owned())))
            .collect(),
        back: record.back,
        len: record.len,
        unwrapped: record.unwrapped,
        cursor: own(record.cursor),
    }
}

/// The text without colour codes: `ESC [ .. m`, and rsyslog's spelling of them, `#033[ .. m`.
pub(super) fn uncoloured(text: &[u8]) -> Cow<'_, [u8]> {
    static OCTAL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("#033["));
    if memchr(0x1b, text).is_none() && OCTAL.find(text).is_none() {
        return Cow::Borrowed(text);
    }
    let mut clean = Vec::with_capacity(text.len());
    let mut i = 0;
    while let Some(rest) = text.get(i..).filter(|rest| !rest.is_empty()) {
        match sequence_len(rest) {
            Some(len) => i += len,
            None => {
                clean.push(rest[0]);
                i += 1;
            }
        }
    }
    Cow::Owned(clean)
}

/// The length of the escape sequence at the start, if one stands there.
fn sequence_len(text: &[u8]) -> Option<usize> {
    let start = match text {
        [0x1b, b'[', ..] => 2,
        [b'#', b'0', b'3', b'3', b'[', ..] => 5,
        [0x1b, ..] => return Some(1),
        _ => return None,
    };
    let parameters = text[start..]
        .iter()
        .take_while(|b| matches!(**b, b'0'..=b'?' | b' '..=b'/'))
        .count();
    // The final byte, if the sequence has one.
    Some((start + parameters + 1).min(text.len()))
}

/// The format that the line's head shows; `None` where it shows none. Cheap: looks at fixed places.
pub(super) fn shape(line: &[u8]) -> Option<Format> {
    match line.first()? {
        b'{' => return json::shape(line),
        0x1e => return journal::is_json(&line[1..]).then_some(F::JournalJson),
        b'_' if journal::is_stanza_start(line) => return Some(F::JournalExport),
        b'S' | b'C' | b'R' | b'I' | b'U' | b'D' | b'P' | b'E' if packages::is_apt(line) => {
            return Some(F::AptHistory);
        }
        b'-' if syslog::is_separator(line) => return Some(F::JournalShort),
        b' ' | b'\t' => return None,
        0x1b => return text::shape(line),
        b'l' | b't' | b's' | b'm' | b'c' if logfmt::is_line(line) => return Some(F::Logfmt),
        b'0'..=b'9' if container::is_cri(line) => return Some(F::Cri),
        _ => {}
    }
    if let Some(split) = syslog::split(line) {
        return Some(split.format);
    }
    if stamp::head(line).is_some_and(|head| head.layout == Layout::Iso) {
        if packages::is_dpkg(line) {
            return Some(F::Dpkg);
        }
        if ansible::is_line(line) {
            return Some(F::Ansible);
        }
    }
    text::shape(line).or_else(|| web::access(line).map(|record| record.format))
}

/// Reads the record of the frame's line in this format; `None` where the line does not fit.
pub(super) fn read_as<'a>(frame: Frame<'a>, format: Format) -> Option<Record<'a>> {
    match format {
        F::JournalJson => journal::read_json(frame),
        F::JournalExport => journal::Stanza::around(frame)?.record(),
        F::Journal => journal_file::read(frame),
        F::Dpkg => packages::read_dpkg(frame),
        F::AptHistory => packages::read_apt(frame),
        F::Ansible => ansible::read(frame),
        F::DockerJson => container::read_docker(frame),
        F::Cri => container::read_cri(frame),
        F::KubeEvents => kube::read_event(frame),
        F::KubeAudit => kube::read_audit(frame),
        F::JsonLines => json::read(frame),
        F::Logfmt => logfmt::read(frame),
        F::Access => {
            let record = web::access(lines::chomp(frame.line))?;
            Some(Record {
                len: frame.line.len(),
                ..record
            })
        }
        F::Plain => None,
        format if format.is_syslog() || format == F::Dmesg => {
            let record = if follows(frame) {
                syslog::read_block(frame, is_head)
            } else {
                syslog::read(frame)
            }?;
            Some(settled(record, format))
        }
        _ => text::read(frame, format),
    }
}

/// From the 10th of a month on two formats write the same: of these the file as a whole tells.
fn settled(record: Record<'_>, hint: Format) -> Record<'_> {
    let same = (hint, record.format) == (F::JournalShort, F::Rfc3164);
    Record {
        format: if same { hint } else { record.format },
        ..record
    }
}

/// Whether a record begins with the line.
pub(super) fn is_head(line: &[u8]) -> bool {
    shape(line).is_some()
}

/// Whether the line below may belong to this one.
fn follows(frame: Frame<'_>) -> bool {
    lines::forward(frame.after)
        .next()
        .is_some_and(|(_, line)| !lines::is_blank(line) && !is_head(line))
}

/// Reads a line that shows no head of its own: part of the record above, if that is of a format whose
/// records have several lines; else plain text with the time of what stands above.
pub(super) fn read_headless<'a>(frame: Frame<'a>, hint: Format) -> Option<Record<'a>> {
    let field = || journal::is_field(frame.line) && in_stanza(frame);
    if lines::is_blank(frame.line) || field() {
        return None;
    }
    if !hint.is_single()
        && let Some(record) = text::read_block(frame, hint)
    {
        return Some(record);
    }
    Some(text::plain(frame))
}

/// Whether a line of an export stanza has been told apart from other text.
pub(super) fn in_stanza(frame: Frame<'_>) -> bool {
    journal::Stanza::around(frame).is_some()
}

/// Whether the text is indented JSON with Kubernetes' events.
pub(super) fn is_indented_event(text: &[u8]) -> bool {
    let inner = text.trim_ascii_start().strip_prefix(b"{");
    inner.is_some_and(|inner| inner.starts_with(b"\n") || inner.starts_with(b"\r\n"))
        && kube::is_event(text)
}

/// Where host, program and pid stand in the line.
pub(super) fn tag<'a>(line: &'a [u8], format: Format, places: &mut Places) -> Option<Tag<'a>> {
    match format {
        F::JournalJson => places.tag(line),
        F::Journal => journal_file::tag(line),
        format if format.is_syslog() => syslog::split(line)?.tag(),
        _ => None,
    }
}

/// The line's own stamp.
pub(super) fn stamp_of(line: &[u8], format: Format) -> Option<Stamp> {
    match format {
        F::JournalJson => return Places::default().stamp(line),
        F::Journal => return journal_file::stamp(line),
        F::JournalExport => {
            let digits = lines::chomp(line.strip_prefix(b"__REALTIME_TIMESTAMP=")?);
            return stamp::from_count(stamp::number(digits)?, &[]);
        }
        F::AptHistory => return packages::apt_line_stamp(line),
        F::DockerJson | F::JsonLines | F::KubeEvents | F::KubeAudit => {
            return json::stamp_of(line, format);
        }
        _ => {}
    }
    place_of_stamp(line, format)?
        .read(line)
        .map(|(stamp, _)| stamp)
}

/// The bytes of the stamp that are equal within one minute.
pub(super) fn minute_key(line: &[u8], format: Format) -> Option<Range<usize>> {
    match format {
        F::Journal => journal_file::minute_key(line),
        F::JournalJson | F::JournalExport | F::AptHistory => None,
        F::DockerJson | F::JsonLines | F::KubeEvents | F::KubeAudit => None,
        _ => place_of_stamp(line, format)?.minute(line),
    }
}

/// The stamp near the head of a line: at it, in brackets, behind a PRI, a process or an address.
fn place_of_stamp(line: &[u8], format: Format) -> Option<stamp::Head> {
    match (format, line.first()?) {
        (F::Access, _) => return web::access_head(line).or_else(|| stamp::head(line)),
        (F::Redis, _) => return services::redis_head(line).or_else(|| stamp::head(line)),
        (F::Logfmt, _) => return logfmt::stamp_head(line).or_else(|| stamp::head(line)),
        (_, b'<') => {
            let close = line.iter().take(5).position(|b| *b == b'>')?;
            let start = close
                + if line.get(close + 1..close + 3) == Some(b"1 ") {
                    3
                } else {
                    1
                };
            return Some(stamp::Head {
                layout: Layout::of(line.get(start..)?)?,
                start,
            });
        }
        _ => {}
    }
    stamp::head(line)
}

/// The stamp of a line of any text format.
fn any_stamp(line: &[u8]) -> Option<Stamp> {
    place_of_stamp(line, F::Plain)
        .or_else(|| services::redis_head(line))
        .or_else(|| web::access_head(line))
        .and_then(|head| head.read(line))
        .map(|(stamp, _)| stamp)
}
