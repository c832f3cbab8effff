//! Templates: how the lines of a format are laid out, as data.
//!
//! In: a line, and the templates of the table ([`super::known`]). Out: the record of the first template
//! that fits. A template is literal text with fields in braces: `[{time:isot}] {LEVEL}: {message}`.
//!
//! - A blank stands for one blank or tab or more, several for at least as many; `{{` is a brace.
//! - `{time:KIND}` is a stamp of the layouts that [`Times`] names; `{clock}` a time of day without a date.
//! - `{level}`, `{LEVEL}` (in capitals), `{LEVEL3}` (three capitals) and the like are words for a severity.
//! - `{host}`, `{program}`, `{unit}`, `{pid}` and other names fill that part of the record, or are facts.
//! - `{>}` marks where the message begins if it does not begin at `{message}` or `{inner}`, the rest of
//!   the line; what stands at `{inner}` is read as a record of its own.
//!
//! A word ends at a blank, or where the literal text begins that stands behind its field.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem;

use super::known::{KNOWN, Known};
use super::lines::text;
use super::{Format, inner, level, start};
use crate::record::stamp::{self, Head, Layout};
use crate::record::{Record, Severity};

/// The longest text that one field may be.
const LONGEST: usize = 256;

/// Which stamps fit a `{time:KIND}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Times {
    /// `iso`: a date with dashes, then `T` or a blank.
    Iso,
    /// `isot`: with a `T`.
    IsoT,
    /// `isob`: with a blank.
    IsoBlank,
    /// `comma`: with a blank, and a fraction behind a comma.
    Comma,
    /// `isoz`: with a `T`, no fraction, and an offset without a colon.
    IsoZone,
    /// `dmesg`: with a `T`, and six digits behind a comma.
    Dmesg,
    /// `n7`, `n9`: with a `T`, so many digits and `Z`.
    Digits(usize),
    /// `accessb`: an access log's with a blank between date and time.
    AccessBlank,
    /// Of this layout.
    Of(Layout),
}

impl Times {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "iso" => Self::Iso,
            "isot" => Self::IsoT,
            "isob" => Self::IsoBlank,
            "comma" => Self::Comma,
            "isoz" => Self::IsoZone,
            "dmesg" => Self::Dmesg,
            "n7" => Self::Digits(7),
            "n9" => Self::Digits(9),
            "accessb" => Self::AccessBlank,
            "slashes" => Self::Of(Layout::Slashes),
            "shortslashes" => Self::Of(Layout::ShortSlashes),
            "dayfirst" => Self::Of(Layout::DayFirst),
            "bsd" => Self::Of(Layout::Bsd),
            "ctime" => Self::Of(Layout::Ctime),
            "compact" => Self::Of(Layout::Compact),
            "compactclock" => Self::Of(Layout::CompactClock),
            "dashed" => Self::Of(Layout::Dashed),
            "monthday" => Self::Of(Layout::MonthDay),
            "monthdot" => Self::Of(Layout::MonthDotDay),
            "epoch" => Self::Of(Layout::Epoch),
            "erlang" => Self::Of(Layout::Erlang),
            "us" => Self::Of(Layout::MonthFirstSlashes),
            _ => return None,
        })
    }

    /// The layout of the stamp that begins the text, if it fits.
    fn layout(self, text: &[u8]) -> Option<Layout> {
        let layout = Layout::of(text)?;
        let mark = |byte| layout == Layout::Iso && text.get(10) == Some(&byte);
        let fits = match self {
            Self::Of(wanted) => layout == wanted,
            Self::Iso => mark(b'T') || mark(b' '),
            Self::IsoT => mark(b'T'),
            Self::IsoBlank => mark(b' '),
            Self::Comma => mark(b' ') && text.get(19) == Some(&b','),
            Self::IsoZone => {
                mark(b'T')
                    && matches!(text.get(19), Some(b'+' | b'-'))
                    && stamp::digits(text, 20) == 4
            }
            Self::Dmesg => {
                mark(b'T') && text.get(19) == Some(&b',') && stamp::digits(text, 20) == 6
            }
            Self::Digits(n) => {
                mark(b'T')
                    && text.get(19) == Some(&b'.')
                    && stamp::digits(text, 20) == n
                    && text.get(20 + n) == Some(&b'Z')
            }
            Self::AccessBlank => layout == Layout::Access && text.get(11) == Some(&b' '),
        };
        fits.then_some(layout)
    }
}

