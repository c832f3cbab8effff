//! The line that stands for a journal's entry.
//!
//! Owns: its form, which is nobody's but this program's. In: an entry's fields. Out: a line
//! ([`Line::begin`] and on), and its parts again ([`Parts::of`]).
//!
//! ```text
//! MINUTE MICROS HOST PROGRAM[PID]: / CURSOR / NAME=value / .. / MESSAGE=value
//! ```
//!
//! `MINUTE` (eight hexadecimal digits, minutes since 1970) and `MICROS` (eight more, within the minute)
//! stand without blanks between them, so that lines of one minute begin alike, as the census likes it;
//! `/` is [`SEPARATOR`]. The cursor is journalctl's. A line end within a value is [`LINE_END`]. All else
//! is as the journal has it, so that what rules look for stands in the line as it is.

/// Stands between the parts.
const SEPARATOR: u8 = 0x1f;
/// Stands for a line end within a value.
pub(crate) const LINE_END: u8 = 0x1e;
/// The digits of a stamp.
const STAMP: usize = 16;
const MICROS_PER_MINUTE: u64 = 60_000_000;

/// The fields that are passed on, and no others: those that a record is made of
/// (`systemd.journal-fields(7)`). The first six make the line's tag and its end.
pub(crate) const FIELDS: [&str; 28] = [
    "MESSAGE",
    "_HOSTNAME",
    "SYSLOG_IDENTIFIER",
    "_COMM",
    "_PID",
    "SYSLOG_PID",
    "PRIORITY",
    "_SYSTEMD_UNIT",
    "_SYSTEMD_USER_UNIT",
    "UNIT",
    "USER_UNIT",
    "COREDUMP_UNIT",
    "COREDUMP_USER_UNIT",
    "OBJECT_SYSTEMD_UNIT",
    "MESSAGE_ID",
    "EXIT_CODE",
    "EXIT_STATUS",
    "N_RESTARTS",
    "UNIT_RESULT",
    "JOB_TYPE",
    "JOB_RESULT",
    "CONTAINER_NAME",
    "IMAGE_NAME",
    "COREDUMP_SIGNAL_NAME",
    "COREDUMP_EXE",
    "COREDUMP_COMM",
    "INVOCATION_ID",
    "_TRANSPORT",
];
pub(super) const MESSAGE: usize = 0;
pub(super) const HOST: usize = 1;
pub(super) const IDENTIFIER: usize = 2;
pub(super) const COMMAND: usize = 3;
pub(super) const PID: usize = 4;
pub(super) const SYSLOG_PID: usize = 5;
/// The first field that stands in the line by name.
pub(super) const NAMED: usize = 6;

/// Makes a value fit for a line. A host's name has no blanks.
pub(super) fn fit(value: &mut [u8], field: usize) {
    for byte in value {
        match *byte {
            0..=b' ' if field == HOST => *byte = b'?',
            b'\n' => *byte = LINE_END,
            SEPARATOR => *byte = b'?',
            _ => {}
        }
    }
}

/// Lines, one after the other.
#[derive(Debug, Default)]
pub(super) struct Lines(pub(super) Vec<u8>);

impl Lines {
    /// Begins a line: time in microseconds since 1970, and who wrote. All values fit.
    pub(super) fn begin(&mut self, micros: u64, host: &[u8], program: &[u8], pid: &[u8]) {
        let out = &mut self.0;
        out.extend_from_slice(&stamp(micros));
        out.push(b' ');
        out.extend_from_slice(host);
        out.push(b' ');
        out.extend_from_slice(program);
        // So that what stands in brackets at the end always is the pid.
        if !pid.is_empty() || program.ends_with(b"]") {
            out.push(b'[');
            out.extend_from_slice(pid);
            out.push(b']');
        }
        out.extend_from_slice(b": ");
    }

    /// Begins the next part.
    pub(super) fn part(&mut self) -> &mut Vec<u8> {
        self.0.push(SEPARATOR);
        &mut self.0
    }

