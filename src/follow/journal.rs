//! The system's journal, followed by way of journalctl.
//!
//! In: which journal, and where to begin. Out: its records, as whole lines of JSON with the fields that
//! records are made of, and no record twice or left out, whatever happens to journalctl. What lies before is read by
//! a journalctl that ends, for one that follows does not say where news begin.
//!
//! journald writes its files in place, rotates and vacuums them, and one stream may lie in several files of
//! several users: to follow all that is journalctl's own trade.

use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::error::Warning;
use crate::record::{Format, cursor_of};
use crate::source::journal::FIELDS;
use crate::time::Timestamp;

use super::{Backfill, Feed, Gone, InputNo, Message, PIECE, Print, StreamName, wall};

/// A journalctl that ended by itself is started again after the first of these times, then after twice as long,
/// and so on up to the second.
const PAUSE: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// Of a record of more bytes than this the beginning is passed on before its end has come; what is longer than a
/// line may be is cut all the same.
const RECORD: usize = 16 << 20;
/// The most that is kept of what journalctl says about itself, in bytes.
const SAYS: u64 = 2000;

/// Which journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalPlace {
    /// That of this machine, with what it has of others.
    System,
    /// The files in a folder.
    Folder(PathBuf),
}

impl JournalPlace {
    /// What its stream is called.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::System => "journal".to_owned(),
            Self::Folder(folder) => folder.to_string_lossy().into_owned(),
        }
    }
}

/// A journal that is to be followed.
#[derive(Debug)]
pub struct Journal {
    /// Which.
    pub place: JournalPlace,
    /// What is read first, where no run before has read it.
    pub backfill: Backfill,
    /// How far a run before has read it.
    pub before: Option<StreamName>,
}

/// A journal that is being followed: until this is dropped.
#[derive(Debug)]
pub struct Followed(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    child: Option<Child>,
    over: bool,
}

impl Drop for Followed {
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        state.over = true;
        if let Some(child) = &mut state.child {
            // One that has ended cannot be killed.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A thread that panicked left the state whole: it is only ever set in one step.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Journal {
    /// Follows it in a thread of its own.
    #[must_use]
    pub fn follow(self, feed: Feed) -> Followed {
        let state = Arc::new(Mutex::new(State::default()));
        let mut follower = Follower {
            name: self.place.name(),
            place: self.place,
            feed,
            state: Arc::clone(&state),
        };
        std::thread::spawn(move || {
            // Where nobody reads any more there is nobody to tell.
            let _ = follower.run(self.backfill, self.before);
        });
        Followed(state)
    }
}

/// Where in a journal to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum JournalStart {
    /// With the oldest record.
    Oldest,
    /// With the first record of this time or a later one.
    Since(Timestamp),
    /// After the record with this cursor, or where that is vacuumed the next one that is left.
    After(String),
}

struct Follower {
    place: JournalPlace,
    name: String,
    feed: Feed,
    state: Arc<Mutex<State>>,
}

/// How a journalctl ended, and what it said.
struct End {
    status: ExitStatus,
    says: String,
}

impl End {
    fn text(&self) -> String {
        match self.says.as_str() {
            "" => format!("journalctl: {}", self.status),
            says => format!("journalctl: {says} ({})", self.status),
        }
    }
}

impl Follower {
    fn run(&mut self, backfill: Backfill, before: Option<StreamName>) -> Result<(), Gone> {
        match self.follow(backfill, before)? {
            Ok(()) => {}
            Err(text) => {
                let warning = Warning::failing(Some(&self.name), text);
                self.feed.tell(Message::Skipped(warning))?;
            }
        }
        self.feed.tell(Message::Over)
    }

