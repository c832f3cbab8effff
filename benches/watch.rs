//! The program as it watches: how soon it tells, how much it keeps up with, what it costs while nothing happens, and
//! what it holds in the long run.
//!
//! ```text
//! cargo bench --bench watch                    each of them, short: a few minutes
//! cargo bench --bench watch -- latency [N]     N loops while lines come, N whose last line is the last in the pipe
//! cargo bench --bench watch -- throughput [N]  N lines through a pipe, beside `wc -l`
//! cargo bench --bench watch -- idle [SECONDS]
//! cargo bench --bench watch -- soak [N]        N lines of 100,000 writers, with 10,000 changes and crash loops
//! ```
//!
//! Reads what a process holds, and how long it ran, from Linux' `/proc`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

#[allow(dead_code, reason = "each program uses a part")]
mod corpus;

use corpus::random::Random;
use corpus::shape::Shape;
use corpus::story::Story;
use corpus::{Kind, name};

const SEED: u64 = 20_251_118;
/// Lines a second while latencies are taken.
const RATE: u64 = 50_000;
/// The most memory that a watch may hold, in MiB.
const BAR: f64 = 64.0;

fn main() {
    let mut args = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with("--"));
    let which = args.next();
    let number = args.next().and_then(|text| text.parse().ok());
    match which.as_deref() {
        Some("latency") => latency(number.unwrap_or(100)),
        Some("throughput") => throughput(number.unwrap_or(10_000_000)),
        Some("idle") => idle(number.unwrap_or(60)),
        Some("soak") => soak(number.unwrap_or(100_000_000)),
        Some(other) => eprintln!("{other}: none of latency, throughput, idle, soak"),
        None => {
            latency(20);
            throughput(2_000_000);
            idle(10);
            soak(4_000_000);
        }
    }
}

/// A watch on a pipe, and when it wrote which line.
struct Watch {
    child: Child,
    stdin: Option<ChildStdin>,
    told: Receiver<(Instant, String)>,
}

