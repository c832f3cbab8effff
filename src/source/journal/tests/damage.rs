//! Damage of any kind, anywhere: what can be read is read, the rest is said, and reading ends.

use std::collections::HashSet;

use super::writer::Style;
use super::*;

/// So many ways of damage leave all else where it was; with the rest what follows is moved.
const IN_PLACE: u8 = 5;
const ALL: u8 = 6;

/// Damages a file in one of so many ways; tells which.
fn damage(bytes: &mut Vec<u8>, ways: u8, random: &mut fastrand::Rng) -> String {
    let at = random.usize(..bytes.len());
    let length = random.usize(1..600).min(bytes.len() - at);
    match random.u8(..ways) {
        0 => {
            let bit = 1 << random.u8(..8);
            bytes[at] ^= bit;
            format!("bit {bit} of byte {at} turned")
        }
        1 => {
            bytes[at..at + length].fill(0);
            format!("{length} zeros at {at}")
        }
        2 => {
            bytes[at..at + length].fill_with(|| random.u8(..));
            format!("{length} random bytes at {at}")
        }
        3 => {
            bytes.truncate(at);
            format!("cut at {at}")
        }
        4 => {
            // A size, most likely: what sends a reader furthest astray.
            let at = at & !7;
            let size = random.u64(..) >> random.u8(..64);
            let end = (at + 8).min(bytes.len());
            bytes[at..end].copy_from_slice(&size.to_le_bytes()[..end - at]);
            format!("the number {size} at {at}")
        }
        _ => {
            bytes.drain(at..at + length);
            format!("{length} bytes missing at {at}")
        }
    }
}

/// Reads as [`read`] does; `None` where the header is refused.
fn try_read(bytes: &[u8]) -> Option<(Vec<Vec<u8>>, Vec<super::super::super::Noted>)> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file.seek(SeekFrom::Start(0)).unwrap();
    let note = Note::default();
    let mut text = Vec::new();
    let mut journal = Journal::open(file, note.clone()).ok()?;
    journal.read_to_end(&mut text).ok()?;
    let lines = text.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.map(|line| line.strip_suffix(b"\n").unwrap().to_vec());
    Some((lines.collect(), note.all()))
}

/// What a reader sees of a line: when, and what.
fn told(line: &[u8]) -> (i64, Vec<u8>) {
    let parts = Parts::of(line).unwrap();
    let message = parts.fields().find(|(name, _)| *name == b"MESSAGE");
    (parts.micros, message.unwrap().1.to_vec())
}

/// One damaged place costs what stood there and is told; nothing else is lost or altered.
#[test]
fn one_damaged_place_costs_little_and_is_told() {
    const ENTRIES: u64 = 400;
    let mut random = fastrand::Rng::with_seed(4);
    let (mut tried, mut lost, mut altered) = (0, 0, 0);
    for style in Style::all() {
        let (journal, _) = journal(style, ENTRIES);
        let sound = journal.finish();
        let (whole, _) = read(&sound);
        let whole: HashSet<_> = whole.iter().map(|line| told(line)).collect();
        for _ in 0..60 {
            let mut bytes = sound.clone();
            let what = damage(&mut bytes, IN_PLACE, &mut random);
            let Some((lines, notes)) = try_read(&bytes) else {
                continue;
            };
            let is_cut = what.starts_with("cut");
            let got = lines
                .iter()
                .filter(|line| whole.contains(&told(line)))
                .count();
            let other = lines.len() - got;
            let missing = ENTRIES as usize - got.min(ENTRIES as usize);
            if missing > 0 && is_cut {
                assert!(!notes.is_empty(), "{style:?}: {what}: nothing is said");
            }
            if !is_cut {
                tried += 1;
                lost += missing;
                altered += other;
            }
            assert!(
                lines.len() <= 2 * ENTRIES as usize,
                "{style:?}: {what}: {} lines of {ENTRIES}",
                lines.len()
            );
        }
    }
    eprintln!("{tried} damaged journals of {ENTRIES} records: {lost} lost, {altered} altered");
    // A piece of 600 bytes holds at most five records' objects; DATA that stood there is missing in
    // all that name it.
    assert!(
        lost < tried * 4,
        "{lost} records lost in {tried} damaged journals of {ENTRIES}"
    );
}

/// Many damaged places at once: reading ends, and yields no more than there was.
#[test]
fn a_wreck_is_read_to_its_end() {
    let mut random = fastrand::Rng::with_seed(11);
    for style in Style::all() {
        let (journal, _) = journal(style, 200);
        let sound = journal.finish();
        for _ in 0..30 {
            let mut bytes = sound.clone();
            for _ in 0..random.usize(2..200) {
                if !bytes.is_empty() {
                    damage(&mut bytes, ALL, &mut random);
                }
            }
            if let Some((lines, _)) = try_read(&bytes) {
                assert!(lines.len() < 10_000, "{style:?}: {} lines", lines.len());
                assert!(
                    lines.iter().all(|line| Parts::of(line).is_some()),
                    "{style:?}"
                );
            }
        }
    }
}