/// What a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Time(Times),
    Clock,
    Clock12,
    Zone,
    Boot,
    Priority,
    /// A word for a severity of this kind.
    Level(LevelWord),
    Letter,
    LetterDigit,
    Pid,
    Host,
    Program,
    Unit,
    Subject,
    Status,
    Fact(&'static str),
    /// Anything but blanks.
    Word(Letters),
    /// One of these words.
    OneOf(&'static [&'static str]),
    Labels,
    /// A log stream's name: ECS has `PREFIX/CONTAINER/TASK`.
    Stream,
    /// Anything up to the literal behind it.
    Any,
    /// As `Any`: a program's name that may have blanks.
    Name,
    MessageHere,
    Message,
    Inner,
    /// The end of the line; the message stands on the lines below.
    Further,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LevelWord {
    Any,
    Capitals,
    Lower,
    /// Three capitals.
    Three,
    /// Four letters.
    Four,
    /// Padded with blanks.
    Padded,
}

/// What a word is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    Any,
    Digits,
    Number,
    Hex,
    Hex40,
    Uuid,
    Address,
    Dated,
    Age,
    LogFile,
}

const FACILITIES: &[&str] = &[
    "kern", "user", "mail", "daemon", "authpriv", "auth", "syslog", "lpr", "news", "uucp", "cron",
    "ftp", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
];

fn field(name: &str) -> Option<Field> {
    if let Some(kind) = name.strip_prefix("time:") {
        return Times::named(kind).map(Field::Time);
    }
    Some(match name {
        "clock" => Field::Clock,
        "clock12" => Field::Clock12,
        "zone" => Field::Zone,
        "boot" => Field::Boot,
        "pri" => Field::Priority,
        "level" => Field::Level(LevelWord::Any),
        "LEVEL" => Field::Level(LevelWord::Capitals),
        "lower" => Field::Level(LevelWord::Lower),
        "LEVEL3" => Field::Level(LevelWord::Three),
        "level4" => Field::Level(LevelWord::Four),
        "levelp" => Field::Level(LevelWord::Padded),
        "letter" => Field::Letter,
        "letterd" => Field::LetterDigit,
        "pid" => Field::Pid,
        "host" => Field::Host,
        "node" => Field::Host,
        "program" => Field::Program,
        "unit" => Field::Unit,
        "subject" => Field::Subject,
        "status" => Field::Status,
        "pod" => Field::Fact("pod"),
        "container" => Field::Fact("container"),
        "namespace" => Field::Fact("namespace"),
        "kind" => Field::Fact("kind"),
        "reason" => Field::Fact("reason"),
        "stream" => Field::Stream,
        "labels" => Field::Labels,
        "n" | "port" => Field::Word(Letters::Digits),
        "num" => Field::Word(Letters::Number),
        "hex" => Field::Word(Letters::Hex),
        "hex40" => Field::Word(Letters::Hex40),
        "uuid" => Field::Word(Letters::Uuid),
        "addr" => Field::Word(Letters::Address),
        "METHOD" => Field::OneOf(&[
            "GET", "POST", "PUT", "HEAD", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "REPORT",
            "TRACE",
        ]),
        "date" => Field::Word(Letters::Dated),
        "age" => Field::Word(Letters::Age),
        "file" => Field::Word(Letters::LogFile),
        "word" | "component" | "caller" | "process" | "tag" | "path" => Field::Word(Letters::Any),
        "facility" => Field::OneOf(FACILITIES),
        "normal" => Field::OneOf(&["Normal", "Warning"]),
        "heroku" => Field::OneOf(&["heroku", "app"]),
        "lambda" => Field::OneOf(&["START", "END", "REPORT", "INIT_START"]),
        "scheme" => Field::OneOf(&["https", "http", "h2", "grpcs", "wss", "ws"]),
        "proto" => Field::OneOf(&["HTTP/1.1", "HTTP/2.0", "HTTP/2", "HTTP/1.0", "-"]),
        "pacman" => Field::OneOf(&["ALPM-SCRIPTLET", "ALPM", "PACMAN"]),
        "dnf" => Field::OneOf(&[
            "SUBDEBUG", "DDEBUG", "INFO", "DEBUG", "WARNING", "ERROR", "CRITICAL",
        ]),
        "zypp" => Field::OneOf(&[
            "install", "remove ", "remove", "command", "patch", "radd", "rremove",
        ]),
        "phplevel" => Field::OneOf(&[
            "Fatal error",
            "Parse error",
            "Warning",
            "Notice",
            "Deprecated",
            "Startup",
            "Recoverable fatal error",
            "Stack trace",
        ]),
        "report" => Field::OneOf(&[
            "SUPERVISOR",
            "CRASH",
            "PROGRESS",
            "ERROR",
            "WARNING",
            "INFO",
            "NOTICE",
            "CRITICAL",
        ]),
        "name" => Field::Name,
        "thread" | "req" | "author" | "mail" | ".." => Field::Any,
        ">" => Field::MessageHere,
        "message" => Field::Message,
        "inner" => Field::Inner,
        "further" => Field::Further,
        _ => return None,
    })
}

