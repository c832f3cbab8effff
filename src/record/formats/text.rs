//! Text behind a stamp: the loggers of many languages, and anything else that begins with a time.
//!
//! Owns: the usual places of level, logger and process behind a stamp. In: a line with its stamp told by
//! `stamp`. Out: the record, with the unstamped lines below it.

use std::borrow::Cow;

use super::lines::{self, Block, backward, chomp, text};
use super::{Format, inner, level, services, start, syslog, template, web};
use crate::record::stamp::{self, Head, Layout};
use crate::record::{Frame, Record, Severity};
use crate::time::Stamp;

/// The format that the line's head shows.
pub(in crate::record) fn shape(line: &[u8]) -> Option<Format> {
    header(chomp(line), Format::StampedText).map(|record| record.format)
}

/// Reads a line with a header, and the lines below it that have none.
pub(in crate::record) fn read<'a>(frame: Frame<'a>, hint: Format) -> Option<Record<'a>> {
    if !super::is_head(frame.line) {
        return None;
    }
    if hint.is_single()
        && let Some(mut record) = header(chomp(frame.line), hint).filter(|r| r.format == hint)
    {
        record.len = frame.line.len();
        record.stamp = record.stamp.or_else(|| stamp_above(frame.before));
        return Some(record);
    }
    read_block(frame, hint)
}

/// Reads the record that the line is a part of: from the nearest header on.
pub(in crate::record) fn read_block<'a>(frame: Frame<'a>, hint: Format) -> Option<Record<'a>> {
    let block = Block::around(frame, super::is_head)?;
    let is_syslog = |split: syslog::Split<'_>| split.is_sure() || hint != Format::StampedText;
    if syslog::split(block.head).is_some_and(is_syslog) {
        return syslog::read_block(frame, super::is_head)
            .map(|record| super::settled(record, hint));
    }
    let mut record = header(chomp(block.head), hint)?;
    if record.stamp.is_none() {
        record.stamp = stamp_above(frame.before);
    }
    Some(block.complete(record, 0))
}

/// A line without a header, as a record of its own, with the time of what stands above it.
pub(in crate::record) fn plain<'a>(frame: Frame<'a>) -> Record<'a> {
    let line = chomp(frame.line);
    let mut record = start(Format::Plain, frame.line);
    record.stamp = stamp_above(frame.before);
    let word = line
        .split(|b| *b == b' ' || *b == b':')
        .next()
        .unwrap_or_default();
    record.severity = level::bare(word);
    record.message = super::uncoloured(line.trim_ascii_start());
    record
}

/// The time of the nearest line above that bears one.
pub(in crate::record) fn stamp_above(before: &[u8]) -> Option<Stamp> {
    backward(before)
        .take(lines::MOST_LINES)
        .find_map(|(_, line)| super::any_stamp(line))
}

/// A header line by itself; colour codes around its parts are taken out first.
fn header(line: &[u8], hint: Format) -> Option<Record<'_>> {
    if memchr::memchr(0x1b, line).is_none() {
        return plain_header(line, hint);
    }
    let clean = super::uncoloured(line);
    let record = plain_header(&clean, hint)?;
    Some(Record {
        len: line.len(),
        ..super::into_owned(record)
    })
}

fn plain_header(line: &[u8], hint: Format) -> Option<Record<'_>> {
    let Some(head) = stamp::head(line) else {
        return services::redis(line)
            .or_else(|| stampless(line))
            .or_else(|| template::read(line));
    };
    let special = match head.layout {
        Layout::Iso if head.start == 0 => services::supervisord(line, hint == Format::Supervisord)
            .or_else(|| services::pm2(line))
            .or_else(|| services::postgres(line)),
        Layout::Slashes => web::nginx_error(line),
        Layout::Ctime if head.start == 1 => web::apache_error(line),
        Layout::Bsd => services::monit(line),
        _ => None,
    };
    if special.is_some() {
        return special;
    }
    if hint == Format::W3c
        && let Some(record) = web::extended(line)
    {
        return Some(record);
    }
    if let Some(record) = template::read(line) {
        return Some(record);
    }
    let (stamp, end) = head.read(line)?;
    let boxed = head.start > 0 && line.get(..head.start)?.contains(&b'[');
    let tail = Tail::read(line.get(end..)?, head, boxed);
    let mut record = start(tail.format(line, end, head), line);
    record.stamp = Some(stamp);
    record.severity = match (record.format, line.first()) {
        (Format::Klog, Some(letter)) => level::letter(*letter),
        _ => tail.severity,
    };
    record.program = (!tail.program.is_empty()).then(|| text(tail.program));
    record.pid = tail.pid;
    record.message = super::uncoloured(tail.message);
    inner::unwrap_json(&mut record);
    Some(record)
}

