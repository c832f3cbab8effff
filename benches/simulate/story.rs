//! Incidents, and stretches of work without one.
//!
//! In: a seed and a half of the words. Out: a [`Story`]: files, and what really happened. Parameters are
//! drawn from wide ranges: how long the logs are, how many hosts, how often things are changed, how long
//! it takes until a change bites, what the supervisor waits, what people do about it.

use std::collections::BTreeMap;

use fastrand::Rng;

use crate::change::{Change, Kind};
use crate::words::{Half, fill, one};
use crate::world::{self, Entry, Format, Host, SECOND, Sink, Style};

/// The shapes of incidents; the numbers are those of a published list of archetypes, in the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// A1: within two minutes of a change.
    Instant,
    /// A2: 3 to 30 minutes after it.
    Delayed,
    /// A3: code that was shipped long ago, woken by a change of data or configuration.
    Latent,
    /// A4: the service says that it is well, and dies minutes later.
    Async,
    /// A5: a file made anew every few minutes, good and bad in turn.
    Periodic,
    /// A6: host by host.
    Staged,
    /// A7: all hosts at once.
    Simultaneous,
    /// A8: timers of hosts, each at its own time.
    Timers,
    /// A9: others fail because of it, and louder.
    Cascade,
    /// A18: rolled back, and well.
    RolledBack,
    /// A19: rolled back, and no better.
    NotHelped,
    /// A21: mended by something newer.
    FixForward,
    /// A23: people restart it in vain.
    Responders,
    Disk,
    Memory,
    Traffic,
    Expiry,
    Dependency,
    Hardware,
    Permission,
    Port,
    Descriptors,
    /// A16: one record.
    Data,
    /// Nothing in the logs tells.
    Unexplained,
    /// No incident.
    Quiet,
}

impl Shape {
    pub(crate) const CHANGED: [Self; 13] = [
        Self::Instant,
        Self::Delayed,
        Self::Latent,
        Self::Async,
        Self::Periodic,
        Self::Staged,
        Self::Simultaneous,
        Self::Timers,
        Self::Cascade,
        Self::RolledBack,
        Self::NotHelped,
        Self::FixForward,
        Self::Responders,
    ];
    pub(crate) const OTHER: [Self; 11] = [
        Self::Disk,
        Self::Memory,
        Self::Traffic,
        Self::Expiry,
        Self::Dependency,
        Self::Hardware,
        Self::Permission,
        Self::Port,
        Self::Descriptors,
        Self::Data,
        Self::Unexplained,
    ];

    /// The cause in a report's words; `None` where it is a change or nothing happened.
    pub(crate) fn cause(self) -> Option<&'static str> {
        Some(match self {
            Self::Disk => "disk",
            Self::Memory => "memory",
            Self::Traffic => "traffic",
            Self::Expiry => "expiry",
            Self::Dependency => "dependency",
            Self::Hardware => "hardware",
            Self::Permission => "permission",
            Self::Port => "port",
            Self::Descriptors => "descriptors",
            Self::Data | Self::Unexplained => "unknown",
            _ => return None,
        })
    }

    pub(crate) fn is_change(self) -> bool {
        Self::CHANGED.contains(&self)
    }
}

/// What really happened, and what was written down.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) shape: Shape,
    /// How the system's log is written.
    pub(crate) format: Format,
    pub(crate) service: String,
    /// Microseconds since 1970.
    pub(crate) onset: i64,
    /// Texts of records that tell of the trigger.
    pub(crate) trigger: Vec<String>,
    pub(crate) files: BTreeMap<String, String>,
}

/// How the supervisor restarts.
struct Restarts {
    /// Of the service, in microseconds.
    wait: i64,
    /// Doubling up to this.
    cap: i64,
    life: i64,
    /// It gives up after so many.
    limit: Option<usize>,
}

struct Teller {
    half: Half,
    random: Rng,
    entries: Vec<Entry>,
    hosts: Vec<Host>,
    service: String,
    other: String,
    begin: i64,
    end: i64,
    version: u32,
    pid: u32,
    file: String,
    key: String,
}

