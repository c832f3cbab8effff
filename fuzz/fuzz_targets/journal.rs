//! A sound journal with bytes altered: the fuzzer chooses its style, its fields, and what is altered.
#![no_main]

use std::io::{Read, Write, copy, sink};

use crashtrail::stages::Source;
use libfuzzer_sys::fuzz_target;

#[allow(dead_code)]
#[path = "../../tests/support/journal.rs"]
mod writer;

use writer::{Journal, Style, When};

const START: u64 = 1_763_424_000_000_000;
/// An alteration: a place (three bytes), how much (one), and the byte put there (one).
const ALTERATION: usize = 5;

fuzz_target!(|input: &[u8]| {
    let Some((&[style, count], rest)) = input.split_first_chunk::<2>() else {
        return;
    };
    let styles = Style::all();
    let mut journal = Journal::new(styles[usize::from(style) % styles.len()]);
    let (values, alterations) = rest.split_at(rest.len() / 2);
    let mut values = values.chunks(24).cycle();
    for n in 0..u64::from(count % 64) {
        let when = When {
            realtime: START + n * 1_000_000,
            monotonic: 5_000_000 + n * 1_000_000,
            boot: [(n / 20) as u8; 16],
        };
        let message = values.next().unwrap_or_default().repeat(1 + n as usize % 9);
        let program = values.next().unwrap_or_default();
        let fields: [(&str, &[u8]); 5] = [
            ("MESSAGE", &message),
            ("_HOSTNAME", b"web01"),
            ("SYSLOG_IDENTIFIER", program),
            ("_PID", b"812"),
            ("_SYSTEMD_UNIT", b"app.service"),
        ];
        journal.entry(when, &fields);
    }
    let mut bytes = journal.finish();
    for alteration in alterations.chunks_exact(ALTERATION) {
        let place = u32::from_le_bytes([alteration[0], alteration[1], alteration[2], 0]) as usize;
        let place = place % bytes.len();
        match alteration[3] {
            // Cut off, and cut out.
            0 => bytes.truncate(place.max(300)),
            1 => drop(bytes.drain(place..(place + 64).min(bytes.len()))),
            length => {
                let end = (place + usize::from(length % 32)).min(bytes.len());
                bytes[place..end].fill(alteration[4]);
            }
        }
        if bytes.is_empty() {
            return;
        }
    }
    let mut file = tempfile::NamedTempFile::new_in("/dev/shm").expect("room for a file");
    file.write_all(&bytes).expect("room for its bytes");
    if let Ok(opened) = Source::at(file.path()).open() {
        let _ = copy(&mut opened.reader.take(64 << 20), &mut sink());
    }
});
