//! Simulated incidents, and how well the program judges them.
//!
//! ```text
//! simulate check [--half train|check] [--count N] [--quiet N] [--seed N] [--misses] [--strict]
//!                                                 judges, prints tables; strictly: fails where rates have fallen
//! simulate fit [--count N] [--seed N]             prints the factors' scales, fitted on the half for it
//! simulate tables DOCS [--count N] [--quiet N]    judges, and writes DOCS/evaluation.md and DOCS/reliability.svg
//! simulate weaken                                 prints how verdicts fare without the strongest rules
//! simulate write SHAPE SEED FOLDER [--half train|check]                               one story's files
//! ```
//!
//! Half of the incidents have a change as their cause, drawn evenly from the shapes; the others are drawn in the
//! shares of the published prior.

mod change;
mod evaluate;
mod fit;
mod judge;
mod plot;
mod sensitivity;
mod story;
mod weaken;
mod words;
mod world;

use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, bail};
use crashtrail::{Naming, Quiet, RuleSet, ScanOptions, scan};
use fastrand::Rng;

use judge::{Answer, Numbers, Verdict, judge};
use story::{Shape, Story, tell};
use words::Half;

struct Options {
    words: Vec<String>,
    half: Half,
    count: usize,
    quiet: usize,
    seed: u64,
    misses: bool,
    /// Fails where the rates have fallen.
    strict: bool,
}

/// What stands below it in the page is written by this program.
const MARK: &str = "<!-- what `simulate tables` writes -->";

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
        ["fit"] => fitted(&options),
        ["weaken"] => {
            print!("{}", weaken::table(&options, &Numbers::builtin())?);
            Ok(())
        }
        ["tables", folder] => tables(&options, folder.as_ref()),
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
            "simulate check | fit | tables DOCS | write SHAPE SEED FOLDER; see the head of benches/simulate/main.rs"
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

/// Incidents of all shapes in the shares of the prior, and quiet logs, judged.
fn verdicts(options: &Options, half: Half, numbers: &Numbers) -> Result<Vec<Verdict>> {
    let mut random = Rng::with_seed(options.seed);
    let mut stories = draw(options.count, &mut random, numbers);
    stories.extend((0..options.quiet).map(|_| (Shape::Quiet, random.u64(..))));
    each(&stories, |&(shape, seed)| one(shape, half, seed, numbers))
}

/// Shapes of incidents in the shares of the prior, each with a seed.
fn draw(count: usize, random: &mut Rng, numbers: &Numbers) -> Vec<(Shape, u64)> {
    let shapes: Vec<Shape> = Shape::CHANGED.into_iter().chain(Shape::OTHER).collect();
    let mut one = || {
        let mut left = random.f64();
        let shape = shapes.iter().find(|shape| {
            left -= shape.share(&numbers.other);
            left < 0.0
        });
        (*shape.unwrap_or(&shapes[0]), random.u64(..))
    };
    (0..count).map(|_| one()).collect()
}

/// Does `work` for each of these, on all processors; the results in order. Not rayon's, whose threads would take
/// up further stories while a scan's own pool is busy with theirs, and so on without end.
fn each<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> Result<R> + Sync) -> Result<Vec<R>> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((n, item)) = {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    items.get(n).map(|item| (n, item))
                } {
                    let result = work(item);
                    done.lock()
                        .expect("no thread panics with it")
                        .push((n, result));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no thread panics with it");
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, result)| result).collect()
}

fn one(shape: Shape, half: Half, seed: u64, numbers: &Numbers) -> Result<Verdict> {
    let story = tell(shape, half, seed);
    let folder = tempfile::tempdir()?;
    put(&story, folder.path())?;
    let found = scan(&[folder.path().to_owned()], &scan_options()?, &Quiet)?;
    Ok(judge(&story, seed, &found.report, numbers))
}

fn scan_options() -> Result<ScanOptions> {
    Ok(scan_options_with(RuleSet::builtin()?))
}

fn scan_options_with(rules: RuleSet) -> ScanOptions {
    let mut options = ScanOptions::with_rules(rules);
    options.threads = 1;
    options.time.year = Some(2026);
    options.naming = Naming::All;
    options
}

fn check(options: &Options) -> Result<()> {
    let numbers = Numbers::builtin();
    let verdicts = verdicts(options, options.half, &numbers)?;
    println!("{}", evaluate::results(&verdicts, &numbers.scales));
    let (bins, error) = evaluate::reliability(&verdicts, &numbers.scales);
    println!("{}", evaluate::reliability_table(&bins, error));
    if options.misses {
        for v in &verdicts {
            let answer = Answer::of(&v.hypotheses, &numbers.scales);
            let right = v.found && answer.is_right();
            if v.extra > 0 || !right && v.shape != Shape::Quiet {
                println!(
                    "{:?} {} found {} rank {:?} extra {} first {:.2}: {}",
                    v.shape, v.seed, v.found, answer.rank, v.extra, answer.first, v.said
                );
            }
        }
    }
    let losses = evaluate::losses(&verdicts, &numbers.scales);
    if options.strict && !losses.is_empty() {
        bail!("{}", losses.join("; "));
    }
    Ok(())
}

/// Prints the scales to be written into the weights.
fn fitted(options: &Options) -> Result<()> {
    let train = verdicts(options, Half::Train, &Numbers::builtin())?;
    let mut last = String::new();
    for (name, scale) in evaluate::fitted(&train, |_| false) {
        let (sort, factor) = name.split_once('.').unwrap_or(("for", &name));
        if sort != last {
            println!("[scale.{sort}]");
            sort.clone_into(&mut last);
        }
        println!("{factor} = {scale:.2}");
    }
    Ok(())
}

/// Does all of it, and writes the tables and the diagram.
fn tables(options: &Options, folder: &Path) -> Result<()> {
    let numbers = Numbers::builtin();
    let scales = &numbers.scales;
    let train = verdicts(options, Half::Train, &numbers)?;
    let check = verdicts(options, Half::Check, &numbers)?;
    let (bins, error) = evaluate::reliability(&check, scales);
    let text = format!(
        "## Results\n\n{} incidents and {} quiet logs of the half that nothing was fitted on, seed {}.\n\n{}\n\
         ## Calibration\n\n![Reliability of the first cause](reliability.svg)\n\n{}\n\
         ## Beside simpler ways\n\n{}\n\
         ## Without a factor\n\n{}\n\
         ## Fitted without a shape or a format\n\n{}\n\
         ## Without the strongest rules\n\n{}\n\
         ## Halved and doubled\n\n{}",
        options.count,
        options.quiet,
        options.seed,
        evaluate::results(&check, scales),
        evaluate::reliability_table(&bins, error),
        evaluate::baselines(&check, scales),
        evaluate::ablation(&check, scales),
        evaluate::left_out(&train, &check),
        weaken::table(options, &numbers)?,
        sensitivity::table(options)?,
    );
    let path = folder.join("evaluation.md");
    let page = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (head, _) = (page.split_once(MARK)).with_context(|| format!("{MARK} is missing"))?;
    std::fs::write(&path, format!("{head}{MARK}\n\n{text}"))?;
    std::fs::write(folder.join("reliability.svg"), plot::reliability(&bins))?;
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options {
        words: Vec::new(),
        half: Half::Check,
        count: 400,
        quiet: 100,
        seed: 1,
        misses: false,
        strict: false,
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
            "--strict" => options.strict = true,
            _ => options.words.push(arg),
        }
    }
    Ok(options)
}
