//! Verdicts on many incidents with very many changes: how long they take, and how much memory.
//!
//! `cargo bench --bench attribution`. Timed is what follows loops and a ledger; the memory is the most that is
//! held while verdicts are made, beside what was held before. Both count the allocator's own bookkeeping of
//! what is held, which costs a little time.

#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use std::collections::BTreeSet;

use crashtrail::stages::{Sieve, ledger, loops, timeline};
use crashtrail::{LoopPolicy, RuleSet, TimeOptions};
use criterion::{Criterion, criterion_group, criterion_main};
use peak_alloc::PeakAlloc;

#[allow(dead_code, reason = "each program uses a part")]
mod corpus;
#[allow(dead_code, reason = "each program uses a part")]
mod engine;

use engine::{Depth, file, verdicts, work};

#[global_allocator]
static HELD: PeakAlloc = PeakAlloc;

const SEED: u64 = 20_251_118;

/// So many incidents and changes, as lines of a system's log: each service crashes five times, and hosts'
/// files are changed all the time.
fn incidents_and_changes(services: u64, changes: u64) -> Vec<u8> {
    let mut random = corpus::random::Random(SEED);
    let second = |n: u64| {
        let (day, second) = (n / 86_400, n % 86_400);
        format!(
            "2026-03-{:02}T{:02}:{:02}:{:02}",
            day + 1,
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    };
    let span = 20 * 86_400;
    let name = |n: u64| corpus::name("svc", n);
    // Most are of services that never fail; so many that those of one are no routine.
    let targets = 2 * services + changes / 5;
    let mut lines: Vec<String> = (0..changes)
        .map(|n| {
            let (host, service) = (random.below(20), name(random.below(targets)));
            let at = second(random.below(span));
            let version = random.below(5000);
            format!(
                "{at}.{n:06}Z h{host:02} deploy[812]: deploying {service} from 1.{version}.0 to 1.{version}.1 by ci"
            )
        })
        .collect();
    for n in 0..services {
        let service = name(n);
        let begin = 3600 + random.below(span - 7200);
        for crash in 0..5 {
            let host = n % 20;
            let mut say = |after: u64, text: &str| {
                let at = second(begin + crash * 20 + after);
                let by = if text.starts_with("svc: ") {
                    format!("{service}[{}]", 4000 + 10 * n + crash)
                } else {
                    "systemd[1]".to_owned()
                };
                let text = text.trim_start_matches("svc: ");
                lines.push(format!("{at}.999999Z h{host:02} {by}: {text}"));
            };
            say(0, &format!("Started {service}.service - a service."));
            say(
                2,
                &format!(
                    "svc: thread 'main' panicked at src/part{n}.rs:{}:9:",
                    n + 10
                ),
            );
            say(
                2,
                &format!("{service}.service: Main process exited, code=exited, status=101/n/a"),
            );
            say(
                2,
                &format!("{service}.service: Failed with result 'exit-code'."),
            );
            say(
                7,
                &format!(
                    "{service}.service: Scheduled restart job, restart counter is at {crash}."
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
    for changes in [1_000, 10_000, 100_000] {
        let text = incidents_and_changes(200, changes);
        let events = work(&text, &rules, &sieve, Depth::Events).finish().events;
        let events = timeline(vec![file(&text, events)], &TimeOptions::default());
        let (found, changes) = (loops(&events, &policy), ledger(&events));
        drop(text);
        let before = HELD.current_usage();
        HELD.reset_peak_usage();
        verdicts(&events, &found, &changes, &policy);
        let more = (HELD.peak_usage() - before) as f64 / f64::from(1 << 20);
        let before = before as f64 / f64::from(1 << 20);
        eprintln!(
            "{} changes: {more:.0} MiB beside {before:.0} MiB",
            changes.changes.len()
        );
        let judge = || verdicts(&events, &found, &changes, &policy);
        let name = format!("{} incidents, {} changes", judge(), changes.changes.len());
        group.bench_function(name, |b| b.iter(judge));
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(10);
    targets = attribution
}
criterion_main!(benches);
