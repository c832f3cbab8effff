//! A watch: inputs that go on, the engine, and what is told of them.
//!
//! In: [`WatchOptions`], and what inputs tell ([`Message`]). Out: [`Alert`]s, to a [`Listener`]. What is
//! known is worked out anew when something came that may make a loop; while an incident goes on also when
//! anything else came, or time alone may tell of a recovery. Where that takes long it is done less often,
//! so that reading keeps up.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::alert::{Alert, Book, Terms};
use crate::classify::RuleSet;
use crate::error::{Error, Warning};
use crate::follow::{
    Backfill, Feed, Files, Followed, InputNo, Journal, JournalPlace, Message, follow_stream, wall,
};
use crate::report::{Incident, Report};

use super::ScanOptions;
use super::live::{Live, Moment, StreamId};
use super::state::{Care, Saving, State};

/// How often it is looked whether an incident is over though nothing that matters came.
const QUIET: Duration = Duration::from_secs(5);
/// How often, where something came that is no failure.
const BUSY: Duration = Duration::from_millis(500);
/// So many times as long as working out took there is nothing worked out after it.
const REST: u32 = 4;
/// How often the status is told.
const STATUS: Duration = Duration::from_secs(1);
/// How often it is looked whether what is being told has arrived.
const ARRIVED: Duration = Duration::from_millis(50);
/// The most bytes that are taken before they are read.
const BITE: usize = 1 << 20;

/// What a watch is told.
#[derive(Debug)]
pub struct WatchOptions {
    /// As for a scan.
    pub scan: ScanOptions,
    /// Files, folders, globs; `-` for standard input.
    pub paths: Vec<PathBuf>,
    /// A journal besides them.
    pub journal: Option<JournalPlace>,
    /// What of the files and the journal is read first.
    pub backfill: Backfill,
    /// Whether files are looked at by the clock alone.
    pub poll: bool,
    /// End when nothing came for so long.
    pub once_idle: Option<Duration>,
    /// Where what is known outlasts the program: it goes on from there, and does not tell again what was told.
    pub state: Option<PathBuf>,
}

/// Who is told.
pub trait Listener {
    /// Something is to be told; `live` where it is of now, and not of what lay there before.
    ///
    /// # Errors
    ///
    /// Where it cannot be told: the watch ends.
    fn alert(&mut self, alert: &Alert, live: bool) -> io::Result<()>;

    /// How it goes, about once a second.
    fn status(&mut self, _status: &Status) {}

    /// Something was skipped, guessed or dropped.
    fn warn(&mut self, _warning: &Warning) {}

    /// Nothing more will be told: what is on its way is to arrive.
    fn finish(&mut self) {}

    /// Whether what was told is still on its way to somebody.
    fn is_busy(&self) -> bool {
        false
    }

    /// The rules are to be read again; `None` where they cannot be used, which is the listener's to tell.
    fn rules(&mut self) -> Option<RuleSet> {
        None
    }
}

/// How a watch goes.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// Bytes read in all.
    pub bytes: u64,
    /// Lines read in all.
    pub lines: u64,
    /// How many services are known.
    pub services: usize,
    /// How many incidents go on.
    pub open: usize,
    /// How many alerts there were.
    pub alerts: u64,
    /// Records that are not counted any more.
    pub dropped: u64,
    /// How far the newest record lies behind the clock, in seconds; `None` before any.
    pub behind_s: Option<f64>,
}

/// How a watch ended.
#[derive(Debug)]
pub struct Ending {
    /// What is known.
    pub report: Report,
    /// How it went.
    pub status: Status,
    /// Whether what was named could be read.
    pub sound: bool,
}

impl Ending {
    /// Incidents that go on.
    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        use crate::incident::Status as How;
        let incidents = self.report.incidents.iter();
        incidents.filter(|i| matches!(i.status, How::Ongoing | How::GaveUp))
    }
}

