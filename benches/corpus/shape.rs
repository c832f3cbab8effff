//! How a record is written down: ten formats and more.

use std::io::Write as _;

use jiff::tz::{Offset, TimeZone};

use super::Kind;
use super::story::Record;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Rfc3164,
    Rfc5424,
    RsyslogIso,
    JournalJson,
    JournalExport,
    JournalShortIso,
    Cri,
    DockerJson,
    Logfmt,
    JsonLines,
    Klog,
    Access,
}

impl Shape {
    pub const ALL: [Self; 12] = [
        Self::Rfc3164,
        Self::Rfc5424,
        Self::RsyslogIso,
        Self::JournalJson,
        Self::JournalExport,
        Self::JournalShortIso,
        Self::Cri,
        Self::DockerJson,
        Self::Logfmt,
        Self::JsonLines,
        Self::Klog,
        Self::Access,
    ];

    /// As a report names the format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rfc3164 => "rfc3164",
            Self::Rfc5424 => "rfc5424",
            Self::RsyslogIso => "rsyslog-iso",
            Self::JournalJson => "journal-json",
            Self::JournalExport => "journal-export",
            Self::JournalShortIso => "journal-short-iso",
            Self::Cri => "cri",
            Self::DockerJson => "docker-json",
            Self::Logfmt => "logfmt",
            Self::JsonLines => "json-lines",
            Self::Klog => "klog",
            Self::Access => "access",
        }
    }

    /// Whether a file in it is written by many programs, a supervisor among them: in the others no crash
    /// loop is planted.
    pub fn tells_loops(self) -> bool {
        matches!(
            self,
            Self::Rfc3164
                | Self::Rfc5424
                | Self::RsyslogIso
                | Self::JournalJson
                | Self::JournalExport
                | Self::JournalShortIso
        )
    }

    /// About how long a line, or a stanza, is.
    pub fn line_bytes(self, kind: Kind) -> u64 {
        match (kind, self) {
            (Kind::Crashes, _) => 150,
            (Kind::LongLines, _) => 20_000,
            (_, Self::JournalJson) => 690,
            (_, Self::JournalExport) => 620,
            (_, Self::DockerJson | Self::JsonLines) => 160,
            _ => 110,
        }
    }

    /// Writes a record, with its line end.
    pub fn write(self, r: &Record, out: &mut Vec<u8>) {
        let Record {
            at,
            host,
            program,
            pid,
            severity,
            message,
            ..
        } = r;
        let time = |format: &str| stamp(*at, format);
        let done = match self {
            Self::Rfc3164 => {
                let at = time("%b %e %H:%M:%S");
                writeln!(out, "{at} {host} {program}[{pid}]: {message}")
            }
            Self::Rfc5424 => {
                let (pri, at) = (24 + u16::from(*severity), time("%Y-%m-%dT%H:%M:%S%.6fZ"));
                writeln!(out, "<{pri}>1 {at} {host} {program} {pid} - - {message}")
            }
            Self::RsyslogIso => {
                let at = time("%Y-%m-%dT%H:%M:%S%.6f+00:00");
                writeln!(out, "{at} {host} {program}[{pid}]: {message}")
            }
            Self::JournalShortIso => {
                let at = time("%Y-%m-%dT%H:%M:%S+0000");
                writeln!(out, "{at} {host} {program}[{pid}]: {message}")
            }
            Self::JournalJson => journal_json(r, out),
            Self::JournalExport => journal_export(r, out),
            Self::Cri => {
                let at = time("%Y-%m-%dT%H:%M:%S%.9fZ");
                writeln!(out, "{at} stdout F {message}")
            }
            Self::DockerJson => {
                let (at, log) = (
                    time("%Y-%m-%dT%H:%M:%S%.9fZ"),
                    quoted(&format!("{message}\n")),
                );
                writeln!(out, r#"{{"log":{log},"stream":"stdout","time":"{at}"}}"#)
            }
            Self::Logfmt => {
                let (at, text) = (time("%Y-%m-%dT%H:%M:%S%.3fZ"), quoted(message));
                writeln!(out, "time={at} level=info component={program} msg={text}")
            }
            Self::JsonLines => {
                let (at, text) = (time("%Y-%m-%dT%H:%M:%S%.3fZ"), quoted(message));
                writeln!(
                    out,
                    r#"{{"time":"{at}","level":"info","logger":"{program}","pid":{pid},"msg":{text}}}"#
                )
            }
            Self::Klog => {
                let at = time("%m%d %H:%M:%S%.6f");
                writeln!(
                    out,
                    "I{at} {pid:7} {program}.go:{}] {message}",
                    10 + pid % 90
                )
            }
            Self::Access => {
                let (at, n) = (time("%d/%b/%Y:%H:%M:%S +0000"), pid % 250);
                writeln!(
                    out,
                    r#"10.0.3.{n} - - [{at}] "GET /v1/orders/{pid} HTTP/1.1" 200 {n}9 "-" "curl/8.5.0""#
                )
            }
        };
        done.expect("a Vec takes whatever is written");
    }
}

