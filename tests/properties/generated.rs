//! Logs of many formats in one file, with a crash loop here and there.

use jiff::Timestamp;
use proptest::prelude::*;

/// Something that is written: which sort, how many seconds after the one before, and a number that
/// varies it.
pub(crate) type Piece = (u8, u8, u16);

/// The number of sorts that [`render`] knows.
const SORTS: u8 = 16;

/// Some pieces, and how lines end.
pub(crate) fn mixed(most: usize) -> impl Strategy<Value = (Vec<Piece>, bool)> {
    let piece = (0..SORTS, 0..40_u8, any::<u16>());
    (
        prop::collection::vec(piece, 1..most),
        prop::bool::weighted(0.2),
    )
}

/// The pieces as a log.
pub(crate) fn render(pieces: &[Piece], crlf: bool) -> Vec<u8> {
    let mut out = Log::default();
    for &(sort, pause, n) in pieces {
        out.second += i64::from(pause);
        out.piece(sort, n);
    }
    if crlf {
        return with_crlf(&out.bytes);
    }
    out.bytes
}

/// The same text with `\r\n` for `\n`.
pub(crate) fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(bytes.len() + bytes.len() / 40);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(line) => {
                text.extend_from_slice(line);
                text.extend_from_slice(b"\r\n");
            }
            None => text.extend_from_slice(line),
        }
    }
    text
}

#[derive(Default)]
struct Log {
    bytes: Vec<u8>,
    second: i64,
}

impl Log {
    fn time(&self, format: &str) -> String {
        // 2026-03-01T10:00:00Z.
        let at = Timestamp::from_second(1_772_359_200 + self.second).unwrap();
        at.strftime(format).to_string()
    }

    fn line(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.push(b'\n');
    }

    fn iso(&mut self, from: &str, text: &str) {
        let time = self.time("%Y-%m-%dT%H:%M:%S.104729+00:00");
        self.line(&format!("{time} web01 {from}: {text}"));
    }

    fn bsd(&mut self, from: &str, text: &str) {
        let time = self.time("%b %e %H:%M:%S");
        self.line(&format!("{time} web01 {from}: {text}"));
    }

    fn micros(&self) -> String {
        self.time("%s000000")
    }

    fn piece(&mut self, sort: u8, n: u16) {
        match sort {
            0 | 1 => self.crash_loop(3 + n % 4),
            2 => self.panic(n),
            3 => self.iso(
                &format!("sudo[{n}]"),
                "ops : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/tee /etc/botd/features.conf",
            ),
            4 => self.bsd("systemd[1]", "Started botd.service - Bot daemon."),
            5 => self.bsd(&format!("cron[{n}]"), "(root) CMD (run-parts /etc/cron.hourly)"),
            6 => {
                let micros = self.micros();
                let bytes: Vec<String> = format!("\u{1b}[31mthread 'main' ({n}) panicked at src/main.rs:3:4:")
                    .bytes()
                    .map(|b| b.to_string())
                    .collect();
                self.line(&format!(
                    r#"{{"__REALTIME_TIMESTAMP":"{micros}","_HOSTNAME":"web01","SYSLOG_IDENTIFIER":"geod","_PID":"{n}","PRIORITY":"3","MESSAGE":[{}]}}"#,
                    bytes.join(",")
                ));
            }
            7 => {
                let micros = self.micros();
                self.line(&format!(
                    r#"{{"__REALTIME_TIMESTAMP":"{micros}","_HOSTNAME":"web01","SYSLOG_IDENTIFIER":"systemd","_PID":"1","MESSAGE":"geod.service: Main process exited, code=dumped, status=11/SEGV"}}"#
                ));
            }
            8 => self.export(n),
            9 => {
                let time = self.time("%Y-%m-%dT%H:%M:%S.1234567Z");
                self.line(&format!("{time} stderr P thread 'main' ({n}) pan"));
                self.line(&format!("{time} stderr F icked at src/main.rs:3:4:"));
            }
            10 => {
                let time = self.time("%Y-%m-%dT%H:%M:%S.123456789Z");
                self.line(&format!(
                    r#"{{"log":"panic: runtime error: index out of range [{n}] with length 3\n","stream":"stderr","time":"{time}"}}"#
                ));
            }
            11 => {
                self.iso(&format!("pricer[{n}]"), "Traceback (most recent call last):");
                self.line("  File \"/usr/lib/pricer/main.py\", line 4, in <module>");
                self.line(&format!("    price({n})"));
                self.line("KeyError: 'margin'");
            }
            12 => {
                self.bytes.extend_from_slice(&[0xff, 0xfe, b' ', 0, 0x80, n as u8]);
                self.bytes.push(b'\n');
            }
            13 => self.bytes.extend_from_slice(b"\n\n"),
            14 => {
                // Some longer than what is kept of the lines around a record.
                let text = "x".repeat(usize::from(n) * 3 / 2);
                self.iso(&format!("botd[{n}]"), &text);
            }
            _ => self.iso(&format!("dpkg[{n}]"), "upgrade botd:amd64 2.4.1 2.5.0"),
        }
    }

    fn panic(&mut self, n: u16) {
        self.iso(
            &format!("botd[{n}]"),
            &format!("thread 'main' ({n}) panicked at src/main.rs:36:69:"),
        );
        self.iso(
            &format!("botd[{n}]"),
            "called `Result::unwrap()` on an `Err` value: TooMany { got: 241, limit: 200 }",
        );
    }

    fn crash_loop(&mut self, crashes: u16) {
        for n in 0..crashes {
            self.iso("systemd[1]", "Started botd.service - Bot daemon.");
            self.second += 1;
            self.panic(300 + n);
            self.iso(
                "systemd[1]",
                "botd.service: Main process exited, code=exited, status=101/n/a",
            );
            self.iso(
                "systemd[1]",
                "botd.service: Failed with result 'exit-code'.",
            );
            self.second += 5;
            self.iso(
                "systemd[1]",
                &format!(
                    "botd.service: Scheduled restart job, restart counter is at {}.",
                    n + 1
                ),
            );
        }
    }

    fn export(&mut self, n: u16) {
        let micros = self.micros();
        self.line(&format!("__CURSOR=s=1;i={n}"));
        self.line(&format!("__REALTIME_TIMESTAMP={micros}"));
        self.line("_HOSTNAME=web01");
        self.line("SYSLOG_IDENTIFIER=geod");
        self.line(&format!("_PID={n}"));
        let message = b"thread 'main' panicked at src/main.rs:3:4:\nsecond line";
        self.line("MESSAGE");
        self.bytes
            .extend_from_slice(&(message.len() as u64).to_le_bytes());
        self.bytes.extend_from_slice(message);
        self.bytes.extend_from_slice(b"\n\n");
    }
}