/// uvicorn's messages begin in this column (`uvicorn/logging.py` pads levels to eight).
const UVICORN: usize = 10;

/// Python's `WARNING:root:text` and uvicorn's `INFO:     text`.
fn stampless(line: &[u8]) -> Option<Record<'_>> {
    let colon = line.iter().take(9).position(|b| *b == b':')?;
    let severity = level::bare(&line[..colon])?;
    let rest = &line[colon + 1..];
    let mut record = start(Format::PythonLogging, line);
    record.severity = Some(severity);
    let blanks = rest.iter().take_while(|b| **b == b' ').count();
    if blanks > 1 || colon + 1 + blanks == UVICORN {
        record.message = Cow::Borrowed(rest.trim_ascii_start());
        return Some(record);
    }
    let end = rest
        .iter()
        .take(64)
        .position(|b| *b == b':')
        .filter(|end| is_name(&rest[..*end]))?;
    record.program = Some(text(&rest[..end]));
    record.message = Cow::Borrowed(rest[end + 1..].trim_ascii_start());
    Some(record)
}

/// What stands behind a stamp.
#[derive(Debug, Default)]
struct Tail<'a> {
    severity: Option<Severity>,
    program: &'a [u8],
    pid: Option<u32>,
    message: &'a [u8],
    /// `---` stood before the logger.
    dashes: bool,
    /// A thread stood in brackets.
    thread: bool,
    /// The level stood in brackets.
    boxed: bool,
}

impl<'a> Tail<'a> {
    /// Reads level, process and logger, as far as they stand in places that loggers put them; `boxed`
    /// where the stamp stands in brackets.
    fn read(rest: &'a [u8], head: Head, boxed: bool) -> Self {
        let mut tail = Self::default();
        let klog = matches!(head.layout, Layout::Klog | Layout::Glog);
        if klog {
            return Self::klog(rest);
        }
        let rest = if boxed { tail.bracket_end(rest) } else { rest };
        let mut rest = tail.separated(rest);
        // Six parts at most: two numbers, level, thread, logger, and one to spare.
        for _ in 0..6 {
            rest = skip_marks(rest);
            match tail.part(rest, head) {
                Some(next) => rest = next,
                None => break,
            }
        }
        tail.message = rest.trim_ascii_start();
        tail
    }

    /// `     812 file.go:10] text`, behind klog's stamp.
    fn klog(rest: &'a [u8]) -> Self {
        let trimmed = rest.trim_ascii_start();
        let digits = stamp::digits(trimmed, 0);
        let message = match trimmed.iter().take(160).position(|b| *b == b']') {
            Some(close) => trimmed[close + 1..].trim_ascii_start(),
            None => trimmed,
        };
        let pid = stamp::number(&trimmed[..digits]).and_then(|pid| u32::try_from(pid).ok());
        Self {
            pid,
            message,
            ..Self::default()
        }
    }

    /// Which logger writes like this.
    fn format(&self, line: &[u8], end: usize, head: Head) -> Format {
        let first = line.first().copied().unwrap_or_default();
        let comma = line.get(head.start + 19) == Some(&b',')
            && line.get(head.start + 20).is_some_and(u8::is_ascii_digit);
        let zoned = line.get(head.start + 10) == Some(&b'T');
        match head.layout {
            Layout::Klog | Layout::Glog => Format::Klog,
            Layout::Tai64n => Format::Tai64n,
            Layout::MonthDay if self.pid.is_some() => Format::Logcat,
            Layout::Slashes => Format::GoLog,
            Layout::Iso if line.get(10) == Some(&b'_') => Format::Svlogd,
            Layout::Iso if head.start == 4 => Format::RubyLogger,
            Layout::Iso if self.dashes => Format::Logback,
            Layout::Iso if self.severity.is_none() || (self.boxed && self.thread) => {
                Format::StampedText
            }
            Layout::Iso if comma && (self.thread || line.get(end) == Some(&b']')) => Format::Log4j,
            Layout::Iso if self.thread => Format::Logback,
            Layout::Iso if comma => Format::PythonLogging,
            Layout::Iso if zoned && first == b'[' && line.get(end) != Some(&b']') => {
                Format::EnvLogger
            }
            Layout::Iso if zoned && line.get(end..end + 2) == Some(b" [") && self.boxed => {
                Format::Hclog
            }
            Layout::Iso if zoned && line.get(end - 1) == Some(&b'Z') && !self.boxed => {
                Format::TracingText
            }
            _ => Format::StampedText,
        }
    }

