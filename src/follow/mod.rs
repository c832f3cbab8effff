//! Inputs that go on: their bytes, as they come.
//!
//! Owns: reading a pipe, files that are rotated while they are written to, and the system's journal. In:
//! what a person named. Out: [`Message`]s, through a [`Feed`] that makes who reads wait where nobody
//! keeps up. Each input has a thread of its own; lines and records are the concern of later stages.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Warning;
use crate::record::Format;
use crate::source::{Meta, STDIN};
use crate::time::Timestamp;

mod files;
mod journal;

pub use files::{Backfill, Files, Position};
pub(crate) use journal::last_cursor;
pub use journal::{Followed, Journal, JournalPlace, JournalStart};

/// Messages that wait for their reader: a MiB of bytes.
const WAITING: usize = 16;
/// Bytes that are read at once: as many as a pipe holds (pipe(7)).
pub(crate) const PIECE: usize = 64 * 1024;

/// Which input: its number, in the order in which they were opened.
pub type InputNo = u64;

/// What an input is called, and what is known of it besides its bytes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StreamName {
    /// As given, or as found below a given folder; `-` for standard input.
    pub path: String,
    /// The path without what rotation adds to it.
    pub series: String,
    /// Its bare name: the program of records that name none.
    pub stem: Option<String>,
    /// What is known besides the bytes.
    pub meta: Meta,
    /// Bytes of it that were read before, up to the end of a line.
    pub offset: u64,
    /// Lines of it that were read before.
    pub lines: u64,
    /// Its format, where it is known.
    pub format: Option<Format>,
    /// By what it is found again, where it can be read again at all.
    pub print: Option<Print>,
}

/// By what an input is found again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Print {
    /// What tells a file from others.
    File(Position),
    /// Where in a journal to go on: after the last record that was read for good.
    Journal(JournalStart),
}

impl StreamName {
    /// Where a journal is to be read on.
    fn start(&self) -> Option<&JournalStart> {
        match &self.print {
            Some(Print::Journal(start)) => Some(start),
            _ => None,
        }
    }
}

/// What inputs tell.
#[derive(Debug)]
pub enum Message {
    /// An input begins.
    Begins(InputNo, Box<StreamName>),
    /// Bytes of an input.
    Bytes(InputNo, Vec<u8>),
    /// More is known of what tells a followed file from others.
    Known(InputNo, Box<Position>),
    /// Nothing more will come of an input.
    Ends(InputNo),
    /// One of those that were started has read all that was there when it began.
    CaughtUp,
    /// One of those that were started has come to its end.
    Over,
    /// Something was skipped.
    Skipped(Warning),
    /// End, with the summary of what is open.
    Stop,
    /// Read the rules again.
    Reload,
}

/// Where inputs put what they read.
#[derive(Debug, Clone)]
pub struct Feed {
    to: SyncSender<Message>,
    next: Arc<AtomicU64>,
}

/// Nobody reads any more.
#[derive(Debug, Clone, Copy)]
pub struct Gone;

impl Feed {
    /// A feed, and its other end.
    #[must_use]
    pub fn new() -> (Self, Receiver<Message>) {
        let (to, from) = sync_channel(WAITING);
        let next = Arc::default();
        (Self { to, next }, from)
    }

    /// Tells something; waits where nobody keeps up.
    ///
    /// # Errors
    ///
    /// Where nobody reads any more.
    pub fn tell(&self, message: Message) -> Result<(), Gone> {
        self.to.send(message).map_err(|_| Gone)
    }

    fn begin(&self, name: StreamName) -> Result<InputNo, Gone> {
        let no = self.next.fetch_add(1, Ordering::Relaxed);
        self.tell(Message::Begins(no, Box::new(name)))?;
        Ok(no)
    }

    /// Reads to the end, which may never come.
    fn read_all(&self, no: InputNo, reader: &mut dyn Read) -> Result<io::Result<()>, Gone> {
        loop {
            let mut bytes = vec![0; PIECE];
            match reader.read(&mut bytes) {
                Ok(0) => return Ok(Ok(())),
                Ok(read) => {
                    bytes.truncate(read);
                    self.tell(Message::Bytes(no, bytes))?;
                }
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Ok(Err(err)),
            }
        }
    }
}

/// Follows a stream that is called `path` to its end.
pub fn follow_stream(mut reader: impl Read + Send + 'static, path: &str, feed: Feed) {
    let path = path.to_owned();
    std::thread::spawn(move || {
        let name = StreamName {
            series: path.clone(),
            stem: Some(STDIN.to_owned()),
            path: path.clone(),
            meta: Meta {
                modified: Some(wall()),
                ..Meta::default()
            },
            ..StreamName::default()
        };
        // Where nobody reads any more there is nobody to tell.
        let _ = feed.begin(name).and_then(|no| {
            feed.tell(Message::CaughtUp)?;
            if let Err(err) = feed.read_all(no, &mut reader)? {
                let text = format!("{err}; what came before was used");
                feed.tell(Message::Skipped(Warning::failing(Some(&path), text)))?;
            }
            feed.tell(Message::Ends(no))?;
            feed.tell(Message::Over)
        });
    });
}

/// The time of day.
#[must_use]
pub fn wall() -> Timestamp {
    let now = jiff::Timestamp::now().as_nanosecond();
    // The year 2262 is as far as it goes.
    Timestamp::from_nanos(i64::try_from(now).unwrap_or(i64::MAX))
}

/// How long the follower of files waits for news before it looks by itself.
pub(crate) const POLL: Duration = Duration::from_secs(1);
