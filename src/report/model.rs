//! The report as the contract has it: schema `crashtrail.report/1`.
//!
//! Keys keep their names and meaning within the schema; an absent value is `null`, never a made-up one.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::incident::Status;
use crate::loops::{CrashKind, Entity, Grade};
use crate::time::{Span, Timestamp};

/// A time, as RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A length of time, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Seconds(pub Span);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let micros = self.0.nanos() / 1000;
        serializer.serialize_f64(micros as f64 / 1e6)
    }
}

/// The whole report.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// `crashtrail.report/1`.
    pub schema: &'static str,
    /// Who wrote it.
    pub tool: Tool,
    /// First and last record seen, over all inputs.
    pub window: Window,
    /// What was read.
    pub inputs: Vec<Input>,
    /// How many events of each class.
    pub counts: Counts,
    /// By onset.
    pub incidents: Vec<Incident>,
    /// How many changes were seen and are shown.
    pub ledger: Totals,
    /// By time.
    pub changes: Vec<Change>,
    /// All that was skipped, guessed, dropped or cut off.
    pub warnings: Vec<Note>,
}

/// Who wrote the report.
#[derive(Debug, Clone, Serialize)]
pub struct Tool {
    /// `crashtrail`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// From when to when.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Window {
    /// First record.
    pub start: Option<Time>,
    /// Last record.
    pub end: Option<Time>,
}

/// One input.
#[derive(Debug, Clone, Serialize)]
pub struct Input {
    /// As given, or as found below a folder.
    pub path: String,
    /// The format of most of its lines.
    pub format: &'static str,
    /// How it was compressed.
    pub compression: Option<&'static str>,
    /// Decompressed.
    pub bytes: u64,
    /// Decompressed.
    pub lines: u64,
    /// Records, where they were counted.
    pub records: Option<u64>,
    /// Lines that no format could read, where they were counted.
    pub unparsed_lines: Option<u64>,
    /// First stamp.
    pub first: Option<Time>,
    /// Last stamp.
    pub last: Option<Time>,
    /// How far its clock is ahead of the other inputs', where that is known; its times above are moved by
    /// as much.
    pub skew_s: Option<Seconds>,
    /// How zone and year were settled.
    pub zone: String,
    /// What the order of its records tells of its clock: set back, not set yet, records out of order.
    pub clock: Option<String>,
}

impl Input {
    /// An input of which no times are known yet.
    pub(crate) fn new(path: &str, format: &'static str, bytes: u64, lines: u64) -> Self {
        Self {
            path: path.to_owned(),
            format,
            compression: None,
            bytes,
            lines,
            records: None,
            unparsed_lines: None,
            first: None,
            last: None,
            skew_s: None,
            zone: String::new(),
            clock: None,
        }
    }
}

/// How many events.
#[derive(Debug, Clone, Serialize)]
pub struct Counts {
    /// By what they tell.
    pub by_class: BTreeMap<&'static str, u64>,
    /// By severity, where all lines were looked at.
    pub by_severity: Option<BTreeMap<&'static str, u64>>,
}

/// How many changes.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Totals {
    /// Seen.
    pub seen: usize,
    /// Shown below.
    pub shown: usize,
}