#[derive(Debug)]
enum Piece {
    Literal(&'static [u8]),
    /// At least so many blanks or tabs.
    Blanks(usize),
    Field(Field),
}

#[derive(Debug)]
struct Template {
    known: &'static Known,
    pieces: Vec<Piece>,
}

/// All templates, and by a line's first byte those that may fit.
#[derive(Debug)]
struct Templates {
    all: Vec<Template>,
    by_first: Vec<Vec<usize>>,
}

static TEMPLATES: LazyLock<Templates> = LazyLock::new(|| {
    let rows = KNOWN
        .iter()
        .flat_map(|known| known.templates.iter().map(move |text| (known, *text)));
    let all: Vec<Template> = rows
        .filter_map(|(known, text)| {
            Some(Template {
                known,
                pieces: parse(text)?,
            })
        })
        .collect();
    let by_first = (0..=u8::MAX)
        .map(|byte| {
            (0..all.len())
                .filter(|n| all[*n].may_begin_with(byte))
                .collect()
        })
        .collect();
    Templates { all, by_first }
});

/// The pieces of a template; `None` where it is none, which a test rules out for those of the table.
fn parse(template: &'static str) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(first) = rest.bytes().next() {
        if rest.starts_with("{{") {
            pieces.push(Piece::Literal(b"{"));
            rest = &rest[2..];
        } else if first == b'{' {
            let close = rest.find('}')?;
            pieces.push(Piece::Field(field(&rest[1..close])?));
            rest = &rest[close + 1..];
        } else if first == b' ' {
            let blanks = rest.bytes().take_while(|b| *b == b' ').count();
            pieces.push(Piece::Blanks(blanks));
            rest = &rest[blanks..];
        } else {
            let len = rest.find(['{', ' ']).unwrap_or(rest.len());
            pieces.push(Piece::Literal(&rest.as_bytes()[..len]));
            rest = &rest[len..];
        }
    }
    Some(pieces)
}