impl Watch {
    fn start(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_crashtrail"))
            .args(["watch", "--quiet", "--format", "json"])
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo has built it");
        let stdout = BufReader::new(child.stdout.take().expect("it is piped"));
        let (tell, told) = channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if tell.send((Instant::now(), line)).is_err() {
                    return;
                }
            }
        });
        Self {
            stdin: child.stdin.take(),
            child,
            told,
        }
    }

    fn write(&mut self, text: &[u8]) {
        let stdin = self.stdin.as_mut().expect("it is open");
        stdin.write_all(text).expect("it reads to the end");
    }

    /// Resident memory, in MiB.
    fn resident(&self) -> f64 {
        let status = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(status).expect("Linux has it");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.expect("in kB") / 1024.0
    }

    /// How long all of its threads ran.
    fn ran(&self) -> Duration {
        let threads = format!("/proc/{}/task", self.child.id());
        let threads = fs::read_dir(threads).expect("Linux has it").flatten();
        let nanos = threads.filter_map(|thread| {
            let stat = fs::read_to_string(thread.path().join("schedstat")).ok()?;
            stat.split_whitespace().next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(nanos.sum())
    }

    /// Closes the pipe, and waits for the end.
    fn end(mut self) -> Vec<String> {
        drop(self.stdin.take());
        self.child.wait().expect("it was started");
        self.told.iter().map(|(_, line)| line).collect()
    }
}

/// A time of the year 2026, from seconds since it began.
fn stamp(second: f64) -> String {
    let begin = jiff::Timestamp::from_second(1_767_225_600).expect("in range");
    let at = begin + jiff::SignedDuration::from_secs_f64(second);
    format!("{at:.6}")
}

/// Lines of ordinary work, without their stamps.
fn ordinary(count: usize) -> Vec<String> {
    // So long a day that no loop of it comes.
    let mut story = Story::new(Kind::Ordinary(Shape::Rfc3164), 100, u64::MAX / 2, SEED);
    let mut line = || {
        let record = story.next_record();
        format!(
            " {} {}[{}]: {}\n",
            record.host, record.program, record.pid, record.message
        )
    };
    (0..count).map(|_| line()).collect()
}

/// One cycle of a service: what its supervisor says of its end comes last.
fn cycle(service: &str, at: f64, pid: u64) -> String {
    let (start, at) = (stamp(at - 1.0), stamp(at));
    format!(
        "{start} web01 systemd[1]: Started {service}.service - Does its work.\n\
         {at} web01 {service}[{pid}]: thread 'main' panicked at src/{service}.rs:36:69: no {service} here\n\
         {at} web01 systemd[1]: {service}.service: Main process exited, code=exited, status=101/n/a\n"
    )
}

/// From the line that completes a third cycle to the alert.
fn latency(loops: u64) {
    let lines = ordinary(20_000);
    let mut watch = Watch::start(&[]);
    let mut lines = lines.iter().cycle();
    let mut random = Random(SEED);
    let mut sent = 0_u64;
    let began = Instant::now();
    let mut paused = Duration::ZERO;
    let mut wrote: HashMap<String, (Instant, bool)> = HashMap::new();
    for n in 0..2 * loops {
        // Two hours apart by the log's clock, so that each is an incident of its own.
        let base = 7200.0 * (n + 1) as f64;
        let first = Instant::now();
        let until = first + Duration::from_millis(600 + random.below(400));
        let is_last = n >= loops;
        let mut flow = |watch: &mut Watch, until: Instant| {
            while Instant::now() < until {
                let due = (began.elapsed() - paused).as_micros() as u64 * RATE / 1_000_000;
                if due > sent {
                    let at = stamp(base + 30.0 + first.elapsed().as_secs_f64());
                    let mut text = String::new();
                    for line in lines.by_ref().take((due - sent).min(1000) as usize) {
                        text.push_str(&at);
                        text.push_str(line);
                        sent += 1;
                    }
                    watch.write(text.as_bytes());
                }
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        flow(&mut watch, until);
        let service = name("svc", n);
        let at = base + 30.0 + first.elapsed().as_secs_f64();
        let text = [20.0, 10.0]
            .map(|ago| cycle(&service, at - ago, 4000 + n))
            .concat();
        watch.write(text.as_bytes());
        let third = cycle(&service, at, 9000 + n);
        wrote.insert(service, (Instant::now(), is_last));
        watch.write(third.as_bytes());
        if is_last {
            // Nothing comes after it for a while.
            std::thread::sleep(Duration::from_millis(1500));
            paused += Duration::from_millis(1500);
        } else {
            flow(&mut watch, Instant::now() + Duration::from_millis(700));
        }
    }
    let rate = sent as f64 / (began.elapsed() - paused).as_secs_f64();
    drop(watch.stdin.take());
    watch.child.wait().expect("it was started");
    let (mut flowing, mut last) = (Vec::new(), Vec::new());
    for (at, line) in watch.told.iter() {
        let alert: serde_json::Value = serde_json::from_str(&line).expect("JSON Lines");
        let service = &alert["incident"]["loops"][0]["entity"]["service"];
        if alert["event"] == "opened"
            && let Some((wrote, is_last)) = service.as_str().and_then(|s| wrote.remove(s))
        {
            let list = if is_last { &mut last } else { &mut flowing };
            list.push(at.duration_since(wrote));
        }
    }
    println!(
        "latency, at {rate:.0} lines a second; not told: {}",
        wrote.len()
    );
    for (what, list) in [
        ("lines go on", &mut flowing),
        ("last in the pipe", &mut last),
    ] {
        list.sort_unstable();
        let at = |share: f64| {
            let n = (list.len() as f64 * share).ceil() as usize;
            list.get(n.saturating_sub(1)).copied().unwrap_or_default()
        };
        println!(
            "  {what:<17} median {:>6.0?}  99 % {:>6.0?}  most {:>6.0?}  of {}",
            at(0.5),
            at(0.99),
            at(1.0),
            list.len()
        );
    }
}

/// Lines through a pipe, as fast as they are taken, beside `wc -l`.
fn throughput(lines: u64) {
    let mut text = Vec::new();
    let bytes = 32 << 20;
    corpus::write(Kind::Ordinary(Shape::Rfc3164), bytes, SEED, &mut text).expect("in memory");
    let per_round = memchr::memchr_iter(b'\n', &text).count() as u64;
    let rounds = lines.div_ceil(per_round);
    let feed = |command: &mut Command| {
        let began = Instant::now();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("it is there");
        let mut stdin = child.stdin.take().expect("it is piped");
        for _ in 0..rounds {
            stdin.write_all(&text).expect("it reads to the end");
        }
        drop(stdin);
        child.wait().expect("it was started");
        began.elapsed().as_secs_f64()
    };
    let mut pairs: Vec<(f64, f64)> = (0..5)
        .map(|_| {
            let ours = feed(
                Command::new(env!("CARGO_BIN_EXE_crashtrail")).args(["watch", "--quiet", "-"]),
            );
            (ours, feed(Command::new("wc").arg("-l")))
        })
        .collect();
    let all = (rounds * per_round) as f64;
    let mut ratios: Vec<f64> = pairs.iter().map(|(ours, wc)| ours / wc).collect();
    ratios.sort_by(f64::total_cmp);
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    println!(
        "throughput: {:.0} lines a second at the median, {:.0} at the least; {:.1} x the time of wc -l ({:.1} to {:.1})",
        all / pairs[2].0,
        all / pairs[4].0,
        ratios[2],
        ratios[0],
        ratios[4]
    );
}

/// What it costs while nothing comes.
fn idle(seconds: u64) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for n in 0..20 {
        let file = folder.path().join(format!("{n}.log"));
        fs::write(
            file,
            "2026-01-01T00:00:00Z web01 cron[4]: (root) CMD (true)\n",
        )
        .expect("room");
    }
    let folder = folder.path().to_string_lossy().into_owned();
    let open: String = (1..6)
        .map(|n| cycle("botd", 100.0 + 10.0 * n as f64, n))
        .collect();
    let ways: [(&str, &[&str], &str); 4] = [
        ("a pipe", &["-"], ""),
        ("a pipe, an incident open", &["-"], &open),
        ("20 files", &[&folder], ""),
        ("20 files, by the clock", &["--poll", &folder], ""),
    ];
    for (what, args, text) in ways {
        let mut watch = Watch::start(args);
        watch.write(text.as_bytes());
        std::thread::sleep(Duration::from_secs(3));
        let (before, began) = (watch.ran(), Instant::now());
        std::thread::sleep(Duration::from_secs(seconds));
        let share = (watch.ran() - before).as_secs_f64() / began.elapsed().as_secs_f64();
        println!("idle, {what}: {:.3} % of a core", 100.0 * share);
        let _ = watch.child.kill();
        let _ = watch.child.wait();
    }
}

/// Many lines of very many writers, with changes and crash loops all along.
fn soak(lines: u64) {
    let mut watch = Watch::start(&[]);
    let messages: Vec<String> = ordinary(4000)
        .iter()
        .filter_map(|line| Some(line.split_once("]: ")?.1.to_owned()))
        .collect();
    let hosts: Vec<String> = (0..50).map(|n| format!("h{n:02}")).collect();
    let programs: Vec<String> = (0..2000).map(|n| name("app", n)).collect();
    // Thirty days, in which a service crash-loops some thousand times, and changes come ten times as often.
    let step = 30.0 * 86_400.0 / lines as f64;
    let (per_change, per_loop) = ((lines / 10_000).max(1), (lines / 1000).max(1));
    let mut random = Random(SEED);
    let mut samples = Vec::new();
    let began = Instant::now();
    let (mut text, mut at) = (String::new(), String::new());
    for n in 0..lines {
        if n % 1000 == 0 {
            watch.write(text.as_bytes());
            text.clear();
            at = stamp(n as f64 * step);
        }
        if n % (lines / 200).max(1) == 0 {
            samples.push(watch.resident());
        }
        let who = random.below(100_000) as usize;
        let message = &messages[random.below(messages.len() as u64) as usize];
        let (host, program) = (&hosts[who % 50], &programs[who / 50]);
        let _ = write!(
            text,
            "{at} {host} {program}[{}]: {message}",
            400 + who % 9000
        );
        if n % per_change == 0 {
            let service = &programs[random.below(2000) as usize];
            let _ = writeln!(
                text,
                "{at} {host} sudo[911]:      ops : PWD=/ ; USER=root ; COMMAND=/usr/bin/tee /etc/{service}/{service}.conf"
            );
        }
        if n % per_loop == 0 {
            let service = name("svc", random.below(300));
            let at = n as f64 * step;
            for n in 0..5 {
                text.push_str(&cycle(&service, at + 10.0 * f64::from(n), 5000));
            }
            // From then on it runs.
            let at = stamp(at + 50.0);
            let _ = writeln!(
                text,
                "{at} web01 systemd[1]: Started {service}.service - Does its work."
            );
        }
    }
    watch.write(text.as_bytes());
    std::thread::sleep(Duration::from_secs(1));
    samples.push(watch.resident());
    let seconds = began.elapsed().as_secs_f64();
    let told = watch.end();
    let most = |samples: &[f64]| samples.iter().copied().fold(0.0, f64::max);
    let (first, second) = samples.split_at(samples.len() / 2);
    let opened = told
        .iter()
        .filter(|line| line.contains("\"event\":\"opened\""))
        .count();
    println!(
        "soak: {lines} lines in {seconds:.0} s; most memory {:.1} MiB in the first half, {:.1} in the second, {:.1} at the end; \
         {} alerts, {opened} of openings",
        most(first),
        most(second),
        samples.last().copied().unwrap_or_default(),
        told.len()
    );
    if second.iter().any(|mib| *mib > BAR) || most(second) > 1.25 * most(first) {
        eprintln!("soak: above {BAR} MiB, or not flat");
        std::process::exit(1);
    }
}
