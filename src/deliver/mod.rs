//! Where alerts go besides standard output.
//!
//! Owns: for each receiver a bounded queue and a thread, so that reading never waits for one. In: [`Alert`]s as
//! they are told. Out: what is handed to commands ([`Program`]) and posted ([`Webhook`]), and what came of it
//! ([`Deliveries::troubles`], [`Deliveries::counts`]).

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::alert::{Alert, Happening};

mod form;
mod program;
mod webhook;

pub use form::Form;
pub use program::Program;
pub use webhook::Webhook;

/// How many alerts wait for one receiver.
const ROOM: usize = 64;
/// How many failures wait to be told.
const TROUBLES: usize = 32;

/// Takes alerts, in a thread of its own.
trait Receive: std::fmt::Debug + Send + Sync {
    /// Its name in messages, without what is secret of its address.
    fn name(&self) -> String;

    /// The alert as it takes it; `None` where it does not.
    fn body(&self, alert: &Alert) -> Option<Vec<u8>>;

    /// Hands one over; in error says why it could not.
    fn deliver(&self, body: &[u8], pause: &Pause<'_>) -> Result<(), String>;
}

/// A receiver of alerts.
#[derive(Debug)]
pub enum Target {
    /// A command that is run for each.
    Program(Program),
    /// An address to which each is posted.
    Webhook(Webhook),
}

/// What became of the alerts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Taken by their receivers.
    pub delivered: u64,
    /// Refused, or given up after the last try.
    pub failed: u64,
    /// Dropped because too many waited, or still waiting at the end.
    pub dropped: u64,
}

/// All receivers.
#[derive(Debug, Default)]
pub struct Deliveries {
    lanes: Vec<Lane>,
}

#[derive(Debug)]
struct Lane {
    shared: Arc<Shared>,
    receiver: Arc<dyn Receive>,
}

#[derive(Debug)]
struct Letter {
    event: Happening,
    body: Vec<u8>,
}

impl Letter {
    /// Whether it is of those that nobody may miss.
    fn is_call(&self) -> bool {
        matches!(self.event, Happening::Opened | Happening::Relapsed)
    }
}

#[derive(Debug)]
struct Shared {
    name: String,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    letters: VecDeque<Letter>,
    /// No more come, and all is to be over by then.
    over_by: Option<Instant>,
    /// Nothing waits, and nothing is under way.
    is_idle: bool,
    counts: Counts,
    troubles: Vec<String>,
}

impl Deliveries {
    /// Starts a thread for each receiver.
    #[must_use]
    pub fn new(targets: Vec<Target>) -> Self {
        let lanes = targets.into_iter().map(|target| match target {
            Target::Program(program) => Lane::start(Arc::new(program)),
            Target::Webhook(webhook) => Lane::start(Arc::new(webhook)),
        });
        Self {
            lanes: lanes.collect(),
        }
    }

    /// Queues an alert for every receiver. Where too many wait, news of a known incident go before an opening.
    pub fn tell(&self, alert: &Alert) {
        for lane in &self.lanes {
            if let Some(body) = lane.receiver.body(alert) {
                let event = alert.event;
                lane.shared.put(Letter { event, body });
            }
        }
    }

    /// Whether any alert still waits for its receiver, or is on its way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.lanes.iter().any(|lane| !lane.shared.lock().is_idle)
    }

    /// What went wrong since it was asked last, each with the receiver's name.
    #[must_use]
    pub fn troubles(&self) -> Vec<String> {
        let lanes = self.lanes.iter();
        lanes
            .flat_map(|lane| {
                let troubles = std::mem::take(&mut lane.shared.lock().troubles);
                let name = lane.shared.name.clone();
                troubles.into_iter().map(move |t| format!("{name}: {t}"))
            })
            .collect()
    }

    /// What became of the alerts so far, each counted for each receiver.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let mut all = Counts::default();
        for lane in &self.lanes {
            let counts = lane.shared.lock().counts;
            all.delivered += counts.delivered;
            all.failed += counts.failed;
            all.dropped += counts.dropped;
        }
        all
    }

    /// Waits until all that waits is delivered, no longer than told; what is left then counts as dropped.
    pub fn finish(&self, patience: Duration) {
        let over_by = Instant::now() + patience;
        for lane in &self.lanes {
            lane.shared.lock().over_by = Some(over_by);
            lane.shared.changed.notify_all();
        }
        for lane in &self.lanes {
            let mut queue = lane.shared.lock();
            while !queue.is_idle {
                let left = over_by.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    break;
                }
                queue = lane.shared.wait(queue, left);
            }
            let left = queue.letters.len() as u64 + u64::from(!queue.is_idle);
            queue.letters.clear();
            if left > 0 {
                queue.counts.dropped += left;
                queue.complain(format!("{left} alerts could not be delivered any more"));
            }
        }
    }
}

impl Lane {
    fn start(receiver: Arc<dyn Receive>) -> Self {
        let shared = Arc::new(Shared {
            name: receiver.name(),
            queue: Mutex::new(Queue {
                is_idle: true,
                ..Queue::default()
            }),
            changed: Condvar::new(),
        });
        let (its, receives) = (Arc::clone(&shared), Arc::clone(&receiver));
        std::thread::spawn(move || {
            while let Some(letter) = its.next() {
                let result = receives.deliver(&letter.body, &Pause(&its));
                its.note(result);
            }
        });
        Self { shared, receiver }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Whoever panicked left a whole queue: each change is one step.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>, long: Duration) -> MutexGuard<'a, Queue> {
        let waited = self.changed.wait_timeout(queue, long);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    fn put(&self, letter: Letter) {
        let mut queue = self.lock();
        if queue.letters.len() >= ROOM {
            queue.counts.dropped += 1;
            queue.complain(format!("{ROOM} alerts wait already; one was dropped"));
            let least = queue.letters.iter().position(|l| !l.is_call());
            match least {
                None if !letter.is_call() => return,
                _ => drop(queue.letters.remove(least.unwrap_or(0))),
            }
        }
        queue.letters.push_back(letter);
        queue.is_idle = false;
        self.changed.notify_all();
    }

    /// The next letter, once there is one; `None` when no more come.
    fn next(&self) -> Option<Letter> {
        let mut queue = self.lock();
        loop {
            if let Some(letter) = queue.letters.pop_front() {
                return Some(letter);
            }
            queue.is_idle = true;
            self.changed.notify_all();
            if queue.over_by.is_some() {
                return None;
            }
            let waited = self.changed.wait(queue);
            queue = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn note(&self, result: Result<(), String>) {
        let mut queue = self.lock();
        match result {
            Ok(()) => queue.counts.delivered += 1,
            Err(why) => {
                queue.counts.failed += 1;
                queue.complain(why);
            }
        }
    }
}

impl Queue {
    fn complain(&mut self, why: String) {
        if self.troubles.len() < TROUBLES {
            self.troubles.push(why);
        }
    }
}

/// Waits for a receiver, no longer than there is time at the end.
struct Pause<'a>(&'a Shared);

impl Pause<'_> {
    /// Waits so long; false where there is not that much time left.
    fn wait(&self, long: Duration) -> bool {
        let until = Instant::now() + long;
        let mut queue = self.0.lock();
        loop {
            let now = Instant::now();
            if now >= until {
                return true;
            }
            if queue.over_by.is_some_and(|over_by| over_by < until) {
                return false;
            }
            queue = self.0.wait(queue, until - now);
        }
    }
}