pub(crate) fn tell(shape: Shape, half: Half, seed: u64) -> Story {
    let mut random = Rng::with_seed(seed);
    let begin = 1_772_000_000 * SECOND + random.i64(0..20_000_000) * SECOND;
    let fleet = match shape {
        Shape::Staged | Shape::Timers | Shape::Simultaneous => random.usize(3..12),
        _ => match random.u8(..100) {
            0..55 => 1,
            55..90 => random.usize(2..6),
            90..98 => random.usize(6..30),
            _ => random.usize(30..120),
        },
    };
    let stem = ["web", "node", "edge", "app"][random.usize(..4)];
    let hosts = (1..=fleet)
        .map(|n| Host {
            name: format!("{stem}{n:02}"),
            skew: match random.u8(..4) {
                0 => random.i64(-2 * SECOND..2 * SECOND),
                _ => random.i64(-20_000..20_000),
            },
        })
        .collect();
    let hours = if fleet > 12 {
        random.i64(1..4)
    } else {
        random.i64(2..36)
    };
    let service = one(half, "services", &mut random).to_owned();
    let teller = Teller {
        other: one(half, "others", &mut random).to_owned(),
        key: one(half, "keys", &mut random).to_owned(),
        file: match random.u8(..3) {
            0 => format!("/etc/{service}/{service}.conf"),
            1 => format!("/etc/{service}/limits.yaml"),
            _ => format!("/opt/{service}/conf/settings.toml"),
        },
        version: random.u32(1..40),
        pid: random.u32(400..3000),
        end: begin + hours * 3600 * SECOND,
        half,
        random,
        entries: Vec::new(),
        hosts,
        service,
        begin,
    };
    teller.story(shape)
}

impl Teller {
    fn story(mut self, shape: Shape) -> Story {
        let span = self.end - self.begin;
        let onset = self.begin + span / 2 + self.random.i64(0..span / 3);
        self.work();
        self.decoys(onset, shape);
        let mut trigger = Vec::new();
        let onset = match shape {
            Shape::Quiet => {
                self.odd_crash(onset);
                onset
            }
            shape if shape.is_change() => {
                let (at, texts) = self.changed(shape, onset);
                trigger = texts;
                at
            }
            shape => {
                self.unchanged(shape, onset);
                onset
            }
        };
        let style = Style::random(&mut self.random, self.hosts.len());
        // What of the trigger was written down is in the order of the entries.
        let files = world::write(
            &mut self.entries,
            &self.hosts,
            &self.service,
            style,
            &mut self.random,
        );
        Story {
            shape,
            format: style.format,
            service: self.service,
            onset,
            trigger,
            files,
        }
    }

    fn fill(&mut self, text: &str) -> String {
        let number = self.random.u32(2..900).to_string();
        let hash = format!("{:08x}", self.random.u32(..));
        let version = format!("2.{}.0", self.version);
        let values: [(&str, &str); 7] = [
            ("service", &self.service),
            ("other", &self.other),
            ("file", &self.file),
            ("key", &self.key),
            ("n", &number),
            ("hash", &hash),
            ("from", &version),
        ];
        fill(text, &values)
    }

    fn word(&mut self, name: &str) -> String {
        let text = one(self.half, name, &mut self.random);
        self.fill(text)
    }

    fn push(
        &mut self,
        at: i64,
        host: usize,
        program: &str,
        pid: Option<u32>,
        severity: u8,
        text: String,
    ) {
        self.entries.push(Entry {
            at,
            host,
            sink: Sink::System,
            program: program.to_owned(),
            pid,
            severity,
            unit: None,
            message: text,
        });
    }

    fn systemd(&mut self, at: i64, host: usize, unit: &str, severity: u8, text: String) {
        self.entries.push(Entry {
            at,
            host,
            sink: Sink::System,
            program: "systemd".to_owned(),
            pid: Some(1),
            severity,
            unit: Some(format!("{unit}.service")),
            message: text,
        });
    }

