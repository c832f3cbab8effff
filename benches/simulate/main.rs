//! Simulated incidents, and how well the program judges them.
//!
//! ```text
//! simulate check [--half train|check] [--count N] [--quiet N] [--seed N] [--misses]   judges, prints tables
//! simulate write SHAPE SEED FOLDER [--half train|check]                               one story's files
//! ```
//!
//! Half of the incidents have a change as their cause, drawn evenly from the shapes, as have the others.

mod change;
mod judge;
mod story;
mod words;
mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use crashtrail::{Quiet, ScanOptions, scan};
use fastrand::Rng;
use rayon::prelude::*;

use judge::{Share, Verdict, calibration, judge};
use story::{Shape, Story, tell};
use words::Half;
use world::Format;

struct Options {
    words: Vec<String>,
    half: Half,
    count: usize,
    quiet: usize,
    seed: u64,
    misses: bool,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("simulate: {err:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let options = options()?;
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    match words[..] {
        ["check"] => check(&options),
        ["write", shape, seed, folder] => {
            let shapes = Shape::CHANGED
                .iter()
                .chain(&Shape::OTHER)
                .chain([&Shape::Quiet]);
            let mut shapes = shapes.filter(|s| format!("{s:?}").eq_ignore_ascii_case(shape));
            let shape = shapes
                .next()
                .with_context(|| format!("{shape}: no such shape"))?;
            let story = tell(*shape, options.half, seed.parse()?);
            put(&story, folder.as_ref())?;
            println!(
                "{} from {} µs, trigger {:?}",
                story.service, story.onset, story.trigger
            );
            Ok(())
        }
        _ => bail!(
            "simulate check | write SHAPE SEED FOLDER; see the head of benches/simulate/main.rs"
        ),
    }
}

fn put(story: &Story, folder: &Path) -> Result<()> {
    for (name, text) in &story.files {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().context("below the folder")?)?;
        std::fs::write(path, text)?;
    }
    Ok(())
}

fn check(options: &Options) -> Result<()> {
    let mut random = Rng::with_seed(options.seed);
    let mut stories: Vec<(Shape, u64)> = (0..options.count)
        .map(|n| {
            let shape = match n % 2 {
                0 => Shape::CHANGED[random.usize(..Shape::CHANGED.len())],
                _ => Shape::OTHER[random.usize(..Shape::OTHER.len())],
            };
            (shape, random.u64(..))
        })
        .collect();
    stories.extend((0..options.quiet).map(|_| (Shape::Quiet, random.u64(..))));
    let verdicts: Vec<Verdict> = stories
        .par_iter()
        .map(|&(shape, seed)| one(shape, options.half, seed))
        .collect::<Result<_>>()?;
    tables(&verdicts, options.misses);
    Ok(())
}

fn one(shape: Shape, half: Half, seed: u64) -> Result<Verdict> {
    let story = tell(shape, half, seed);
    let folder = tempfile::tempdir()?;
    put(&story, folder.path())?;
    let mut scan_options = ScanOptions::new()?;
    scan_options.threads = 1;
    scan_options.time.year = Some(2026);
    let found = scan(&[folder.path().to_owned()], &scan_options, &Quiet)?;
    Ok(judge(&story, seed, &found.report))
}

fn tables(verdicts: &[Verdict], misses: bool) {
    let mut by_shape: BTreeMap<Shape, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts {
        by_shape.entry(verdict.shape).or_default().push(verdict);
    }
    println!(
        "| shape | stories | found | first | in three | wrongly blamed | latest change | latest of the service | Brier |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for (shape, list) in &by_shape {
        row(&format!("{shape:?}"), list);
    }
    let of = |test: &dyn Fn(&Verdict) -> bool| -> Vec<&Verdict> {
        verdicts.iter().filter(|v| test(v)).collect()
    };
    row("**a change**", &of(&|v| v.shape.is_change()));
    row("**no change**", &of(&|v| v.shape.cause().is_some()));
    let all = of(&|v| v.shape != Shape::Quiet);
    row("**all**", &all);
    for format in Format::ALL {
        row(
            format.name(),
            &of(&|v| v.format == format && v.shape != Shape::Quiet),
        );
    }
    let extra = Share::of(all.iter().map(|v| v.extra > 0));
    println!(
        "\nincidents of no truth beside the true one: {}",
        extra.text()
    );
    let quiet = of(&|v| v.shape == Shape::Quiet);
    let falsely = Share::of(quiet.iter().map(|v| v.extra > 0));
    println!(
        "quiet logs with an incident: {} of {}",
        falsely.text(),
        quiet.len()
    );
    let (bins, error) = calibration(verdicts, 10);
    println!(
        "\nexpected calibration error of the first cause: {error:.3}\n\n| said | right | stories |\n| --- | --- | --- |"
    );
    for (said, right, count) in bins {
        println!("| {said:.3} | {right:.3} | {count} |");
    }
    if misses {
        println!();
        for v in verdicts {
            let wrong = match v.shape {
                Shape::Quiet => v.extra > 0,
                _ => !v.found || v.rank != Some(0) || v.extra > 0,
            };
            if wrong {
                println!(
                    "{:?} {} found {} rank {:?} extra {} first {:.2}: {}",
                    v.shape, v.seed, v.found, v.rank, v.extra, v.first, v.said
                );
            }
        }
    }
}

fn row(name: &str, list: &[&Verdict]) {
    let found: Vec<&&Verdict> = list.iter().filter(|v| v.found).collect();
    let share = |test: &dyn Fn(&Verdict) -> bool| Share::of(found.iter().map(|v| test(v))).text();
    let brier = found.iter().map(|v| v.brier).sum::<f64>() / found.len().max(1) as f64;
    println!(
        "| {name} | {} | {} | {} | {} | {} | {} | {} | {brier:.3} |",
        list.len(),
        Share::of(list.iter().map(|v| v.found)).text(),
        share(&|v| v.rank == Some(0)),
        share(&|v| v.rank.is_some_and(|rank| rank < 3)),
        share(&|v| v.blames && v.rank != Some(0)),
        share(&|v| v.baselines[0]),
        share(&|v| v.baselines[1]),
    );
}

fn options() -> Result<Options> {
    let mut options = Options {
        words: Vec::new(),
        half: Half::Check,
        count: 400,
        quiet: 100,
        seed: 1,
        misses: false,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
        match &*arg {
            "--half" => {
                let name = value()?;
                options.half = Half::named(&name).with_context(|| format!("{name}: no half"))?;
            }
            "--count" => options.count = value()?.parse()?,
            "--quiet" => options.quiet = value()?.parse()?,
            "--seed" => options.seed = value()?.parse()?,
            "--misses" => options.misses = true,
            _ => options.words.push(arg),
        }
    }
    Ok(options)
}
