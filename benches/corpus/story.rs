//! What happens: a day of ordinary work on three hosts, and services that begin to crash after a change.

use std::collections::VecDeque;

use super::Kind;
use super::random::Random;

/// When the day begins: 2025-03-01T00:00:00Z, in microseconds.
const BEGIN: u64 = 1_740_787_200_000_000;
/// A day, in microseconds.
const DAY: u64 = 86_400_000_000;
const SECOND: u64 = 1_000_000;

const HOSTS: [&str; 3] = ["web01", "web02", "db01"];

/// Lines of ordinary work: program, text; each `{}` becomes a number.
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

/// The services that crash.
const SERVICES: [&str; 6] = ["scored", "geod", "pricer", "botd", "quotad", "ledgerd"];

/// A record, before it is written down in a format.
#[derive(Debug, Clone)]
pub struct Record {
    /// Microseconds since 1970.
    pub at: u64,
    pub host: &'static str,
    pub program: &'static str,
    pub pid: u64,
    /// As syslog has it.
    pub severity: u8,
    /// The unit that a supervisor's record is about.
    pub about: Option<String>,
    pub message: String,
}

/// A crash loop that the text holds.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Planted {
    pub host: String,
    pub service: String,
    pub crashes: u64,
    /// What was changed shortly before, if anything was.
    pub subject: Option<String>,
    /// Seconds since 1970.
    pub first: u64,
    pub last: u64,
}

/// A loop to come.
#[derive(Debug)]
struct Plan {
    host: &'static str,
    service: &'static str,
    change: u64,
    onset: u64,
    period: u64,
    crashes: u64,
    told: u64,
}

/// The records, one after the other.
#[derive(Debug)]
pub struct Story {
    kind: Kind,
    random: Random,
    at: u64,
    step: u64,
    plans: Vec<Plan>,
    /// Records of a plan whose time has come.
    due: VecDeque<Record>,
    count: u64,
}

impl Story {
    /// A day in so many bytes, of so many bytes a line.
    pub fn new(kind: Kind, line_bytes: u64, bytes: u64, seed: u64) -> Self {
        let mut random = Random(seed);
        let plans = match kind {
            Kind::Ordinary(shape) if shape.tells_loops() => SERVICES
                .iter()
                .enumerate()
                .map(|(n, service)| plan(n as u64, service, &mut random))
                .collect(),
            _ => Vec::new(),
        };
        Self {
            kind,
            random,
            at: BEGIN,
            step: (DAY / (bytes / line_bytes).max(1)).max(1),
            plans,
            due: VecDeque::new(),
            count: 0,
        }
    }

    /// The next record.
    pub fn next_record(&mut self) -> Record {
        if let Some(record) = self.due.pop_front() {
            return record;
        }
        self.at += self.step;
        self.count += 1;
        for n in 0..self.plans.len() {
            self.tell(n);
        }
        match self.kind {
            Kind::Crashes => self.crash(),
            Kind::LongLines => {
                let mut record = self.ordinary();
                record.message = format!("{} ", record.message).repeat(300);
                record
            }
            Kind::Ordinary(_) => self.ordinary(),
        }
    }

    /// What was told so far of the loops.
    pub fn planted(&self) -> Vec<Planted> {
        if self.kind == Kind::Crashes {
            return vec![Planted {
                host: HOSTS[0].to_owned(),
                service: SERVICES[0].to_owned(),
                crashes: self.count,
                subject: None,
                first: (BEGIN + self.step) / SECOND,
                last: self.at / SECOND,
            }];
        }
        let told = self.plans.iter().filter(|plan| plan.told > 0);
        told.map(|plan| Planted {
            host: plan.host.to_owned(),
            service: plan.service.to_owned(),
            crashes: plan.told,
            subject: Some(format!("{}.conf", plan.service)),
            first: plan.onset / SECOND,
            last: (plan.onset + (plan.told - 1) * plan.period) / SECOND,
        })
        .collect()
    }

