//! Files that are followed by name, while they are written to, rotated, truncated, removed and made anew.
//!
//! In: paths, folders and globs. Out: the bytes of each file in their order: those of a rotated file to
//! its end before those of its successor. News come from the system's notifications; where there are
//! none (network file systems) every file is looked at four times a second.
//!
//! What a file is goes by device and inode, and by its first bytes: an inode may be given anew, and a file
//! that was copied and truncated keeps its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::error::{Error, Warning};
use crate::record::{CONTEXT, detect};
use crate::source::{Source, discover};
use crate::time::{Span, Timestamp};

use super::{Feed, Gone, InputNo, Message, PIECE, POLL, Print, StreamName, wall};

mod named;
mod notifier;
mod position;

use named::{candidates, copy_of, is_current, is_named, settled};
use notifier::Notifier;
pub use position::Position;
use position::{HEAD, count, hash_of_head, identity, open_file, read_at};

/// A file that was rotated away, or removed, is read for so long after it last grew: its writer may not
/// have noticed yet.
const LEAVING: Duration = Duration::from_secs(30);
/// Two looks at all files are at least this far apart.
const BREATH: Duration = Duration::from_millis(20);
/// New files are looked for no more often than this.
const SEARCH: Duration = Duration::from_secs(1);

/// How much of what lies before is read first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backfill {
    /// Nothing.
    None,
    /// Files that were written to within this time.
    Last(Span),
    /// All.
    All,
}

/// What is to be followed.
#[derive(Debug)]
pub struct Files {
    /// Files, folders and globs, as given.
    pub paths: Vec<PathBuf>,
    /// What is read first.
    pub backfill: Backfill,
    /// How far files were read by a run before.
    pub positions: Vec<Position>,
    /// Whether to do without the system's notifications.
    pub poll: bool,
}

impl Files {
    /// Follows the files in a thread of its own, for good.
    pub fn follow(self, feed: Feed) {
        std::thread::spawn(move || {
            let mut follower = Follower::new(self, feed);
            // Where nobody reads any more there is nothing to do.
            let _ = follower.run();
        });
    }
}

/// A file that is being read.
#[derive(Debug)]
struct Followed {
    no: InputNo,
    file: File,
    position: Position,
    /// When it last grew.
    grew: Instant,
}

struct Follower {
    files: Files,
    feed: Feed,
    /// By the path at which they are followed.
    open: BTreeMap<PathBuf, Followed>,
    /// Rotated or removed, and read on for a while.
    leaving: Vec<Followed>,
    /// Where the last file of a path was left.
    before: BTreeMap<PathBuf, Position>,
    /// Paths that cannot be read, or are no logs: said once.
    refused: BTreeSet<PathBuf>,
    /// First bytes of what was read, and is no longer followed: a copy of it is no news.
    read: HashMap<(u64, u64), Instant>,
    searched: Option<Instant>,
}

impl Follower {
    fn new(files: Files, feed: Feed) -> Self {
        Self {
            files,
            feed,
            open: BTreeMap::new(),
            leaving: Vec::new(),
            before: BTreeMap::new(),
            refused: BTreeSet::new(),
            read: HashMap::new(),
            searched: None,
        }
    }

    fn run(&mut self) -> Result<(), Gone> {
        let news = Notifier::new(&self.files.paths, self.files.poll);
        if let Err(err) = self.begin()? {
            let text = err.to_string();
            self.feed
                .tell(Message::Skipped(Warning::failing(None, text)))?;
        }
        self.feed.tell(Message::CaughtUp)?;
        loop {
            let began = Instant::now();
            self.look(false)?;
            std::thread::sleep(BREATH.saturating_sub(began.elapsed()));
            if news.wait() {
                self.searched = None;
            }
        }
    }

