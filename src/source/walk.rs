//! Paths become the sorted list of sources.
//!
//! Owns: folders, globs and archives and what is found in them, the order, and what is read once though
//! it is there twice. In: paths as given. Out: [`Sources`]. A file is looked at here (its first 4 KiB,
//! decompressed), so that what is no log is told before any is read; pipes are not.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::journal::Header;
use super::open::{HEAD, Kind, Raw, fill};
use super::{Place, Source, Sources, archive, name};
use crate::error::{Error, Warning};

/// Two files are compared in pieces of this size.
const PIECE: usize = 64 * 1024;

/// Finds all inputs below `paths`: files, folders, globs, tar archives, `-` for standard input.
///
/// A path that is missing, unreadable, binary or empty becomes a warning, and the rest goes on.
///
/// # Errors
///
/// Where a path that is no file is no valid glob either.
pub fn discover(paths: &[PathBuf]) -> Result<Sources, Error> {
    let mut finder = Finder::default();
    for path in paths {
        finder.add(path)?;
    }
    Ok(finder.finish())
}

/// What tells a file from all others.
#[cfg(unix)]
type Identity = (u64, u64);
#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere a path may have none")]
fn identity(_path: &Path, meta: &Metadata) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    Some((meta.dev(), meta.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path, _meta: &Metadata) -> Option<Identity> {
    path.canonicalize().ok()
}

struct Found {
    source: Source,
    /// Files are sorted between one `-` and the next.
    run: usize,
    identity: Option<Identity>,
    is_link: bool,
}

#[derive(Default)]
struct Finder {
    found: Vec<Found>,
    run: usize,
    warnings: Vec<Warning>,
}

impl Finder {
    fn add(&mut self, path: &Path) -> Result<(), Error> {
        if path == Path::new("-") {
            self.add_stdin();
            return Ok(());
        }
        match fs::metadata(path) {
            Ok(meta) => self.add_named(path, &meta),
            Err(error) if is_missing(&error) && is_glob(path) => self.add_glob(path)?,
            Err(error) if is_missing(&error) => self.fail(path, "no such file or folder"),
            Err(error) => self.fail(path, error.to_string()),
        }
        Ok(())
    }

    fn add_stdin(&mut self) {
        if self
            .found
            .iter()
            .any(|f| matches!(f.source.place, Place::Stdin))
        {
            self.warn("-", "given more than once; read once");
            return;
        }
        self.run += 1;
        self.push(Source::new("-".into(), true, Place::Stdin), None, false);
        self.run += 1;
    }

    fn add_named(&mut self, path: &Path, meta: &Metadata) {
        if meta.is_dir() {
            return self.add_folder(path);
        }
        let place = if meta.is_file() {
            Place::File
        } else {
            Place::Stream
        };
        let source = Source::new(shown(path), true, place(path.to_owned()));
        self.push(source, identity(path, meta), path.is_symlink());
    }

    /// What a shell would have expanded is as good as named.
    fn add_glob(&mut self, path: &Path) -> Result<(), Error> {
        let pattern = path.to_string_lossy();
        let matches = glob::glob(&pattern).map_err(|error| Error::Glob {
            pattern: pattern.clone().into_owned(),
            reason: error.to_string(),
        })?;
        let mut is_empty = true;
        for found in matches {
            is_empty = false;
            match found {
                Ok(path) => match fs::metadata(&path) {
                    Ok(meta) => self.add_named(&path, &meta),
                    Err(error) => self.fail(&path, error.to_string()),
                },
                Err(error) => self.warn(&shown(error.path()), error.error().to_string()),
            }
        }
        if is_empty {
            self.fail(path, "matches no file");
        }
        Ok(())
    }

    fn add_folder(&mut self, folder: &Path) {
        let walk = ignore::WalkBuilder::new(folder)
            .standard_filters(false)
            .sort_by_file_name(Ord::cmp)
            .filter_entry(|entry| entry.file_name() != ".git")
            .build();
        for entry in walk {
            match entry {
                Ok(entry) => self.add_entry(&entry),
                Err(error) if error.depth() == Some(0) => self.fail(folder, reason(&error)),
                Err(error) => {
                    let path = path_of(&error).map_or_else(|| shown(folder), shown);
                    self.warn(&path, reason(&error));
                }
            }
        }
    }

    fn add_entry(&mut self, entry: &ignore::DirEntry) {
        let path = entry.path();
        let Some(kind) = entry
            .file_type()
            .filter(|kind| !kind.is_dir() && entry.depth() > 0)
        else {
            return;
        };
        match fs::metadata(path) {
            Ok(meta) if meta.is_file() => {
                let source = Source::new(shown(path), false, Place::File(path.to_owned()));
                self.push(source, identity(path, &meta), kind.is_symlink());
            }
            Ok(meta) if meta.is_dir() => self.warn(&shown(path), "link to a folder: not followed"),
            Ok(_) => self.warn(&shown(path), "pipe, socket or device: not read"),
            Err(error) => self.warn(&shown(path), error.to_string()),
        }
    }

    fn push(&mut self, source: Source, identity: Option<Identity>, is_link: bool) {
        self.found.push(Found {
            source,
            run: self.run,
            identity,
            is_link,
        });
    }

    fn warn(&mut self, path: &str, text: impl Into<String>) {
        self.warnings.push(Warning::new(Some(path), text));
    }

    fn fail(&mut self, path: &Path, text: impl Into<String>) {
        self.warnings
            .push(Warning::failing(Some(&shown(path)), text));
    }

    /// A warning that fails the run if the user named `source`.
    fn refuse(&mut self, source: &Source, text: impl Into<String>) {
        let fails = source.named;
        let warning = Warning::new(Some(&source.path), text);
        self.warnings.push(Warning { fails, ..warning });
    }

    fn finish(mut self) -> Sources {
        self.sort();
        self.drop_same_files();
        for found in std::mem::take(&mut self.found) {
            self.inspect(found);
        }
        self.sort();
        let list = std::mem::take(&mut self.found);
        let mut list = self.without_copies(list.into_iter().map(|found| found.source));
        name_hosts(&mut list);
        Sources {
            list,
            warnings: self.warnings,
        }
    }

    fn sort(&mut self) {
        self.found.sort_by_cached_key(|found| {
            let (folder, file) = found.source.split();
            (found.run, name::order(folder, file))
        });
    }

    /// Keeps one path of each file: rather a named one, rather no link, rather the first.
    fn drop_same_files(&mut self) {
        let mut by_worth: Vec<usize> = (0..self.found.len()).collect();
        by_worth.sort_by_key(|&i| (Reverse(self.found[i].source.named), self.found[i].is_link));
        let mut kept: HashMap<Identity, String> = HashMap::new();
        let mut same_as: HashMap<usize, String> = HashMap::new();
        for i in by_worth {
            let found = &self.found[i];
            let Some(identity) = &found.identity else {
                continue;
            };
            match kept.entry(identity.to_owned()) {
                Entry::Vacant(free) => {
                    free.insert(found.source.path.clone());
                }
                Entry::Occupied(first) => {
                    same_as.insert(i, first.get().clone());
                }
            }
        }
        for (i, found) in std::mem::take(&mut self.found).into_iter().enumerate() {
            match same_as.get(&i) {
                None => self.found.push(found),
                Some(first) if *first == found.source.path => {}
                Some(first) => {
                    self.warn(
                        &found.source.path,
                        format!("the same file as {first}; read once"),
                    );
                }
            }
        }
    }

    /// Looks into a file, and keeps it, what is in it, or nothing.
    fn inspect(&mut self, found: Found) {
        if !matches!(found.source.place, Place::File(_)) {
            return self.found.push(found);
        }
        match found.source.open_raw() {
            Err(error) => self.refuse(&found.source, error.to_string()),
            Ok((mut raw, ..)) => match Kind::of(&mut raw) {
                Kind::Text => self.found.push(found),
                Kind::Journal => {
                    let mut found = found;
                    found.source.journal = journal_id(&mut raw);
                    self.found.push(found);
                }
                Kind::Tar => self.unfold(&found, &mut raw),
                kind => self.reject(&found.source, kind),
            },
        }
    }

    /// Puts the members of an archive in its place.
    fn unfold(&mut self, found: &Found, raw: &mut Raw) {
        let Place::File(path) = &found.source.place else {
            return;
        };
        let (members, fault) = archive::list(raw);
        if let Some(fault) = fault {
            let text = format!("{fault}; {} members are read", members.len());
            self.warnings
                .push(Warning::failing(Some(&found.source.path), text));
        }
        let mut seen = HashSet::new();
        for member in members.into_iter().rev() {
            let place = Place::Member {
                archive: path.clone(),
                offset: member.offset,
                size: member.size,
                modified: member.modified,
            };
            let source = Source::member(&found.source, &member.name, place);
            if !seen.insert(member.name) {
                self.warn(&source.path, "twice in the archive; the last one is read");
            } else if matches!(member.kind, Kind::Text | Kind::Journal) {
                self.found.push(Found {
                    source,
                    run: found.run,
                    identity: None,
                    is_link: false,
                });
            } else {
                self.reject(&source, member.kind);
            }
        }
    }

    /// Warns of a file that is no text.
    fn reject(&mut self, source: &Source, kind: Kind) {
        match kind {
            Kind::Empty => self.warn(&source.path, "empty"),
            Kind::Tar => self.warn(&source.path, "an archive in an archive: not read"),
            Kind::Utf16 => self.refuse(
                source,
                "UTF-16 text, not read; convert it: iconv -f UTF-16 -t UTF-8 FILE",
            ),
            Kind::Binary | Kind::Text | Kind::Journal => self.refuse(source, "binary, not read"),
        }
    }

    /// Drops files that are another's copy: `syslog.1.gz` beside `syslog.1`.
    fn without_copies(&mut self, sources: impl Iterator<Item = Source>) -> Vec<Source> {
        let mut list: Vec<Source> = Vec::new();
        let mut alike: HashMap<u64, Vec<usize>> = HashMap::new();
        for source in sources {
            let group = alike.entry(alias(&source)).or_default();
            match group.iter().find(|&&i| is_copy(&list[i], &source)) {
                Some(&i) => {
                    self.warn(
                        &source.path,
                        format!("same content as {}; read once", list[i].path),
                    );
                }
                None => {
                    group.push(list.len());
                    list.push(source);
                }
            }
        }
        list
    }
}

/// Gives files their folder's name as their host's where folders beside it hold files of the same name.
fn name_hosts(list: &mut [Source]) {
    let mut folders: HashMap<(String, String), BTreeSet<String>> = HashMap::new();
    let place = |source: &Source| {
        let (folder, file) = source.split();
        let (above, host) = folder.trim_end_matches('/').rsplit_once('/')?;
        let is_name = !matches!(host, "" | "." | "..") && !name::is_of_folder(folder, file);
        let series = source.series();
        let base = series.get(folder.len()..)?.to_owned();
        is_name.then(|| ((above.to_owned(), base), host.to_owned()))
    };
    for (key, host) in list.iter().filter_map(place) {
        folders.entry(key).or_default().insert(host);
    }
    for source in list {
        let found = place(source).filter(|(key, _)| folders.get(key).is_some_and(|f| f.len() > 1));
        source.host = found.map(|(_, host)| host.into());
    }
}

/// A hash of what copies have in common: folder, stem, endings, and place among the rotated ones; of
/// journals the id that they bear, whatever they are called.
fn alias(source: &Source) -> u64 {
    let (folder, file) = source.split();
    let mut hasher = DefaultHasher::new();
    match source.journal {
        Some(id) => id.hash(&mut hasher),
        None => (folder, name::Name::of(file)).hash(&mut hasher),
    }
    hasher.finish()
}

/// Whether two files hold the same, decompressed. A damaged one is nobody's copy.
fn is_copy(a: &Source, b: &Source) -> bool {
    let is_file = |s: &Source| matches!(s.place, Place::File(_) | Place::Member { .. });
    if !is_file(a) || !is_file(b) {
        return false;
    }
    match (a.open(), b.open()) {
        (Ok(mut a), Ok(mut b)) => same_bytes(&mut a.reader, &mut b.reader).unwrap_or(false),
        _ => false,
    }
}

fn same_bytes(a: &mut dyn Read, b: &mut dyn Read) -> io::Result<bool> {
    let (mut piece_a, mut piece_b) = (vec![0; PIECE], vec![0; PIECE]);
    // Most that are no copies differ at once.
    let mut size = HEAD;
    loop {
        let length = fill_whole(a, &mut piece_a[..size])?;
        if fill_whole(b, &mut piece_b[..size])? != length || piece_a[..length] != piece_b[..length]
        {
            return Ok(false);
        }
        if length < size {
            return Ok(true);
        }
        size = PIECE;
    }
}

fn fill_whole(reader: &mut dyn Read, out: &mut [u8]) -> io::Result<usize> {
    let (length, fault) = fill(reader, out, out.len());
    fault.map_or(Ok(length), Err)
}

/// The id of the journal that begins in `raw`.
fn journal_id(raw: &mut Raw) -> Option<[u8; 16]> {
    Header::read(&raw.peek(HEAD).0).map(|header| header.file_id)
}

/// A path as a report shows it.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    }
}

