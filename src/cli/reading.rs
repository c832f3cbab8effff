//! How logs are read and what is printed looks: what `scan` and `watch` take alike.

use std::path::PathBuf;

use anyhow::Context;
use crashtrail::{ChangeSource, RuleSet, ScanOptions, TimeOptions};
use jiff::tz::TimeZone;

use super::args::{self, Colour};
use super::{formats, rules};

#[derive(Debug, clap::Args)]
pub(super) struct ReadingArgs {
    /// The zone of stamps that bear none: `Europe/Berlin`, `+01:00`, `UTC`
    #[arg(long, value_name = "ZONE", allow_hyphen_values = true)]
    tz: Option<String>,

    /// The year of the first stamp that bears none; later ones roll over from it
    #[arg(long)]
    year: Option<i16>,

    /// Take all inputs for this format, as `crashtrail formats` names it
    #[arg(long, value_name = "NAME", value_parser = formats::named, hide_short_help = true)]
    input_format: Option<crashtrail::Format>,

    /// A list of changes that the logs do not tell of: JSON Lines, CSV with a header, or Kubernetes
    /// objects in JSON; may be given several times
    ///
    /// Columns: time, kind, action, target, host, subject, path, from, to, actor, summary; others are
    /// shown as they are. A watch reads it again now and then.
    #[arg(long, value_name = "FILE")]
    changes: Vec<PathBuf>,

    /// A git repository whose commits and release or deploy tags are changes; may be given several times
    #[arg(long, value_name = "DIR")]
    git: Vec<PathBuf>,

    /// Rules of your own, in TOML: tried before the built-in ones; one with the id of a built-in rule
    /// takes its place; may be given several times
    ///
    /// A watch reads them again on SIGHUP.
    #[arg(long, value_name = "FILE")]
    rules: Vec<PathBuf>,

    /// Do not use the rule of this id; may be given several times
    #[arg(long, value_name = "ID", hide_short_help = true)]
    without_rule: Vec<String>,

    /// When to use colours; NO_COLOR turns them off as well
    #[arg(long, value_enum, default_value_t = Colour::Auto, value_name = "WHEN")]
    pub(super) color: Colour,

    /// Columns of text [default: the terminal's, else 100]
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub(super) width: Option<usize>,
}

impl ReadingArgs {
    /// The settings; all else is as usual. That rules are used which nobody named is told unless `quiet`.
    pub(super) fn options(&self, quiet: bool) -> anyhow::Result<ScanOptions> {
        let mut options = ScanOptions::with_rules(self.rule_set(quiet)?);
        let lists = self.changes.iter().cloned().map(ChangeSource::List);
        let repositories = self.git.iter().cloned().map(ChangeSource::Git);
        options.changes = lists.chain(repositories).collect();
        options.format = self.input_format;
        options.time = TimeOptions {
            zone: self.zone()?,
            year: self.year,
        };
        Ok(options)
    }

    /// The built-in rules and the user's.
    pub(super) fn rule_set(&self, quiet: bool) -> anyhow::Result<RuleSet> {
        let without: Vec<&str> = self.without_rule.iter().map(String::as_str).collect();
        Ok(RuleSet::builtin_and(
            rules::own(&self.rules, quiet)?,
            &without,
        )?)
    }

    fn zone(&self) -> anyhow::Result<Option<TimeZone>> {
        self.tz
            .as_ref()
            .map(|name| args::zone(name).with_context(|| format!("--tz {name}")))
            .transpose()
    }
}
