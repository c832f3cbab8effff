//! Hosts, what happens on them, and the files that tell of it.
//!
//! Owns: the true time of each record, the hosts' clocks, and how records are written down. In: entries.
//! Out: files, by path.

use std::collections::BTreeMap;
use std::fmt::Write;

use fastrand::Rng;
use jiff::{Timestamp, tz::TimeZone};

use crate::story::Keeper;

/// A second, in the unit of all times here.
pub(crate) const SECOND: i64 = 1_000_000;

/// Where a record goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sink {
    /// The system's log.
    System,
    /// The service's own output.
    Service,
    /// What a supervisor with a log of its own writes.
    Supervisor,
    /// A pod's own output, at this path.
    Pod(String),
    /// What deploys write.
    Deploy,
}

/// A record.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// True time, in microseconds since 1970.
    pub(crate) at: i64,
    pub(crate) host: usize,
    pub(crate) sink: Sink,
    pub(crate) program: String,
    pub(crate) pid: Option<u32>,
    /// Syslog's number.
    pub(crate) severity: u8,
    pub(crate) unit: Option<String>,
    pub(crate) message: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Host {
    pub(crate) name: String,
    /// How far its clock is ahead, in microseconds.
    pub(crate) skew: i64,
}

/// How the system's log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Format {
    Rfc3164,
    RsyslogIso,
    JournalShort,
    JournalShortIso,
    JournalJson,
    Rfc5424,
}

impl Format {
    pub(crate) const ALL: [Self; 6] = [
        Self::Rfc3164,
        Self::RsyslogIso,
        Self::JournalShort,
        Self::JournalShortIso,
        Self::JournalJson,
        Self::Rfc5424,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rfc3164 => "rfc3164",
            Self::RsyslogIso => "rsyslog-iso",
            Self::JournalShort => "journal-short",
            Self::JournalShortIso => "journal-short-iso",
            Self::JournalJson => "journal-json",
            Self::Rfc5424 => "rfc5424",
        }
    }
}

/// How all of it is written down.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) format: Format,
    /// The service writes into a file of its own, not to the system's log.
    pub(crate) own_file: bool,
    /// Deploys do.
    pub(crate) deploy_file: bool,
    /// A file for each host, not one for all.
    pub(crate) by_host: bool,
    /// The share of lines that are lost.
    pub(crate) lost: f64,
}

impl Style {
    pub(crate) fn random(random: &mut Rng, hosts: usize, keeper: Keeper) -> Self {
        // Neither supervisord's file nor the service's own names the host.
        let apart = keeper == Keeper::Supervisord;
        Self {
            format: Format::ALL[random.usize(..Format::ALL.len())],
            own_file: apart || hosts == 1 && random.f64() < 0.25,
            deploy_file: random.bool(),
            by_host: hosts > 1 && hosts < 20 && (apart || random.bool()),
            lost: if random.f64() < 0.2 {
                random.f64() * 0.02
            } else {
                0.0
            },
        }
    }
}

/// Writes the entries down.
pub(crate) fn write(
    entries: &mut [Entry],
    hosts: &[Host],
    service: &str,
    style: Style,
    random: &mut Rng,
) -> BTreeMap<String, String> {
    entries.sort_by_key(|entry| entry.at + hosts[entry.host].skew);
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for entry in entries.iter() {
        if random.f64() < style.lost {
            continue;
        }
        let host = &hosts[entry.host].name;
        let folder = match style.by_host {
            true => format!("{host}/"),
            false => String::new(),
        };
        let at = Timestamp::from_microsecond(entry.at + hosts[entry.host].skew)
            .expect("within a few years of now");
        let own = match &entry.sink {
            Sink::Service if style.own_file => Some(format!("{service}.log")),
            Sink::Deploy if style.deploy_file => Some("deploy.log".to_owned()),
            Sink::Supervisor => Some("supervisord.log".to_owned()),
            Sink::Pod(path) => Some(path.clone()),
            _ => None,
        };
        if let Some(name) = own {
            let text = files.entry(folder + &name).or_default();
            put_own(text, entry, at);
            continue;
        }
        let name = match style.format {
            Format::JournalJson => "journal.json",
            Format::JournalShort | Format::JournalShortIso => "journal.log",
            _ => "syslog",
        };
        let text = files.entry(folder + name).or_default();
        for line in entry.message.lines() {
            put(text, entry, line, host, at, style.format);
        }
    }
    files
}

