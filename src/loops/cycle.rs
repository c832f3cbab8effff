//! One service's life: ends and starts.
//!
//! In: the process events of one service in order of time. Out: a [`Track`]: each abnormal end once,
//! however many records told of it, with what the dying process said, and the starts between them. A
//! plain state machine without any input or output.

use crate::classify::{Class, Event};
use crate::time::{Span, Timestamp};

use super::exit::Ending;
use super::identity::{self, Entity};

/// Records of one end lie within this time of each other, where no start stands between them.
const ONE_END: Span = Span::from_seconds(30);
/// Records of one restart, by different rules, lie within this time of each other.
const ONE_RESTART: Span = Span::from_seconds(2);
/// How long after a request to stop an end is taken for the answer to it (systemd's default
/// `TimeoutStopSec`, systemd-system.conf(5)).
const STOP_TIMEOUT: Span = Span::from_seconds(90);
/// How long before its end a process may say its last words, and how long after it they may be stamped.
const LAST_WORDS: (Span, Span) = (Span::from_seconds(10), Span::from_seconds(3));

/// No supervisor starts a service again sooner (systemd's default `RestartSec` is 100 ms, systemd.service(5)).
const FASTEST: Span = Span::from_nanos(10_000_000);
/// How much longer than its wait a supervisor may say that it waits: the kubelet looks at a pod that failed again
/// after 10 to 15 s (pkg/kubelet/kubelet.go, `backOffPeriod` and `workerBackOffPeriodJitterFactor`).
const LOOKS_AGAIN: Span = Span::from_seconds(20);

/// Which sort of crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CrashKind {
    /// The configuration could not be used.
    ConfigError,
    /// A panic of Rust or Go.
    Panic,
    /// An exception that nobody caught.
    Exception,
    /// Hanging, and killed for it.
    Watchdog,
    /// Killed for want of memory.
    Oom,
    /// A memory fault.
    Segfault,
    /// An abort.
    Abort,
    /// Another signal.
    Signal,
    /// An exit with an error.
    Exit,
    /// Nothing tells.
    Unknown,
}

/// An abnormal end.
#[derive(Debug, Clone)]
pub struct End {
    /// The first record that tells of it.
    pub at: Timestamp,
    /// The last one.
    pub until: Timestamp,
    /// Records of the supervisor, as indices of events.
    pub records: Vec<usize>,
    /// What the process, or the kernel, said of it.
    pub texts: Vec<usize>,
    /// How many crashes these records stand for: more than one where a flood was folded.
    pub count: u64,
    /// Somebody asked for it.
    pub requested: bool,
    /// The supervisor gave up after it.
    pub gave_up: bool,
    /// When the service was started again.
    pub restarted: Option<Timestamp>,
    /// How long it had run.
    pub life: Option<Span>,
    /// Whether its supervisor had told that its start was complete.
    pub was_started: bool,
    /// Crashes that a counter tells of and that no record shows, between the end before and this one.
    pub lost: u64,
    /// Which sort.
    pub kind: CrashKind,
}