    /// What stands behind the stamp within its brackets: `] `, ` INFO  app::mod] `, `: INFO/Main] `.
    fn bracket_end(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let Some(close) = rest.iter().take(128).position(|b| *b == b']') else {
            return rest;
        };
        let inner = &rest[..close];
        let words = inner
            .split(|b| matches!(b, b' ' | b'/' | b':'))
            .filter(|word| !word.is_empty());
        for word in words {
            if let Some(pid) = word.strip_prefix(b"#").and_then(stamp::number) {
                self.pid = u32::try_from(pid).ok();
            } else if self.severity.is_none() {
                self.severity = level::of(word);
            }
        }
        if self.severity.is_some() {
            let name = inner
                .rsplit(|b| matches!(b, b' ' | b'/'))
                .next()
                .unwrap_or_default();
            if level::of(name).is_none() {
                self.program = name;
            }
        }
        &rest[close + 1..]
    }

    /// `:INFO:logger:text` and `|INFO|logger|text`.
    fn separated(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let Some(&mark @ (b':' | b'|')) = rest.first() else {
            return rest;
        };
        let mut parts = rest[1..].splitn(3, |b| *b == mark);
        if let (Some(word), Some(name), Some(message)) = (parts.next(), parts.next(), parts.next())
            && let Some(severity) = level::of(word.trim_ascii())
        {
            self.severity = Some(severity);
            self.program = name;
            return message;
        }
        rest
    }

    /// Takes one part off the head of `rest`; `None` where the message begins.
    fn part(&mut self, rest: &'a [u8], head: Head) -> Option<&'a [u8]> {
        if rest.first() == Some(&b'[') {
            return self.bracket(rest);
        }
        let len = rest
            .iter()
            .position(|b| matches!(b, b' ' | b'\t'))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(len);
        if word == b"---" || word == b"--" {
            self.dashes |= word.len() == 3;
            return Some(after);
        }
        if let Some(after) = self.level_word(word, after, head) {
            return Some(after);
        }
        let number = stamp::number(word).filter(|_| len <= 8);
        if let Some(number) = number {
            // A bare number is one of a process only where a level, or the like, follows.
            let next = skip_marks(after);
            let told =
                is_level(next) || next.starts_with(b"---") || head.layout == Layout::MonthDay;
            let before_dashes = next.starts_with(b"---");
            if before_dashes || (told && self.severity.is_none()) {
                self.pid = self
                    .pid
                    .or_else(|| u32::try_from(number).ok().filter(|pid| *pid > 0));
                return Some(after);
            }
            return None;
        }
        self.logger(word, after)
    }

    /// `[INFO ]`, `[812]`, `[main]`, `[o.e.n.Node]`.
    fn bracket(&mut self, rest: &'a [u8]) -> Option<&'a [u8]> {
        let close = closing(rest)?;
        let (content, after) = (rest[1..close].trim_ascii(), &rest[close + 1..]);
        if self.severity.is_none()
            && let Some(severity) = level::of(content)
        {
            self.severity = Some(severity);
            self.boxed = true;
            return Some(after);
        }
        if let Some(number) = stamp::number(content) {
            self.pid = self
                .pid
                .or_else(|| u32::try_from(number).ok().filter(|pid| *pid > 0));
            return Some(after);
        }
        // A thread or a logger, if a level stands beside it; else words of the message.
        let beside = self.severity.is_some() || is_level(skip_marks(after));
        if !beside || !self.program.is_empty() || content.is_empty() {
            return None;
        }
        let dotted = content.contains(&b'.') && !content.iter().any(|b| b"/: =".contains(b));
        if dotted {
            self.program = content;
        } else if self.boxed || (content.contains(&b' ') && !ends_thread(after)) {
            return None;
        }
        self.thread = true;
        Some(after)
    }

    /// `INFO`, `INFO:`, `Info    `, `I `, `error    :`.
    fn level_word(&mut self, word: &'a [u8], after: &'a [u8], head: Head) -> Option<&'a [u8]> {
        if self.severity.is_some() {
            return None;
        }
        let padded = after.starts_with(b"  ") || after.starts_with(b" :");
        let bare = word
            .strip_suffix(b":")
            .or_else(|| word.strip_suffix(b","))
            .unwrap_or(word);
        let severity = match bare {
            [letter] if padded || head.layout == Layout::MonthDay => level::letter(*letter),
            _ if padded => level::of(bare),
            _ => level::bare(bare),
        }?;
        self.severity = Some(severity);
        Some(after)
    }

    /// `deploy:`, `circus[812]`, `c.e.App  :`, `app -`.
    fn logger(&mut self, word: &'a [u8], after: &'a [u8]) -> Option<&'a [u8]> {
        if !self.program.is_empty() || word.is_empty() {
            return None;
        }
        let next = after.trim_ascii_start();
        let dashed = next.starts_with(b"- ") && (self.severity.is_some() || is_level(&next[2..]));
        if (dashed || (next.starts_with(b": ") && self.severity.is_some())) && is_name(word) {
            self.program = word;
            return Some(next.get(2..).unwrap_or_default());
        }
        // OpenStack: the request's context stands in brackets behind the logger.
        if next.starts_with(b"[req-") && self.severity.is_some() && is_name(word) {
            self.program = word;
            return Some(after);
        }
        let (name, colon) = match word.strip_suffix(b":") {
            Some(name) => (name, true),
            None => (word, false),
        };
        if let Some((name, pid)) = with_pid(name)
            && (colon || next.starts_with(b"["))
        {
            self.program = name;
            self.pid = Some(pid);
            return Some(after);
        }
        (colon && is_name(name) && !is_complaint(name)).then(|| {
            self.program = name;
            after
        })
    }
}