    /// Ends the line with its message, in which line ends may stand.
    pub(super) fn end(&mut self, message: &[u8]) {
        self.part().extend_from_slice(b"MESSAGE=");
        let at = self.0.len();
        self.0.extend_from_slice(message);
        let message = &mut self.0[at..];
        if memchr::memchr(b'\n', message).is_some() {
            for byte in message.iter_mut().filter(|byte| **byte == b'\n') {
                *byte = LINE_END;
            }
        }
        self.0.push(b'\n');
    }

    /// Gives the line that begins at `at` another time.
    pub(super) fn set_time(&mut self, at: usize, micros: u64) {
        if let Some(old) = self.0.get_mut(at..at + STAMP) {
            old.copy_from_slice(&stamp(micros));
        }
    }
}

fn stamp(micros: u64) -> [u8; STAMP] {
    let minute = micros / MICROS_PER_MINUTE;
    let number = (minute << 32) | (micros % MICROS_PER_MINUTE);
    let mut text = [0; STAMP];
    for (n, digit) in text.iter_mut().enumerate() {
        *digit = digit_of(number >> (60 - 4 * n));
    }
    text
}

fn digit_of(nibble: u64) -> u8 {
    b"0123456789abcdef"[(nibble & 15) as usize]
}

/// Adds a number in hexadecimal digits, without zeros before it.
pub(super) fn push_hex(out: &mut Vec<u8>, number: u64) {
    let digits = (16 - number.leading_zeros() / 4).max(1);
    for n in (0..digits).rev() {
        out.push(digit_of(number >> (4 * n)));
    }
}

/// Adds an id of 128 bits in 32 digits.
pub(super) fn push_id(out: &mut Vec<u8>, id: &[u8; 16]) {
    for byte in id {
        out.push(digit_of(u64::from(byte >> 4)));
        out.push(digit_of(u64::from(*byte)));
    }
}

/// Where in a line the bytes stand that are equal within one minute.
pub(crate) const MINUTE: std::ops::Range<usize> = 0..8;

/// The time of a line, in microseconds since 1970; `None` where it is no such line.
pub(crate) fn time_of(line: &[u8]) -> Option<i64> {
    let digits: &[u8; STAMP] = line.first_chunk()?;
    let mut number = 0_u64;
    for digit in digits {
        let digit = match digit {
            b'0'..=b'9' => digit - b'0',
            b'a'..=b'f' => digit - b'a' + 10,
            _ => return None,
        };
        number = number << 4 | u64::from(digit);
    }
    let minutes = (number >> 32) * MICROS_PER_MINUTE;
    i64::try_from(minutes + (number & 0xffff_ffff)).ok()
}

/// Who wrote the line; no more of it is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Writer<'a> {
    pub(crate) host: &'a [u8],
    pub(crate) program: &'a [u8],
    pub(crate) pid: &'a [u8],
}

impl<'a> Writer<'a> {
    /// `None` where it is no such line.
    pub(crate) fn of(line: &'a [u8]) -> Option<Self> {
        let end = memchr::memchr(SEPARATOR, line)?;
        let tag = line.get(STAMP + 1..end)?.strip_suffix(b": ")?;
        let blank = memchr::memchr(b' ', tag)?;
        let (host, program) = (&tag[..blank], &tag[blank + 1..]);
        let (program, pid) = match program.strip_suffix(b"]") {
            Some(inner) => {
                let open = memchr::memrchr(b'[', inner)?;
                (&inner[..open], &inner[open + 1..])
            }
            None => (program, &b""[..]),
        };
        Some(Self { host, program, pid })
    }
}

/// The parts of a line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    /// Microseconds since 1970.
    pub(crate) micros: i64,
    pub(crate) writer: Writer<'a>,
    /// As journalctl writes it.
    pub(crate) cursor: &'a [u8],
    /// The fields, up to the line's end.
    fields: &'a [u8],
}

