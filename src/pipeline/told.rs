//! What each line of logs tells, before any of it is put together: for people who write rules, and who
//! want to check what a report rests on.
//!
//! In: paths and [`ScanOptions`]. Out: [`Told`]s in order of time, those without a time last.

use std::path::PathBuf;

use super::{Progress, ScanOptions, pool, read_all, renumber};
use crate::classify::Event;
use crate::error::{Error, Warning};
use crate::source::discover;
use crate::time::Timestamp;
use crate::timeline;

/// What one record tells.
#[derive(Debug, Clone)]
pub struct Told {
    /// When; `None` in a file without any time.
    pub at: Option<Timestamp>,
    /// The input.
    pub path: String,
    /// The number of the record's first line, from 1.
    pub line: u64,
    /// The class.
    pub class: &'static str,
    /// The kind, where it has one.
    pub kind: Option<&'static str>,
    /// The host that wrote it, by the record or by where its file lies.
    pub host: Option<String>,
    /// The program that wrote it, by the record or by its file's name.
    pub program: Option<String>,
    /// The rule's id.
    pub rule: String,
    /// How many records it stands for: more than one where a flood was folded.
    pub count: u64,
    /// The record; what could steer a terminal may be in it.
    pub text: String,
}

/// Reads all inputs below `paths` and lists what their lines tell; the same event of two files once.
///
/// # Errors
///
/// For a bad pattern, and where threads cannot be started.
pub fn events(
    paths: &[PathBuf],
    options: &ScanOptions,
    progress: &dyn Progress,
) -> Result<(Vec<Told>, Vec<Warning>), Error> {
    let sources = discover(paths)?;
    let mut warnings = sources.warnings;
    let pool = pool(options.threads)?;
    let read = read_all(&sources.list, &pool, options, progress);
    warnings.extend(read.failed);
    let mut files = Vec::new();
    for (_, mut yielded) in read.files {
        warnings.append(&mut yielded.warnings);
        renumber(&mut yielded, files.len());
        files.push(yielded.events);
    }
    let names: Vec<String> = files.iter().map(|file| file.path.clone()).collect();
    let timeline = timeline::build(files, &options.time);
    warnings.extend(timeline.warnings);
    let rules = options.rules.rules();
    let told = |event: &Event| Told {
        at: event.stamp.is_some().then_some(event.at),
        path: names[event.place.file.index()].clone(),
        line: event.place.line.get(),
        class: event.class.name(),
        kind: event.kind,
        host: event.host.as_deref().map(str::to_owned),
        program: event.program.as_deref().map(str::to_owned),
        rule: rules.get(event.rule).map_or("", |rule| &rule.id).to_owned(),
        count: event.count,
        text: event.text.to_string(),
    };
    let all = timeline.events.iter().chain(&timeline.untimed);
    Ok((all.map(told).collect(), warnings))
}
