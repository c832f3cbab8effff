//! Which worker reads what.
//!
//! In: the inputs. Out: what each yielded. A worker opens the next input that nobody has opened and works
//! on it; where all are opened, it helps with one that is still being read. So many small files are
//! read side by side, and a big one by all.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use crate::error::Warning;
use crate::source::Source;

use super::block::Tools;
use super::file::{FileYield, Job, lock};
use super::{Progress, ScanOptions};

/// An input's number, and what it yielded.
pub(super) type Result = (usize, std::result::Result<FileYield, Warning>);

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
    results: Vec<Result>,
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
    pub(super) fn new(sources: &'a [Source]) -> Self {
        Self {
            sources,
            state: Mutex::new(State {
                next: 0,
                opening: 0,
                open: Vec::new(),
                results: Vec::new(),
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
                state.results.push((job.index, Ok(yielded)));
                drop(state);
                progress.file_done();
            }
        }
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
                state.results.push((n, Err(warning)));
                None
            }
        }
    }

    pub(super) fn into_results(self) -> Vec<Result> {
        self.state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .results
    }
}
