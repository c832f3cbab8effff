//! Paths become streams of decompressed bytes.
//!
//! Owns: finding the inputs (files, folders, globs, tar archives, standard input), their order, what is
//! read once though found twice, and decompression. In: paths as the user gave them. Out: [`Sources`],
//! sorted with the oldest rotated copy first, each opened by [`Source::open`]; and a [`Warning`] for all
//! that is skipped. Formats are told by their bytes, never by a name. Lines and records are the concern
//! of later stages, but for systemd's binary journals, which have no lines: [`journal`] makes them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Warning;
use crate::time::Timestamp;

mod archive;
mod decode;
pub(crate) mod journal;
mod name;
mod open;
mod walk;

pub use open::Meta;
pub use walk::discover;

/// Who writes to standard input, as far as is known.
pub(crate) const STDIN: &str = "stdin";

/// One input, before it is opened.
#[derive(Debug, Clone)]
pub struct Source {
    /// As given, or as found below a given folder, with `/`; `-` for standard input; `archive.tar!member`
    /// inside an archive.
    pub path: String,
    /// Whether the user gave it, itself or by a glob; not so what was found in a folder or an archive.
    pub named: bool,
    /// Length of the part of `path` before the file name.
    folder: usize,
    place: Place,
    /// The file's own id, where it is a binary journal.
    journal: Option<[u8; 16]>,
    host: Option<Box<str>>,
}

/// How to open a source.
#[derive(Debug, Clone)]
enum Place {
    Stdin,
    /// A pipe or a device: it can be read once, so it is not looked at before.
    Stream(PathBuf),
    File(PathBuf),
    Member {
        archive: PathBuf,
        /// Of the member's data, in the decompressed archive.
        offset: u64,
        size: u64,
        modified: Option<Timestamp>,
    },
}

impl Source {
    fn new(path: String, named: bool, place: Place) -> Self {
        let folder = path.rfind('/').map_or(0, |at| at + 1);
        Self {
            path,
            named,
            folder,
            place,
            journal: None,
            host: None,
        }
    }

    /// The file at a path, which need not be there.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        let shown = path.to_string_lossy().into_owned();
        Self::new(shown, true, Place::File(path.to_owned()))
    }

    /// The path of the file that is read; `None` of a stream, and of an archive's member.
    #[must_use]
    pub fn plain_file(&self) -> Option<&Path> {
        match &self.place {
            Place::File(path) => Some(path),
            _ => None,
        }
    }

    /// Whether the name is that of a rotated copy: it bears a number, compression, or a date behind all
    /// else (`syslog-20251118`; `localhost.2025-11-18.log` is a log of that day).
    #[must_use]
    pub fn is_rotated(&self) -> bool {
        let (_, file) = self.split();
        let name = name::Name::of(file);
        let is_log = name.endings.first().is_some_and(|end| file.ends_with(end));
        name.number.is_some() || name.old || name::is_packed(file) || name.date.is_some() && !is_log
    }

    /// The member `name` of an archive.
    fn member(archive: &Self, name: &str, place: Place) -> Self {
        let path = format!("{}!{name}", archive.path);
        let folder = path.len() - name.rsplit('/').next().map_or(0, str::len);
        Self {
            path,
            named: false,
            folder,
            place,
            journal: None,
            host: None,
        }
    }

    /// The path's folder, with what ends it, and its file name.
    fn split(&self) -> (&str, &str) {
        self.path.split_at(self.folder)
    }

    /// The file name without rotation numbers, dates, compression and log endings: who wrote the file,
    /// as far as its name tells.
    ///
    /// `syslog.2.gz` gives `syslog`, `botd.err.log` and `botd-error.log` give `botd`, `error.log` gives
    /// `error`, `sv/botd/current` gives `botd`. Standard input is `stdin`.
    #[must_use]
    pub fn stem(&self) -> &str {
        let (folder, file) = self.split();
        match file {
            "-" => STDIN,
            _ => name::writer(folder, file),
        }
    }

    /// The host whose logs lie in the file's folder: its name, where other folders beside it hold files
    /// of the same name, as collected logs do (`web01/app.log`, `web02/app.log`).
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// The path without rotation numbers, dates and compression: equal for the rotated copies of one log,
    /// which stand one after the other in the list of inputs, the oldest first.
    #[must_use]
    pub fn series(&self) -> String {
        let (folder, file) = self.split();
        let name = name::Name::of(file);
        let endings = name.endings.iter().rev();
        endings.fold(format!("{folder}{}", name.stem), |base, ending| {
            base + ending
        })
    }
}

/// All inputs below the given paths.
#[derive(Debug, Default)]
pub struct Sources {
    /// The inputs by folder, then base name, then age, the oldest first; `-` stands where it was given.
    pub list: Vec<Source>,
    /// What was skipped, and why.
    pub warnings: Vec<Warning>,
}

/// What a reader left unread without failing; known once the reader has come to its end.
#[derive(Debug, Clone, Default)]
pub struct Note(Arc<Mutex<Vec<Noted>>>);

/// Something that was left unread, or guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Noted {
    /// What, and where.
    pub text: String,
    /// Whether the input is damaged or breaks off.
    pub fails: bool,
}

impl Note {
    /// All that was noted.
    #[must_use]
    pub fn all(&self) -> Vec<Noted> {
        self.list().clone()
    }

    /// Takes down what does not mean that the input is damaged, unless it stands there.
    fn add(&self, text: String) {
        self.push(Noted { text, fails: false });
    }

    /// Takes damage down.
    fn fail(&self, text: String) {
        self.push(Noted { text, fails: true });
    }

    fn push(&self, noted: Noted) {
        let mut list = self.list();
        if !list.contains(&noted) {
            list.push(noted);
        }
    }

    /// The first thing that was noted.
    #[cfg(test)]
    fn text(&self) -> Option<String> {
        self.list().first().map(|noted| noted.text.clone())
    }

    fn list(&self) -> std::sync::MutexGuard<'_, Vec<Noted>> {
        // A list is whole whatever happened to its last user.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