/// A line of a file that is not the system's.
fn put_own(text: &mut String, entry: &Entry, at: Timestamp) {
    let level = ["ERROR", "INFO"][usize::from(entry.severity > 3)];
    let time = at.strftime("%Y-%m-%d %H:%M:%S");
    let millis = at.subsec_millisecond();
    for (n, line) in entry.message.lines().enumerate() {
        let _ = match (&entry.sink, n) {
            (Sink::Pod(_), _) => {
                let stream = ["stderr", "stdout"][usize::from(entry.severity > 3)];
                let time = at.strftime("%Y-%m-%dT%H:%M:%S");
                writeln!(
                    text,
                    "{time}.{:09}Z {stream} F {line}",
                    at.subsec_nanosecond()
                )
            }
            (Sink::Supervisor, _) => {
                let level = ["WARN", "INFO"][usize::from(entry.severity > 4)];
                writeln!(text, "{time},{millis:03} {level} {line}")
            }
            (_, 0) => writeln!(text, "{time},{millis:03} {level} {line}"),
            _ => writeln!(text, "{line}"),
        };
    }
}

fn put(text: &mut String, entry: &Entry, line: &str, host: &str, at: Timestamp, format: Format) {
    let tag = match entry.pid {
        Some(pid) => format!("{}[{pid}]", entry.program),
        None => entry.program.clone(),
    };
    let zoned = at.to_zoned(TimeZone::UTC);
    // Strings take all that is written.
    let _ = match format {
        Format::Rfc3164 => writeln!(
            text,
            "{} {host} {tag}: {line}",
            zoned.strftime("%b %e %H:%M:%S")
        ),
        Format::JournalShort => writeln!(
            text,
            "{} {host} {tag}: {line}",
            zoned.strftime("%b %d %H:%M:%S")
        ),
        Format::JournalShortIso => {
            writeln!(
                text,
                "{}+0000 {host} {tag}: {line}",
                zoned.strftime("%Y-%m-%dT%H:%M:%S")
            )
        }
        Format::RsyslogIso => writeln!(
            text,
            "{}.{:06}+00:00 {host} {tag}: {line}",
            zoned.strftime("%Y-%m-%dT%H:%M:%S"),
            at.subsec_nanosecond() / 1000
        ),
        Format::Rfc5424 => writeln!(
            text,
            "<{}>1 {}.{:06}Z {host} {} {} - - {line}",
            24 + entry.severity,
            zoned.strftime("%Y-%m-%dT%H:%M:%S"),
            at.subsec_nanosecond() / 1000,
            entry.program,
            entry.pid.map_or("-".to_owned(), |pid| pid.to_string())
        ),
        Format::JournalJson => {
            let mut object = serde_json::json!({
                "__REALTIME_TIMESTAMP": at.as_microsecond().to_string(),
                "_HOSTNAME": host,
                "SYSLOG_IDENTIFIER": entry.program,
                "PRIORITY": entry.severity.to_string(),
                "MESSAGE": line,
            });
            if let Some(pid) = entry.pid {
                object["_PID"] = pid.to_string().into();
            }
            if let Some(unit) = &entry.unit {
                let field = if entry.program == "systemd" {
                    "UNIT"
                } else {
                    "_SYSTEMD_UNIT"
                };
                object[field] = unit.clone().into();
            }
            writeln!(text, "{object}")
        }
    };
}