/// Inputs that go on, and what is known of them.
pub struct Watch {
    live: Live,
    book: Book,
    from: Receiver<Message>,
    options: Settings,
    /// Open inputs.
    inputs: BTreeMap<InputNo, StreamId>,
    /// Inputs that have not read yet what lay there before, and inputs that have not ended.
    behind: usize,
    running: usize,
    began: Instant,
    came: Instant,
    worked_out: Option<Instant>,
    rest_until: Option<Instant>,
    told_status: Instant,
    last: Option<Moment>,
    sound: bool,
    saving: Option<Saving>,
    /// What a run before was telling as it was killed has not been told yet.
    told_before: bool,
    /// Followed until the end.
    _journal: Option<Followed>,
    /// What is to be told of what was saved.
    warnings: Vec<Warning>,
}

/// What is left of the options once the inputs are started.
#[derive(Debug)]
struct Settings {
    policy: crate::loops::LoopPolicy,
    once_idle: Option<Duration>,
    more: Option<&'static str>,
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("live", &self.live).finish()
    }
}

/// How more of what was before can be seen, where a pipe began only now.
const MORE: &str = "journalctl -f --since -6h -o json | crashtrail watch";
/// The same, where the journal is followed.
const MORE_OF_JOURNAL: &str = "crashtrail watch --journal --backfill 6h";

impl Watch {
    /// Starts to read. The feed tells the watch to stop, or to read the rules again.
    ///
    /// # Errors
    ///
    /// As [`Live::new`]; where the folder for the state cannot be used.
    pub fn start(options: WatchOptions) -> Result<(Self, Feed), Error> {
        let (feed, from) = Feed::new();
        let piped = options.paths.iter().any(|path| path.as_os_str() == "-");
        let policy = options.scan.policy;
        let mut live = Live::new(options.scan)?;
        let mut book = Book::default();
        let mut warnings = Vec::new();
        let saving = match &options.state {
            Some(folder) => {
                let state = State::open(folder)?;
                let found = state.find();
                warnings.extend(found.warnings);
                match found.streams.as_deref().map(postcard::from_bytes) {
                    Some(Ok(saved)) => live.restore(saved),
                    Some(Err(err)) => warnings.push(state.set_aside("streams", &err.to_string())),
                    None => {}
                }
                let has_book = found.book.is_some();
                book = found.book.unwrap_or_default();
                book.were_told(found.told);
                let mut saving = Saving::new(state);
                if !has_book {
                    // What was told under these numbers is forgotten.
                    let result = saving.state.note_told(0);
                    warnings.extend(saving.trouble(result));
                }
                Some(saving)
            }
            None => None,
        };
        let mut running = 0;
        if piped {
            follow_stream(io::stdin(), "-", feed.clone());
            running += 1;
        }
        let mut paths = options.paths;
        paths.retain(|path| path.as_os_str() != "-");
        if !paths.is_empty() {
            running += 1;
            let files = Files {
                paths,
                backfill: options.backfill,
                positions: live.positions(),
                poll: options.poll,
            };
            files.follow(feed.clone());
        }
        let journal = options.journal.map(|place| {
            running += 1;
            let journal = Journal {
                before: live.journal(&place.name()),
                backfill: options.backfill,
                place,
            };
            journal.follow(feed.clone())
        });
        let more = match (piped, &journal) {
            (true, _) => Some(MORE),
            (false, Some(_)) if options.backfill == Backfill::None => Some(MORE_OF_JOURNAL),
            (false, _) => None,
        };
        let watch = Self {
            live,
            book,
            from,
            options: Settings {
                policy,
                once_idle: options.once_idle,
                more,
            },
            inputs: BTreeMap::new(),
            behind: running,
            running,
            began: Instant::now(),
            came: Instant::now(),
            worked_out: None,
            rest_until: None,
            told_status: Instant::now(),
            last: None,
            sound: true,
            told_before: saving.is_some(),
            saving,
            _journal: journal,
            warnings,
        };
        Ok((watch, feed))
    }

