//! Any bytes as the log that a scan is given, all the way to the report.
#![no_main]

use std::io::Write;
use std::sync::LazyLock;

use crashtrail::report::{Style, render_text};
use crashtrail::{Quiet, ScanOptions, scan};
use libfuzzer_sys::fuzz_target;

static OPTIONS: LazyLock<ScanOptions> = LazyLock::new(|| {
    let mut options = ScanOptions::new().expect("the built-in rules are sound");
    options.threads = 1;
    // Blocks end everywhere.
    options.block_bytes = 4096;
    options
});

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new_in("/dev/shm").expect("room for a file");
    file.write_all(bytes).expect("room for its bytes");
    let found = scan(&[file.path().to_owned()], &OPTIONS, &Quiet);
    if let Ok(found) = found {
        let _ = render_text(&found.report, Style { width: 100 });
    }
});