impl<'a> Parts<'a> {
    /// `None` where it is no such line.
    pub(crate) fn of(line: &'a [u8]) -> Option<Self> {
        let micros = time_of(line)?;
        let writer = Writer::of(line)?;
        let rest = line.get(memchr::memchr(SEPARATOR, line)? + 1..)?;
        let end = memchr::memchr(SEPARATOR, rest).unwrap_or(rest.len());
        Some(Self {
            micros,
            writer,
            cursor: &rest[..end],
            fields: rest.get(end + 1..).unwrap_or_default(),
        })
    }

    /// Names and values; the message, whatever it holds, is the last.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a> {
        let mut rest = self.fields;
        std::iter::from_fn(move || {
            let equals = memchr::memchr(b'=', rest)?;
            let name = &rest[..equals];
            let value = &rest[equals + 1..];
            let end = match name {
                b"MESSAGE" => value.len(),
                _ => memchr::memchr(SEPARATOR, value).unwrap_or(value.len()),
            };
            rest = value.get(end + 1..).unwrap_or_default();
            Some((name, &value[..end]))
        })
    }

    /// The boot's id, of the cursor.
    pub(crate) fn boot(&self) -> Option<&'a [u8]> {
        let mut parts = self.cursor.split(|byte| *byte == b';');
        parts.find_map(|part| part.strip_prefix(b"b="))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(host: &[u8], program: &[u8], pid: &[u8], message: &[u8]) -> Vec<u8> {
        let mut lines = Lines::default();
        lines.begin(1_763_424_000_123_456, host, program, pid);
        lines.part().extend_from_slice(b"s=1;i=2;b=8a1b;m=3");
        lines.part().extend_from_slice(b"PRIORITY=6");
        lines.part().extend_from_slice(b"UNIT=a.service");
        lines.end(message);
        lines.0.pop();
        lines.0
    }

    #[test]
    fn a_line_comes_apart_as_it_was_put_together() {
        for (program, pid) in [
            ("app", "812"),
            ("app", ""),
            ("a: b[1] c", "7"),
            ("x[3]", ""),
            ("]", ""),
            ("", ""),
        ] {
            let line = line(b"web01", program.as_bytes(), pid.as_bytes(), b"a=\x1fb\nc");
            assert!(memchr::memchr(b'\n', &line).is_none());
            let parts = Parts::of(&line).unwrap();
            assert_eq!(parts.micros, 1_763_424_000_123_456);
            let expected = Writer {
                host: b"web01",
                program: program.as_bytes(),
                pid: pid.as_bytes(),
            };
            assert_eq!(parts.writer, expected, "{program} {pid}");
            assert_eq!(parts.cursor, b"s=1;i=2;b=8a1b;m=3");
            assert_eq!(parts.boot(), Some(&b"8a1b"[..]));
            let fields: Vec<_> = parts.fields().collect();
            let expected: [(&[u8], &[u8]); 3] = [
                (b"PRIORITY", b"6"),
                (b"UNIT", b"a.service"),
                (b"MESSAGE", b"a=\x1fb\x1ec"),
            ];
            assert_eq!(fields, expected);
        }
    }

    #[test]
    fn lines_of_one_minute_begin_alike() {
        let at = |micros| stamp(micros)[MINUTE].to_vec();
        assert_eq!(at(1_763_424_000_000_000), at(1_763_424_059_999_999));
        assert_ne!(at(1_763_424_000_000_000), at(1_763_424_060_000_000));
        let mut lines = Lines(line(b"h", b"p", b"", b"m"));
        lines.set_time(0, 60_000_001);
        assert_eq!(time_of(&lines.0), Some(60_000_001));
        assert_eq!(time_of(b"Mar  1 10:00:00 web01"), None);
    }

    #[test]
    fn numbers_are_written_as_in_a_cursor() {
        let mut out = Vec::new();
        for number in [0, 1, 0xabc, u64::MAX] {
            push_hex(&mut out, number);
            out.push(b' ');
        }
        assert_eq!(out, b"0 1 abc ffffffffffffffff ");
    }
}
