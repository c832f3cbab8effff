//! What can be typed.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use clap::{Parser, Subcommand, ValueEnum};
use crashtrail::deliver::Program;
use crashtrail::{Backfill, JournalPlace, Span, Timestamp};
use jiff::tz::TimeZone;

use super::formats;
use super::reading::ReadingArgs;

/// What changed, that this keeps crashing?
///
/// Reads logs, finds services that crash, are restarted and crash again, and names the change that
/// likely triggered it, with a probability and its evidence; or says that no change did this.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 98, after_help = EXIT_STATUS)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXIT_STATUS: &str = "`crashtrail PATH...` is `crashtrail scan PATH...`.

Exit status:
  0  all was read, whatever was found
  1  with --exit-code: all was read, and there is a crash loop
  2  bad usage, or an input that is missing or breaks off (what could be read is reported)";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Analyse logs after an incident
    Scan(Box<ScanArgs>),
    /// Say why this cause and not that one, factor by factor
    Explain(Box<ExplainArgs>),
    /// Watch logs as they are written, and tell of crash loops while they are young
    Watch(Box<WatchArgs>),
    /// List the rules that lines are read by
    Rules(RulesArgs),
    /// List the formats that are known, or say what files are taken for, and why
    Formats(FormatsArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct ScanArgs {
    /// Files, folders, archives, globs, or `-` for standard input
    ///
    /// Plain, gzip, zstd, xz, bzip2 or lz4, and tar archives of those, told by their bytes.
    pub(super) paths: Vec<PathBuf>,

    /// How to write the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Leave out incidents that ended before this time
    ///
    /// `2025-11-18T11:00:00Z`, `2025-11-18 11:00` (of --tz, else UTC), or `-3h` for three hours ago.
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) since: Option<Moment>,

    /// Leave out incidents that began after this time
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    pub(super) until: Option<Moment>,

    /// End with 1 where there is a crash loop
    #[arg(long)]
    pub(super) exit_code: bool,

    /// How many threads to use [default: one for each processor]
    #[arg(long, short = 'j', value_name = "N")]
    pub(super) threads: Option<NonZeroUsize>,

    /// No progress and no warnings on standard error
    #[arg(long, short)]
    pub(super) quiet: bool,

    /// Do not count all lines by writer and minute
    ///
    /// Saves time; silence, rates and the ends of hosts' logs are then not known, so that recoveries
    /// and traffic may not be told.
    #[arg(long, hide_short_help = true)]
    pub(super) no_census: bool,

    /// Do not look for restarts that no record announces, nor for what was new before a first crash
    ///
    /// For measuring what these looks take.
    #[arg(long, hide_short_help = true)]
    pub(super) no_inference: bool,

    /// How many events to keep, some two kilobytes of memory each [default: 200000]
    ///
    /// Where there are more, neighbours of a sort become one that counts both, and then those go first that came once
    /// or twice, the longest ago, and changes after which nothing crashed for long; the report says how many.
    #[arg(long, value_name = "EVENTS", hide_short_help = true)]
    pub(super) keep: Option<NonZeroUsize>,

    /// Look at every line, not only at those that hold a rule's text; the report is the same
    #[arg(long, hide_short_help = true)]
    pub(super) no_sieve: bool,

    /// Read in blocks of this many bytes; the report is the same
    #[arg(long, value_name = "BYTES", hide_short_help = true)]
    pub(super) block_size: Option<NonZeroUsize>,

    #[command(flatten)]
    pub(super) reading: ReadingArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// The change to set beside the first cause: its id, or words of its records, paths or description
    ///
    /// Or a kind of other cause, as `memory`. Without it the second cause is set beside the first.
    #[arg(long, value_name = "ID|TEXT")]
    pub(super) change: Option<String>,

    #[command(flatten)]
    pub(super) scan: ScanArgs,
}

#[derive(Debug, clap::Args)]
pub(super) struct WatchArgs {
    /// Files, folders, globs, or `-` for standard input
    ///
    /// Files are followed by name through rotation, truncation and removal; new ones in a folder, or of a
    /// glob, are followed as they appear.
    pub(super) paths: Vec<PathBuf>,

    /// Follow the system's journal, or the one in this folder, by way of journalctl
    ///
    /// With --state it goes on after the last record that was read, else it begins with the next one, or with what
    /// --backfill says. Who may see which records is for the system to say: the group systemd-journal sees all.
    #[arg(long, value_name = "DIR", num_args = 0..=1, require_equals = true)]
    pub(super) journal: Option<Option<PathBuf>>,

    /// How to write alerts: for people, or one JSON object a line (docs/watch.md)
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// Read first what is there already: files written to within this time (`6h`), the journal since then, or `all`
    ///
    /// So changes of the last hours are known when the first crash comes. Rotated copies are read as
    /// well. Without it files are read from their end. A pipe is always read whole.
    #[arg(long, value_name = "DURATION|all", value_parser = backfill)]
    pub(super) backfill: Option<Backfill>,