    fn ordinary(&mut self) -> Record {
        let random = &mut self.random;
        let (program, text) = ORDINARY[random.below(ORDINARY.len() as u64) as usize];
        let host = random.below(HOSTS.len() as u64);
        // sshd and cron fork for each session; the others live on.
        let pid = match program {
            "sshd" | "CRON" => 1000 + random.below(30_000),
            "systemd" => 1,
            _ => 400 + 40 * host + program.len() as u64,
        };
        let mut message = String::with_capacity(128);
        for (n, part) in text.split("{}").enumerate() {
            if n > 0 {
                message.push_str(&random.below(60_000).to_string());
            }
            message.push_str(part);
        }
        Record {
            at: self.at,
            host: HOSTS[host as usize],
            program,
            pid,
            severity: 6,
            about: None,
            message,
        }
    }

    /// One of very many crashes.
    fn crash(&mut self) -> Record {
        let n = self.count;
        Record {
            at: self.at,
            host: HOSTS[0],
            program: SERVICES[0],
            pid: 5000 + n % 20_000,
            severity: 3,
            about: None,
            message: format!(
                "thread 'main' panicked at src/limits.rs:36:69: called `Result::unwrap()` on an `Err` value: BadLimit({n})"
            ),
        }
    }

    /// Puts down what is due of a plan.
    fn tell(&mut self, n: usize) {
        let plan = &mut self.plans[n];
        if plan.change != 0 && self.at >= plan.change {
            let at = std::mem::take(&mut plan.change);
            let (host, service) = (plan.host, plan.service);
            self.due.push_back(Record {
                at,
                host,
                program: "sudo",
                pid: 911,
                severity: 5,
                about: None,
                message: format!(
                    "     ops : PWD=/ ; USER=root ; COMMAND=/usr/bin/tee /etc/{service}/{service}.conf"
                ),
            });
        }
        while plan.told < plan.crashes && self.at >= plan.onset + plan.told * plan.period {
            plan.told += 1;
            let at = plan.onset + (plan.told - 1) * plan.period;
            let unit = format!("{}.service", plan.service);
            let (host, service, counter) = (plan.host, plan.service, plan.told);
            let pid = 31_000 + (n as u64) * 1000 + counter;
            let mut put = |program, pid, severity, about: Option<&str>, message: String| {
                self.due.push_back(Record {
                    at,
                    host,
                    program,
                    pid,
                    severity,
                    about: about.map(str::to_owned),
                    message,
                });
            };
            put(
                service,
                pid,
                3,
                None,
                "thread 'main' panicked at src/limits.rs:36:69: called `Result::unwrap()` on an `Err` value: BadLimit".to_owned(),
            );
            for (severity, text) in [
                (
                    5,
                    "Main process exited, code=exited, status=101/n/a".to_owned(),
                ),
                (4, "Failed with result 'exit-code'.".to_owned()),
                (
                    6,
                    format!("Scheduled restart job, restart counter is at {counter}."),
                ),
            ] {
                put(
                    "systemd",
                    1,
                    severity,
                    Some(&unit),
                    format!("{unit}: {text}"),
                );
            }
            let started = format!("Started {unit} - Does its work.");
            put("systemd", 1, 6, Some(&unit), started);
        }
    }
}

/// A loop of the `n`th service, somewhere in its own part of the day.
fn plan(n: u64, service: &'static str, random: &mut Random) -> Plan {
    let part = 22 * 3600 * SECOND / SERVICES.len() as u64;
    let onset = BEGIN + 3600 * SECOND + n * part + random.below(3600) * SECOND;
    Plan {
        host: HOSTS[random.below(3) as usize],
        service,
        change: onset - (2 + random.below(20)) * SECOND,
        onset,
        period: (10 + random.below(50)) * SECOND,
        crashes: 8 + random.below(60),
        told: 0,
    }
}
