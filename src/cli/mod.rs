//! The command line: flags to settings, and the exit status. Thin, and no part of the library.

use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use crashtrail::{Naming, Scan, ScanOptions, report, scan};

mod args;
mod formats;
mod metrics;
mod progress;
mod reading;
mod rules;
mod watch;

use args::{Args, Command, ExplainArgs, Format, FormatsArgs, Moment, ScanArgs};
use progress::Bar;

/// How the program ends (contract, "The exit status").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ExitStatus {
    /// All was read.
    Fine,
    /// All was read, and there is a crash loop (`--exit-code`).
    Found,
    /// Bad usage, or an input that is missing or broken.
    Failed,
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        match status {
            ExitStatus::Fine => Self::SUCCESS,
            ExitStatus::Found => Self::from(1),
            ExitStatus::Failed => Self::from(2),
        }
    }
}

/// Runs the program with the process's arguments.
pub(crate) fn run() -> ExitCode {
    let args = Args::parse_from(args::with_default_command(std::env::args_os()));
    let result = match args.command {
        Command::Scan(args) => run_scan(&args, None),
        Command::Explain(args) => run_scan(&args.scan, Some(&args)),
        Command::Watch(args) => watch::run(&args),
        Command::Rules(args) => rules::run(&args),
        Command::Formats(args) => run_formats(&args),
    };
    match result {
        Ok(status) => status.into(),
        Err(err) if is_broken_pipe(&err) => ExitCode::SUCCESS,
        Err(err) => {
            complain(&format!("error: {err:#}"));
            ExitStatus::Failed.into()
        }
    }
}

/// A reader that went away has seen enough.
fn is_broken_pipe(err: &anyhow::Error) -> bool {
    err.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
            || cause
                .downcast_ref::<serde_json::Error>()
                .is_some_and(|e| e.io_error_kind() == Some(io::ErrorKind::BrokenPipe))
    })
}

/// Writes a line to standard error, made harmless; nobody can be told if that fails.
fn complain(text: &str) {
    let _ = writeln!(anstream::stderr(), "{}", report::harmless(text));
}

/// Scans, and writes the report; or, where that is asked for, why its verdicts are as they are.
fn run_scan(args: &ScanArgs, explain: Option<&ExplainArgs>) -> anyhow::Result<ExitStatus> {
    let paths = args.paths_or_stdin()?;
    let mut options = options(args)?;
    let asked = explain.and_then(|explain| explain.change.clone());
    options.naming = asked.map_or(Naming::Likely, Naming::Also);
    let bar = Bar::new(args.quiet);
    let found = scan(&paths, &options, &bar)?;
    bar.finish();
    if !args.quiet {
        for warning in &found.report.warnings {
            match &warning.input {
                Some(input) => complain(&format!("warning: {input}: {}", warning.text)),
                None => complain(&format!("warning: {}", warning.text)),
            }
        }
    }
    write_report(args, explain, &found)?;
    Ok(match (found.sound, found.report.incidents.is_empty()) {
        (false, _) => ExitStatus::Failed,
        (true, false) if args.exit_code => ExitStatus::Found,
        (true, _) => ExitStatus::Fine,
    })
}

fn write_report(
    args: &ScanArgs,
    explain: Option<&ExplainArgs>,
    found: &Scan,
) -> anyhow::Result<()> {
    match args.format {
        Format::Json => {
            let mut out = io::BufWriter::new(io::stdout().lock());
            report::write_json(&found.report, &mut out)?;
            out.flush()?;
        }
        Format::Text => {
            let width = args
                .reading
                .width
                .unwrap_or_else(|| args::terminal_width(io::stdout().is_terminal()));
            let style = report::Style { width };
            let text = match explain {
                Some(explain) => {
                    report::render_explanation(&found.report, explain.change.as_deref(), style)
                }
                None => report::render_text(&found.report, style),
            };
            let mut out = args.reading.color.stdout();
            out.write_all(text.as_bytes())?;
            out.flush()?;
        }
    }
    Ok(())
}

fn options(args: &ScanArgs) -> anyhow::Result<ScanOptions> {
    let mut options = args.reading.options(args.quiet)?;
    if let Some(threads) = args.threads {
        options.threads = threads.into();
    }
    if let Some(keep) = args.keep {
        options.keep = keep.get();
    }
    if let Some(block) = args.block_size {
        options.block_bytes = block.get();
    }
    options.sieve = !args.no_sieve;
    options.census = !args.no_census;
    options.inference = !args.no_inference;
    let zone = options.time.zone.as_ref();
    let moment = |moment: &Option<Moment>| moment.as_ref().map(|m| m.at(zone)).transpose();
    let since = moment(&args.since).context("--since")?;
    options.until = moment(&args.until).context("--until")?;
    options.since = since;
    Ok(options)
}

/// Lists the formats, or says what files are taken for.
fn run_formats(args: &FormatsArgs) -> anyhow::Result<ExitStatus> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.paths.is_empty() {
        if args.markdown {
            formats::markdown(&mut out)?;
        } else {
            formats::list(&mut out)?;
        }
        out.flush()?;
        return Ok(ExitStatus::Fine);
    }
    let (all, warnings) = crashtrail::formats(&args.paths, args.input_format)?;
    for taken in &all {
        formats::tell(taken, &mut out)?;
    }
    out.flush()?;
    for warning in &warnings {
        match &warning.input {
            Some(input) => complain(&format!("warning: {input}: {}", warning.text)),
            None => complain(&format!("warning: {}", warning.text)),
        }
    }
    let failed = all.is_empty() || warnings.iter().any(|warning| warning.fails);
    Ok(if failed {
        ExitStatus::Failed
    } else {
        ExitStatus::Fine
    })
}