impl Template {
    fn may_begin_with(&self, byte: u8) -> bool {
        let first = self
            .pieces
            .iter()
            .find(|p| !matches!(p, Piece::Field(Field::MessageHere)));
        let upper = byte.is_ascii_uppercase();
        match first {
            Some(Piece::Literal(text)) => text.first() == Some(&byte),
            Some(Piece::Field(field)) => match field {
                Field::Time(Times::Of(Layout::Ctime | Layout::Bsd)) | Field::Letter => upper,
                Field::Level(LevelWord::Capitals | LevelWord::Three) => upper,
                Field::Level(_) => byte.is_ascii_alphabetic(),
                Field::OneOf(words) => words
                    .iter()
                    .any(|word| word.as_bytes().first() == Some(&byte)),
                Field::Time(_) | Field::Clock | Field::Clock12 => byte.is_ascii_digit(),
                Field::Word(Letters::Digits | Letters::Age) => byte.is_ascii_digit(),
                Field::Word(Letters::Hex40 | Letters::Uuid | Letters::Hex) => {
                    byte.is_ascii_hexdigit()
                }
                Field::Word(Letters::LogFile) | Field::Fact(_) => byte.is_ascii_lowercase(),
                _ => byte.is_ascii_alphabetic() || byte == b'-',
            },
            _ => false,
        }
    }
}

/// The record of the first template that the line fits.
pub(in crate::record) fn read(line: &[u8]) -> Option<Record<'_>> {
    let templates = &*TEMPLATES;
    let fitting = templates.by_first.get(usize::from(*line.first()?))?;
    fitting
        .iter()
        .find_map(|n| templates.all.get(*n)?.read(line))
}

/// Where the stamp stands in a line of this format.
pub(in crate::record) fn stamp_head(line: &[u8], format: Format) -> Option<Head> {
    let templates = &*TEMPLATES;
    let fitting = templates.by_first.get(usize::from(*line.first()?))?;
    let mut of_format = fitting
        .iter()
        .filter_map(|n| templates.all.get(*n))
        .filter(|t| t.known.format == format);
    of_format.find_map(|template| {
        Reader::new(line, template.known)
            .run(&template.pieces)?
            .head
    })
}

impl Template {
    fn read<'a>(&self, line: &'a [u8]) -> Option<Record<'a>> {
        let mut reader = Reader::new(line, self.known).run(&self.pieces)?;
        let mut record = reader.record;
        if !self.known.program.is_empty() && record.program.is_none() {
            record.program = Some(Cow::Borrowed(self.known.program));
        }
        let text = line
            .get(reader.message.unwrap_or(reader.at)..)?
            .trim_ascii_start();
        if reader.is_inner {
            // Who ran it knows the time better than what it wrote, and its own place best of all.
            inner::set_message(&mut record, Cow::Borrowed(text));
            record.unwrapped = false;
        } else {
            record.message = super::uncoloured(text);
            inner::unwrap_json(&mut record);
        }
        record.facts.append(&mut reader.facts);
        Some(record)
    }
}

/// A line that is being compared with a template.
struct Reader<'a> {
    line: &'a [u8],
    at: usize,
    record: Record<'a>,
    facts: Vec<(&'static str, Cow<'a, str>)>,
    head: Option<Head>,
    message: Option<usize>,
    is_inner: bool,
}