    /// Follows until it is over, or there is no way to.
    fn follow(
        &mut self,
        backfill: Backfill,
        before: Option<StreamName>,
    ) -> Result<Result<(), String>, Gone> {
        let start = before.as_ref().and_then(StreamName::start);
        let (mut from, news_only) = match (start, backfill) {
            (Some(start), _) => (start.clone(), false),
            (None, Backfill::All) => (JournalStart::Oldest, false),
            (None, Backfill::Last(span)) => (JournalStart::Since(wall().minus(span)), false),
            (None, Backfill::None) => match self.newest() {
                Ok(newest) => (
                    newest.map_or(JournalStart::Oldest, JournalStart::After),
                    true,
                ),
                Err(text) => return Ok(Err(text)),
            },
        };
        let no = self.feed.begin(StreamName {
            path: self.name.clone(),
            series: self.name.clone(),
            format: Some(Format::JournalJson),
            print: Some(Print::Journal(from.clone())),
            offset: before.as_ref().map_or(0, |before| before.offset),
            lines: before.as_ref().map_or(0, |before| before.lines),
            ..StreamName::default()
        })?;
        if !news_only {
            match self.read(no, &mut from, false)? {
                Ok(end) if end.status.success() => self.hint(&end.says)?,
                Ok(end) => return Ok(Err(end.text())),
                Err(text) => return Ok(Err(text)),
            }
        }
        self.feed.tell(Message::CaughtUp)?;
        let mut pause = PAUSE.0;
        loop {
            let began = Instant::now();
            let end = self.read(no, &mut from, true)?;
            if lock(&self.state).over {
                return Ok(Ok(()));
            }
            if began.elapsed() > PAUSE.1 {
                pause = PAUSE.0;
            }
            let text = match end {
                Ok(end) => end.text(),
                Err(text) => text,
            };
            let text = format!("{text}; it is started again after {} s", pause.as_secs());
            let warning = Warning::new(Some(&self.name), text);
            self.feed.tell(Message::Skipped(warning))?;
            std::thread::sleep(pause);
            pause = PAUSE.1.min(2 * pause);
        }
    }

    /// What journalctl has to say where it did what it was asked for: that not all can be seen, mostly.
    fn hint(&self, says: &str) -> Result<(), Gone> {
        match says {
            "" => Ok(()),
            says => {
                let text = format!("journalctl: {says}");
                let warning = Warning::new(Some(&self.name), text);
                self.feed.tell(Message::Skipped(warning))
            }
        }
    }

    /// The cursor of the newest record; `None` where there is none.
    fn newest(&self) -> Result<Option<String>, String> {
        let mut command = self.journalctl();
        command.arg("--lines=1");
        let (stdout, says) = self.start(command)?;
        let mut line = Vec::new();
        // A record, or what is no journalctl; what cannot be read shows by its end.
        let _ = stdout.take(RECORD as u64).read_to_end(&mut line);
        let end = self.end(says, line.len() >= RECORD)?;
        if !end.status.success() {
            return Err(end.text());
        }
        // Where nobody reads any more that is seen soon enough.
        let _ = self.hint(&end.says);
        let mut lines = line.rsplit(|byte| *byte == b'\n');
        Ok(lines.find_map(cursor_of))
    }

