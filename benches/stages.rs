//! Each stage alone, on the same text in memory.
//!
//! `cargo bench --bench stages`. The floor is counting newlines; every further line of the output does
//! all that the one before it does, and one stage more.

#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Duration;

use crashtrail::stages::{Sieve, ledger, loops, timeline};
use crashtrail::{LoopPolicy, RuleSet, TimeOptions};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[allow(dead_code, reason = "each program uses a part")]
mod corpus;
mod engine;

use corpus::Kind;
use corpus::shape::Shape;
use engine::{Depth, file, verdicts, work};

const BYTES: u64 = 16 << 20;
const SEED: u64 = 20_251_118;

fn text(kind: Kind, bytes: u64) -> Vec<u8> {
    let mut text = Vec::new();
    corpus::write(kind, bytes, SEED, &mut text).expect("a Vec takes whatever is written");
    text
}

fn blocks(c: &mut Criterion) {
    let rules = RuleSet::builtin().expect("the tests rule it out");
    let sieve = Sieve::new(rules.literals(), &BTreeSet::from(["\u{1b}[".to_owned()]));
    for (name, kind) in [
        ("syslog", Kind::Ordinary(Shape::Rfc3164)),
        ("journal-json", Kind::Ordinary(Shape::JournalJson)),
        ("every line a crash", Kind::Crashes),
    ] {
        let text = text(kind, BYTES);
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function("newlines only", |b| {
            b.iter(|| memchr::memchr_iter(b'\n', black_box(&text)).count());
        });
        for (stage, depth) in [
            ("line ends", Depth::LineEnds),
            ("sieve", Depth::Sieve),
            ("census", Depth::Census),
            ("records", Depth::Records),
            ("classification", Depth::Events),
        ] {
            group.bench_function(stage, |b| {
                b.iter(|| work(black_box(&text), &rules, &sieve, depth));
            });
        }
    }
}

/// The sieve alone, with ever more texts to look for: words that no line holds, made up as identifiers
/// and messages are.
fn literals(c: &mut Criterion) {
    let rules = RuleSet::builtin().expect("the tests rule it out");
    let text = text(Kind::Ordinary(Shape::Rfc3164), BYTES);
    let mut group = c.benchmark_group("literals");
    group.throughput(Throughput::Bytes(text.len() as u64));
    for more in [0, 300, 1000, 3000] {
        let mut texts = rules.literals().to_vec();
        texts.extend(made_up(more));
        let sieve = Sieve::new(&texts, &BTreeSet::from(["\u{1b}[".to_owned()]));
        group.bench_function(format!("{} texts", texts.len()), |b| {
            b.iter(|| work(black_box(&text), &rules, &sieve, Depth::Sieve));
        });
    }
}

fn made_up(count: usize) -> impl Iterator<Item = String> {
    let mut random = corpus::random::Random(SEED);
    let syllables = [
        "con", "fig", "err", "ab", "ort", "ed ", "un", "able", " to", "pro", "cess", "ex", "it",
        "kil", "led", " by", "sig", "nal", "mem", "ory",
    ];
    std::iter::repeat_with(move || {
        let parts = 4 + random.below(4);
        let part = |_| syllables[random.below(syllables.len() as u64) as usize];
        (0..parts).map(part).collect()
    })
    .filter(|text: &String| text.len() >= 7)
    .take(count)
}

/// From events on: the part that one thread does, in time order.
fn from_events_on(c: &mut Criterion) {
    let rules = RuleSet::builtin().expect("the tests rule it out");
    let sieve = Sieve::new(rules.literals(), &BTreeSet::new());
    let policy = LoopPolicy::default();
    let mut group = c.benchmark_group("engine");
    group.sample_size(10);
    for (name, kind) in [
        ("six loops", Kind::Ordinary(Shape::Rfc3164)),
        ("every line a crash", Kind::Crashes),
    ] {
        let text = text(kind, BYTES);
        let events = work(&text, &rules, &sieve, Depth::Events).finish().events;
        let count = events.len();
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(format!("{name}, {count} events"), |b| {
            b.iter_batched(
                || vec![file(&text, events.clone())],
                |files| {
                    let events = timeline(files, &TimeOptions::default());
                    let (found, changes) = (loops(&events, &policy), ledger(&events));
                    verdicts(&events, &found, &changes, &policy)
                },
                criterion::BatchSize::LargeInput,
            );
        });
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = blocks, literals, from_events_on
}
criterion_main!(benches);