/// Loops that belong together.
#[derive(Debug, Clone, Serialize)]
pub struct Incident {
    /// Stable.
    pub id: String,
    /// One sentence that a person can paste into a chat.
    pub summary: String,
    /// The first crash.
    pub onset: Time,
    /// Width of its stamp plus the bound on clock skew.
    pub onset_uncertainty_s: Seconds,
    /// When it ended.
    pub end: Option<Time>,
    /// How it stands at the end of the logs.
    pub status: Status,
    /// More than one where it flapped.
    pub phases: Vec<Phase>,
    /// One for each looping entity.
    pub loops: Vec<Loop>,
    /// What the service that failed first wrote between the change that is blamed and the first crash,
    /// and had not written before, or hardly ever.
    pub new_messages: Vec<NewMessage>,
    /// How it wrote unlike itself just before the first crash.
    pub rates: Vec<Rate>,
    /// What that rests on; `None` where nothing could be read back, or too little is usual.
    pub looked_back: Option<LookedBack>,
    /// First to fail first, the root included.
    pub cascade: Vec<Step>,
    /// The type of the first cause.
    pub verdict: &'static str,
    /// Whether the first cause stands clear of the others.
    pub certain: bool,
    /// Best first; the probabilities sum to 1.
    pub causes: Vec<Cause>,
    /// What was looked for and not found.
    pub ruled_out: Vec<RuledOut>,
    /// What would decide it, or turn it: logs that are not here, and what could be tried; what would tell most
    /// first.
    pub would_decide: Vec<String>,
    /// How it ended.
    pub recovery: Option<Recovery>,
    /// In numbers.
    pub metrics: Metrics,
}

/// How far was looked back from a first crash.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct LookedBack {
    /// To the service's line of this time.
    pub from: Time,
    /// Its lines that were looked at.
    pub lines: u64,
    /// Its lines that no template was kept of, for there were too many.
    pub forgotten: u64,
}

/// Messages that were new before a first crash, as far as is looked back.
#[derive(Debug, Clone, Serialize)]
pub struct NewMessage {
    /// Who wrote them.
    pub service: String,
    /// What they have in common: `#` and `*` where they vary.
    pub template: String,
    /// How many.
    pub count: u64,
    /// How many there were before.
    pub before: u64,
    /// The first.
    pub first: Ref,
}

/// A time before a first crash in which a service wrote unlike itself.
#[derive(Debug, Clone, Serialize)]
pub struct Rate {
    /// Who.
    pub service: String,
    /// Of what there were more a minute: `warnings` (a warning or worse), or other `records`; or `silence`.
    pub of: &'static str,
    /// From when.
    pub from: Time,
    /// To when.
    pub to: Time,
    /// How many a minute then.
    pub per_minute: f64,
    /// How many a minute before: the median; of a silence the mean.
    pub usual: f64,
    /// Of a silence: how long the longest was before.
    pub longest_pause_s: Option<Seconds>,
}

/// A time in which it was failing.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Phase {
    /// First crash.
    pub start: Time,
    /// Last crash.
    pub end: Time,
}

/// One looping entity.
#[derive(Debug, Clone, Serialize)]
pub struct Loop {
    /// Who.
    pub entity: Entity,
    /// Which sort of crash.
    pub kind: CrashKind,
    /// What shows it.
    pub evidence: Grade,
    /// Which records, in words.
    pub rests_on: String,
    /// What stays the same from crash to crash.
    pub signature: Signature,
    /// How many.
    pub crashes: u64,
    /// How many.
    pub restarts: u64,
    /// First crash.
    pub first: Time,
    /// Last crash.
    pub last: Time,
    /// From crash to crash.
    pub median_period_s: Option<Seconds>,
    /// Whether the waits grow.
    pub backoff: bool,
    /// Whether the supervisor gave up.
    pub gave_up: bool,
    /// What the process said last, cycle after cycle.
    pub final_words: Vec<Ref>,
    /// The first crash records, and the last.
    pub records: Vec<Ref>,
}

