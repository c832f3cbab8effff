//! No bytes make a scan panic, or a report break its form.

use std::fs;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use super::generated::with_crlf;
use super::{Bench, runner};
use crate::{judge, support};

/// Of a recorded file at most this much is used.
const PIECE: usize = 24_000;

/// How bytes are spoilt.
#[derive(Debug, Clone)]
enum Harm {
    Set(usize, u8),
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Repeat(usize, usize),
    Crlf,
    Mark,
    NoEnd,
}

fn harm() -> impl Strategy<Value = Harm> {
    let at = any::<usize>;
    prop_oneof![
        (at(), any::<u8>()).prop_map(|(at, byte)| Harm::Set(at, byte)),
        (
            at(),
            prop_oneof![Just(0), Just(0xff), Just(b'\n'), Just(b'"'), Just(0x1b)]
        )
            .prop_map(|(at, byte)| Harm::Set(at, byte)),
        (at(), prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(at, b)| Harm::Insert(at, b)),
        (at(), 0..400_usize).prop_map(|(at, len)| Harm::Remove(at, len)),
        (at(), 0..2000_usize).prop_map(|(at, len)| Harm::Repeat(at, len)),
        Just(Harm::Crlf),
        Just(Harm::Mark),
        Just(Harm::NoEnd),
    ]
}

impl Harm {
    fn apply(&self, bytes: &mut Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let len = bytes.len();
        let range = |at: usize, n: usize| at % len..(at % len + n).min(len);
        match self {
            Self::Set(at, byte) => bytes[at % len] = *byte,
            Self::Insert(at, new) => drop(bytes.splice(range(*at, 0), new.iter().copied())),
            Self::Remove(at, n) => drop(bytes.drain(range(*at, *n))),
            Self::Repeat(at, n) => {
                let piece = bytes[range(*at, *n)].to_vec();
                drop(bytes.splice(range(*at, 0), piece));
            }
            Self::Crlf => *bytes = with_crlf(bytes),
            Self::Mark => drop(bytes.splice(0..0, *b"\xef\xbb\xbf")),
            Self::NoEnd => {
                let end = bytes.iter().rposition(|b| *b != b'\n').map_or(0, |n| n + 1);
                bytes.truncate(end);
            }
        }
    }
}

fn stands(bench: &Bench, bytes: &[u8], block: usize) -> Result<(), TestCaseError> {
    bench.write(bytes);
    let report = serde_json::from_slice(&bench.report(block, 2))
        .map_err(|err| TestCaseError::fail(format!("no JSON: {err}")))?;
    match judge::void(&report) {
        Some(why) => Err(TestCaseError::fail(why)),
        None => Ok(()),
    }
}

#[test]
fn random_bytes_are_survived() {
    let bench = Bench::new();
    let bytes = prop::collection::vec(any::<u8>(), 0..3000);
    runner(64)
        .run(&(bytes, 1..5000_usize), |(bytes, block)| {
            stands(&bench, &bytes, block)
        })
        .unwrap();
}

#[test]
fn spoilt_logs_are_survived() {
    let bench = Bench::new();
    let pieces = recorded();
    let which = 0..pieces.len();
    let input = (
        which,
        any::<usize>(),
        prop::collection::vec(harm(), 1..12),
        50..50_000_usize,
    );
    runner(128)
        .run(&input, |(which, from, harms, block)| {
            let whole = &pieces[which];
            let from = from % whole.len();
            let mut bytes = whole[from..(from + PIECE).min(whole.len())].to_vec();
            for harm in &harms {
                harm.apply(&mut bytes);
            }
            stands(&bench, &bytes, block)
        })
        .unwrap();
}

/// The recorded files that are stored as plain text.
fn recorded() -> Vec<Vec<u8>> {
    let mut texts = Vec::new();
    for case in support::cases() {
        for path in support::files_below(&case.logs()) {
            let packed = path.extension().is_some_and(|e| e == "gz" || e == "xz");
            if !packed {
                texts.push(fs::read(path).unwrap());
            }
        }
    }
    texts
}
