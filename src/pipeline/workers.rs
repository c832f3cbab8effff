//! Which worker reads what.
//!
//! In: the inputs. Out: what each yielded. A worker opens the next input that nobody has opened and works
//! on it; where all are opened, it helps with one that is still being read. So many small files are
//! read side by side, and a big one by all.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::source::Source;

use super::block::Tools;
use super::file::{FileYield, Job, lock};
use super::merge::{Merge, Merged};
use super::{Progress, ScanOptions};

pub(super) struct Workers<'a> {
    sources: &'a [Source],
    state: Mutex<State<'a>>,
    changed: Condvar,
}

struct State<'a> {
    /// The next input that nobody has opened.
    next: usize,
    /// How many are being opened.
    opening: usize,
    /// Those that are being read.
    open: Vec<Arc<Job<'a>>>,
    results: Merge,
}

/// An input that is being opened; at its end, by a panic too, those that wait for it look again.
struct Opening<'w, 'a>(&'w Workers<'a>);

impl Drop for Opening<'_, '_> {
    fn drop(&mut self) {
        lock(&self.0.state).opening -= 1;
        self.0.changed.notify_all();
    }
}

/// What a worker is to do.
enum Task<'a> {
    Open(usize, &'a Source),
    Help(Arc<Job<'a>>),
}

impl<'a> Workers<'a> {
    /// Workers for these inputs; at most so many events are kept of them.
    pub(super) fn new(sources: &'a [Source], keep: usize) -> Self {
        Self {
            sources,
            state: Mutex::new(State {
                next: 0,
                opening: 0,
                open: Vec::new(),
                results: Merge::new(keep),
            }),
            changed: Condvar::new(),
        }
    }

    /// One worker; returns when nothing is left to do.
    pub(super) fn run(&self, tools: Tools<'_>, options: &ScanOptions, progress: &dyn Progress) {
        while let Some(task) = self.next_task() {
            let job = match task {
                Task::Help(job) => job,
                Task::Open(n, source) => match self.open(n, source, options) {
                    Some(job) => job,
                    None => {
                        progress.file_done();
                        continue;
                    }
                },
            };
            let yielded = job.work(tools, options, progress);
            let mut state = lock(&self.state);
            state.open.retain(|open| open.wants_workers());
            if let Some(yielded) = yielded {
                self.put(state, job.index, yielded);
                progress.file_done();
            }
        }
    }

    /// Hands in what an input yielded; waits where too much came before its turn. Whoever works on the
    /// input whose turn it is does not wait, and inputs are opened in order, so this ends.
    fn put(&self, mut state: MutexGuard<'_, State<'a>>, index: usize, yielded: FileYield) {
        state.results.put(index, Ok(yielded));
        self.changed.notify_all();
        let too_much = |state: &mut State<'_>| state.results.is_full();
        drop(self.changed.wait_while(state, too_much));
    }

    fn next_task(&self) -> Option<Task<'a>> {
        let mut state = lock(&self.state);
        loop {
            if let Some(source) = self.sources.get(state.next) {
                state.next += 1;
                state.opening += 1;
                return Some(Task::Open(state.next - 1, source));
            }
            if let Some(job) = state.open.iter().find(|job| job.wants_workers()) {
                return Some(Task::Help(Arc::clone(job)));
            }
            if state.opening == 0 {
                return None;
            }
            state = self
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn open(&self, n: usize, source: &'a Source, options: &ScanOptions) -> Option<Arc<Job<'a>>> {
        let _opening = Opening(self);
        let job = Job::open(n, source, options).map(Arc::new);
        let mut state = lock(&self.state);
        match job {
            Ok(job) => {
                state.open.push(Arc::clone(&job));
                Some(job)
            }
            Err(warning) => {
                state.results.put(n, Err(warning));
                None
            }
        }
    }

    pub(super) fn into_results(self) -> Merged {
        let state = self.state.into_inner();
        state
            .unwrap_or_else(PoisonError::into_inner)
            .results
            .finish()
    }
}