    fn journalctl(&self) -> Command {
        let mut command = Command::new("journalctl");
        // A group of its own, so that it does not end by what a terminal sends before all is read.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdin(Stdio::null()).args([
            "--output=json",
            "--all",
            "--no-pager",
            // Of other boots and machines too: one that follows shows this boot's alone otherwise.
            "--merge",
        ]);
        command.arg(format!("--output-fields={}", FIELDS.join(",")));
        if let JournalPlace::Folder(folder) = &self.place {
            command.arg("--directory").arg(folder);
        }
        command
    }

    /// Runs a journalctl to its end, and passes on what it tells. `from` is where the next one is to begin.
    fn read(
        &self,
        no: InputNo,
        from: &mut JournalStart,
        follow: bool,
    ) -> Result<Result<End, String>, Gone> {
        let mut command = self.journalctl();
        match &*from {
            JournalStart::Oldest => command.arg("--no-tail"),
            JournalStart::Since(at) => {
                command.arg(format!("--since=@{}", at.nanos().div_euclid(1_000_000_000)))
            }
            JournalStart::After(cursor) => command
                .arg("--no-tail")
                .arg(format!("--after-cursor={cursor}")),
        };
        if follow {
            command.args(["--follow", "--quiet"]);
        }
        let (mut stdout, says) = match self.start(command) {
            Ok(started) => started,
            Err(text) => return Ok(Err(text)),
        };
        let passed_on = self.pass_on(no, &mut stdout, from);
        let end = self.end(says, passed_on.is_err());
        passed_on?;
        Ok(end)
    }

    /// Starts a journalctl, which ends with the watch.
    fn start(&self, mut command: Command) -> Result<(ChildStdout, JoinHandle<String>), String> {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(cannot_start)?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut state = lock(&self.state);
        if state.over {
            let _ = child.kill();
        }
        state.child = Some(child);
        match (stdout, stderr) {
            (Some(stdout), Some(stderr)) => Ok((stdout, listen(stderr))),
            _ => Err("journalctl has no output".to_owned()),
        }
    }

    /// Waits for the end of the one that was started, which is killed where nobody wants more of it.
    fn end(&self, says: JoinHandle<String>, kill: bool) -> Result<End, String> {
        let Some(mut child) = lock(&self.state).child.take() else {
            return Err("journalctl was lost".to_owned());
        };
        if kill {
            let _ = child.kill();
        }
        let status = child.wait().map_err(|err| format!("journalctl: {err}"))?;
        let says = says.join().unwrap_or_default();
        Ok(End { status, says })
    }

    /// Passes on whole lines, to the end or what cannot be read.
    fn pass_on(
        &self,
        no: InputNo,
        reader: &mut dyn Read,
        from: &mut JournalStart,
    ) -> Result<(), Gone> {
        let mut open = Vec::new();
        let mut piece = vec![0; PIECE];
        loop {
            let read = match reader.read(&mut piece) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(err) if err.kind() == io::ErrorKind::Interrupted => continue,
                // As an end: the next one goes on where this one was.
                Err(_) => return Ok(()),
            };
            let read = &piece[..read];
            let Some(end) = memchr::memrchr(b'\n', read) else {
                open.extend_from_slice(read);
                if open.len() > RECORD {
                    self.feed
                        .tell(Message::Bytes(no, std::mem::take(&mut open)))?;
                }
                continue;
            };
            let mut lines = std::mem::replace(&mut open, read[end + 1..].to_vec());
            lines.extend_from_slice(&read[..=end]);
            if let Some(cursor) = last_cursor(&lines) {
                *from = JournalStart::After(cursor);
            }
            self.feed.tell(Message::Bytes(no, lines))?;
        }
    }
}

/// The cursor of the last of some whole lines.
pub(crate) fn last_cursor(lines: &[u8]) -> Option<String> {
    let lines = lines.strip_suffix(b"\n")?;
    let start = memchr::memrchr(b'\n', lines).map_or(0, |n| n + 1);
    cursor_of(&lines[start..])
}

fn cannot_start(err: io::Error) -> String {
    match err.kind() {
        io::ErrorKind::NotFound => {
            "journalctl is not installed: where the journal's files are, try `crashtrail scan /var/log/journal`".to_owned()
        }
        _ => format!("journalctl cannot be started: {err}"),
    }
}

/// What is said there, to the end.
fn listen(mut stderr: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut says = Vec::new();
        // What cannot be read was not said; the rest is taken, so that nobody waits.
        let _ = (&mut stderr).take(SAYS).read_to_end(&mut says);
        let _ = io::copy(&mut stderr, &mut io::sink());
        flat(&says)
    })
}

/// Some lines as one.
fn flat(lines: &[u8]) -> String {
    let text = String::from_utf8_lossy(lines);
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}