    fn says(&mut self, at: i64, host: usize, pid: u32, severity: u8, text: String) {
        self.entries.push(Entry {
            at,
            host,
            sink: Sink::Service,
            program: self.service.clone(),
            pid: Some(pid),
            severity,
            unit: Some(format!("{}.service", self.service)),
            message: text,
        });
    }

    fn next_pid(&mut self) -> u32 {
        self.pid += self.random.u32(1..40);
        self.pid
    }

    /// What goes on anyway.
    fn work(&mut self) {
        let span = self.end - self.begin;
        for host in 0..self.hosts.len() {
            let pid = self.next_pid();
            let lines = if self.hosts.len() > 12 { 20 } else { 150 };
            for n in 0..lines {
                let at = self.begin + span * n / lines + self.random.i64(0..span / lines);
                let text = self.word("healthy");
                self.says(at, host, pid, 6, text);
            }
            let mut at = self.begin + self.random.i64(0..600) * SECOND;
            while at < self.end {
                let pid = self.next_pid();
                let text = "(root) CMD (test -x /usr/sbin/anacron || run-parts /etc/cron.hourly)";
                self.push(at, host, "CRON", Some(pid), 6, text.to_owned());
                at += 3600 * SECOND;
            }
            for _ in 0..span / (3 * 3600 * SECOND) {
                let at = self.begin + self.random.i64(0..span);
                let pid = self.next_pid();
                let text = "Accepted publickey for ops from 10.0.0.9 port 50122 ssh2: ED25519 SHA256:0a1b2c";
                self.push(at, host, "sshd", Some(pid), 6, text.to_owned());
            }
        }
    }

    /// Changes that do no harm, at a rate from one in some minutes to one in some days.
    fn decoys(&mut self, onset: i64, shape: Shape) {
        let mean = 10f64.powf(self.random.f64() * 2.6 + 2.3) * SECOND as f64;
        let mut at = self.begin as f64;
        let mut count = 0_u32;
        for _ in 0..150 {
            at -= mean * (1.0 - self.random.f64()).ln();
            if at as i64 >= self.end {
                break;
            }
            let own = self.random.f64() < 0.3;
            let name = match own {
                true => self.service.clone(),
                false => self.other.clone(),
            };
            let kind = Kind::random(&mut self.random);
            let host = self.random.usize(..self.hosts.len());
            let shipped = matches!(kind, Kind::Package | Kind::Release | Kind::Git);
            if own && shipped {
                if at as i64 > onset {
                    continue;
                }
                self.version += 1;
            }
            // Nobody changes the service while it fails, but for those who mend it.
            if own && (at as i64 - onset).abs() < 1800 * SECOND && shape != Shape::Quiet {
                continue;
            }
            let change = Change {
                kind,
                service: name,
                file: match own {
                    true => format!("/etc/{}/other.d/{}.conf", self.service, self.random.u8(..)),
                    false => format!("/etc/{}/{}.conf", self.other, self.other),
                },
                version: match own {
                    true => self.version,
                    false => 5 + count,
                },
                undo: false,
                seed: self.random.u64(..),
            };
            let restarts = self.random.bool();
            self.apply(&change, at as i64, host, restarts);
            count += u32::from((at as i64) < onset);
        }
    }

    /// Writes a change down; its records' texts.
    fn apply(&mut self, change: &Change, at: i64, host: usize, restarts: bool) -> Vec<String> {
        // Who does it, how, and to what it changes is the same on all hosts.
        let mut of_change = Rng::with_seed(change.seed);
        let user = one(self.half, "users", &mut of_change);
        let flag = one(self.half, "flags", &mut of_change);
        let mut texts = Vec::new();
        let mut at = at;
        for said in change.records(user, flag, &mut of_change) {
            let pid = self.next_pid();
            self.entries.push(Entry {
                at,
                host,
                sink: said.sink,
                program: said.program,
                pid: said.pid.then_some(pid),
                severity: 6,
                unit: None,
                message: said.text.clone(),
            });
            texts.push(said.text);
            at += self.random.i64(50_000..800_000);
        }
        if restarts && change.kind.is_loaded_by_restart() {
            let name = change.service.clone();
            let description = format!("{name} service");
            for text in [
                format!("Stopping {name}.service - {description}..."),
                format!("{name}.service: Deactivated successfully."),
                format!("Stopped {name}.service - {description}."),
                format!("Started {name}.service - {description}."),
            ] {
                self.systemd(at, host, &name, 6, text);
                at += self.random.i64(1_000..60_000);
            }
        }
        texts
    }