    /// End when nothing came for this long
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) once_idle: Option<Duration>,

    /// Keep in this folder what is known, and go on from there after an end, a crash or a reboot
    ///
    /// Open incidents, changes, what is usual, how far files were read, what was told. The folder is made
    /// where it is not there. What was told is not told again; what was being told as the program was killed is,
    /// marked as such.
    #[arg(long, value_name = "DIR")]
    pub(super) state: Option<PathBuf>,

    /// Run this for each alert, with the alert as JSON on its standard input; may be given several times
    ///
    /// Words, with quotes as in a shell, but no shell runs them. One run after the other, each for 30 s at most.
    #[arg(long, value_name = "COMMAND", value_parser = Program::parse)]
    pub(super) exec: Vec<Program>,

    /// Post each alert to this address; may be given several times
    ///
    /// What fails is tried again, six times in all. Of the address only scheme, host and port are ever shown.
    #[arg(long, value_name = "URL")]
    pub(super) webhook: Vec<String>,

    /// What is posted: the alert as JSON, a text as Slack's incoming webhooks take it, or an alert of
    /// Alertmanager's API (/api/v2/alerts)
    #[arg(long, value_name = "FORM", value_enum, default_value_t = WebhookForm::Json)]
    pub(super) webhook_form: WebhookForm,

    /// Keep this file up to date with figures of the watch, in the OpenMetrics text form
    ///
    /// For a node exporter's textfile collector: the name has to end with .prom there.
    #[arg(long, value_name = "FILE")]
    pub(super) metrics: Option<PathBuf>,

    /// Look at files by the clock, without the system's notifications
    #[arg(long, hide_short_help = true)]
    pub(super) poll: bool,

    /// No status line, no warnings and no summary on standard error
    #[arg(long, short)]
    pub(super) quiet: bool,

    /// How many events to keep, some two kilobytes of memory each
    ///
    /// Where there are more, neighbours of a sort become one that counts both, and then those go first that came once
    /// or twice, the longest ago, and changes after which nothing crashed for long.
    #[arg(
        long,
        value_name = "EVENTS",
        default_value = "10000",
        hide_short_help = true
    )]
    pub(super) keep: NonZeroUsize,

    #[command(flatten)]
    pub(super) reading: ReadingArgs,
}

/// What a webhook takes.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum WebhookForm {
    /// One alert, as --format json writes it
    Json,
    /// An object with a text
    Slack,
    /// A list of one alert
    Alertmanager,
}

/// A length of time: `90s`, `6h`, `2d`.
fn duration(text: &str) -> anyhow::Result<Duration> {
    let span: jiff::SignedDuration = match text.parse::<jiff::SignedDuration>() {
        Ok(span) => span,
        Err(_) => {
            let span: jiff::Span = text.parse()?;
            // A day of 24 hours: nobody means the calendar's.
            span.to_duration(jiff::SpanRelativeTo::days_are_24_hours())?
        }
    };
    if span.is_negative() {
        bail!("a length of time is not negative");
    }
    Ok(span.unsigned_abs())
}

fn backfill(text: &str) -> anyhow::Result<Backfill> {
    if text == "all" {
        return Ok(Backfill::All);
    }
    let nanos = i64::try_from(duration(text)?.as_nanos())?;
    Ok(Backfill::Last(Span::from_nanos(nanos)))
}

#[derive(Debug, clap::Args)]
pub(super) struct FormatsArgs {
    /// Files, folders, archives, globs, or `-` for standard input; without any the formats are listed
    pub(super) paths: Vec<PathBuf>,

    /// Take the files for this format
    #[arg(long, value_name = "NAME", value_parser = formats::named)]
    pub(super) input_format: Option<crashtrail::Format>,

