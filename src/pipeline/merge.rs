//! What the inputs yielded, in their order and within one bound.
//!
//! In: what each input yielded, as workers come to its end. Out: [`Merged`]. Inputs are merged in their
//! order, and where the events of all are too many some are let go at once: so the outcome is the same
//! for any number of threads.

use std::collections::BTreeMap;

use crate::classify::{self, Event, ROOM, THINNED, make_fewer};
use crate::error::Warning;

use super::file::FileYield;
use super::kept::{Kept, OF_ALL};

/// What was read.
pub(super) struct Merged {
    /// Inputs by number.
    pub(super) files: Vec<(usize, FileYield)>,
    /// Why others could not be read.
    pub(super) failed: Vec<Warning>,
    /// Records that told something and are not counted.
    pub(super) dropped: u64,
}

type Yield = Result<FileYield, Warning>;

/// Inputs on their way to [`Merged`].
pub(super) struct Merge {
    keep: usize,
    /// The input whose turn it is.
    next: usize,
    /// What came before its turn.
    early: BTreeMap<usize, Yield>,
    merged: Merged,
    /// Events of the merged inputs.
    events: usize,
    /// Bytes of what stood before them.
    kept: usize,
}

impl Merge {
    /// Nothing yet; at most so many events are to be kept.
    pub(super) fn new(keep: usize) -> Self {
        Self {
            keep,
            next: 0,
            early: BTreeMap::new(),
            merged: Merged {
                files: Vec::new(),
                failed: Vec::new(),
                dropped: 0,
            },
            events: 0,
            kept: 0,
        }
    }

    /// Takes what input `index` yielded.
    pub(super) fn put(&mut self, index: usize, yielded: Yield) {
        self.early.insert(index, yielded);
        while let Some(yielded) = self.early.remove(&self.next) {
            match yielded {
                Ok(file) => self.add(file),
                Err(warning) => self.merged.failed.push(warning),
            }
            self.next += 1;
        }
    }

    /// Whether what came before its turn is as much as may be kept in all.
    pub(super) fn is_full(&self) -> bool {
        let files = self.early.values().flatten();
        files.map(|file| file.events.events.len()).sum::<usize>() > self.keep
    }

    fn add(&mut self, mut file: FileYield) {
        if self.kept + file.kept.bytes() > OF_ALL {
            file.kept = Kept::default();
        }
        self.kept += file.kept.bytes();
        self.merged.dropped += file.dropped;
        self.events += file.events.events.len();
        self.merged.files.push((self.next, file));
        if self.events > self.keep {
            self.drop_least();
        }
    }

    /// Makes fewer of the sorts that came often; where that is not enough, lets go of what is least likely to matter.
    fn drop_least(&mut self) {
        let count = |files: &[(usize, FileYield)]| -> usize {
            files.iter().map(|(_, file)| file.events.events.len()).sum()
        };
        for of_a_sort in THINNED {
            for (_, file) in &mut self.merged.files {
                self.merged.dropped += make_fewer(&mut file.events.events, of_a_sort);
            }
            self.events = count(&self.merged.files);
            if self.events <= self.keep - self.keep / ROOM {
                return;
            }
        }
        let files = &mut self.merged.files;
        let all = files.iter().flat_map(|(_, file)| &file.events.events);
        let stay = classify::choose(all, self.keep);
        let mut stays = stay.into_iter();
        let mut dropped = 0;
        for (_, file) in files {
            file.events.events.retain(|event: &Event| {
                let stays = stays.next().unwrap_or(true);
                dropped += if stays { 0 } else { event.count };
                stays
            });
        }
        self.merged.dropped += dropped;
        self.events = count(&self.merged.files);
    }

    /// All inputs; none may be on its way.
    pub(super) fn finish(self) -> Merged {
        self.merged
    }
}