    fn restarts(&mut self) -> Restarts {
        let wait = [
            100_000,
            SECOND,
            2 * SECOND,
            5 * SECOND,
            10 * SECOND,
            30 * SECOND,
        ];
        let wait = wait[self.random.usize(..wait.len())];
        Restarts {
            wait,
            cap: if self.random.f64() < 0.2 {
                300 * SECOND
            } else {
                wait
            },
            life: self.random.i64(100_000..8 * SECOND),
            limit: (self.random.f64() < 0.15).then(|| self.random.usize(4..8)),
        }
    }

    /// A crash loop of the service on a host; when it would have been started next.
    fn crash_loop(
        &mut self,
        host: usize,
        from: i64,
        until: i64,
        restarts: &Restarts,
        texts: &[String],
        how: How,
    ) -> i64 {
        let service = self.service.clone();
        let (mut at, mut wait, mut count) = (from, restarts.wait, 0);
        let most = 40;
        while at < until && count < most {
            let pid = self.next_pid();
            for text in texts.iter().filter(|text| !text.is_empty()) {
                self.says(at - 20_000, host, pid, 3, text.clone());
            }
            if how == How::Killed {
                let text = format!(
                    "Out of memory: Killed process {pid} ({service}) total-vm:904512kB, anon-rss:512000kB, \
                     file-rss:0kB, shmem-rss:0kB, UID:998 pgtables:1100kB oom_score_adj:0"
                );
                self.push(at - 10_000, host, "kernel", None, 3, text);
            }
            let end = match how {
                How::Exit(status) => {
                    format!("Main process exited, code=exited, status={status}/FAILURE")
                }
                How::Abort => "Main process exited, code=dumped, status=6/ABRT".to_owned(),
                How::Fault => "Main process exited, code=dumped, status=11/SEGV".to_owned(),
                How::Killed => "Main process exited, code=killed, status=9/KILL".to_owned(),
            };
            let result = match how {
                How::Exit(_) => "exit-code",
                How::Abort | How::Fault => "core-dump",
                How::Killed => "oom-kill",
            };
            self.systemd(at, host, &service, 5, format!("{service}.service: {end}"));
            let failed = format!("{service}.service: Failed with result '{result}'.");
            self.systemd(at + 3_000, host, &service, 4, failed);
            count += 1;
            if restarts.limit.is_some_and(|limit| count >= limit) {
                for text in [
                    format!("{service}.service: Start request repeated too quickly."),
                    format!("{service}.service: Failed with result '{result}'."),
                    format!("Failed to start {service}.service - {service} service."),
                ] {
                    self.systemd(at + 100_000, host, &service, 4, text);
                }
                return at;
            }
            let text =
                format!("{service}.service: Scheduled restart job, restart counter is at {count}.");
            self.systemd(at + wait, host, &service, 6, text);
            let text = format!("Started {service}.service - {service} service.");
            self.systemd(at + wait + 20_000, host, &service, 6, text);
            if self.random.f64() < 0.7 {
                let text = self.word("banner");
                let pid = self.pid + 1;
                self.says(at + wait + 60_000, host, pid, 6, text);
            }
            let jitter = self.random.f64() * 0.2 + 0.9;
            at += wait + (restarts.life as f64 * jitter) as i64;
            wait = (wait * if restarts.cap > restarts.wait { 2 } else { 1 })
                .min(restarts.cap.max(restarts.wait));
        }
        at
    }

