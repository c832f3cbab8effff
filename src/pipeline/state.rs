//! What of a watch outlasts the program: a folder.
//!
//! Owns: its files. `streams` holds what was read, and how far; `book` what was told of which incidents and what
//! is being told; `told` the number of the last alert that was told; `lock` keeps a second watch out. In: what is
//! to be saved. Out: what was. Each file is written beside its place and renamed, so that it is whole whenever
//! the program ends; a file that cannot be used is set aside, and told.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::alert::Book;
use crate::error::{Error, Warning};

use super::live::{Live, Saved};

/// The first line of `streams`: another number for each form that it has had.
const HEAD: &[u8] = b"crashtrail streams 2\n";
/// The beginning of `book`, before its checksum, in hexadecimal digits.
const BOOK: &str = "crashtrail book 1 ";
/// Bytes of the checksum after it: CRC-32, as gzip has it.
const SUM: usize = 4;

/// The folder of a watch's state.
#[derive(Debug)]
pub(super) struct State {
    folder: PathBuf,
    /// Locked for as long as it is open.
    _lock: File,
}

/// What was saved.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// What [`Saved`] was written as.
    pub(super) streams: Option<Vec<u8>>,
    pub(super) book: Option<Book>,
    /// The number of the last alert that was told.
    pub(super) told: u64,
    pub(super) warnings: Vec<Warning>,
}

/// When what is known is saved.
#[derive(Debug)]
pub(super) struct Saving {
    pub(super) state: State,
    /// When it was saved last, how long that took, and how many bytes had been read.
    saved: Instant,
    took: Duration,
    bytes: u64,
    /// What is told may not have reached everybody yet.
    pub(super) telling: bool,
    /// The last saving failed, which was told.
    failed: bool,
}

/// What is read is saved this often, as far as anything is.
const OFTEN: Duration = Duration::from_secs(5);
/// So many times as long as saving took it is not saved again.
const REST: u32 = 20;
/// Where saving all that was read takes longer, an alert does not wait for it.
const SHORT: Duration = Duration::from_millis(100);

impl Saving {
    /// For a state just found, of which something may still have to be told.
    pub(super) fn new(state: State) -> Self {
        Self {
            state,
            saved: Instant::now(),
            took: Duration::ZERO,
            bytes: 0,
            telling: true,
            failed: false,
        }
    }

    /// When it is time to save, where so many bytes have been read.
    pub(super) fn due(&self, bytes: u64) -> Option<Instant> {
        let rest = OFTEN.max(self.took * REST);
        (bytes != self.bytes).then(|| self.saved + rest)
    }

    /// Whether an alert can wait for all to be saved.
    pub(super) fn is_quick(&self) -> bool {
        self.took < SHORT
    }

    /// Saves all.
    pub(super) fn save(&mut self, live: &Live, book: &Book, care: Care) -> Option<Warning> {
        let began = Instant::now();
        let streams = self.state.save_streams(&live.save(), care);
        let result = streams.and_then(|()| self.state.save_book(book, care));
        self.saved = Instant::now();
        self.took = self.saved - began;
        self.bytes = live.bytes();
        self.trouble(result)
    }

    /// What is to be told of a failure: each once, until it goes well again.
    pub(super) fn trouble(&mut self, result: io::Result<()>) -> Option<Warning> {
        let was_told = std::mem::replace(&mut self.failed, result.is_err());
        let err = result.err().filter(|_| !was_told)?;
        let folder = self.state.folder.to_string_lossy();
        let text =
            format!("cannot be saved: {err}; after an end what was read since is read again");
        Some(Warning::new(Some(&folder), text))
    }
}

/// Whether what is written has to be on the disk before anything else happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// The machine may fail: it is on the disk.
    Machine,
    /// The program may be killed: the system has it.
    Program,
}