/// Fields that are the same in every record.
const BOOT: &str = "8a1b2c3d4e5f60718293a4b5c6d7e8f9";
const MACHINE: &str = "0123456789abcdef0123456789abcdef";

fn journal_json(r: &Record, out: &mut Vec<u8>) -> std::io::Result<()> {
    let Record {
        at,
        host,
        program,
        pid,
        severity,
        about,
        message,
    } = r;
    let since = at % 86_400_000_000;
    write!(
        out,
        r#"{{"__CURSOR":"s=0639c5e7a1;i={since:x};b={BOOT};m={since:x};t={at:x};x={:x}","__REALTIME_TIMESTAMP":"{at}","__MONOTONIC_TIMESTAMP":"{since}","_BOOT_ID":"{BOOT}","_MACHINE_ID":"{MACHINE}","_HOSTNAME":"{host}","PRIORITY":"{severity}","_UID":"0","_GID":"0","_SYSTEMD_SLICE":"system.slice","_TRANSPORT":"stdout","SYSLOG_FACILITY":"3","SYSLOG_IDENTIFIER":"{program}","_PID":"{pid}","_COMM":"{program}","_EXE":"/usr/bin/{program}","_CMDLINE":"/usr/bin/{program} --foreground","_SYSTEMD_CGROUP":"/system.slice/{program}.service","_SYSTEMD_UNIT":"{}","MESSAGE":{}"#,
        at.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        unit_of(program),
        quoted(message),
    )?;
    if let Some(about) = about {
        write!(out, r#","UNIT":"{about}""#)?;
    }
    writeln!(out, "}}")
}

fn journal_export(r: &Record, out: &mut Vec<u8>) -> std::io::Result<()> {
    let Record {
        at,
        host,
        program,
        pid,
        severity,
        about,
        message,
    } = r;
    let since = at % 86_400_000_000;
    writeln!(
        out,
        "__CURSOR=s=0639c5e7a1;i={since:x};b={BOOT};m={since:x};t={at:x}\n__REALTIME_TIMESTAMP={at}\n__MONOTONIC_TIMESTAMP={since}\n_BOOT_ID={BOOT}\n_MACHINE_ID={MACHINE}\n_HOSTNAME={host}\nPRIORITY={severity}\n_UID=0\n_GID=0\n_TRANSPORT=stdout\nSYSLOG_FACILITY=3\nSYSLOG_IDENTIFIER={program}\n_PID={pid}\n_COMM={program}\n_EXE=/usr/bin/{program}\n_SYSTEMD_CGROUP=/system.slice/{program}.service\n_SYSTEMD_UNIT={}\nMESSAGE={message}",
        unit_of(program),
    )?;
    if let Some(about) = about {
        writeln!(out, "UNIT={about}")?;
    }
    writeln!(out)
}

/// The unit that a program's records bear.
fn unit_of(program: &str) -> String {
    match program {
        "systemd" => "init.scope".to_owned(),
        _ => format!("{program}.service"),
    }
}

/// In double quotes, as JSON and logfmt have it.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn stamp(micros: u64, format: &str) -> String {
    let at = i64::try_from(micros)
        .ok()
        .and_then(|at| jiff::Timestamp::from_microsecond(at).ok());
    let at = at
        .unwrap_or_default()
        .to_zoned(TimeZone::fixed(Offset::UTC));
    at.strftime(format).to_string()
}
