//! crashtrail answers one question during or after an incident: *what changed, that this keeps
//! crashing?*
//!
//! It reads logs, finds services that crash, are restarted, and crash again, sets them beside the
//! changes that the same logs tell of, and names the likely trigger with a probability and its
//! evidence, or says that no change did this.
//!
//! One pipeline, a module for each stage, imports in one direction:
//! `source -> framing -> sieve -> record -> classify -> timeline -> loops -> ledger -> attribution ->
//! incident -> report`; [`scan`] drives it.
//!
//! ```no_run
//! use crashtrail::{Quiet, ScanOptions, scan};
//!
//! let options = ScanOptions::new()?;
//! let found = scan(&["/var/log".into()], &options, &Quiet)?;
//! for incident in &found.report.incidents {
//!     println!("{}", incident.summary);
//! }
//! # Ok::<(), crashtrail::Error>(())
//! ```
#![forbid(unsafe_code)]

pub mod alert;
mod attribution;
mod classify;
pub mod deliver;
mod error;
mod follow;
mod framing;
mod incident;
mod ledger;
mod loops;
mod outside;
mod pipeline;
mod primitives;
mod record;
pub mod report;
mod sieve;
mod source;
mod time;
mod timeline;

pub use attribution::{Naming, Weights};
pub use classify::{Class, Rule, RuleFile, RuleSet, Text, parse as parse_rules};
pub use error::{Error, Warning};
pub use follow::{Backfill, Feed, JournalPlace, Message};
pub use loops::LoopPolicy;
pub use outside::ChangeSource;
pub use pipeline::{
    Ending, Explained, FirstRecord, Listener, Progress, Quiet, Reading, Scan, ScanOptions, Status,
    Taken, Told, Tried, Watch, WatchOptions, events, explain, formats, scan,
};
pub use record::{Format, Group, KNOWN as KNOWN_FORMATS, Known as KnownFormat, Severity};
pub use time::{Span, Timestamp};
pub use timeline::TimeOptions;

/// The stages by themselves, for benchmarks; no part of the interface.
#[doc(hidden)]
pub mod stages {
    pub use crate::attribution::{Index, Inputs};
    pub use crate::classify::{Candidate, Event, Flood, InputName, Often};
    pub use crate::follow::StreamName;
    pub use crate::incident::{Facts, find as incidents};
    pub use crate::ledger::{Ledger, build as ledger};
    pub use crate::loops::{Loops, find as loops};
    pub use crate::pipeline::{Live, Moment, StreamId, first_causes};
    pub use crate::primitives::{ByteOffset, FileId, LineNo};
    pub use crate::record::{Format, Frame, detect, read};
    pub use crate::sieve::{Candidates, Census, Counter, LineEnds, Sieve};
    pub use crate::source::{Meta, Source, discover};
    pub use crate::timeline::{FileEvents, Timeline, build as timeline};
}
