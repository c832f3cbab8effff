//! What holds whatever comes in: the report does not depend on blocks, threads or the sieve; no bytes
//! make a scan panic; places are exact.

#[allow(dead_code, reason = "each test program uses a part")]
#[path = "../judge/mod.rs"]
mod judge;
#[allow(dead_code, reason = "each test program uses a part")]
#[path = "../support/mod.rs"]
mod support;

mod blocks;
mod generated;
mod mentions;
mod places;
mod sieve;
mod soup;

use std::cell::RefCell;
use std::fs;
use std::path::PathBuf;

use crashtrail::ScanOptions;
use proptest::test_runner::{Config, TestRunner};
use tempfile::TempDir;

/// A runner for so many inputs; the same ones each time, so that a failure can be had again.
fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, rng)
}

/// A folder for one file, and settings to scan it with; made once, for both cost more than a scan.
struct Bench {
    folder: TempDir,
    options: RefCell<ScanOptions>,
}

impl Bench {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            options: RefCell::new(support::options()),
        }
    }

    /// The file that all inputs are written to, so that reports do not differ by the path.
    fn file(&self) -> PathBuf {
        self.folder.path().join("mixed.log")
    }

    fn write(&self, bytes: &[u8]) {
        fs::write(self.file(), bytes).unwrap();
    }

    /// The report's bytes on the file, read in such blocks by so many threads.
    fn report(&self, block_bytes: usize, threads: usize) -> Vec<u8> {
        let mut options = self.options.borrow_mut();
        options.block_bytes = block_bytes;
        options.threads = threads;
        support::report_bytes(&self.file(), &options)
    }
}
