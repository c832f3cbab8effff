//! Crash loops.
//!
//! In: a service on a host, what it says as it dies, how it is restarted. Out: entries.

use super::Teller;
use crate::world::SECOND;

/// How the supervisor restarts.
pub(super) struct Restarts {
    /// Of the service, in microseconds.
    pub(super) wait: i64,
    /// Doubling up to this.
    pub(super) cap: i64,
    pub(super) life: i64,
    /// It gives up after so many.
    pub(super) limit: Option<usize>,
}

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Exit(u8),
    Abort,
    Fault,
    Killed,
}

impl Teller {
    pub(super) fn restarts(&mut self) -> Restarts {
        let wait = [
            100_000,
            SECOND,
            2 * SECOND,
            5 * SECOND,
            10 * SECOND,
            30 * SECOND,
        ];
        let wait = wait[self.random.usize(..wait.len())];
        let set = Restarts {
            wait,
            cap: if self.random.f64() < 0.2 {
                300 * SECOND
            } else {
                wait
            },
            life: self.random.i64(100_000..8 * SECOND),
            limit: (self.random.f64() < 0.15).then(|| self.random.usize(4..8)),
        };
        self.keeper.restarts(set)
    }

    /// A crash loop of the service on a host; when it would have been started next.
    pub(super) fn crash_loop(
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
            self.ended(at, host, how);
            count += 1;
            if restarts.limit.is_some_and(|limit| count >= limit) {
                self.gave_up(at + 100_000, host, how);
                return at;
            }
            self.started_again(at, at + wait, host, count);
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

    pub(super) fn how(&mut self, text: &str) -> How {
        match text {
            text if text.starts_with("thread") => How::Exit(101),
            text if text.starts_with("panic") => How::Exit(2),
            text if text.starts_with("terminate") => How::Abort,
            "" => [How::Fault, How::Abort, How::Exit(1)][self.random.usize(..3)],
            _ => How::Exit(1),
        }
    }
}
