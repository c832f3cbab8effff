//! That something has changed, as the system tells it; where it does not, the clock.
//!
//! In: the paths that are followed. Out: whether it is time to look.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};

use super::POLL;

/// Tells that something has changed.
pub(super) struct Notifier {
    news: Receiver<()>,
    watcher: Option<notify::RecommendedWatcher>,
}

impl Notifier {
    pub(super) fn new(paths: &[PathBuf], poll: bool) -> Self {
        use notify::{RecursiveMode, Watcher};
        let (tell, news) = channel();
        let told = move |event: notify::Result<notify::Event>| {
            // Opening and closing files is what this program does itself.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                // Nobody waits any more where that fails.
                let _ = tell.send(());
            }
        };
        let watcher = match poll {
            true => None,
            false => notify::recommended_watcher(told).ok(),
        };
        let watcher = watcher.map(|mut watcher| {
            let folders: BTreeSet<(PathBuf, bool)> = paths.iter().map(|p| folder_of(p)).collect();
            for (folder, deep) in folders {
                let mode = match deep {
                    true => RecursiveMode::Recursive,
                    false => RecursiveMode::NonRecursive,
                };
                // Where it cannot be watched the clock tells.
                let _ = watcher.watch(&folder, mode);
            }
            watcher
        });
        Self { news, watcher }
    }

    /// Waits for news; whether there are any, rather than the time to look in any case.
    pub(super) fn wait(&self) -> bool {
        let wait = match self.watcher {
            Some(_) => POLL,
            None => POLL / 4,
        };
        match self.news.recv_timeout(wait) {
            Ok(()) => {
                while self.news.try_recv().is_ok() {}
                true
            }
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => {
                std::thread::sleep(wait);
                false
            }
        }
    }
}

/// The folder to watch for a path, and whether with all below it.
fn folder_of(path: &Path) -> (PathBuf, bool) {
    if path.is_dir() {
        return (path.to_owned(), true);
    }
    let plain = |part: &Path| !part.to_string_lossy().contains(['*', '?', '[']);
    let mut folder = path.parent().unwrap_or(Path::new("."));
    let mut deep = false;
    while !plain(folder) {
        folder = folder.parent().unwrap_or(Path::new("."));
        deep = true;
    }
    if folder.as_os_str().is_empty() {
        folder = Path::new(".");
    }
    (folder.to_owned(), deep)
}