/// The life of a service, as far as the logs tell it.
#[derive(Debug, Clone)]
pub struct Track {
    /// Whose.
    pub entity: Entity,
    /// Whether a supervisor speaks of it, or the kernel does by its control group.
    pub supervised: bool,
    /// Whether a supervisor speaks of its ends.
    pub announced: bool,
    /// In order of time.
    pub ends: Vec<End>,
    /// Starts, reloads and configurations read, as (time, index of the event).
    pub starts: Vec<(Timestamp, usize)>,
    /// When the process says that it read its configuration or data, or was asked to.
    pub loads: Vec<(Timestamp, usize)>,
    /// Requests to stop, as (time, index of the event).
    pub stops: Vec<(Timestamp, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Unknown,
    Up(Timestamp),
    /// Its supervisor said that it starts it again, and then that what had ended is stopped.
    Restarting(Timestamp),
    Stopping(Timestamp),
    Stopped,
    /// It ended well, and nobody is known to have asked for it.
    Finished,
    /// After the end of this index.
    Down(usize),
}

/// Follows a service through its events. `texts` are crash texts that belong to it.
#[must_use]
pub fn follow(entity: Entity, events: &[Event], process: &[usize], texts: &[usize]) -> Track {
    let supervised = process.iter().any(|&n| is_supervisor(&events[n]));
    let announced = process
        .iter()
        .any(|&n| is_supervisor(&events[n]) && events[n].class != Class::Oom);
    let mut walk = Walk {
        events,
        announced,
        state: State::Unknown,
        counter: None,
        wait: None,
        killed: false,
        started: false,
        track: Track {
            entity,
            supervised,
            announced,
            ends: Vec::new(),
            starts: Vec::new(),
            loads: Vec::new(),
            stops: Vec::new(),
        },
    };
    if supervised {
        for &n in process {
            walk.step(n);
        }
        walk.attach(texts);
    } else {
        walk.follow_texts(process, texts);
    }
    let mut track = walk.track;
    for end in &mut track.ends {
        end.kind = kind_of(end, events);
    }
    track
}

/// Whether a supervisor, not the process itself, tells the event.
#[must_use]
pub fn is_supervisor(event: &Event) -> bool {
    match event.class {
        Class::Exit
        | Class::Restart
        | Class::GiveUp
        | Class::StartFail
        | Class::Watchdog
        | Class::Backoff => true,
        Class::Oom => event
            .any_field(&["unit", "cgroup", "service", "pod", "container"])
            .is_some(),
        _ => false,
    }
}

struct Walk<'a> {
    events: &'a [Event],
    /// Whether its supervisor tells of its ends, not only the kernel of processes that it killed.
    announced: bool,
    state: State,
    /// The counter of the last restart, and how many restarts its record stands for.
    counter: Option<(u64, u64)>,
    /// How long the supervisor says that it waits after the last end, and since when it says so.
    wait: Option<(Span, Timestamp)>,
    killed: bool,
    started: bool,
    track: Track,
}