impl State {
    /// Opens the folder, which is made where it is not there.
    ///
    /// # Errors
    ///
    /// Where it cannot be made or written to, or another watch uses it.
    pub(super) fn open(folder: &Path) -> Result<Self, Error> {
        let fail = |reason: String| Error::State {
            folder: folder.to_owned(),
            reason,
        };
        let make = || -> io::Result<File> {
            fs::create_dir_all(folder)?;
            File::create(folder.join("lock"))
        };
        let lock = make().map_err(|err| fail(format!("cannot be written to: {err}")))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                folder: folder.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => {
                let reason = "is in use by another watch; give each its own folder";
                Err(fail(reason.to_owned()))
            }
            Err(TryLockError::Error(err)) => Err(fail(format!("cannot be locked: {err}"))),
        }
    }

    /// What is there.
    pub(super) fn find(&self) -> Found {
        let mut found = Found::default();
        match self.read("streams") {
            Ok(Some(bytes)) => match checked(&bytes) {
                Ok(streams) => found.streams = Some(streams.to_vec()),
                Err(why) => found.warnings.push(self.set_aside("streams", why)),
            },
            Ok(None) => {}
            Err(err) => found
                .warnings
                .push(self.set_aside("streams", &err.to_string())),
        }
        match self
            .read("book")
            .map(|bytes| bytes.map(|bytes| book_of(&bytes)))
        {
            Ok(Some(Ok(book))) => found.book = Some(book),
            Ok(None) => {}
            Ok(Some(Err(err))) => found
                .warnings
                .push(self.set_aside("book", &err.to_string())),
            Err(err) => found
                .warnings
                .push(self.set_aside("book", &err.to_string())),
        }
        let told = self.read("told").ok().flatten().and_then(|bytes| {
            let text = String::from_utf8(bytes).ok()?;
            text.trim().parse().ok()
        });
        found.told = told.unwrap_or(0);
        found
    }

    /// Puts a file where it does not stand in the way, and says so.
    pub(super) fn set_aside(&self, name: &str, why: &str) -> Warning {
        let aside = format!("{name}.unusable");
        let moved = fs::rename(self.folder.join(name), self.folder.join(&aside));
        let text = match moved {
            Ok(()) => format!("{name}: {why}; set aside as {aside}, and begun anew"),
            Err(err) => format!("{name}: {why}; begun anew, and cannot be set aside: {err}"),
        };
        Warning::new(Some(&self.folder.to_string_lossy()), text)
    }

    /// Saves what was read.
    pub(super) fn save_streams(&self, saved: &Saved<'_>, care: Care) -> io::Result<()> {
        let bytes = postcard::to_extend(saved, vec![0; HEAD.len() + SUM]);
        let mut bytes = bytes.map_err(io::Error::other)?;
        let sum = crc32fast::hash(&bytes[HEAD.len() + SUM..]);
        bytes[..HEAD.len()].copy_from_slice(HEAD);
        bytes[HEAD.len()..HEAD.len() + SUM].copy_from_slice(&sum.to_le_bytes());
        self.write("streams", &bytes, care)
    }

    /// Saves what was told, and what is being told.
    pub(super) fn save_book(&self, book: &Book, care: Care) -> io::Result<()> {
        let book = serde_json::to_vec(book)?;
        let head = format!("{BOOK}{:08x}\n", crc32fast::hash(&book));
        self.write("book", &[head.as_bytes(), &book].concat(), care)
    }

    /// Notes that all alerts up to this one were told.
    pub(super) fn note_told(&self, number: u64) -> io::Result<()> {
        self.write("told", format!("{number}\n").as_bytes(), Care::Program)
    }

    fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.folder.join(name)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(err) => Err(err),
        }
    }

    fn write(&self, name: &str, bytes: &[u8], care: Care) -> io::Result<()> {
        let beside = self.folder.join(format!("{name}.new"));
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        if care == Care::Machine {
            file.sync_data()?;
        }
        fs::rename(&beside, self.folder.join(name))
    }
}

/// The book, where it stands as it was written.
fn book_of(bytes: &[u8]) -> Result<Book, String> {
    let rest = (bytes.strip_prefix(BOOK.as_bytes())).ok_or("was written by another version")?;
    let (sum, book) = rest.split_at_checked(9).ok_or("is cut off")?;
    if sum != format!("{:08x}\n", crc32fast::hash(book)).as_bytes() {
        return Err("is damaged".to_owned());
    }
    serde_json::from_slice(book).map_err(|err| err.to_string())
}

/// What stands after head and checksum.
fn checked(bytes: &[u8]) -> Result<&[u8], &'static str> {
    let rest = bytes
        .strip_prefix(HEAD)
        .ok_or("was written by another version")?;
    let (sum, rest) = rest.split_first_chunk::<SUM>().ok_or("is cut off")?;
    match crc32fast::hash(rest) == u32::from_le_bytes(*sum) {
        true => Ok(rest),
        false => Err("is damaged"),
    }
}