impl<'a> Reader<'a> {
    fn new(line: &'a [u8], known: &Known) -> Self {
        Self {
            line,
            at: 0,
            record: start(known.format, line),
            facts: Vec::new(),
            head: None,
            message: None,
            is_inner: false,
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn run(mut self, pieces: &[Piece]) -> Option<Self> {
        for (n, piece) in pieces.iter().enumerate() {
            match piece {
                Piece::Literal(text) => {
                    self.rest().strip_prefix(*text)?;
                    self.at += text.len();
                }
                Piece::Blanks(least) => {
                    let rest = self.rest();
                    let blanks = rest
                        .iter()
                        .take_while(|b| matches!(b, b' ' | b'\t'))
                        .count();
                    // At the end of a line the blanks may have been cut off.
                    if blanks < *least && !(rest.is_empty() && n + 1 == pieces.len()) {
                        return None;
                    }
                    self.at += blanks;
                }
                Piece::Field(field) => {
                    self.take(*field, &pieces[n + 1..])?;
                }
            }
        }
        Some(self)
    }

    /// The text of a word: up to the literal behind its field, else to a blank.
    fn word(&self, next: &[Piece], with_blanks: bool) -> Option<&'a [u8]> {
        let rest = self.rest();
        let rest = rest.get(..LONGEST).unwrap_or(rest);
        // Where the message begins is no text.
        let mut next = next
            .iter()
            .filter(|piece| !matches!(piece, Piece::Field(Field::MessageHere)));
        let word = match (next.next(), next.next()) {
            (Some(Piece::Literal(text)), _) => &rest[..memmem::find(rest, text)?],
            (Some(Piece::Blanks(_)), Some(Piece::Literal(text))) if with_blanks => {
                let blank =
                    |at: &usize| at.checked_sub(1).and_then(|at| rest.get(at)) == Some(&b' ');
                let at = memmem::find_iter(rest, text).find(blank)?;
                &rest[..at - 1]
            }
            _ if with_blanks => rest,
            _ => {
                &rest[..rest
                    .iter()
                    .position(|b| matches!(b, b' ' | b'\t'))
                    .unwrap_or(rest.len())]
            }
        };
        let inner = word.trim_ascii();
        (!inner.is_empty() && (with_blanks || !inner.contains(&b' '))).then_some(word)
    }

    fn take(&mut self, field: Field, next: &[Piece]) -> Option<()> {
        let rest = self.rest();
        let len = match field {
            Field::Time(times) => {
                let layout = times.layout(rest)?;
                let (stamp, len) = stamp::parse(layout, rest)?;
                self.record.stamp = Some(super::zoned(stamp, self.record.format));
                self.head = Some(Head {
                    layout,
                    start: self.at,
                });
                len
            }
            Field::Clock => stamp::clock_len(rest)?,
            Field::Clock12 => {
                let len = 1 + rest
                    .iter()
                    .position(|b| matches!(b, b'A' | b'P'))
                    .filter(|at| *at <= 5)?;
                let clock = rest.get(..len - 1)?;
                let colon = clock.iter().position(|b| *b == b':')?;
                (stamp::number(clock.get(..colon)?).is_some() && rest.get(len) == Some(&b'M'))
                    .then_some(len + 1)?
            }
            Field::Zone => {
                let word = self.word(next, false)?;
                let fits = word
                    .iter()
                    .all(|b| b.is_ascii_alphanumeric() || b"/_+-:".contains(b));
                (fits && word.first().is_some_and(|b| !b.is_ascii_digit())).then_some(word.len())?
            }
            Field::Boot => {
                let blanks = rest.iter().take_while(|b| **b == b' ').count();
                let seconds = stamp::digits(rest, blanks);
                let point = blanks + seconds;
                (seconds > 0
                    && rest.get(point) == Some(&b'.')
                    && stamp::digits(rest, point + 1) == 6)
                    .then_some(point + 7)?
            }
            Field::Priority => {
                let len = stamp::digits(rest, 0);
                let number = stamp::number(rest.get(..len)?).filter(|n| *n <= 191)?;
                self.record.severity = Some(super::syslog::severity(number as u8 & 7));
                len
            }
            Field::Level(kind) => {
                let (severity, len) = level_word(rest, kind)?;
                self.record.severity = Some(severity);
                len
            }
            Field::Letter => {
                self.record.severity = Some(level::letter(*rest.first()?)?);
                1
            }
            Field::LetterDigit => {
                (rest.first() == Some(&b'D') && stamp::digits(rest, 1) == 1).then_some(())?;
                self.record.severity = Some(Severity::Debug);
                2
            }
            Field::Pid => {
                let blanks = rest.iter().take_while(|b| **b == b' ').count();
                let len = stamp::digits(rest, blanks);
                self.record.pid =
                    Some(u32::try_from(stamp::number(rest.get(blanks..blanks + len)?)?).ok()?);
                blanks + len
            }
            Field::Status => {
                let word = rest.get(..3)?;
                let fits = (stamp::digits(word, 0) == 3 && stamp::digits(rest, 0) == 3)
                    || word.starts_with(b"- ");
                fits.then_some(())?;
                let len = if word[0] == b'-' { 1 } else { 3 };
                self.facts.push(("status", text(&word[..len])));
                len
            }
            Field::OneOf(words) => {
                let word = words
                    .iter()
                    .find(|word| rest.starts_with(word.as_bytes()))?;
                let pads = words == FACILITIES;
                let blanks = rest[word.len()..]
                    .iter()
                    .take_while(|b| pads && **b == b' ')
                    .count();
                self.of_word(word);
                word.len() + blanks
            }
            Field::Labels => {
                let close = memchr::memchr(b'}', rest)?;
                let labels = rest.get(..close)?;
                labels.contains(&b'=').then_some(())?;
                self.labels(labels);
                close + 1
            }
            Field::Stream => {
                let word = self.word(next, false)?;
                let named = word.contains(&b'/') && !word.contains(&b'=');
                let word = Some(word).filter(|_| named)?;
                let mut parts = word.split(|b| *b == b'/');
                if let (Some(_), Some(container), Some(_), None) =
                    (parts.next(), parts.next(), parts.next(), parts.next())
                {
                    self.record.unit = Some(text(container));
                }
                self.record.subject = Some(text(word));
                word.len()
            }
            Field::Any => self.word(next, true)?.len(),
            Field::Name => {
                let word = self.word(next, true)?;
                self.record.program = Some(text(word.trim_ascii()));
                word.len()
            }
            Field::Word(letters) => {
                let word = self.word(next, false)?;
                letters.fit(word).then_some(word.len())?
            }
            Field::Host | Field::Program | Field::Unit | Field::Subject | Field::Fact(_) => {
                let word = self.word(next, false)?;
                let name = text(word.trim_ascii());
                match field {
                    Field::Host => self.record.host = Some(name),
                    Field::Program => self.record.program = Some(name),
                    Field::Unit => self.record.unit = Some(name),
                    Field::Subject => self.record.subject = Some(name),
                    Field::Fact(fact) => {
                        if fact == "pod" {
                            self.record.subject = Some(name.clone());
                        } else if fact == "container" {
                            self.record.unit = Some(name.clone());
                        }
                        self.facts.push((fact, name));
                    }
                    _ => {}
                }
                word.len()
            }
            Field::MessageHere => {
                self.message = Some(self.at);
                0
            }
            Field::Message | Field::Inner => {
                self.message = self.message.or(Some(self.at));
                self.is_inner = field == Field::Inner;
                rest.len()
            }
            Field::Further => {
                super::lines::is_blank(rest).then_some(())?;
                self.message = Some(self.line.len());
                rest.len()
            }
        };
        self.at += len;
        Some(())
    }

    /// What a fixed word tells of the severity.
    fn of_word(&mut self, word: &str) {
        let severity = match word {
            "Warning" | "Notice" | "Deprecated" | "Startup" => level::of(word.as_bytes()),
            "Fatal error" | "CRASH" | "Recoverable fatal error" => Some(Severity::Critical),
            "Parse error" | "SUPERVISOR" => Some(Severity::Error),
            "Normal" | "PROGRESS" => Some(Severity::Info),
            "SUBDEBUG" | "DDEBUG" => Some(Severity::Debug),
            _ => level::of(word.as_bytes()),
        };
        self.record.severity = severity.or(self.record.severity);
    }

    /// Loki's `app="web", pod="web-6c5"`.
    fn labels(&mut self, labels: &'a [u8]) {
        for pair in labels.split(|b| *b == b',') {
            let Some(equals) = pair.iter().position(|b| *b == b'=') else {
                continue;
            };
            let name = pair[..equals].trim_ascii();
            let value = pair[equals + 1..].trim_ascii();
            let value = value.strip_prefix(b"\"").unwrap_or(value);
            let value = text(value.strip_suffix(b"\"").unwrap_or(value));
            match name {
                b"pod" => {
                    self.record.subject = Some(value.clone());
                    self.facts.push(("pod", value));
                }
                b"container" => {
                    self.record.unit = Some(value.clone());
                    self.facts.push(("container", value));
                }
                b"namespace" => self.facts.push(("namespace", value)),
                b"host" | b"hostname" | b"node" | b"node_name" => self.record.host = Some(value),
                b"unit" => self.record.unit = Some(value),
                b"app" | b"job" | b"service_name" if self.record.program.is_none() => {
                    self.record.program = Some(value);
                }
                _ => {}
            }
        }
    }
}

/// The severity that the word at the head names, and how long it is.
fn level_word(text: &[u8], kind: LevelWord) -> Option<(Severity, usize)> {
    let len = text.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let word = text.get(..len)?;
    let fits = match kind {
        LevelWord::Any | LevelWord::Padded => true,
        LevelWord::Capitals => word.iter().all(u8::is_ascii_uppercase),
        LevelWord::Lower => word.iter().all(u8::is_ascii_lowercase),
        LevelWord::Three => len == 3 && word.iter().all(u8::is_ascii_uppercase),
        LevelWord::Four => {
            len == 4
                && (word.iter().all(u8::is_ascii_uppercase)
                    || word.iter().all(u8::is_ascii_lowercase))
        }
    };
    let severity = level::of(word).filter(|_| fits)?;
    let blanks = text[len..].iter().take_while(|b| **b == b' ').count();
    // `[INFO ]` and `kern  :info  :` are padded within their marks.
    let pads = matches!(text.get(len + blanks), Some(b']' | b':'));
    Some((
        severity,
        if pads || kind == LevelWord::Padded {
            len + blanks
        } else {
            len
        },
    ))
}

impl Letters {
    fn fit(self, word: &[u8]) -> bool {
        let all = |test: fn(&u8) -> bool| word.iter().all(test);
        let hex = |b: &u8| b.is_ascii_hexdigit();
        match self {
            Self::Any => true,
            Self::Digits => all(u8::is_ascii_digit),
            Self::Number => all(|b| b.is_ascii_digit() || *b == b'.' || *b == b'-'),
            Self::Hex => all(hex),
            Self::Hex40 => word.len() == 40 && all(hex),
            Self::Uuid => {
                word.len() == 36
                    && word.get(8) == Some(&b'-')
                    && all(|b| b.is_ascii_hexdigit() || *b == b'-')
            }
            Self::Address => {
                word == b"-"
                    || (word.iter().any(|b| matches!(b, b'.' | b':'))
                        && all(|b| b.is_ascii_hexdigit() || b".:[]%-".contains(b)))
            }
            Self::Dated => {
                word.iter().filter(|b| matches!(b, b'.' | b'-')).count() >= 2
                    && word.first().is_some_and(u8::is_ascii_digit)
            }
            Self::Age => {
                matches!(word.last(), Some(b's' | b'm' | b'h' | b'd'))
                    && word.first().is_some_and(u8::is_ascii_digit)
                    && all(|b| b.is_ascii_digit() || b"smhd".contains(b))
            }
            Self::LogFile => memmem::find(word, b".log").is_some(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_of_the_table_is_one() {
        for known in KNOWN {
            for text in known.templates {
                let pieces = parse(text);
                assert!(pieces.is_some(), "{}: {text}", known.name);
                // A field ends at a literal or a blank.
                for pair in pieces.unwrap().windows(2) {
                    let [Piece::Field(a), Piece::Field(b)] = pair else {
                        continue;
                    };
                    assert!(
                        matches!(a, Field::MessageHere)
                            || matches!(b, Field::Further | Field::MessageHere),
                        "{text}"
                    );
                }
            }
        }
    }
}