    /// The list as it stands in docs/formats.md
    #[arg(long, hide = true, conflicts_with = "paths")]
    pub(super) markdown: bool,
}

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct RulesArgs {
    #[command(subcommand)]
    pub(super) action: Option<RulesAction>,

    /// Rules of your own, in TOML: tried before the built-in ones; one with the id of a built-in rule
    /// takes its place; may be given several times
    #[arg(long, value_name = "FILE")]
    pub(super) rules: Vec<PathBuf>,

    /// Only the texts that rules look for, one a line
    #[arg(long)]
    pub(super) literals: bool,

    /// The record shapes that each built-in rule reads: its id, a tab, their numbers
    #[arg(long, hide = true, conflicts_with_all = ["rules", "literals"])]
    pub(super) entries: bool,

    /// The built-in rules as a table for docs/rules-builtin.md
    #[arg(long, hide = true, conflicts_with_all = ["rules", "literals", "entries"])]
    pub(super) markdown: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum RulesAction {
    /// Run the examples and counter-examples of rules files
    ///
    /// Each example has to go to its rule, among all rules in force, with the fields that it names.
    Test {
        /// Rules files
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// List what the lines of logs tell, one a line: time, class and kind, rule, place, the record
    Events {
        /// Files, folders, archives, globs, or `-` for standard input
        #[arg(required = true)]
        paths: Vec<PathBuf>,

        /// Take all inputs for this format, as `crashtrail formats` names it
        #[arg(long, value_name = "NAME", value_parser = formats::named)]
        input_format: Option<crashtrail::Format>,

        /// Rules of your own
        #[arg(long, value_name = "FILE")]
        rules: Vec<PathBuf>,
    },
    /// Show how a line is read: format, fields, the rules tried, and what it tells
    Explain {
        /// The line, or a record of several lines; `-` for standard input
        line: String,

        /// The bare name of the file that it is from: the program of lines that name none
        #[arg(long, value_name = "NAME")]
        file: Option<String>,

        /// Tell of this rule also where none of its texts stands in the line; may be given several times
        #[arg(long = "rule", value_name = "ID")]
        wanted: Vec<String>,

        /// Rules of your own
        #[arg(long, value_name = "FILE")]
        rules: Vec<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// One JSON object, for programs
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Colour {
    /// Where standard output is a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Colour {
    /// Standard output that drops colours where they are not wanted.
    pub(super) fn stdout(self) -> anstream::AutoStream<io::Stdout> {
        let choice = match self {
            Self::Auto => anstream::AutoStream::choice(&io::stdout()),
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        anstream::AutoStream::new(io::stdout(), choice)
    }
}

impl WatchArgs {
    /// The paths given; standard input where there is none and something is piped in.
    pub(super) fn paths_or_stdin(&self) -> anyhow::Result<Vec<PathBuf>> {
        if !self.paths.is_empty() || self.journal.is_some() {
            return Ok(self.paths.clone());
        }
        if io::stdin().is_terminal() {
            bail!(
                "nothing to watch: no path given, and nothing is piped in; try `crashtrail watch --journal`"
            );
        }
        Ok(vec![PathBuf::from("-")])
    }

    /// The journal that is to be followed.
    pub(super) fn journal_place(&self) -> Option<JournalPlace> {
        let folder = self.journal.clone()?;
        Some(folder.map_or(JournalPlace::System, JournalPlace::Folder))
    }
}

impl ScanArgs {
    /// The paths given; standard input where there is none and something is piped in.
    pub(super) fn paths_or_stdin(&self) -> anyhow::Result<Vec<PathBuf>> {
        if !self.paths.is_empty() {
            return Ok(self.paths.clone());
        }
        if io::stdin().is_terminal() {
            bail!(
                "no path given, and nothing is piped in; try `crashtrail scan /var/log` or `crashtrail --help`"
            );
        }
        Ok(vec![PathBuf::from("-")])
    }
}

/// The arguments with `scan` put in where no command is named.
pub(super) fn with_default_command(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<OsString> = args.collect();
    let known = [
        "scan",
        "explain",
        "watch",
        "rules",
        "formats",
        "help",
        "-h",
        "--help",
        "-V",
        "--version",
    ];
    match args.get(1) {
        Some(first) if known.iter().any(|k| first == k) => {}
        Some(_) => args.insert(1, "scan".into()),
        None if !io::stdin().is_terminal() => args.push("scan".into()),
        None => args.push("--help".into()),
    }
    args
}

/// The columns of the terminal, or 100.
pub(super) fn terminal_width(is_terminal: bool) -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let of_terminal = is_terminal.then(|| usize::from(console::Term::stdout().size().1));
    columns.or(of_terminal).unwrap_or(100).clamp(40, 200)
}

/// A zone by its name or its offset.
pub(super) fn zone(name: &str) -> anyhow::Result<TimeZone> {
    if name.starts_with(['+', '-']) {
        let digits: String = name.chars().filter(char::is_ascii_digit).collect();
        let (hours, minutes) = match digits.len() {
            1 | 2 => (digits.as_str(), "0"),
            4 => digits.split_at(2),
            _ => bail!("an offset is written +HH:MM"),
        };
        let seconds = 60 * (60 * hours.parse::<i32>()? + minutes.parse::<i32>()?);
        let sign = if name.starts_with('-') { -1 } else { 1 };
        return Ok(TimeZone::fixed(jiff::tz::Offset::from_seconds(
            sign * seconds,
        )?));
    }
    Ok(TimeZone::get(name)?)
}

/// A time as typed: an instant, a date and time of a zone, or so long ago.
#[derive(Debug, Clone)]
pub(super) struct Moment(String);

impl std::str::FromStr for Moment {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl Moment {
    /// The instant; dates and times without a zone are of `zone`, else UTC.
    pub(super) fn at(&self, zone: Option<&TimeZone>) -> anyhow::Result<Timestamp> {
        let text = self.0.trim();
        let instant = if let Some(ago) = text.strip_prefix('-') {
            let span: jiff::Span = ago.parse()?;
            jiff::Zoned::now().checked_sub(span)?.timestamp()
        } else if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            instant
        } else if let Ok(time) = text.parse::<jiff::civil::DateTime>() {
            zone.unwrap_or(&TimeZone::UTC).to_timestamp(time)?
        } else {
            bail!("`{text}` is no time; write 2025-11-18T11:00:00Z, 2025-11-18 11:00 or -3h");
        };
        Ok(Timestamp::from_nanos(i64::try_from(
            instant.as_nanosecond(),
        )?))
    }
}
