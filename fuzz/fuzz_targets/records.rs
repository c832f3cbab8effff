//! Any bytes as a log: each line is read as a record, by the format that they seem to have and by every
//! other, and counted by the census.
#![no_main]

use crashtrail::KNOWN_FORMATS;
use crashtrail::stages::{Frame, detect, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, text)) = bytes.split_first() else {
        return;
    };
    let formats = [
        detect(text),
        KNOWN_FORMATS[usize::from(*choice) % KNOWN_FORMATS.len()].format,
    ];
    let mut at = 0;
    for line in text.split(|byte| *byte == b'\n') {
        let end = at + line.len();
        let frame = Frame {
            line,
            before: &text[..at],
            after: text.get(end + 1..).unwrap_or_default(),
        };
        for format in formats {
            let _ = read(frame, format);
        }
        at = end + 1;
    }
});