    fn changed(&mut self, shape: Shape, onset: i64) -> (i64, Vec<String>) {
        let kind = match shape {
            Shape::Latent | Shape::Periodic => Kind::Config,
            Shape::Timers => Kind::Package,
            _ => Kind::random_of_service(&mut self.random),
        };
        let code = matches!(kind, Kind::Package | Kind::Release | Kind::Git);
        let bad = if code { "bad_code" } else { "bad_config" };
        let text = match self.random.f64() {
            share if share < 0.12 => String::new(),
            _ => self.word(bad),
        };
        let how = self.how(&text);
        let lag = match shape {
            Shape::Delayed => self.random.i64(180 * SECOND..1800 * SECOND),
            Shape::Async => self.random.i64(60 * SECOND..900 * SECOND),
            _ => match self.random.u8(..10) {
                0..7 => self.random.i64(SECOND / 5..20 * SECOND),
                _ => self.random.i64(20 * SECOND..120 * SECOND),
            },
        };
        self.version += 1;
        let change = Change {
            kind,
            service: self.service.clone(),
            file: self.file.clone(),
            version: self.version,
            undo: false,
            seed: self.random.u64(..),
        };
        if shape == Shape::Latent {
            let old = Change {
                kind: Kind::Release,
                file: String::new(),
                version: self.version - 1,
                ..change.clone()
            };
            let at = self.begin + 600 * SECOND;
            if at < onset - 3600 * SECOND {
                self.apply(&old, at, 0, true);
            }
        }
        if shape == Shape::Periodic {
            return self.periodic(onset, &text, how);
        }
        let affected: Vec<usize> = match shape {
            Shape::Staged => (0..self.hosts.len()).filter(|n| n % 3 != 2).collect(),
            _ => (0..self.hosts.len()).collect(),
        };
        let restarts = self.restarts();
        let duration = self.random.i64(120 * SECOND..3600 * SECOND);
        let (mut trigger, mut last) = (Vec::new(), onset);
        let mut first = i64::MAX;
        for (n, &host) in affected.iter().enumerate() {
            let step = match shape {
                Shape::Staged => n as i64 * self.random.i64(60 * SECOND..400 * SECOND),
                Shape::Timers => self.random.i64(0..3000 * SECOND),
                _ => self.random.i64(0..2 * SECOND),
            };
            let applied = onset + step;
            let loaded = !matches!(shape, Shape::Delayed);
            trigger.extend(self.apply(&change, applied, host, loaded));
            let at = applied + 2 * SECOND + lag;
            first = first.min(at);
            if shape == Shape::Async {
                let pid = self.next_pid();
                let text = self.word("banner");
                self.says(applied + 3 * SECOND, host, pid, 6, text);
                self.says(
                    applied + 4 * SECOND,
                    host,
                    pid,
                    6,
                    "ready, health checks pass".to_owned(),
                );
            }
            if shape == Shape::Delayed && kind.is_loaded_by_restart() {
                // It bites when something else restarts the service.
                let pid = self.next_pid();
                let rotated = format!("{} reopened logs", self.service);
                self.push(at - SECOND, host, "logrotate", Some(pid), 6, rotated);
            }
            let texts = [text.clone()];
            let end = self.crash_loop(host, at, at + duration, &restarts, &texts, how);
            last = last.max(end);
        }
        if shape == Shape::Cascade {
            self.cascade(first, last);
        }
        self.aftermath(shape, &change, last, &text, how, &restarts);
        (first, trigger)
    }

    fn how(&mut self, text: &str) -> How {
        match text {
            text if text.starts_with("thread") => How::Exit(101),
            text if text.starts_with("panic") => How::Exit(2),
            text if text.starts_with("terminate") => How::Abort,
            "" => [How::Fault, How::Abort, How::Exit(1)][self.random.usize(..3)],
            _ => How::Exit(1),
        }
    }

