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

mod attribution;
mod classify;
mod error;
mod framing;
mod incident;
mod ledger;
mod loops;
mod pipeline;
mod primitives;
mod record;
pub mod report;
mod sieve;
mod source;
mod time;
mod timeline;

pub use classify::{Class, Rule, RuleSet};
pub use error::{Error, Warning};
pub use loops::LoopPolicy;
pub use pipeline::{Progress, Quiet, Scan, ScanOptions, scan};
pub use time::{Span, Timestamp};
pub use timeline::TimeOptions;