    /// Watches until all inputs have ended, nothing came for long, or the feed says to stop.
    ///
    /// # Errors
    ///
    /// Where an alert cannot be told.
    pub fn run(mut self, listener: &mut dyn Listener) -> Result<Ending, Error> {
        for warning in std::mem::take(&mut self.warnings) {
            listener.warn(&warning);
        }
        loop {
            let stop = self.hear(listener);
            let now = Instant::now();
            // What lies there comes as fast as it is read: a wait tells nothing of where a record ends.
            let is_behind = self.behind > 0;
            self.live.advance(if is_behind { self.began } else { now });
            if stop {
                break;
            }
            if self.is_due(now) {
                self.work_out(listener, false)?;
            }
            self.save_where_due(listener);
            if self.told_status.elapsed() >= STATUS {
                self.told_status = Instant::now();
                listener.status(&self.status());
            }
            let idle = (self.options.once_idle)
                .is_some_and(|idle| self.behind == 0 && self.came.elapsed() >= idle);
            if self.running == 0 || idle {
                break;
            }
        }
        // What came last need not wait for further lines any more.
        self.live.advance(Instant::now() + crate::framing::QUIET);
        self.work_out(listener, true)?;
        listener.finish();
        self.save(listener, Care::Machine);
        let status = self.status();
        let report = match self.last {
            Some(moment) => moment.report,
            None => self.live.moment(wall()).report,
        };
        Ok(Ending {
            report,
            status,
            sound: self.sound,
        })
    }