    /// A file every few minutes, of which from some time on some are bad.
    fn periodic(&mut self, onset: i64, text: &str, how: How) -> (i64, Vec<String>) {
        let period = self.random.i64(120..600) * SECOND;
        let mut at = onset - period * self.random.i64(20..60);
        let user = "feed-gen";
        let (mut trigger, mut first) = (Vec::new(), None);
        let mut bad_left = self.random.usize(3..8);
        let mut rows = self.random.u32(40..90);
        while bad_left > 0 && at < self.end - period {
            let bad = at >= onset && (first.is_none() || self.random.bool());
            rows += self.random.u32(0..2);
            let count = if bad { rows * 3 + 20 } else { rows };
            let said = format!("wrote {} ({count} rows)", self.file);
            for host in 0..self.hosts.len() {
                let pid = self.next_pid();
                let skew = self.random.i64(0..SECOND);
                self.push(at + skew, host, user, Some(pid), 6, said.clone());
                if bad {
                    let from = at + SECOND + self.random.i64(SECOND / 2..4 * SECOND);
                    first = Some(first.map_or(from, |first: i64| first.min(from)));
                    let restarts = Restarts {
                        wait: 10 * SECOND,
                        cap: 10 * SECOND,
                        life: 2 * SECOND,
                        limit: None,
                    };
                    let texts = [text.to_owned()];
                    self.crash_loop(host, from, at + period - 2 * SECOND, &restarts, &texts, how);
                }
            }
            if bad {
                if trigger.is_empty() {
                    trigger.push(said);
                }
                bad_left -= 1;
            }
            at += period;
        }
        (first.unwrap_or(onset), trigger)
    }

    /// What depends on the service fails, with more noise.
    fn cascade(&mut self, first: i64, last: i64) {
        let other = self.other.clone();
        let mut at = first + self.random.i64(2 * SECOND..20 * SECOND);
        let mut count = 0;
        let host = self.random.usize(..self.hosts.len());
        while at < last && count < 30 {
            let pid = self.next_pid();
            let text = format!("connect {}: connection refused", self.service);
            for n in 0..3 {
                self.push(
                    at - 900_000 + n * 100_000,
                    host,
                    &other,
                    Some(pid),
                    3,
                    text.clone(),
                );
            }
            for text in [
                format!("{other}.service: Main process exited, code=exited, status=1/FAILURE"),
                format!("{other}.service: Failed with result 'exit-code'."),
            ] {
                self.systemd(at, host, &other, 4, text);
            }
            count += 1;
            let text =
                format!("{other}.service: Scheduled restart job, restart counter is at {count}.");
            self.systemd(at + SECOND, host, &other, 6, text);
            self.systemd(
                at + SECOND + 9_000,
                host,
                &other,
                6,
                format!("Started {other}.service - {other} service."),
            );
            at += self.random.i64(2 * SECOND..5 * SECOND);
        }
    }

    /// What people do, and how it ends.
    fn aftermath(
        &mut self,
        shape: Shape,
        change: &Change,
        last: i64,
        text: &str,
        how: How,
        restarts: &Restarts,
    ) {
        let host = 0;
        let undo = Change {
            undo: true,
            ..change.clone()
        };
        let newer = Change {
            kind: Kind::Release,
            version: self.version + 1,
            ..change.clone()
        };
        match shape {
            Shape::RolledBack => {
                self.apply(&undo, last + 2 * SECOND, host, true);
            }
            Shape::NotHelped => {
                self.apply(&undo, last + 2 * SECOND, host, false);
                let until = last + 300 * SECOND;
                let texts = [text.to_owned()];
                self.crash_loop(host, last + 6 * SECOND, until, restarts, &texts, how);
            }
            Shape::FixForward => {
                self.apply(&newer, last + 2 * SECOND, host, true);
            }
            Shape::Responders => {
                for n in 1..3 {
                    let pid = self.next_pid();
                    let command = format!(
                        "     ops : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/systemctl restart {}",
                        self.service
                    );
                    self.push(last + n * 40 * SECOND, host, "sudo", Some(pid), 5, command);
                    let texts = [text.to_owned()];
                    let from = last + n * 40 * SECOND + SECOND;
                    self.crash_loop(host, from, from + 25 * SECOND, restarts, &texts, how);
                }
            }
            _ => {
                if self.random.bool() {
                    self.apply(&undo, last + 2 * SECOND, host, true);
                }
            }
        }
    }