/// Whether what follows a bracket tells that it named a thread, although it has blanks in it: another
/// bracket, a dash, a class.
fn ends_thread(after: &[u8]) -> bool {
    let next = after.trim_ascii_start();
    let word = next.split(|b| *b == b' ').next().unwrap_or_default();
    let class = word
        .strip_suffix(b":")
        .is_some_and(|word| is_name(word) && word.contains(&b'.'));
    after.starts_with(b"[") || next.starts_with(b"- ") || class
}

/// Where the bracket at the head is closed; there may be others within.
fn closing(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    text.iter().take(160).position(|byte| {
        match byte {
            b'[' => depth += 1,
            b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

/// `app[812]`.
fn with_pid(name: &[u8]) -> Option<(&[u8], u32)> {
    let inner = name.strip_suffix(b"]")?;
    let open = inner.iter().position(|b| *b == b'[')?;
    let pid = u32::try_from(stamp::number(inner.get(open + 1..)?)?).ok()?;
    (open > 0).then_some((&name[..open], pid))
}

/// Whether the word may be a logger's or a program's name.
fn is_name(word: &[u8]) -> bool {
    word.first()
        .is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
        && word
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || b"_.$/@-:".contains(b))
}

/// Whether the word belongs to the message although a colon follows: `panic:`, `ValueError:`.
fn is_complaint(word: &[u8]) -> bool {
    level::of(word).is_some()
        || [
            &b"Error"[..],
            b"Exception",
            b"Warning",
            b"error",
            b"Traceback",
            b"Caused",
            b"panic",
        ]
        .iter()
        .any(|end| word.ends_with(end))
}

/// Whether a level stands at the head of the text.
fn is_level(text: &[u8]) -> bool {
    let bracketed = text.strip_prefix(b"[");
    let text = bracketed.unwrap_or(text);
    let len = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let word = &text[..len];
    if bracketed.is_some() {
        level::of(word).is_some()
    } else {
        level::bare(word).is_some()
    }
}

/// Skips white space and the marks between parts, if white space follows them.
fn skip_marks(text: &[u8]) -> &[u8] {
    let mut text = text;
    for _ in 0..2 {
        text = text.trim_ascii_start();
        match text {
            [b'-' | b'|' | b':' | b',', b' ' | b'\t', ..] => text = &text[1..],
            _ => break,
        }
    }
    text.trim_ascii_start()
}