    /// Reads what lies before, and opens all that is to be followed.
    fn begin(&mut self) -> Result<Result<(), Error>, Gone> {
        let sources = match discover(&self.files.paths) {
            Ok(sources) => sources,
            Err(err) => return Ok(Err(err)),
        };
        for warning in sources.warnings {
            // What is empty, or not there yet, may come to be.
            let path = warning.input.clone().map(PathBuf::from);
            let length = path.map(|path| fs::metadata(path).map(|meta| meta.len()));
            let warning = match length {
                Some(Ok(0)) => continue,
                Some(Err(_)) => Warning {
                    text: "is not there yet; it is read as soon as it is".to_owned(),
                    fails: false,
                    ..warning
                },
                _ => warning,
            };
            self.feed.tell(Message::Skipped(warning))?;
        }
        let mut positions = std::mem::take(&mut self.files.positions);
        // Another run may have followed others.
        positions.retain(|position| is_named(&position.path, &self.files.paths));
        let resumed = !positions.is_empty();
        for (n, position) in positions.iter().enumerate() {
            // A file that was rotated away as the run before ended comes before the one in its place.
            let has_successor = positions[n + 1..].iter().any(|p| p.path == position.path);
            self.resume(position, has_successor)?;
        }
        let since = match self.files.backfill {
            Backfill::None => None,
            Backfill::Last(span) => Some(wall().minus(span)),
            Backfill::All => Some(Timestamp::from_nanos(i64::MIN)),
        };
        for source in &sources.list {
            let current = (source.plain_file()).filter(|path| is_current(path, source.named));
            match current {
                Some(path) if self.open.contains_key(path) => {}
                Some(path) => {
                    let from_start = resumed || since.is_some();
                    self.open(path, from_start, None)?;
                }
                None if resumed => {}
                None => self.read_old(source, since)?,
            }
        }
        // What is empty is no log yet, but may be one with the next line.
        for path in candidates(&self.files.paths) {
            let empty = fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() == 0);
            let given = self.files.paths.contains(&path);
            if empty && is_current(&path, given) && !self.open.contains_key(&path) {
                self.open(&path, true, None)?;
            }
        }
        self.look(true)?;
        Ok(Ok(()))
    }

    /// Reads what is followed no longer: a rotated copy, an archive's member.
    fn read_old(&mut self, source: &Source, since: Option<Timestamp>) -> Result<(), Gone> {
        let Some(since) = since else { return Ok(()) };
        let skip = |text: String| {
            let warning = Warning::new(Some(&source.path), text);
            Message::Skipped(warning)
        };
        let mut opened = match source.open() {
            Ok(opened) => opened,
            Err(err) => return self.feed.tell(skip(format!("cannot be read: {err}"))),
        };
        if opened
            .meta
            .modified
            .is_some_and(|modified| modified < since)
        {
            return Ok(());
        }
        let is_journal = opened.meta.journal.is_some();
        let no = self.feed.begin(StreamName {
            path: source.path.clone(),
            series: source.series(),
            stem: (!is_journal).then(|| source.stem().to_owned()),
            format: is_journal.then_some(crate::record::Format::Journal),
            meta: opened.meta.clone(),
            ..StreamName::default()
        })?;
        if let Err(err) = self.feed.read_all(no, &mut opened.reader)? {
            let text = format!("{err}; what came before was used");
            self.feed.tell(skip(text))?;
        }
        self.feed.tell(Message::Ends(no))
    }

    /// Goes on where a run before has stopped: with the rest of the file that it read, which may have been
    /// rotated and compressed since.
    fn resume(&mut self, position: &Position, has_successor: bool) -> Result<(), Gone> {
        let path = &position.path;
        if let Ok(file) = open_file(path)
            && position.is_of(&file)
        {
            return self.open(path, true, Some(position));
        }
        self.read_missed(position, None, position.offset, has_successor)
    }

    /// Reads what was rotated away unseen: the rest of the file that was followed at `position`, from
    /// `offset` on, and, unless it `alone` is wanted, the files after it, but for the one that is `open` now.
    fn read_missed(
        &mut self,
        position: &Position,
        open: Option<(u64, u64)>,
        offset: u64,
        alone: bool,
    ) -> Result<(), Gone> {
        let path = &position.path;
        let series = Source::at(path).series();
        let mut newer = false;
        for source in &settled(path, &series) {
            let plain = source.plain_file();
            let is_open = match open {
                Some(open) => (plain.and_then(|path| fs::metadata(path).ok()))
                    .is_some_and(|meta| identity(&meta) == open),
                None => plain.is_some_and(|plain| plain.file_name() == path.file_name()),
            };
            let Ok(mut opened) = source.open() else {
                continue;
            };
            let of = position.is_in(&mut opened.reader);
            if is_open || !of && (alone || !newer) {
                continue;
            }
            newer = true;
            let skip = if of { offset } else { 0 };
            let Ok(mut opened) = source.open() else {
                continue;
            };
            let skipped = io::copy(&mut (&mut opened.reader).take(skip), &mut io::sink());
            if skipped.is_err() || of && offset == u64::MAX {
                continue;
            }
            let no = self.feed.begin(StreamName {
                path: source.path.clone(),
                series: series.clone(),
                stem: Some(source.stem().to_owned()),
                meta: opened.meta.clone(),
                offset: skip,
                lines: if of { position.lines } else { 0 },
                ..StreamName::default()
            })?;
            if let Err(err) = self.feed.read_all(no, &mut opened.reader)? {
                let warning = Warning::new(Some(&source.path), err.to_string());
                self.feed.tell(Message::Skipped(warning))?;
            }
            self.feed.tell(Message::Ends(no))?;
        }
        Ok(())
    }

    /// Begins to follow a file: from its start, or from where it was read before, or from its end.
    fn open(
        &mut self,
        path: &Path,
        from_start: bool,
        before: Option<&Position>,
    ) -> Result<(), Gone> {
        let opened = self.try_open(path, from_start, before);
        let (mut name, file, position) = match opened {
            Ok(Some(opened)) => opened,
            Ok(None) => return Ok(()),
            Err(err) => {
                if self.refused.insert(path.to_owned()) && err.kind() != io::ErrorKind::NotFound {
                    let text = format!("cannot be read: {err}");
                    let warning = Warning::new(Some(&path.to_string_lossy()), text);
                    self.feed.tell(Message::Skipped(warning))?;
                }
                return Ok(());
            }
        };
        self.refused.remove(path);
        // More than one may have been rotated since the last look.
        if let Some(before) = self.before.remove(path) {
            self.read_missed(&before, Some(position.identity), u64::MAX, false)?;
        }
        name.print = Some(Print::File(position.clone()));
        let no = self.feed.begin(name)?;
        let followed = Followed {
            no,
            file,
            position,
            grew: Instant::now(),
        };
        if let Some(before) = self.open.insert(path.to_owned(), followed) {
            self.leave(before);
        }
        Ok(())
    }

    fn try_open(
        &self,
        path: &Path,
        from_start: bool,
        before: Option<&Position>,
    ) -> io::Result<Option<(StreamName, File, Position)>> {
        let mut file = match open_file(path) {
            Err(err) if err.kind() == io::ErrorKind::InvalidInput => return Ok(None),
            file => file?,
        };
        let meta = file.metadata()?;
        let source = Source::at(path);
        let Some(known) = source.text_meta()? else {
            return Ok(None);
        };
        let mut position = Position {
            path: path.to_owned(),
            identity: identity(&meta),
            ..Position::default()
        };
        let mut format = None;
        match before {
            Some(before) => {
                (position.offset, position.lines) = (before.offset, before.lines);
                position.head = before.head;
            }
            None if !from_start => {
                (position.offset, position.lines) = count(&mut file)?;
            }
            None => {}
        }
        if position.offset > 0 {
            let mut sample = Vec::new();
            file.seek(SeekFrom::Start(0))?;
            (&mut file).take(CONTEXT as u64).read_to_end(&mut sample)?;
            format = Some(detect(&sample));
            position.note_head(&sample);
        }
        file.seek(SeekFrom::Start(position.offset))?;
        let name = StreamName {
            path: source.path.clone(),
            series: source.series(),
            stem: Some(source.stem().to_owned()),
            meta: known,
            offset: position.offset,
            lines: position.lines,
            format,
            print: None,
        };
        Ok(Some((name, file, position)))
    }

    /// A file is not followed any more under its name, but may still be written to.
    fn leave(&mut self, followed: Followed) {
        let position = followed.position.clone();
        self.before.insert(position.path.clone(), position);
        self.read.insert(followed.position.head, Instant::now());
        self.leaving.push(followed);
    }

    /// Looks at all files once.
    fn look(&mut self, at_start: bool) -> Result<(), Gone> {
        let paths: Vec<PathBuf> = self.open.keys().cloned().collect();
        for path in paths {
            self.look_at(&path)?;
        }
        let mut leaving = std::mem::take(&mut self.leaving);
        for followed in &mut leaving {
            followed.read_on(&self.feed)?;
        }
        let (stay, gone): (Vec<_>, Vec<_>) =
            (leaving.into_iter()).partition(|followed| followed.grew.elapsed() < LEAVING);
        self.leaving = stay;
        for followed in gone {
            self.feed.tell(Message::Ends(followed.no))?;
        }
        self.read.retain(|_, at| at.elapsed() < 1000 * LEAVING);
        if !at_start && self.searched.is_none_or(|at| at.elapsed() >= SEARCH) {
            self.searched = Some(Instant::now());
            self.search()?;
        }
        Ok(())
    }

    /// Reads on, and finds out whether it is still the same file.
    fn look_at(&mut self, path: &Path) -> Result<(), Gone> {
        let Some(followed) = self.open.get_mut(path) else {
            return Ok(());
        };
        let meta = fs::metadata(path);
        let same = (meta.as_ref()).is_ok_and(|meta| identity(meta) == followed.position.identity);
        if same && followed.is_begun_anew() {
            // Truncated: what was not read of it is gone, but from a copy that was made before.
            if let Some(followed) = self.open.remove(path) {
                if let Some(mut copy) = copy_of(&followed.position) {
                    // What cannot be read is as good as gone.
                    let _ = self.feed.read_all(followed.no, &mut copy)?;
                }
                self.read.insert(followed.position.head, Instant::now());
                self.feed.tell(Message::Ends(followed.no))?;
                self.before.insert(path.to_owned(), followed.position);
            }
            return self.open(path, true, None);
        }
        followed.read_on(&self.feed)?;
        if same {
            return Ok(());
        }
        if let Some(followed) = self.open.remove(path) {
            self.leave(followed);
        }
        match meta {
            Ok(_) => {
                self.open(path, true, None)?;
                match self.open.get_mut(path) {
                    Some(followed) => followed.read_on(&self.feed),
                    None => Ok(()),
                }
            }
            Err(_) => Ok(()),
        }
    }

    /// Looks for files that are new.
    fn search(&mut self) -> Result<(), Gone> {
        for path in candidates(&self.files.paths) {
            let given = self.files.paths.contains(&path);
            if self.open.contains_key(&path) || !is_current(&path, given) {
                continue;
            }
            let Ok(meta) = fs::metadata(&path) else {
                continue;
            };
            let id = identity(&meta);
            let known = self.open.values().chain(&self.leaving);
            let is_known = known
                .map(|followed| followed.position.identity)
                .any(|known| known == id);
            if is_known || !meta.is_file() || self.is_copy(&path) {
                continue;
            }
            self.open(&path, true, None)?;
            if let Some(followed) = self.open.get_mut(&path) {
                followed.read_on(&self.feed)?;
            }
        }
        Ok(())
    }

    /// Whether the file begins as one does that was, or is being, read.
    fn is_copy(&self, path: &Path) -> bool {
        let Ok(file) = open_file(path) else {
            return false;
        };
        let mut known = (self.read.keys()).chain(self.open.values().map(|f| &f.position.head));
        known.any(|(length, hash)| *length > 0 && hash_of_head(&file, *length) == Some(*hash))
    }
}