    /// Loops that no change set off.
    fn unchanged(&mut self, shape: Shape, onset: i64) {
        let host = self.random.usize(..self.hosts.len());
        let mut restarts = self.restarts();
        let texts: Vec<String> = match shape {
            Shape::Disk => vec![self.word("disk")],
            Shape::Expiry => vec![self.word("expiry")],
            Shape::Dependency => vec![self.word("dependency")],
            Shape::Permission => vec![self.word("permission")],
            Shape::Port => vec![self.word("port")],
            Shape::Descriptors => vec![self.word("descriptors")],
            Shape::Data => vec![self.word("data")],
            Shape::Unexplained => vec![self.word("bad_code")],
            _ => vec![],
        };
        let how = match shape {
            Shape::Memory => How::Killed,
            Shape::Hardware => How::Fault,
            Shape::Traffic => How::Abort,
            _ => self.how(texts.first().map_or("", String::as_str)),
        };
        let duration = self.random.i64(120 * SECOND..3600 * SECOND);
        match shape {
            Shape::Memory => {
                restarts.life = self.random.i64(40 * SECOND..500 * SECOND);
                restarts.limit = None;
            }
            Shape::Hardware => {
                for n in 0..4 {
                    let text = "mce: [Hardware Error]: Machine check events logged".to_owned();
                    self.push(onset - (4 - n) * 7 * SECOND, host, "kernel", None, 2, text);
                    let text = format!(
                        "EDAC MC0: {} CE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0",
                        n + 1
                    );
                    self.push(
                        onset - (4 - n) * 7 * SECOND + 9_000,
                        host,
                        "kernel",
                        None,
                        3,
                        text,
                    );
                }
            }
            Shape::Disk if self.random.bool() => {
                let text =
                    "EXT4-fs warning (device sda1): ext4_dx_add_entry: Directory index full!";
                self.push(
                    onset - 60 * SECOND,
                    host,
                    "kernel",
                    None,
                    4,
                    text.to_owned(),
                );
                let pid = self.next_pid();
                let text = "rsyslogd: file '/var/log/messages': No space left on device";
                self.push(
                    onset - 30 * SECOND,
                    host,
                    "rsyslogd",
                    Some(pid),
                    3,
                    text.to_owned(),
                );
            }
            Shape::Dependency => {
                let other = self.other.clone();
                for text in [
                    format!("{other}.service: Main process exited, code=killed, status=9/KILL"),
                    format!("{other}.service: Failed with result 'signal'."),
                ] {
                    self.systemd(onset - 5 * SECOND, host, &other, 4, text);
                }
            }
            Shape::Traffic => {
                for n in 0..40 {
                    let text = "TCP: request_sock_TCP: Possible SYN flooding on port 8080. Sending cookies.  \
                        Check SNMP counters."
                        .to_owned();
                    if n % 10 == 0 {
                        self.push(onset - (40 - n) * SECOND, host, "kernel", None, 6, text);
                    }
                    let pid = self.pid;
                    let text = format!("accept queue full, {} waiting", 400 + n * 30);
                    self.says(onset - (40 - n) * SECOND, host, pid, 4, text);
                }
            }
            _ => {}
        }
        let until = match shape {
            Shape::Memory => onset + 6 * restarts.life,
            _ => onset + duration,
        };
        self.crash_loop(host, onset, until.min(self.end), &restarts, &texts, how);
    }

    /// One crash or two, and restarts on purpose: no loop.
    fn odd_crash(&mut self, at: i64) {
        let restarts = Restarts {
            wait: SECOND,
            cap: SECOND,
            life: SECOND,
            limit: None,
        };
        if self.random.bool() {
            let text = self.word("bad_code");
            let how = self.how(&text);
            self.crash_loop(0, at, at + 1, &restarts, &[text], how);
        }
        for host in 0..self.hosts.len() {
            if self.random.bool() {
                let change = Change {
                    kind: Kind::Release,
                    service: self.service.clone(),
                    file: self.file.clone(),
                    version: self.version,
                    undo: false,
                    seed: at as u64,
                };
                self.apply(&change, at + host as i64 * 20 * SECOND, host, true);
            }
        }
    }
}

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Exit(u8),
    Abort,
    Fault,
    Killed,
}