/// What stays the same.
#[derive(Debug, Clone, Serialize)]
pub struct Signature {
    /// Stable.
    pub id: String,
    /// As one of the crashes said it.
    pub text: String,
    /// The innermost function or file of the program itself, where traces tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// A service of the cascade.
#[derive(Debug, Clone, Serialize)]
pub struct Step {
    /// Who.
    pub entity: Entity,
    /// Its first failure.
    pub first_failure: Time,
    /// What tells that it failed because of another.
    pub because: Option<String>,
}

/// What may have set it off.
#[derive(Debug, Clone, Serialize)]
pub struct Cause {
    /// From 1.
    pub rank: usize,
    /// 0 to 1.
    pub probability: f64,
    /// `change`, a kind of other cause, or `unknown`.
    pub r#type: &'static str,
    /// The natural logarithm of its share before any evidence; with the evidence added, what probabilities are
    /// made of.
    pub prior: f64,
    /// The change's id.
    pub change: Option<String>,
    /// In a sentence.
    pub summary: String,
    /// From taking effect to the first crash.
    pub lag_s: Option<Seconds>,
    /// Earlier changes that made it harmful.
    pub enabled_by: Vec<Enabler>,
    /// For and against.
    pub evidence: Vec<Evidence>,
}

/// An earlier change that made the trigger harmful.
#[derive(Debug, Clone, Serialize)]
pub struct Enabler {
    /// Its id.
    pub change: String,
    /// Given the trigger.
    pub probability: f64,
}

/// One factor.
#[derive(Debug, Clone, Serialize)]
pub struct Evidence {
    /// Its name.
    pub factor: &'static str,
    /// Natural; above 0 for the cause, below against it.
    pub log_odds: f64,
    /// What was seen.
    pub text: String,
    /// The lines that show it.
    pub refs: Vec<Ref>,
}

/// A cause of which there is no sign.
#[derive(Debug, Clone, Serialize)]
pub struct RuledOut {
    /// Which.
    pub r#type: &'static str,
    /// Whether any input could have shown it.
    pub looked_at: bool,
    /// In words.
    pub text: String,
    /// Lines.
    pub refs: Vec<Ref>,
}

/// That the service runs again.
#[derive(Debug, Clone, Serialize)]
pub struct Recovery {
    /// The start from which it ran.
    pub at: Time,
    /// The change that did it.
    pub by: Option<String>,
    /// As far as the logs go.
    pub healthy_for_s: Seconds,
    /// Whether that is long enough.
    pub confirmed: bool,
}

/// An incident in numbers, of its root's service.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Metrics {
    /// How many.
    pub crashes: u64,
    /// How many.
    pub restarts: u64,
    /// From the first cause's taking effect to the first crash.
    pub time_to_first_crash_s: Option<Seconds>,
    /// From the first crash to the one that made it a loop.
    pub time_to_detect_s: Option<Seconds>,
    /// From the first crash to the recovery.
    pub time_to_recover_s: Option<Seconds>,
    /// Between ends and starts, over all hosts.
    pub downtime_s: Option<Seconds>,
}

/// Something that was changed.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    /// Stable.
    pub id: String,
    /// When; of a routine, its first instance that is unlike the harmless ones.
    pub time: Time,
    /// Which sort.
    pub kind: &'static str,
    /// What was done.
    pub action: &'static str,
    /// What it was done to.
    pub targets: Vec<Entity>,
    /// What was changed, in a word.
    pub subject: String,
    /// Before.
    pub from: Option<String>,
    /// After.
    pub to: Option<String>,
    /// Who.
    pub actor: Option<String>,
    /// In a line.
    pub summary: String,
    /// What a list of changes tells of it in columns of its own; absent where there are none.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// Where it comes again and again.
    pub routine: Option<Routine>,
    /// The records that told of it, at most 50.
    pub records: Vec<Ref>,
    /// How many there were.
    pub records_seen: usize,
}

/// A change that comes again and again.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Routine {
    /// How often.
    pub period_s: Seconds,
    /// Harmless ones.
    pub seen: usize,
}

/// A place in the logs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ref {
    /// The input.
    pub path: String,
    /// From 1.
    pub line: Option<u64>,
    /// In the decompressed text.
    pub offset: Option<u64>,
    /// In a binary journal.
    pub cursor: Option<String>,
    /// The record's.
    pub time: Option<Time>,
    /// The record's.
    pub text: String,
}

/// A warning.
#[derive(Debug, Clone, Serialize)]
pub struct Note {
    /// The input it is about.
    pub input: Option<String>,
    /// What happened.
    pub text: String,
}