impl Followed {
    /// Reads to the file's end.
    fn read_on(&mut self, feed: &Feed) -> Result<(), Gone> {
        loop {
            let mut bytes = vec![0; PIECE];
            match self.file.read(&mut bytes) {
                Ok(0) => return Ok(()),
                Ok(read) => {
                    bytes.truncate(read);
                    if self.position.head.0 < HEAD as u64 {
                        self.note_head();
                        let position = Box::new(self.position.clone());
                        feed.tell(Message::Known(self.no, position))?;
                    }
                    self.position.offset += read as u64;
                    self.grew = Instant::now();
                    feed.tell(Message::Bytes(self.no, bytes))?;
                }
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => {
                    let warning =
                        Warning::new(Some(&self.position.path.to_string_lossy()), err.to_string());
                    return feed.tell(Message::Skipped(warning));
                }
            }
        }
    }

    /// Notes the first bytes, as far as they are there.
    fn note_head(&mut self) {
        let mut head = vec![0; HEAD];
        if let Ok(read) = read_at(&self.file, &mut head, 0) {
            head.truncate(read);
            self.position.note_head(&head);
        }
    }

    /// Whether it is shorter than what was read of it, or begins otherwise.
    fn is_begun_anew(&self) -> bool {
        let length = self.file.metadata().map_or(u64::MAX, |meta| meta.len());
        let (head, hash) = self.position.head;
        length < self.position.offset
            || length > self.position.offset
                && head > 0
                && hash_of_head(&self.file, head).is_some_and(|is| is != hash)
    }
}
