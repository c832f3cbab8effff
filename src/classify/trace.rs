//! Crash texts that go on over further lines.
//!
//! In: the record that begins the text and the lines after it. Out: the lines that belong to it, those
//! of other programs left out. How a text goes on depends on its runtime; the lines of one text share
//! host, program and pid, whatever stands between them.

use memchr::memmem;

use crate::record::{Format, Frame, Record, read};

use super::class::Trace;

/// The most further lines that belong to one crash text.
const MAX_LINES: usize = 120;
/// The most lines of others that may stand between two lines of one text.
const MAX_BETWEEN: usize = 60;

/// The further lines of a text that goes on over a few.
const FEW: usize = 3;

/// The root of chained errors, in a line: what was thrown first, and the others were made of. `None` where
/// nothing is chained.
pub fn root(style: Trace, message: &str) -> Option<&str> {
    let mark = match style {
        Trace::Java => "Caused by:",
        Trace::Dotnet => "--->",
        _ => return None,
    };
    let line = message
        .lines()
        .rfind(|l| l.trim_start().starts_with(mark))?;
    line.trim_start().strip_prefix(mark).map(str::trim)
}

/// What a text says in a line: the message of a panic, the exception that a trace ends with, or its first
/// line.
pub fn headline(style: Trace, message: &str) -> Option<&str> {
    let mut lines = message.lines();
    let first = lines.next()?;
    let found = match style {
        Trace::Rust => lines
            .find(|l| !l.trim().is_empty())
            .filter(|l| !l.starts_with("note: ")),
        Trace::Python => lines.find(|l| !l.is_empty() && !l.starts_with([' ', '\t'])),
        Trace::Node => lines.find(|l| has_error_head(l.as_bytes())),
        Trace::Go
        | Trace::Java
        | Trace::Dotnet
        | Trace::Ruby
        | Trace::Php
        | Trace::C
        | Trace::Lines => None,
    };
    Some(found.unwrap_or(first))
}

/// What a further line is to the text.
enum Step {
    /// It belongs, and more may follow.
    Take,
    /// It belongs, and is the last one.
    Last,
    /// It does not belong: the text has ended.
    Stop,
}

/// The further lines of the text that `record` begins, and how many bytes of `after` they reach into.
pub fn further_lines(
    style: Trace,
    record: &Record<'_>,
    frame: Frame<'_>,
    hint: Format,
) -> (Vec<Vec<u8>>, usize) {
    let after = frame.after;
    let pid = pid_finder(record, frame.line);
    let mut lines = Vec::new();
    let mut reach = 0;
    let mut between = 0;
    let mut at = 0;
    let mut state = State::new(style);
    while at < after.len() && lines.len() < MAX_LINES && between < MAX_BETWEEN {
        let end = memchr::memchr(b'\n', &after[at..]).map_or(after.len(), |n| at + n);
        let line = &after[at..end];
        let rest = after.get(end + 1..).unwrap_or(&[]);
        // Most lines of others tell by a glance, and need not be taken apart.
        let may_belong = pid.as_ref().is_none_or(|pid| pid.find(line).is_some());
        let message = may_belong
            .then(|| message_of(line, rest, record, hint))
            .flatten();
        at = end + 1;
        let Some(message) = message else {
            // The next record of a logger ends what stands below the last one.
            if record.program.is_none() && record.pid.is_none() && hint.names_loggers() {
                break;
            }
            between += 1;
            continue;
        };
        match state.step(&message) {
            Step::Stop => break,
            step => {
                between = 0;
                reach = end;
                lines.push(message);
                if matches!(step, Step::Last) {
                    break;
                }
            }
        }
    }
    (lines, reach)
}

/// Finds the pid as the record's line bears it, which every line of the same process then does.
fn pid_finder(record: &Record<'_>, line: &[u8]) -> Option<memmem::Finder<'static>> {
    let pid = record.pid?.to_string();
    let finder = memmem::Finder::new(&pid).into_owned();
    finder.find(line).map(|_| finder)
}

/// The message of `line` where the same process wrote it; `None` where another did.
fn message_of(line: &[u8], after: &[u8], first: &Record<'_>, hint: Format) -> Option<Vec<u8>> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let next = read(
        Frame {
            line,
            before: &[],
            after,
        },
        hint,
    );
    let anonymous = first.program.is_none() && first.pid.is_none();
    let bare = next
        .as_ref()
        .is_none_or(|next| next.format == Format::Plain);
    if anonymous && bare {
        return Some(line.to_vec());
    }
    let next = next?;
    let same = next.pid == first.pid
        && next.program == first.program
        && next.host == first.host
        && next.unit == first.unit
        && next.subject == first.subject;
    // What a line of an indented message lost at its left is part of its meaning here.
    same.then(|| indented(line, &next.message))
}

