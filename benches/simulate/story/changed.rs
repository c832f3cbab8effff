//! Incidents that a change set off.
//!
//! In: a shape, and when. Out: entries, the first crash, and the texts that tell of the trigger.

use super::crash::{How, Restarts};
use super::{Shape, Teller};
use crate::change::{Change, Kind};
use crate::words::one;
use crate::world::SECOND;

impl Teller {
    pub(super) fn changed(&mut self, shape: Shape, onset: i64) -> (i64, Vec<String>) {
        // Of the whole host, which the service is then started anew for.
        let of_host = !matches!(shape, Shape::Latent | Shape::Periodic) && self.random.f64() < 0.1;
        let kind = match shape {
            Shape::Latent | Shape::Periodic => Kind::Config,
            Shape::Timers => Kind::Package,
            _ if of_host => Kind::Package,
            _ => Kind::random_of_service(&mut self.random),
        };
        let code = matches!(kind, Kind::Package | Kind::Release | Kind::Git);
        let bad = match kind {
            _ if code => "bad_code",
            Kind::Config => "bad_config",
            // What is not in the file is not told as of the file.
            _ => "bad_setting",
        };
        let (text, how) = match self.random.f64() {
            share if share < 0.12 => (String::new(), None),
            // A change may make it fail as something else does.
            share if share < 0.15 => (String::new(), Some(How::Killed)),
            share if share < 0.27 => {
                let alike = ["dependency", "port", "permission", "descriptors"];
                let alike = alike[self.random.usize(..alike.len())];
                (self.word(alike), None)
            }
            _ => (self.word(bad), None),
        };
        let how = how.unwrap_or_else(|| self.how(&text));
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
            service: match of_host {
                true => one(self.half, "libraries", &mut self.random).to_owned(),
                false => self.service.clone(),
            },
            file: self.file.clone(),
            version: self.version,
            undo: false,
            seed: self.random.u64(..),
        };
        self.hidden = self.unlogged.then_some(change.seed);
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
                // It bites when something else restarts the service; of files some look for news themselves.
                let looks = kind == Kind::Config && self.random.bool();
                if !looks {
                    let service = self.service.clone();
                    let before = self.random.i64(SECOND..20 * SECOND);
                    self.restarted(&service, at - before, host);
                } else if self.random.bool() {
                    let text = self.word("reads");
                    let pid = self.pid;
                    self.says(at - SECOND, host, pid, 6, text);
                }
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

    /// A file every few minutes, of which from some time on some are bad.
    pub(super) fn periodic(&mut self, onset: i64, text: &str, how: How) -> (i64, Vec<String>) {
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
    pub(super) fn cascade(&mut self, first: i64, last: i64) {
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
    pub(super) fn aftermath(
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
}
