//! Writes syslog text of a given size, with a crash loop planted in it: the same bytes every time.
//!
//! `cargo run --release --example generate-syslog -- BYTES > FILE`

use std::io::{self, BufWriter, Write};

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// Lines of ordinary work: program, text; `{}` becomes a number.
const ORDINARY: [(&str, &str); 16] = [
    (
        "sshd",
        "Accepted publickey for ops from 10.0.{}.9 port {} ssh2: ED25519 SHA256:q{}",
    ),
    (
        "sshd",
        "pam_unix(sshd:session): session opened for user ops(uid=1000) by (uid=0)",
    ),
    (
        "sshd",
        "Received disconnect from 203.0.113.{} port {}:11: Bye Bye [preauth]",
    ),
    (
        "sshd",
        "Failed password for invalid user admin from 203.0.113.{} port {} ssh2",
    ),
    (
        "CRON",
        "(root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)",
    ),
    (
        "api",
        "INFO request id={} method=GET path=/v1/orders/{} status=200 took={}ms",
    ),
    (
        "api",
        "INFO request id={} method=POST path=/v1/orders status=201 took={}ms",
    ),
    ("api", "WARN slow query took={}ms rows={}"),
    ("worker", "job {} finished in {} ms, 0 errors"),
    ("worker", "cache hit ratio 0.{}, {} entries"),
    (
        "postfix/smtpd",
        "connect from mail{}.example.test[198.51.100.{}]",
    ),
    (
        "postfix/qmgr",
        "4F1C{}: from=<root@example.test>, size={}, nrcpt=1 (queue active)",
    ),
    (
        "named",
        "client 10.0.{}.9#{} (www.example.test): query: www.example.test IN A +E(0)K",
    ),
    ("dhclient", "DHCPACK of 10.0.0.{} from 10.0.0.1"),
    (
        "kernel",
        "[UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.{} DST=10.0.0.15 LEN=40 PROTO=TCP SPT={} DPT=23",
    ),
    ("systemd", "session-{}.scope: Deactivated successfully."),
];

/// Seconds between the planted crashes, and how many there are.
const PERIOD: u64 = 20;
const CRASHES: u64 = 40;

fn main() -> io::Result<()> {
    let size: u64 = std::env::args()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .unwrap_or(1 << 20);
    let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let mut random = Random(20_251_118);
    let mut line = String::with_capacity(256);
    let mut written = 0;
    // A day of text, whatever its size: some 110 bytes a line.
    let per_second = (size / 110 / 86_400).max(1);
    let onset = 40_000;
    for second in 0..u64::MAX {
        let stamp = stamp(second);
        for n in 0..per_second {
            let (program, text) = ORDINARY[random.below(ORDINARY.len() as u64) as usize];
            line.clear();
            line.push_str(&stamp);
            let host = random.below(3);
            line.push_str(["web01 ", "web02 ", "db01 "][host as usize]);
            line.push_str(program);
            // sshd and cron fork for each session; the others live on.
            let forks = matches!(program, "sshd" | "CRON");
            let pid = if forks {
                1000 + random.below(30_000)
            } else {
                400 + 40 * host + program.len() as u64
            };
            line.push_str(&format!("[{pid}]: "));
            let mut parts = text.split("{}");
            line.push_str(parts.next().unwrap_or(""));
            for part in parts {
                line.push_str(&random.below(60_000).to_string());
                line.push_str(part);
            }
            line.push('\n');
            out.write_all(line.as_bytes())?;
            written += line.len() as u64;
            let in_loop = (onset..onset + PERIOD * CRASHES).contains(&second);
            if n == 0 && second == onset - 2 {
                written += plant_change(&mut out, &stamp)?;
            }
            if n == 0 && in_loop && second % PERIOD == 0 {
                written += plant_crash(&mut out, &stamp, 5000 + second % 9000)?;
            }
        }
        if written >= size {
            break;
        }
    }
    out.flush()
}

fn stamp(second: u64) -> String {
    let (day, of_day) = (1 + second / 86_400, second % 86_400);
    let day = 1 + (day - 1) % 28;
    format!(
        "Mar {day:2} {:02}:{:02}:{:02} ",
        of_day / 3600,
        of_day / 60 % 60,
        of_day % 60
    )
}

fn plant_change(out: &mut dyn Write, stamp: &str) -> io::Result<u64> {
    let text = format!(
        "{stamp}web01 sudo[911]:      ops : PWD=/ ; USER=root ; COMMAND=/usr/bin/tee /etc/scored/limits.conf\n"
    );
    out.write_all(text.as_bytes())?;
    Ok(text.len() as u64)
}

fn plant_crash(out: &mut dyn Write, stamp: &str, pid: u64) -> io::Result<u64> {
    let text = format!(
        "{stamp}web01 scored[{pid}]: thread 'main' panicked at src/limits.rs:36:69:\n\
         {stamp}web01 scored[{pid}]: called `Result::unwrap()` on an `Err` value: BadLimit\n\
         {stamp}web01 systemd[1]: scored.service: Main process exited, code=exited, status=101/n/a\n\
         {stamp}web01 systemd[1]: scored.service: Failed with result 'exit-code'.\n\
         {stamp}web01 systemd[1]: scored.service: Scheduled restart job, restart counter is at 1.\n\
         {stamp}web01 systemd[1]: Started scored.service - Scores requests.\n"
    );
    out.write_all(text.as_bytes())?;
    Ok(text.len() as u64)
}