/// The message with the blanks that stand before it in the line.
fn indented(line: &[u8], message: &[u8]) -> Vec<u8> {
    let first = message.split(|&b| b == b'\n').next().unwrap_or(message);
    // Quotation marks in it are escaped where the line is an object.
    let escaped = || serde_json::to_string(&String::from_utf8_lossy(first)).ok();
    let found = memmem::rfind(line, first).or_else(|| {
        let escaped = escaped()?;
        memmem::rfind(line, escaped.trim_matches('"').as_bytes())
    });
    let Some(at) = found.filter(|_| !first.is_empty()) else {
        return message.to_vec();
    };
    let blanks = line[..at]
        .iter()
        .rev()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    // One blank after the colon belongs to the header.
    let indent = line.get(at - blanks + 1..at).unwrap_or_default();
    // A tab as rsyslog writes it (runtime/parser.c, SanitizeMsg).
    match message.strip_prefix(b"#011") {
        Some(rest) => [indent, b"\t", rest].concat(),
        None => [indent, message].concat(),
    }
}

/// What has been seen of a text.
struct State {
    style: Trace,
    taken: usize,
    closed: bool,
}

impl State {
    fn new(style: Trace) -> Self {
        Self {
            style,
            taken: 0,
            closed: false,
        }
    }

    fn step(&mut self, line: &[u8]) -> Step {
        let step = match self.style {
            Trace::Rust => self.rust(line),
            Trace::Python => self.python(line),
            // The line of the program's source follows first.
            Trace::Node if self.taken == 0 => Step::Take,
            Trace::Node => Self::node(line),
            Trace::Go => Self::go(line),
            Trace::Java => Self::java(line),
            Trace::Dotnet => Self::dotnet(line),
            Trace::Ruby => {
                if line.starts_with(b"\tfrom") || line.starts_with(b"\t") {
                    Step::Take
                } else {
                    Step::Stop
                }
            }
            Trace::Php => Self::php(line),
            Trace::Lines if self.taken < FEW && !looks_new(line) => Step::Take,
            Trace::C | Trace::Lines => Step::Stop,
        };
        self.taken += 1;
        step
    }

    /// library/std/src/panicking.rs: the message, then the note or the backtrace.
    fn rust(&self, line: &[u8]) -> Step {
        if line.starts_with(b"note: ") {
            Step::Last
        } else if self.taken < 4 || line.starts_with(b" ") || line.starts_with(b"stack backtrace:")
        {
            if looks_new(line) && self.taken > 0 {
                Step::Stop
            } else {
                Step::Take
            }
        } else {
            Step::Stop
        }
    }

    /// Lib/traceback.py: indented lines, the exception at column 0, then perhaps a chained block.
    fn python(&mut self, line: &[u8]) -> Step {
        let joins = line.starts_with(b"During handling of the above")
            || line.starts_with(b"The above exception was the direct");
        if joins || line.starts_with(b"Traceback (most recent") {
            self.closed = false;
            return Step::Take;
        }
        if line.is_empty() {
            return Step::Take;
        }
        if line.starts_with(b" ") {
            return if self.closed { Step::Stop } else { Step::Take };
        }
        if self.closed {
            return Step::Stop;
        }
        self.closed = true;
        Step::Take
    }

    /// lib/internal/process/execution.js: frames, properties, then the version.
    fn node(line: &[u8]) -> Step {
        if line.starts_with(b"Node.js v") {
            Step::Last
        } else if line.is_empty()
            || line.starts_with(b" ")
            || line.starts_with(b"}")
            || line.starts_with(b"Emitted '")
            || has_error_head(line)
        {
            Step::Take
        } else {
            Step::Stop
        }
    }

    /// src/runtime/panic.go and traceback.go.
    fn go(line: &[u8]) -> Step {
        let known = line.is_empty()
            || line.starts_with(b"goroutine ")
            || line.starts_with(b"\t")
            || line.starts_with(b"[signal ")
            || line.starts_with(b"created by ")
            || line.starts_with(b"panic:")
            || line.ends_with(b")");
        if line.starts_with(b"exit status ") {
            Step::Last
        } else if known {
            Step::Take
        } else {
            Step::Stop
        }
    }

    fn java(line: &[u8]) -> Step {
        let known = line.starts_with(b"\tat ")
            || line.starts_with(b"    at ")
            || line.starts_with(b"Caused by:")
            || line.starts_with(b"\tSuppressed:")
            || line.trim_ascii_start().starts_with(b"... ");
        if known { Step::Take } else { Step::Stop }
    }

    fn dotnet(line: &[u8]) -> Step {
        let text = line.trim_ascii_start();
        let known = text.starts_with(b"at ") || text.starts_with(b"---");
        if known { Step::Take } else { Step::Stop }
    }

    fn php(line: &[u8]) -> Step {
        if line.trim_ascii_start().starts_with(b"thrown in") {
            Step::Last
        } else if line.starts_with(b"#")
            || line.starts_with(b"Stack trace:")
            || line.starts_with(b"Next ")
        {
            Step::Take
        } else {
            Step::Stop
        }
    }
}

/// Whether the line begins as a log line of its own does: a level in capitals or brackets.
fn looks_new(line: &[u8]) -> bool {
    [
        &b"INFO"[..],
        b"ERROR",
        b"WARN",
        b"DEBUG",
        b"FATAL",
        b"[",
        b"thread '",
    ]
    .iter()
    .any(|head| line.starts_with(head))
}

/// Whether the line begins with an exception's name: `TypeError: ...`.
fn has_error_head(line: &[u8]) -> bool {
    let word = line
        .iter()
        .take_while(|b| b.is_ascii_alphanumeric())
        .count();
    line[..word].ends_with(b"Error") && line.get(word).is_some_and(|&b| b == b':' || b == b' ')
}