    /// Waits for what inputs tell, and takes it; whether it is the end.
    fn hear(&mut self, listener: &mut dyn Listener) -> bool {
        let mut bytes = 0;
        let mut message = match self.from.recv_timeout(self.patience()) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => return true,
        };
        loop {
            match message {
                Message::Begins(no, name) => {
                    let id = self.live.open(*name);
                    self.inputs.insert(no, id);
                }
                Message::Bytes(no, mut piece) => {
                    bytes += piece.len();
                    self.came = Instant::now();
                    if let Some(id) = self.inputs.get(&no) {
                        let fresh = self.behind == 0;
                        (self.live).push(*id, &mut piece, self.came, wall(), fresh);
                    }
                }
                Message::Known(no, print) => {
                    if let Some(id) = self.inputs.get(&no) {
                        self.live.know(*id, *print);
                    }
                }
                Message::Ends(no) => {
                    if let Some(id) = self.inputs.remove(&no) {
                        self.live.end(id);
                    }
                }
                Message::CaughtUp => {
                    self.behind = self.behind.saturating_sub(1);
                    if self.behind == 0 {
                        self.live.give_up_waiting();
                        // What lay there need not wait for further lines.
                        (self.live).advance(Instant::now() + crate::framing::QUIET);
                    }
                }
                Message::Over => self.running = self.running.saturating_sub(1),
                Message::Skipped(warning) => {
                    self.sound &= !warning.fails;
                    listener.warn(&warning);
                }
                Message::Stop => return true,
                Message::Reload => {
                    if let Some(rules) = listener.rules() {
                        self.live.use_rules(rules);
                    }
                }
            }
            if bytes >= BITE || self.running == 0 {
                return false;
            }
            match self.from.try_recv() {
                Ok(next) => message = next,
                Err(_) => return false,
            }
        }
    }

    /// How long there is nothing to do unless something comes.
    fn patience(&self) -> Duration {
        let now = Instant::now();
        let after = |at: Instant| at.saturating_duration_since(now);
        let until_due = self.live.due().map(after);
        let until_worked_out = self.due_at(now).map(after);
        let until_idle = (self.options.once_idle)
            .filter(|_| self.behind == 0)
            .map(|idle| after(self.came + idle));
        let until_status = Some(after(self.told_status + STATUS));
        let until_saved = self.saving_is_due().map(after);
        let until_told = (self.saving.as_ref())
            .filter(|saving| saving.telling && !self.told_before)
            .map(|_| ARRIVED);
        [
            until_due,
            until_worked_out,
            until_idle,
            until_status,
            until_saved,
            until_told,
        ]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(STATUS)
    }

    fn is_due(&self, now: Instant) -> bool {
        self.due_at(now).is_some_and(|at| at <= now)
    }

    /// When what is known is to be worked out anew; `None` where there is no reason to.
    fn due_at(&self, now: Instant) -> Option<Instant> {
        if self.behind > 0 {
            return None;
        }
        let last = self.worked_out.unwrap_or(now);
        let waiting = self.book.is_waiting();
        let reason = if self.live.has_failures() || self.worked_out.is_none() {
            Some(now)
        } else if waiting && self.live.has_events() {
            Some(last + BUSY)
        } else if waiting {
            Some(last + QUIET)
        } else {
            None
        };
        let rest = self.rest_until.unwrap_or(now);
        reason.map(|at| at.max(rest))
    }

    /// Works out what is known, and tells what of it is news.
    fn work_out(&mut self, listener: &mut dyn Listener, at_end: bool) -> Result<(), Error> {
        let began = Instant::now();
        let moment = self.live.moment(wall());
        let mut alerts = Vec::new();
        if let Some(now) = moment.now {
            let terms = Terms {
                now,
                policy: &self.options.policy,
                more: self.options.more,
                at_end,
            };
            if std::mem::take(&mut self.told_before) {
                alerts = self.book.again(&moment.report, terms);
            }
            let news = self.book.take(&moment.report, terms);
            if !news.is_empty() {
                // Whoever is killed now tells them again.
                self.note_news(listener);
            }
            alerts.extend(news);
        }
        for alert in &alerts {
            listener.alert(alert, moment.live)?;
        }
        self.note_told(listener);
        self.last = Some(moment);
        let ended = Instant::now();
        self.worked_out = Some(ended);
        self.rest_until = Some(ended + (ended - began) * REST);
        Ok(())
    }

    /// Saves what is being told, before it is.
    fn note_news(&mut self, listener: &mut dyn Listener) {
        let Some(saving) = &mut self.saving else {
            return;
        };
        saving.telling = true;
        let trouble = match saving.is_quick() {
            true => saving.save(&self.live, &self.book, Care::Program),
            false => {
                let result = saving.state.save_book(&self.book, Care::Program);
                saving.trouble(result)
            }
        };
        trouble.iter().for_each(|warning| listener.warn(warning));
    }

    /// Notes that all was told, once it has reached everybody.
    fn note_told(&mut self, listener: &mut dyn Listener) {
        let number = self.book.count();
        let Some(saving) = &mut self.saving else {
            return self.book.were_told(number);
        };
        if !saving.telling || self.told_before || listener.is_busy() {
            return;
        }
        saving.telling = false;
        self.book.were_told(number);
        let result = saving.state.note_told(number);
        let trouble = saving.trouble(result);
        trouble.iter().for_each(|warning| listener.warn(warning));
    }

    fn saving_is_due(&self) -> Option<Instant> {
        let saving = self.saving.as_ref().filter(|_| self.behind == 0)?;
        saving.due(self.live.bytes())
    }

    fn save_where_due(&mut self, listener: &mut dyn Listener) {
        self.note_told(listener);
        if self.saving_is_due().is_some_and(|at| at <= Instant::now()) {
            self.save(listener, Care::Machine);
        }
    }

    fn save(&mut self, listener: &mut dyn Listener, care: Care) {
        self.note_told(listener);
        if let Some(saving) = &mut self.saving {
            // Of a pipe what has come is saved, though it may not be whole.
            self.live.advance(Instant::now() + crate::framing::QUIET);
            let trouble = saving.save(&self.live, &self.book, care);
            trouble.iter().for_each(|warning| listener.warn(warning));
        }
    }

    fn status(&self) -> Status {
        let now = self.last.as_ref().and_then(|moment| moment.now);
        Status {
            bytes: self.live.bytes(),
            lines: self.live.lines(),
            services: self.live.services(),
            open: self.book.open(),
            alerts: self.book.count(),
            dropped: self.live.dropped(),
            behind_s: now.map(|now| wall().since(now).seconds()),
        }
    }
}