fn is_missing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

fn is_glob(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '['])
}

/// The system's reason, without the path that the warning bears anyway.
fn reason(error: &ignore::Error) -> String {
    error
        .io_error()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::decode::Codec;
    use super::super::decode::tests::{lines, packed};
    use super::*;

    /// A folder of files, gone at the end.
    struct Folder(tempfile::TempDir);

    impl Folder {
        fn of(files: &[(&str, &[u8])]) -> Self {
            let folder = Self(tempfile::tempdir().unwrap());
            for (name, bytes) in files {
                let path = folder.path(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            }
            folder
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        /// Discovers `names`, and shortens all paths to those below the folder.
        fn discover(&self, names: &[&str]) -> (Vec<String>, Vec<Warning>) {
            let paths: Vec<_> = names
                .iter()
                .map(|name| match *name {
                    "-" => "-".into(),
                    "" => self.0.path().to_owned(),
                    name => self.path(name),
                })
                .collect();
            let root = format!("{}/", self.0.path().display());
            let sources = discover(&paths).unwrap();
            let list = sources
                .list
                .into_iter()
                .map(|s| s.path.replace(&root, ""))
                .collect();
            let shorten = |w: Warning| Warning {
                input: w.input.map(|path| path.replace(&root, "")),
                text: w.text.replace(&root, ""),
                ..w
            };
            (list, sources.warnings.into_iter().map(shorten).collect())
        }
    }

    fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (name, bytes) in members {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mtime(1_763_424_000);
            header.set_mode(0o644);
            tar.append_data(&mut header, name, *bytes).unwrap();
        }
        tar.into_inner().unwrap()
    }

    fn text_of(source: &Source) -> Vec<u8> {
        let mut text = Vec::new();
        source
            .open()
            .unwrap()
            .reader
            .read_to_end(&mut text)
            .unwrap();
        text
    }

    #[test]
    fn folders_are_walked_and_rotated_names_sorted() {
        let folder = Folder::of(&[
            ("b/syslog", b"0"),
            ("b/syslog.1", b"1"),
            ("b/syslog.2.gz", &packed(Codec::Gzip, b"2")),
            ("b/syslog.10.gz", &packed(Codec::Gzip, b"10")),
            ("a/.hidden", b"h"),
            (".git/log", b"g"),
            (".gitignore", b"*"),
        ]);
        let (list, warnings) = folder.discover(&[""]);
        let expected = [
            ".gitignore",
            "a/.hidden",
            "b/syslog.10.gz",
            "b/syslog.2.gz",
            "b/syslog.1",
            "b/syslog",
        ];
        assert_eq!(list, expected);
        assert_eq!(warnings, []);
        // As a shell expands `b/*`.
        let (list, _) = folder.discover(&["b/syslog", "b/syslog.1", "b/syslog.2.gz"]);
        assert_eq!(list, ["b/syslog.2.gz", "b/syslog.1", "b/syslog"]);
    }

    #[test]
    fn stdin_stands_where_it_was_given() {
        let folder = Folder::of(&[("a", b"a"), ("b", b"b"), ("c", b"c")]);
        let (list, warnings) = folder.discover(&["c", "b", "-", "a", "-"]);
        assert_eq!(list, ["b", "c", "-", "a"]);
        assert_eq!(warnings.len(), 1);
    }

    #[test]
    fn missing_path_fails_and_the_rest_goes_on() {
        let folder = Folder::of(&[("a", b"a")]);
        let (list, warnings) = folder.discover(&["none", "a", "a/b", "*.none"]);
        assert_eq!(list, ["a"]);
        assert_eq!(warnings.len(), 3);
        assert!(warnings.iter().all(|w| w.fails));
    }

    #[test]
    fn globs_are_expanded_unless_a_file_has_the_name() {
        let folder = Folder::of(&[("x1.log", b"1"), ("x2.log", b"2"), ("y[1].log", b"3")]);
        assert_eq!(folder.discover(&["x?.log"]).0, ["x1.log", "x2.log"]);
        assert_eq!(folder.discover(&["y[1].log"]).0, ["y[1].log"]);
        assert!(discover(&[folder.path("***x")]).is_err());
        let sources = discover(&[folder.path("x*")]).unwrap();
        assert!(sources.list.iter().all(|s| s.named));
    }

    #[test]
    fn what_is_no_text_is_skipped_and_fails_only_where_named() {
        let folder = Folder::of(&[
            ("prog", b"\x7fELF\x02\x01"),
            ("wide.log", b"\xff\xfeN\0o\0v\0"),
            ("none.log", b""),
            ("none.gz", &packed(Codec::Gzip, b"")),
            ("bin.gz", &packed(Codec::Gzip, &[0; 5000])),
            (
                "thrice",
                &packed(Codec::Xz, &packed(Codec::Xz, &packed(Codec::Xz, b"text"))),
            ),
            ("text", b"text"),
        ]);
        let (list, warnings) = folder.discover(&[""]);
        assert_eq!(list, ["text"]);
        assert_eq!(warnings.len(), 6);
        assert!(warnings.iter().all(|w| !w.fails));
        let (_, warnings) = folder.discover(&["prog", "wide.log", "none.log"]);
        let mut fails: Vec<_> = warnings
            .iter()
            .map(|w| (w.input.as_deref().unwrap(), w.fails))
            .collect();
        fails.sort_unstable();
        assert_eq!(
            fails,
            [("none.log", false), ("prog", true), ("wide.log", true)]
        );
    }

    #[test]
    fn damaged_file_is_kept_so_that_reading_tells() {
        let mut cut = packed(Codec::Gzip, b"text");
        cut.truncate(12);
        let folder = Folder::of(&[("cut.gz", &cut)]);
        assert_eq!(folder.discover(&[""]), (vec!["cut.gz".to_owned()], vec![]));
    }

    #[cfg(unix)]
    #[test]
    fn one_file_by_several_paths_is_read_once() {
        let folder = Folder::of(&[("d/b.log", b"text")]);
        std::os::unix::fs::symlink("b.log", folder.path("d/a.log")).unwrap();
        fs::hard_link(folder.path("d/b.log"), folder.path("d/c.log")).unwrap();
        let (list, warnings) = folder.discover(&[""]);
        assert_eq!(list, ["d/b.log"]);
        assert_eq!(warnings.len(), 2);
        assert_eq!(folder.discover(&["d", "d/c.log", "d/c.log"]).0, ["d/c.log"]);
        assert_eq!(folder.discover(&["d/a.log"]).0, ["d/a.log"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_folders_loops_and_sockets_are_warned_of() {
        use std::os::unix::{fs::symlink, net::UnixListener};
        let folder = Folder::of(&[("d/a.log", b"text"), ("e/b.log", b"other")]);
        symlink("..", folder.path("d/up")).unwrap();
        symlink("self", folder.path("d/self")).unwrap();
        symlink("gone", folder.path("d/broken")).unwrap();
        symlink("../e/b.log", folder.path("d/file")).unwrap();
        symlink("d", folder.path("link")).unwrap();
        let _socket = UnixListener::bind(folder.path("d/socket")).unwrap();
        let (list, warnings) = folder.discover(&["d"]);
        assert_eq!(list, ["d/a.log", "d/file"]);
        let about: Vec<_> = warnings.iter().filter_map(|w| w.input.as_deref()).collect();
        assert_eq!(about, ["d/broken", "d/self", "d/socket", "d/up"]);
        assert!(warnings.iter().all(|w| !w.fails));
        assert_eq!(folder.discover(&["link"]).0, ["link/a.log", "link/file"]);
    }

    #[test]
    fn rotated_copy_with_the_same_content_is_dropped() {
        let long = lines(20_000);
        let mut other = long.clone();
        *other.last_mut().unwrap() = b'!';
        let folder = Folder::of(&[
            ("syslog.1", &long),
            ("syslog.1.gz", &packed(Codec::Gzip, &long)),
            ("syslog.1.xz", &packed(Codec::Xz, &other)),
            ("syslog.2", &long),
            ("kern.log", b"short"),
            ("kern.log.zst", &packed(Codec::Zstd, b"short")),
            ("edge/syslog.1", &long),
        ]);
        let (list, warnings) = folder.discover(&[""]);
        let expected = [
            "kern.log",
            "syslog.2",
            "syslog.1",
            "syslog.1.xz",
            "edge/syslog.1",
        ];
        assert_eq!(list, expected);
        let texts: Vec<_> = warnings.iter().map(|w| w.text.as_str()).collect();
        assert_eq!(
            texts,
            [
                "same content as kern.log; read once",
                "same content as syslog.1; read once"
            ]
        );
    }

    #[test]
    fn members_of_archives_are_sources() {
        let members = [
            ("logs/app.log", b"now\n".to_vec()),
            ("logs/app.log.1.gz", packed(Codec::Gzip, b"before\n")),
            ("logs/bin", vec![0; 5000]),
            ("logs/inner.tar", tar_of(&[("x", b"x")])),
            ("logs/big.bz2", packed(Codec::Bzip2, &lines(50_000))),
        ];
        let members = members.each_ref().map(|(name, bytes)| (*name, &bytes[..]));
        let tar = tar_of(&members);
        for packed in [
            tar.clone(),
            packed(Codec::Gzip, &tar),
            packed(Codec::Zstd, &tar),
        ] {
            let folder = Folder::of(&[("a.tar", &packed)]);
            let (list, warnings) = folder.discover(&["a.tar"]);
            let expected = [
                "a.tar!logs/app.log.1.gz",
                "a.tar!logs/app.log",
                "a.tar!logs/big.bz2",
            ];
            assert_eq!(list, expected);
            let texts: Vec<_> = warnings
                .iter()
                .map(|w| (w.text.as_str(), w.fails))
                .collect();
            let nested = "an archive in an archive: not read";
            assert_eq!(texts, [(nested, false), ("binary, not read", false)]);
            let sources = discover(&[folder.path("a.tar")]).unwrap().list;
            assert_eq!(text_of(&sources[0]), b"before\n");
            assert_eq!(text_of(&sources[1]), b"now\n");
            assert!(text_of(&sources[2]) == lines(50_000));
            assert_eq!(sources[0].stem(), "app");
            let meta = sources[1].open().unwrap().meta;
            assert_eq!(meta.modified.unwrap().date(), "2025-11-18");
        }
    }

    #[test]
    fn truncated_archive_yields_its_members_and_fails() {
        let long = lines(10_000);
        let mut tar = tar_of(&[("a", b"text"), ("b", &long), ("c", b"text")]);
        tar.truncate(50_000);
        for packed in [tar.clone(), packed(Codec::Gzip, &tar)] {
            let folder = Folder::of(&[("x.tar", &packed)]);
            let (list, warnings) = folder.discover(&["x.tar"]);
            assert_eq!(list, ["x.tar!a", "x.tar!b"]);
            assert!(warnings.len() == 1 && warnings[0].fails, "{warnings:?}");
            let sources = discover(&[folder.path("x.tar")]).unwrap().list;
            let mut text = Vec::new();
            let error = sources[1]
                .open()
                .unwrap()
                .reader
                .read_to_end(&mut text)
                .unwrap_err();
            assert!(long.starts_with(&text) && text.len() > 40_000);
            assert_eq!(error.to_string(), "tar archive breaks off");
        }
    }

    #[test]
    fn hostile_archives_harm_nobody() {
        let mut header = tar::Header::new_gnu();
        header.as_gnu_mut().unwrap().name[..9].copy_from_slice(b"../../etc");
        header.set_size(u64::MAX >> 1);
        header.set_cksum();
        let folder = Folder::of(&[("x.tar", header.as_bytes())]);
        let (list, warnings) = folder.discover(&["x.tar"]);
        assert!(list.is_empty() && warnings[0].text.contains("absurd size"));

        header.set_entry_type(tar::EntryType::GNULongName);
        header.set_size(1 << 30);
        header.set_cksum();
        let folder = Folder::of(&[("x.tar", header.as_bytes())]);
        assert!(folder.discover(&["x.tar"]).1[0].text.contains("a name of"));

        let mut tar = tar::Builder::new(Vec::new());
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(4);
        header.set_cksum();
        tar.append(&header, &b"text"[..]).unwrap();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        header.set_cksum();
        tar.append(&header, &b""[..]).unwrap();
        let folder = Folder::of(&[("x.tar", &tar.into_inner().unwrap())]);
        assert_eq!(
            folder.discover(&["x.tar"]),
            (vec!["x.tar!../../etc".to_owned()], vec![])
        );
    }

    #[test]
    fn long_and_repeated_names_are_read() {
        let long = format!("{}/app.log", "d".repeat(300));
        let tar = tar_of(&[(&long, b"first"), ("a", b"a"), (&long, b"last")]);
        let folder = Folder::of(&[("x.tar", &tar)]);
        let sources = discover(&[folder.path("x.tar")]).unwrap();
        assert_eq!(sources.list.len(), 2);
        assert_eq!(sources.warnings.len(), 1);
        let source = sources.list.iter().find(|s| s.stem() == "app").unwrap();
        assert!(source.path.ends_with(&format!("x.tar!{long}")));
        assert_eq!(text_of(source), b"last");
    }
}