impl Walk<'_> {
    fn step(&mut self, n: usize) {
        let event = &self.events[n];
        match event.class {
            Class::Exit | Class::Oom | Class::Watchdog | Class::StartFail => self.end(n),
            Class::GiveUp => self.give_up(n),
            Class::Restart | Class::Backoff => self.restart(n),
            Class::Start | Class::Started => self.start(n),
            Class::StopRequest => {
                self.track.stops.push((event.at, n));
                if !matches!(self.state, State::Down(_)) {
                    self.state = State::Stopping(event.at);
                }
            }
            Class::ExitOk if matches!(self.state, State::Up(_) | State::Unknown) => {
                self.state = State::Finished;
            }
            Class::Stopped if self.is_of_restart(event) => {
                if let State::Up(since) = self.state {
                    self.state = State::Restarting(since);
                }
            }
            Class::ExitOk | Class::Stopped if !matches!(self.state, State::Down(_)) => {
                self.state = State::Stopped;
            }
            Class::KilledOnRequest => self.killed = true,
            Class::ReloadFailed => self.withdraw(event.at),
            Class::Loaded | Class::Reloading => self.track.loads.push((event.at, n)),
            _ => {}
        }
    }

    /// Whether a supervisor that is about to start the service again tells that what had ended is stopped now, as
    /// systemd does from v230 on (src/core/job.c). Of folded records it says so of each.
    fn is_of_restart(&self, stopped: &Event) -> bool {
        let before = self.track.starts.last().map(|&(_, n)| &self.events[n]);
        before.is_some_and(|before| {
            before.class == Class::Restart
                && (stopped.at.since(before.at) <= ONE_RESTART
                    || before.count.max(stopped.count) > 1)
        })
    }

    fn end(&mut self, n: usize) {
        let event = &self.events[n];
        if let State::Stopping(asked) = self.state
            && event.at.since(asked) <= STOP_TIMEOUT
            && ends_on_request(event)
        {
            self.state = State::Stopped;
            return;
        }
        if matches!(self.state, State::Stopped | State::Finished) && ends_on_request(event) {
            return;
        }
        if let State::Down(last) = self.state {
            let other = self.is_of_another_process(last, event) || self.is_of_others(last, event);
            let end = &mut self.track.ends[last];
            if other {
                // It had been started again by then, at the latest.
                end.restarted = end.restarted.or(Some(event.at));
            } else if event.at.since(end.until) <= ONE_END {
                end.until = end.until.max(event.at);
                end.records.push(n);
                return;
            }
        }
        self.push_end(n, true);
    }

    /// Whether the kernel killed another process than the one that ended last, where nobody else tells of
    /// ends: a service that was killed for want of memory, started again and killed again. The processes
    /// of one group are killed within a moment.
    fn is_of_another_process(&self, last: usize, event: &Event) -> bool {
        let end = &self.track.ends[last];
        let killed = |event: &Event| {
            let pid = (event.class == Class::Oom).then(|| event.field("pid"));
            pid.flatten().map(str::to_owned)
        };
        let before = end
            .records
            .iter()
            .rev()
            .find_map(|&n| killed(&self.events[n]));
        !self.announced
            && event.at.since(end.until) > ONE_RESTART
            && killed(event).zip(before).is_some_and(|(a, b)| a != b)
    }

    /// Whether it stands for other ends than the last one: where records were folded, each sort by itself, those of
    /// restarts between them may stand elsewhere.
    fn is_of_others(&self, last: usize, event: &Event) -> bool {
        let records = self.track.ends[last]
            .records
            .iter()
            .map(|&n| &self.events[n]);
        let mut same = records.filter(|record| record.sort == event.sort);
        same.any(|record| record.count.max(event.count) > 1)
    }

    fn push_end(&mut self, n: usize, by_supervisor: bool) {
        let event = &self.events[n];
        let life = match self.state {
            State::Up(since) | State::Restarting(since) => Some(event.at.since(since)),
            _ => None,
        };
        let (records, texts) = if by_supervisor {
            (vec![n], vec![])
        } else {
            (vec![], vec![n])
        };
        self.track.ends.push(End {
            at: event.at,
            until: event.until.max(event.at),
            records,
            texts,
            count: event.count,
            requested: std::mem::take(&mut self.killed),
            gave_up: false,
            restarted: None,
            life,
            was_started: std::mem::take(&mut self.started),
            lost: 0,
            kind: CrashKind::Unknown,
        });
        self.state = State::Down(self.track.ends.len() - 1);
        self.wait = None;
    }

    fn give_up(&mut self, n: usize) {
        let at = self.events[n].at;
        match self.track.ends.last_mut() {
            Some(end) => {
                end.gave_up = true;
                end.records.push(n);
                end.until = end.until.max(at);
                let last = self.track.ends.len() - 1;
                self.state = State::Down(last);
            }
            None => {
                self.push_end(n, true);
                if let Some(end) = self.track.ends.last_mut() {
                    end.gave_up = true;
                }
            }
        }
    }

    fn restart(&mut self, n: usize) {
        let event = &self.events[n];
        let counter = event
            .any_field(&["counter", "count"])
            .and_then(|c| c.parse::<u64>().ok());
        // An automatic restart without any record of an end: the end's records are lost, or it was an
        // exit with 0 that the supervisor restarts all the same.
        let unseen = matches!(self.state, State::Unknown)
            || matches!(self.state, State::Up(_) | State::Finished)
                && event.class == Class::Restart
                && !self.told_already(event)
                && !self.is_after_folded(event);
        if unseen || self.waits_anew(event) {
            if let State::Down(last) = self.state {
                let end = &mut self.track.ends[last];
                end.restarted = end.restarted.or(Some(event.at));
            }
            self.push_end(n, true);
        }
        if let Some(delay) = delay_of(event) {
            let since = self.wait.filter(|(told, _)| *told == delay);
            self.wait = Some((delay, since.map_or(event.at, |(_, at)| at)));
        }
        if let (Some((before, told)), Some(now)) = (self.counter, counter) {
            let unseen = now.saturating_sub(before).saturating_sub(told);
            // A number that so many restarts in so short a time would take is none of restarts.
            let since = self
                .track
                .starts
                .last()
                .map_or(Span::ZERO, |(at, _)| event.at.since(*at));
            let most = since.nanos().max(0) as u64 / FASTEST.nanos() as u64;
            let unseen = if unseen > most { 0 } else { unseen };
            if let (true, Some(end)) = (unseen > 0, self.track.ends.last_mut()) {
                end.lost = end.lost.saturating_add(unseen);
            }
        }
        self.counter = counter.map(|now| (now, event.count)).or(self.counter);
        if event.class == Class::Restart {
            self.start(n);
        } else if let (State::Down(last), Some(counter)) = (self.state, counter) {
            let seen = self.track.ends.len() as u64;
            self.track.ends[last].lost =
                self.track.ends[last].lost.max(counter.saturating_sub(seen));
        }
    }

    /// Whether it may be the restart after any of the ends that the last one stands for.
    fn is_after_folded(&self, restart: &Event) -> bool {
        let last = self.track.ends.last();
        last.is_some_and(|end| {
            let mut records = end.records.iter().map(|&n| &self.events[n]);
            end.count > 1
                && restart.at.since(end.until) <= ONE_END
                && records.all(|record| record.sort != restart.sort)
        })
    }

    /// Whether a supervisor that says again and again how long it waits speaks of another end than the last one: it
    /// waits longer than it did, or says so when that wait is over, or where the service had been started. The
    /// kubelet doubles the wait with each end (pkg/kubelet/kuberuntime/kuberuntime_manager.go, `doBackOff`).
    fn waits_anew(&self, event: &Event) -> bool {
        if event.class != Class::Backoff {
            return false;
        }
        let delay = delay_of(event);
        match self.state {
            // Who waits to start it again says that it ended, for how long or not.
            State::Up(since) => event.at > since,
            State::Down(_) => self.wait.zip(delay).is_some_and(|((told, since), delay)| {
                delay > told || event.at.since(since) > told.plus(LOOKS_AGAIN)
            }),
            _ => delay.is_some(),
        }
    }

    /// Whether another record has just told of the same restart: systemd v239 to v244 writes "Service
    /// RestartSec=... expired" and then "Scheduled restart job" (src/core/service.c).
    fn told_already(&self, event: &Event) -> bool {
        let before = self.track.starts.last().map(|&(_, n)| &self.events[n]);
        before.is_some_and(|before| {
            before.class == Class::Restart
                && before.rule != event.rule
                && event.at.since(before.at) <= ONE_RESTART
        })
    }

    fn start(&mut self, n: usize) {
        let at = self.events[n].at;
        self.started = self.events[n].class == Class::Started;
        self.track.starts.push((at, n));
        if let State::Down(last) = self.state {
            let end = &mut self.track.ends[last];
            end.restarted = end.restarted.or(Some(at));
        }
        self.state = State::Up(at);
        self.wait = None;
    }

    /// A reload was refused: what ended a moment ago was the reloading command, not the service.
    fn withdraw(&mut self, at: Timestamp) {
        if let State::Down(last) = self.state
            && at.since(self.track.ends[last].at) <= Span::from_seconds(2)
        {
            self.track.ends.pop();
            self.state = State::Unknown;
        }
    }

    /// Gives each text to the end that it lies nearest to.
    fn attach(&mut self, texts: &[usize]) {
        for &n in texts {
            let event = &self.events[n];
            if let Some(end) = nearest_end(&mut self.track.ends, event.at) {
                end.texts.push(n);
                end.at = end.at.min(event.at);
            }
        }
    }

    /// Without a supervisor a text is an end where the process does not go on under the same pid, or the instance
    /// under the same name.
    fn follow_texts(&mut self, process: &[usize], texts: &[usize]) {
        let mut all: Vec<usize> = process.iter().chain(texts).copied().collect();
        all.sort_unstable();
        all.dedup();
        let (mut last_pid, mut last_instance) = (None, None);
        for n in all {
            let event = &self.events[n];
            if !matches!(event.class, Class::Crash | Class::Oom | Class::Gone) {
                self.step(n);
                continue;
            }
            let pid = event
                .field("pid")
                .and_then(|p| p.parse().ok())
                .or(event.pid);
            let instance = identity::name_of(event).and_then(|name| identity::plain(&name).1);
            if let State::Down(last) = self.state {
                let same = (pid.is_none() || pid == last_pid) && instance == last_instance;
                let end = &mut self.track.ends[last];
                if same && (pid.is_some() || !is_final(event)) {
                    end.texts.push(n);
                    end.until = end.until.max(event.at);
                    continue;
                }
                end.restarted = end.restarted.or(Some(event.at));
            }
            (last_pid, last_instance) = (pid, instance);
            self.push_end(n, false);
        }
    }
}

