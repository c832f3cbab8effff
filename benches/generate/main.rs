//! Makes logs to measure with, and checks a report on them.
//!
//! ```text
//! generate-corpus KIND BYTES [--seed N] [--truth FILE] > LOG    a file
//! generate-corpus mixed BYTES --out FOLDER [--seed N] [--truth FILE]
//!                                                    a folder of files and compressed rotations
//! generate-corpus check TRUTH REPORT                 whether a JSON report tells what was planted
//! generate-corpus kinds                              the kinds
//! ```

#[path = "../corpus/mod.rs"]
#[allow(dead_code, reason = "each program uses a part")]
mod corpus;

mod check;
mod mixed;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use corpus::shape::Shape;
use corpus::story::Planted;
use corpus::{Kind, write};

const SEED: u64 = 20_251_118;

struct Options {
    words: Vec<String>,
    seed: u64,
    truth: Option<PathBuf>,
    out: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("generate-corpus: {err:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let options = options()?;
    let words: Vec<&str> = options.words.iter().map(String::as_str).collect();
    match words[..] {
        ["kinds"] => {
            for shape in Shape::ALL {
                println!("{}", shape.name());
            }
            println!("crashes\nlong-lines\nmixed");
            Ok(())
        }
        ["check", truth, report] => check::check(truth.as_ref(), report.as_ref()),
        ["mixed", bytes] => {
            let out = options.out.as_deref().context("mixed needs --out FOLDER")?;
            let planted = mixed::write(bytes.parse()?, options.seed, out)?;
            tell(&options, &planted)
        }
        [kind, bytes] => {
            let kind =
                Kind::named(kind).with_context(|| format!("{kind}: unknown, see `kinds`"))?;
            let mut out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
            let planted = write(kind, bytes.parse()?, options.seed, &mut out)?;
            out.flush()?;
            tell(&options, &planted)
        }
        _ => bail!("generate-corpus KIND BYTES > LOG; see the head of benches/generate/main.rs"),
    }
}

fn tell(options: &Options, planted: &[Planted]) -> Result<()> {
    let text = serde_json::to_string_pretty(planted)?;
    match &options.truth {
        Some(file) => fs::write(file, text).with_context(|| file.display().to_string())?,
        None => eprintln!("{text}"),
    }
    Ok(())
}

fn options() -> Result<Options> {
    let mut options = Options {
        words: Vec::new(),
        seed: SEED,
        truth: None,
        out: None,
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
        match &*arg {
            "--seed" => options.seed = value()?.parse()?,
            "--truth" => options.truth = Some(value()?.into()),
            "--out" => options.out = Some(value()?.into()),
            _ => options.words.push(arg),
        }
    }
    Ok(options)
}
