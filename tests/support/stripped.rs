//! Copies of recorded cases without a word of any supervisor.
//!
//! What a supervisor wrote is told by who wrote it and by how supervisors word it, never by the rules
//! that the tests are to judge.

use std::fs;
use std::io::Read;
use std::path::Path;

use serde_json::Value;

use super::{Case, files_below};

/// Programs that start services anew, and what they are called in logs (their own man pages: systemd(1),
/// kubelet, dockerd(8), containerd, supervisord, monit(1), runsv(8), s6-supervise, pm2, launchd(8), init(8)).
/// A name in parentheses is a process of systemd's that is about to become the service (systemd.exec(5)).
const SUPERVISORS: [&str; 16] = [
    "systemd",
    "systemd-coredump",
    "init",
    "upstart",
    "kubelet",
    "k3s",
    "dockerd",
    "containerd",
    "podman",
    "conmon",
    "supervisord",
    "monit",
    "runsv",
    "s6-supervise",
    "pm2",
    "launchd",
];

/// How they word it, wherever it stands: also where another program wrote it down.
const WORDS: [&str; 14] = [
    ".service: Main process exited",
    ".service: Failed with result",
    ".service: Scheduled restart job",
    ".service: Service RestartSec=",
    ".service: Start request repeated too quickly",
    "Back-off restarting failed container",
    "CrashLoopBackOff",
    " (exit status ",
    "gave up: ",
    "entered FATAL state",
    "INFO spawned: ",
    ": ERROR (spawn error)",
    ": ERROR (not running)",
    "process is not running",
];

/// Writes the case's logs below `into`, decompressed, without what supervisors wrote.
pub(crate) fn write(case: &Case, into: &Path) {
    let logs = case.logs();
    for path in files_below(&logs) {
        let inner = path.strip_prefix(&logs).unwrap();
        let stem = match inner.extension().and_then(|e| e.to_str()) {
            Some("gz" | "xz") => inner.with_extension(""),
            _ => inner.to_owned(),
        };
        let name = stem.file_name().unwrap().to_str().unwrap().to_owned();
        // A file of the supervisor's own.
        if SUPERVISORS.iter().any(|s| name.starts_with(s)) {
            continue;
        }
        let text = decompressed(&path);
        let kept = match stem.extension().and_then(|e| e.to_str()) {
            Some("json") => lines(&text, |line| !is_of_supervisor_in_json(line)),
            Some("export") => entries(&text),
            _ => lines(&text, |line| {
                !program_of(line).is_some_and(is_supervisor) && !tells(line)
            }),
        };
        let target = into.join(stem);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::write(target, kept).unwrap();
    }
}

fn decompressed(path: &Path) -> Vec<u8> {
    let bytes = fs::read(path).unwrap();
    let mut out = Vec::new();
    match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut out),
        Some("xz") => liblzma::read::XzDecoder::new_multi_decoder(&bytes[..]).read_to_end(&mut out),
        _ => return bytes,
    }
    .unwrap();
    out
}

fn lines(text: &[u8], keep: impl Fn(&[u8]) -> bool) -> Vec<u8> {
    let kept = text.split_inclusive(|b| *b == b'\n').filter(|l| keep(l));
    kept.flatten().copied().collect()
}

/// Entries of the export format are ended by an empty line; a field's name ends at `=`.
fn entries(text: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let is_of_supervisor = |entry: &str| {
        let field = |name: &str| {
            let fields = entry.lines();
            fields
                .filter_map(|l| l.strip_prefix(name)?.strip_prefix('='))
                .next()
        };
        field("SYSLOG_IDENTIFIER").is_some_and(is_supervisor)
            || field("MESSAGE").is_some_and(|m| tells(m.as_bytes()))
    };
    let kept: Vec<&str> = text
        .split("\n\n")
        .filter(|e| !is_of_supervisor(e))
        .collect();
    kept.join("\n\n").into_bytes()
}

fn is_of_supervisor_in_json(line: &[u8]) -> bool {
    let Ok(entry) = serde_json::from_slice::<Value>(line) else {
        return false;
    };
    let field = |name: &str| entry[name].as_str();
    field("SYSLOG_IDENTIFIER").is_some_and(is_supervisor)
        || field("MESSAGE").is_some_and(|m| tells(m.as_bytes()))
}

/// The program of a line in the forms of syslog: what stands before the first `[` or `: ` of the third
/// word after the date, or of the word after the host.
fn program_of(line: &[u8]) -> Option<&str> {
    let line = std::str::from_utf8(line).ok()?;
    let words: Vec<&str> = line.split_whitespace().collect();
    // `2026-11-23T08:09:05+0000 host program[pid]:` or `Nov 23 08:09:05 host program[pid]:`.
    let at = if line.starts_with(|c: char| c.is_ascii_digit()) {
        2
    } else {
        4
    };
    let tag = words.get(at)?.strip_suffix(':')?;
    Some(tag.split('[').next().unwrap_or(tag))
}

fn is_supervisor(program: &str) -> bool {
    SUPERVISORS.contains(&program) || program.starts_with('(') && program.ends_with(')')
}

fn tells(line: &[u8]) -> bool {
    let has = |words: &str| memchr::memmem::find(line, words.as_bytes()).is_some();
    WORDS.iter().any(|words| has(words))
}
