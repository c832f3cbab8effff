//! Which files are meant by the paths, folders and globs that a person named, as they are now.
//!
//! In: these, and the series of a file that was rotated. Out: paths and sources.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::source::{Source, discover};

use super::BREATH;
use super::position::{Position, hash_of_head, identity, open_file};

/// Whether a file of this name is written to, rather than a copy of before. One that was given is where
/// there is no file that it may be a copy of.
pub(super) fn is_current(path: &Path, given: bool) -> bool {
    let source = Source::at(path);
    !source.is_rotated() || given && !Path::new(&source.series()).exists()
}

/// The files of a series, the oldest first, once they are not being renamed or compressed; after so many
/// tries as they are.
pub(super) fn settled(path: &Path, series: &str) -> Vec<Source> {
    const TRIES: usize = 100;
    let parent = path.parent().filter(|p| !p.as_os_str().is_empty());
    let folder = parent.unwrap_or(Path::new(".")).to_owned();
    let base = |series: &str| series.rsplit('/').next().map(str::to_owned);
    let wanted = base(series);
    let listed = || {
        let found = discover(std::slice::from_ref(&folder)).map(|found| found.list);
        let mut list = found.unwrap_or_default();
        list.retain(|source| base(&source.series()) == wanted);
        list
    };
    // What is being compressed lies there twice, and is no copy yet.
    let state = || {
        let entries = fs::read_dir(&folder).into_iter().flatten().flatten();
        let files = entries.filter(|entry| base(&Source::at(&entry.path()).series()) == wanted);
        let mut files: Vec<_> = files
            .filter_map(|entry| {
                let meta = entry.metadata().ok()?;
                // The one that is written to grows.
                let length = (entry.path() != path).then_some(meta.len());
                Some((entry.file_name(), identity(&meta), length))
            })
            .collect();
        files.sort_unstable();
        files
    };
    let mut list = Vec::new();
    for _ in 0..TRIES {
        let before = state();
        std::thread::sleep(BREATH / 4);
        list = listed();
        if state() == before {
            break;
        }
    }
    list
}

/// What was not read of a file, in a copy of it beside it.
pub(super) fn copy_of(position: &Position) -> Option<File> {
    let series = Source::at(&position.path).series();
    let folder = position.path.parent()?;
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    fs::read_dir(folder).ok()?.flatten().find_map(|entry| {
        let path = match folder == Path::new(".") && !position.path.starts_with(".") {
            true => PathBuf::from(entry.file_name()),
            false => entry.path(),
        };
        if path == position.path || Source::at(&path).series() != series {
            return None;
        }
        let mut file = open_file(&path).ok()?;
        let length = file.metadata().ok()?.len();
        let same = position.head.0 > 0
            && length > position.offset
            && hash_of_head(&file, position.head.0) == Some(position.head.1);
        file.seek(SeekFrom::Start(position.offset)).ok()?;
        same.then_some(file)
    })
}

/// All files below the paths.
pub(super) fn candidates(paths: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(meta) if meta.is_dir() => below(path, &mut found, 0),
            Ok(_) => found.push(path.clone()),
            Err(_) => {
                let matches = glob::glob(&path.to_string_lossy());
                found.extend(matches.into_iter().flatten().flatten());
            }
        }
    }
    found
}

/// Whether a file, which may be gone, is one of those that were given, or lies below one of them.
pub(super) fn is_named(file: &Path, given: &[PathBuf]) -> bool {
    given.iter().any(|path| {
        let glob = glob::Pattern::new(&path.to_string_lossy());
        file.starts_with(path) || glob.is_ok_and(|glob| glob.matches_path(file))
    })
}

/// Deeper folders than this are not looked into: symbolic links may lead in a circle.
const DEPTH: usize = 16;

fn below(folder: &Path, found: &mut Vec<PathBuf>, depth: usize) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEPTH => below(&path, found, depth + 1),
            Ok(kind) if kind.is_file() => found.push(path),
            _ => {}
        }
    }
}
