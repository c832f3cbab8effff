//! Any bytes as a file: journals, compression, archives. Opening it ends, and so does reading it.
#![no_main]

use std::io::{Read, Write, copy, sink};

use crashtrail::stages::Source;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut file = tempfile::NamedTempFile::new_in("/dev/shm").expect("room for a file");
    file.write_all(bytes).expect("room for its bytes");
    if let Ok(opened) = Source::at(file.path()).open() {
        let _ = copy(&mut opened.reader.take(64 << 20), &mut sink());
    }
});