/// How long a supervisor says that it waits, as Go writes times: `2m40s` (`time.Duration.String`).
fn delay_of(event: &Event) -> Option<Span> {
    let delay: jiff::SignedDuration = event.field("delay")?.parse().ok()?;
    i64::try_from(delay.as_nanos()).ok().map(Span::from_nanos)
}

/// Whether a text without a pid ends its process beyond doubt.
fn is_final(event: &Event) -> bool {
    event.kind == Some("panic")
        && (event.message.starts_with("panic: ") || event.message.contains("'main'"))
        || event.message.contains("\nNode.js v")
}

/// An end that a request to stop explains: by the signals of a stop, or an exit.
fn ends_on_request(event: &Event) -> bool {
    event.class == Class::Exit && !Ending::of(event).is_fault()
}

/// The end whose time is nearest to `at`, among those within reach of last words.
fn nearest_end(ends: &mut [End], at: Timestamp) -> Option<&mut End> {
    let from = ends.partition_point(|end| at.since(end.until) > LAST_WORDS.1);
    let candidates = ends.get_mut(from.saturating_sub(1)..)?;
    candidates
        .iter_mut()
        .take(3)
        .filter(|end| end.at.since(at) <= LAST_WORDS.0 && at.since(end.until) <= LAST_WORDS.1)
        .min_by_key(|end| distance(end, at))
}

