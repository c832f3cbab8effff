//! Incidents, and stretches of work without one.
//!
//! In: a seed and a half of the words. Out: a [`Story`]: files, and what really happened. Parameters are
//! drawn from wide ranges: how long the logs are, how many hosts, how often things are changed, how long
//! it takes until a change bites, what the supervisor waits, what people do about it.

use std::collections::BTreeMap;

use fastrand::Rng;

mod changed;
mod crash;
mod keeper;
mod unchanged;

use crash::Restarts;
pub(crate) use keeper::Keeper;

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
    /// A change did it, and it is written down elsewhere.
    Unlogged,
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
    pub(crate) const OTHER: [Self; 12] = [
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
        Self::Unlogged,
    ];
    /// How a change that is written down elsewhere may go.
    const UNLOGGED: [Self; 8] = [
        Self::Instant,
        Self::Delayed,
        Self::Async,
        Self::Staged,
        Self::Simultaneous,
        Self::Cascade,
        Self::RolledBack,
        Self::FixForward,
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
            Self::Data | Self::Unexplained | Self::Unlogged => "unknown",
            _ => return None,
        })
    }

    /// What share of incidents is of this shape: half of them change, evenly by shape; the others as `prior`
    /// shares them out, the three of no known cause evenly.
    pub(crate) fn share(self, prior: &BTreeMap<String, f64>) -> f64 {
        let of = |shape: Self| match shape.cause() {
            Some("unknown") => (prior["unknown"] + prior["other"]) / 3.0,
            Some(kind) => prior[kind],
            None => 0.0,
        };
        match self {
            Self::Quiet => 0.0,
            shape if shape.is_change() => 0.5 / Self::CHANGED.len() as f64,
            shape => 0.5 * of(shape) / Self::OTHER.map(of).iter().sum::<f64>(),
        }
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
    /// Who starts the service anew.
    pub(crate) keeper: Keeper,
    pub(crate) service: String,
    /// Microseconds since 1970.
    pub(crate) onset: i64,
    /// Texts of records that tell of the trigger.
    pub(crate) trigger: Vec<String>,
    pub(crate) files: BTreeMap<String, String>,
}

struct Teller {
    half: Half,
    random: Rng,
    entries: Vec<Entry>,
    hosts: Vec<Host>,
    keeper: Keeper,
    service: String,
    other: String,
    begin: i64,
    end: i64,
    version: u32,
    pid: u32,
    file: String,
    key: String,
    /// Whether what sets the incident off is written down elsewhere, and what that is.
    unlogged: bool,
    hidden: Option<u64>,
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
        keeper: Keeper::random(&mut random, fleet),
        random,
        entries: Vec::new(),
        hosts,
        service,
        begin,
        unlogged: shape == Shape::Unlogged,
        hidden: None,
    };
    teller.story(shape)
}

impl Teller {
    fn story(mut self, shape: Shape) -> Story {
        let span = self.end - self.begin;
        let onset = self.begin + span / 2 + self.random.i64(0..span / 3);
        self.work();
        self.decoys(onset, shape);
        self.noise();
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
            Shape::Unlogged => {
                let shape = Shape::UNLOGGED[self.random.usize(..Shape::UNLOGGED.len())];
                self.changed(shape, onset).0
            }
            shape => {
                self.unchanged(shape, onset);
                onset
            }
        };
        let style = Style::random(&mut self.random, self.hosts.len(), self.keeper);
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
            keeper: self.keeper,
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

    fn entry(
        &self,
        at: i64,
        host: usize,
        program: &str,
        pid: Option<u32>,
        severity: u8,
        message: String,
    ) -> Entry {
        Entry {
            at,
            host,
            sink: Sink::System,
            program: program.to_owned(),
            pid,
            severity,
            unit: None,
            message,
        }
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
        let entry = self.entry(at, host, program, pid, severity, text);
        self.entries.push(entry);
    }

    fn systemd(&mut self, at: i64, host: usize, unit: &str, severity: u8, text: String) {
        self.entries.push(Entry {
            unit: Some(format!("{unit}.service")),
            ..self.entry(at, host, "systemd", Some(1), severity, text)
        });
    }

    /// What the service itself says.
    fn says(&mut self, at: i64, host: usize, pid: u32, severity: u8, text: String) {
        let sink = match self.keeper {
            Keeper::Kubelet => Sink::Pod(self.pod(host).path(&self.service)),
            _ => Sink::Service,
        };
        self.entries.push(Entry {
            sink,
            unit: Some(format!("{}.service", self.service)),
            ..self.entry(at, host, &self.service, Some(pid), severity, text)
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
            let of_host = !own && self.random.f64() < 0.3;
            let name = match own {
                true => self.service.clone(),
                false if of_host => one(self.half, "libraries", &mut self.random).to_owned(),
                false => self.other.clone(),
            };
            let kind = match of_host {
                true => Kind::Package,
                false => Kind::random(&mut self.random),
            };
            let host = self.random.usize(..self.hosts.len());
            let shipped = matches!(kind, Kind::Package | Kind::Release | Kind::Git);
            if own && shipped {
                if at as i64 > onset {
                    continue;
                }
                self.version += 1;
            }
            // Nobody changes the service while it fails, but for those who mend it.
            let fails = (onset..onset + 1800 * SECOND).contains(&(at as i64));
            if own && fails && shape != Shape::Quiet {
                continue;
            }
            let change = Change {
                kind,
                service: name,
                file: match own {
                    true => {
                        let name = one(self.half, "files", &mut self.random);
                        format!("/etc/{}/{name}", self.service)
                    }
                    false => format!("/etc/{}/{}.conf", self.other, self.other),
                },
                version: match own {
                    true => self.version,
                    false => 5 + count,
                },
                undo: false,
                seed: self.random.u64(..),
            };
            let restarts = self.random.bool() && !of_host;
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
        let records = match self.hidden == Some(change.seed) {
            true => vec![],
            false => change.records(user, flag, &mut of_change),
        };
        for said in records {
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
            // A library is no service.
            let name = match change.service == self.other {
                true => self.other.clone(),
                false => self.service.clone(),
            };
            self.restarted(&name, at, host);
        }
        texts
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
