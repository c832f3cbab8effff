//! Each stage alone, on the same text in memory.
//!
//! `cargo bench --bench stages`. The floor is counting newlines; every further line of the output does
//! all that the one before it does, and one stage more.

#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::Duration;

use crashtrail::stages::{
    ByteOffset, Candidate, Candidates, Counter, Event, Facts, FileEvents, FileId, Flood, Frame,
    InputName, Inputs, Ledger, LineEnds, LineNo, Loops, Meta, Often, Sieve, Timeline, detect,
    incidents, ledger, loops, read, timeline,
};
use crashtrail::{LoopPolicy, Naming, RuleSet, TimeOptions, Weights};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[allow(dead_code, reason = "each program uses a part")]
mod corpus;

use corpus::Kind;
use corpus::shape::Shape;

const BYTES: u64 = 16 << 20;
const SEED: u64 = 20_251_118;

fn text(kind: Kind, bytes: u64) -> Vec<u8> {
    let mut text = Vec::new();
    corpus::write(kind, bytes, SEED, &mut text).expect("a Vec takes whatever is written");
    text
}

/// How far a block is worked on.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Depth {
    LineEnds,
    Sieve,
    Census,
    Records,
    Events,
}

/// Works on a text, as the pipeline does on a block.
fn work(text: &[u8], rules: &RuleSet, sieve: &Sieve, depth: Depth) -> Flood {
    let format = detect(&text[..text.len().min(64 << 10)]);
    let input = InputName {
        file: FileId::new(0),
        host: None,
        stem: Some("syslog"),
        format,
    };
    let mut events = Flood::new(usize::MAX, Often::default());
    let (mut ends, mut found) = (LineEnds::default(), Candidates::default());
    let mut counter = (depth >= Depth::Census).then(|| Counter::new(text, format));
    let (mut from, mut lines) = (0, 0);
    while from < text.len() {
        let piece = LineEnds::piece(text, from);
        ends.find(piece);
        if let Some(counter) = &mut counter {
            counter.count(from, piece, &ends);
        }
        if depth >= Depth::Sieve {
            sieve.candidates(piece, &ends, &mut found);
        }
        for candidate in found.lines().iter().filter(|_| depth >= Depth::Records) {
            let (start, end) = (from + candidate.line.start, from + candidate.line.end);
            let frame = Frame {
                line: text[start..end].trim_ascii_end(),
                before: &text[start.saturating_sub(64 << 10)..start],
                after: &text[end..text.len().min(end + (64 << 10))],
            };
            let Some(record) = black_box(read(frame, format)) else {
                continue;
            };
            if depth >= Depth::Events {
                let candidate = Candidate {
                    frame,
                    at: ByteOffset::new(start as u64),
                    no: LineNo::after(lines + ends.before(candidate.line.start) as u64),
                    texts: found.texts(candidate),
                };
                rules.classify(&record, candidate, &input, &mut events);
            }
        }
        lines += ends.count() as u64;
        from += piece.len();
    }
    black_box(counter.map(|counter| counter.finish(0)));
    events
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

/// The events of a text as those of one file.
fn file(text: &[u8], events: Vec<Event>) -> FileEvents {
    FileEvents {
        path: "syslog".to_owned(),
        series: String::new(),
        format: detect(&text[..text.len().min(64 << 10)]),
        meta: Meta::default(),
        events,
        census: Default::default(),
    }
}

/// How many incidents there are, each with its verdict.
fn verdicts(events: &Timeline, found: &Loops, changes: &Ledger, policy: &LoopPolicy) -> usize {
    incidents(&Facts {
        timeline: events,
        ledger: changes,
        loops: found,
        looks: &BTreeMap::new(),
        inputs: &Inputs {
            files: Vec::new(),
            kernel: false,
        },
        policy,
        weights: Weights::builtin(),
        naming: &Naming::Likely,
    })
    .len()
}

/// From events on: the part that one thread does, in time order.
fn engine(c: &mut Criterion) {
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

/// So many incidents and changes, as lines of a system's log: each service crashes five times, and hosts'
/// files are changed all the time.
fn incidents_and_changes(services: u64, changes: u64) -> Vec<u8> {
    let mut random = corpus::random::Random(SEED);
    let second = |n: u64| {
        format!(
            "2026-03-01T{:02}:{:02}:{:02}",
            n / 3600,
            n / 60 % 60,
            n % 60
        )
    };
    let day = 12 * 3600;
    let mut lines: Vec<String> = (0..changes)
        .map(|n| {
            let (host, service) = (random.below(20), random.below(2 * services));
            let at = second(random.below(day));
            let version = random.below(5000);
            format!(
                "{at}.{n:06}Z h{host:02} deploy[812]: deploying svc{service:03} from 1.{version}.0 to 1.{version}.1 by ci"
            )
        })
        .collect();
    for n in 0..services {
        let begin = 3600 + random.below(day - 7200);
        for crash in 0..5 {
            let host = n % 20;
            let mut say = |after: u64, text: &str| {
                let at = second(begin + crash * 20 + after);
                let by = if text.starts_with("svc") {
                    format!("svc{n:03}[{}]", 4000 + 10 * n + crash)
                } else {
                    "systemd[1]".to_owned()
                };
                let text = text.trim_start_matches("svc: ");
                lines.push(format!("{at}.999999Z h{host:02} {by}: {text}"));
            };
            say(0, &format!("Started svc{n:03}.service - a service."));
            say(
                2,
                &format!(
                    "svc: thread 'main' panicked at src/part{n}.rs:{}:9:",
                    n + 10
                ),
            );
            say(
                2,
                &format!("svc{n:03}.service: Main process exited, code=exited, status=101/n/a"),
            );
            say(
                2,
                &format!("svc{n:03}.service: Failed with result 'exit-code'."),
            );
            say(
                7,
                &format!(
                    "svc{n:03}.service: Scheduled restart job, restart counter is at {crash}."
                ),
            );
        }
    }
    lines.sort();
    lines.join("\n").into_bytes()
}

/// Verdicts on many incidents with very many changes: from loops and a ledger on.
fn attribution(c: &mut Criterion) {
    let rules = RuleSet::builtin().expect("the tests rule it out");
    let sieve = Sieve::new(rules.literals(), &BTreeSet::new());
    let policy = LoopPolicy::default();
    let mut group = c.benchmark_group("attribution");
    group.sample_size(10);
    for changes in [1_000, 10_000, 100_000] {
        let text = incidents_and_changes(200, changes);
        let events = work(&text, &rules, &sieve, Depth::Events).finish().events;
        let events = timeline(vec![file(&text, events)], &TimeOptions::default());
        let (found, changes) = (loops(&events, &policy), ledger(&events));
        let judge = || verdicts(&events, &found, &changes, &policy);
        let name = format!("{} incidents, {} changes", judge(), changes.changes.len());
        group.bench_function(name, |b| b.iter(judge));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = blocks, literals, engine, attribution
}
criterion_main!(benches);