fn distance(end: &End, at: Timestamp) -> Span {
    if at >= end.at && at <= end.until {
        Span::ZERO
    } else {
        end.at.since(at).abs().min(end.until.since(at).abs())
    }
}

/// Which sort of crash, by the plainest of what was said.
pub(super) fn kind_of(end: &End, events: &[Event]) -> CrashKind {
    end.texts
        .iter()
        .chain(&end.records)
        .map(|&n| kind_of_event(&events[n]))
        .min()
        .unwrap_or(CrashKind::Unknown)
}

fn kind_of_event(event: &Event) -> CrashKind {
    match event.class {
        Class::Oom => return CrashKind::Oom,
        Class::Watchdog => return CrashKind::Watchdog,
        Class::Crash => {
            return match event.kind {
                Some("panic") => CrashKind::Panic,
                Some("segfault") => CrashKind::Segfault,
                Some("oom") => CrashKind::Oom,
                Some("exception") => CrashKind::Exception,
                Some("abort") => CrashKind::Abort,
                Some("signal") => CrashKind::Signal,
                Some("exit") => CrashKind::Exit,
                Some("config_error") => CrashKind::ConfigError,
                _ => CrashKind::Unknown,
            };
        }
        _ => {}
    }
    Ending::of(event).kind()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::primitives::{ByteOffset, FileId, LineNo, Place};

    /// Thirty-two records of one class ten seconds apart, folded to so many.
    fn folded(class: Class, after: i64, to: i64) -> Vec<Event> {
        let of = |n: i64| {
            let place = Place {
                file: FileId::new(0),
                offset: ByteOffset::new(0),
                line: LineNo::after(0),
            };
            let each = 32 / to;
            let at = Timestamp::from_nanos((n * each * 10_000 + after) * 1_000_000);
            let spread = Span::from_seconds((each - 1) * 10);
            Event {
                count: each as u64,
                sort: class as u64,
                spread,
                until: at.plus(spread),
                ..Event::untold(class, place, None, at, "", "")
            }
        };
        (0..to).map(of).collect()
    }

    #[test]
    fn records_that_were_folded_out_of_step_are_counted_once_each() {
        let folds = [
            [4, 4, 4, 1],
            [4, 2, 4, 8],
            [8, 1, 1, 1],
            [2, 8, 8, 8],
            [1, 32, 4, 2],
        ];
        for [exits, restarts, stops, starts] in folds {
            let mut events = [
                folded(Class::Exit, 0, exits),
                folded(Class::Restart, 100, restarts),
                folded(Class::Stopped, 101, stops),
                folded(Class::Started, 102, starts),
            ]
            .concat();
            events.sort_by_key(|event| event.at);
            let process: Vec<usize> = (0..events.len()).collect();
            let entity = Entity {
                host: None,
                service: "zorkd".to_owned(),
                instance: None,
            };
            let track = follow(entity, &events, &process, &[]);
            let count: u64 = track.ends.iter().map(|end| end.count).sum();
            assert_eq!(count, 32, "{exits} {restarts} {stops} {starts}");
        }
    }
}
