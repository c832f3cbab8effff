//! What is worked out once of a case, and asked for each of its suspects.
//!
//! In: a [`Case`]. Out: the [`Ground`]: what its crashes say, where its service runs, which changes name it,
//! how often changes come at all, and what its crashes say that they died of.

use std::collections::{BTreeMap, BTreeSet};

use crate::ledger::base_name;
use crate::loops::{CrashLoop, End, Track};
use crate::time::{Span, Timestamp};

use super::case::Case;
use super::index::{puts_to_work, restarts_of};
use super::other;
use super::tokens::tokens;

/// So many records of loading are read for the files that they name.
const LOADS: usize = 200;
/// So many services that fail with the root's are asked after in the ledger.
const SERVICES: usize = 20;

/// What all suspects of a case are measured against.
pub struct Ground<'a> {
    /// The texts of the first crashes and of what the process said before them, with their events.
    pub(super) texts: Vec<(usize, String)>,
    /// Their words.
    pub(super) words: BTreeSet<String>,
    /// The words of the service's name.
    pub(super) own_words: BTreeSet<String>,
    /// Files and folders, whole and by their last names, that crashes or the service's loading speak of.
    pub(super) files: BTreeSet<String>,
    /// The life of the root, and of whatever takes its place.
    pub(super) replicas: Vec<&'a Track>,
    /// The file of configuration that a crash cannot use, by what a rule read of it, or by its place in it that
    /// stands in last words that no rule knows; with the text's event.
    pub(super) unusable: Option<(usize, String)>,
    /// The texts that those were taken from.
    pub(super) said: Vec<&'a str>,
    /// Hosts on which the root's service loops.
    pub(super) hosts: BTreeSet<&'a str>,
    /// Hosts on which it runs.
    pub(super) runs_on: BTreeSet<&'a str>,
    /// The first loop of the root's service on each host.
    pub(super) loops: BTreeMap<&'a str, &'a CrashLoop>,
    /// The services that loop.
    pub(super) services: BTreeSet<&'a str>,
    /// How often changes that are no routines come, a second.
    pub(super) rate: f64,
    /// How many changes of content there were before the onset, and how many of them name the service.
    pub(super) contents: (usize, usize),
    /// When changes of content that name the service were first made.
    pub(super) own_contents: Vec<Timestamp>,
    /// When somebody last asked, before the onset, for a restart or reload of the service, or of what starts
    /// it.
    pub(super) restarted: Option<Timestamp>,
    /// What most crashes say that they died of, and an event that does.
    pub(super) died_of: Option<(&'static str, Option<usize>)>,
    /// The first of the service's crashes that is like the incident's.
    pub(super) first_alike: Option<&'a End>,
}

/// What files of configuration end with.
const OF_CONFIGURATION: [&str; 10] = [
    ".conf",
    ".cfg",
    ".cnf",
    ".ini",
    ".yaml",
    ".yml",
    ".toml",
    ".json",
    ".xml",
    ".properties",
];

/// The file of configuration of which the text names a line: `/etc/nginx/nginx.conf:12`.
fn place_in(text: &str) -> Option<&str> {
    let mut words = text.split(|c: char| c.is_whitespace() || "\"'`(),[]".contains(c));
    words.find_map(|word| {
        let (path, line) = word.split_once(':')?;
        let is_line = line.starts_with(|c: char| c.is_ascii_digit());
        let is_file = path.starts_with('/') && OF_CONFIGURATION.iter().any(|e| path.ends_with(e));
        (is_line && is_file).then_some(path)
    })
}

impl<'a> Ground<'a> {
    pub(super) fn of(case: &Case<'a>) -> Self {
        let events = &case.timeline.events;
        let service = case.service();
        let texts = case.crash_texts();
        let root = &case.root().entity;
        let replicas: Vec<&Track> = (case.all.tracks.iter())
            .filter(|track| track.entity.is_replica_of(root))
            .collect();
        let loads = replicas.iter().flat_map(|track| &track.loads);
        let said: Vec<&str> = loads
            .filter(|(t, _)| *t <= case.close)
            .take(LOADS)
            .map(|&(_, n)| &*events[n].message)
            .collect();
        let spoken = said.iter().copied().chain(texts.iter().map(|(_, t)| &**t));
        let by = case.onset.plus(case.uncertainty);
        let naming = case.index.naming(service);
        let own_contents: Vec<Timestamp> = naming
            .iter()
            .filter(|t| t.instance() == 0 && case.ledger.changes[t.change()].content)
            .map(|t| t.at)
            .collect();
        let own_restarts = naming
            .iter()
            .filter(|t| t.instance() == 0)
            .flat_map(|t| restarts_of(&case.ledger.changes[t.change()], events))
            .filter(|at| *at <= by)
            .max();
        let tracks = case.all.tracks.iter();
        let of_service = tracks.clone().filter(|t| t.entity.service == service);
        let begin = case.onset.minus(case.history());
        let by_rule = texts.iter().find_map(|(n, _)| {
            let event = events.get(*n).filter(|e| e.kind == Some("config_error"))?;
            let file = event.field("file").filter(|f| f.contains('.'))?;
            Some((*n, file.to_owned()))
        });
        let by_place = || {
            let mut places = (texts.iter()).filter_map(|(n, text)| Some((*n, place_in(text)?)));
            places.next().map(|(n, file)| (n, file.to_owned()))
        };
        Self {
            replicas,
            unusable: by_rule.or_else(by_place),
            words: texts.iter().flat_map(|(_, text)| tokens(text)).collect(),
            own_words: tokens(service),
            files: spoken.flat_map(files_in).collect(),
            texts,
            said,
            hosts: case.hosts(),
            runs_on: of_service
                .clone()
                .filter_map(|t| t.entity.host.as_deref())
                .collect(),
            loops: case
                .of_service()
                .filter_map(|l| l.entity.host.as_deref().map(|h| (h, l)))
                .collect(),
            services: case
                .loops
                .iter()
                .map(|l| l.entity.service.as_str())
                .take(SERVICES)
                .collect(),
            // Lists and repositories may go back further than the logs.
            rate: (case.index.singles(begin, case.onset) as f64 + 1.0) / case.history().seconds(),
            contents: (
                case.index.contents(case.onset),
                own_contents.iter().filter(|at| **at <= case.onset).count(),
            ),
            own_contents,
            restarted: own_restarts.max(case.index.last_restart(by)),
            died_of: other::looked_for().find_map(|kind| {
                let (with, all, signs) = case.signs_in_crashes(kind);
                (all > 0 && with * 2 >= all).then(|| (kind, signs.first().copied()))
            }),
            first_alike: of_service
                .flat_map(|t| &t.ends)
                .filter(|e| !e.requested)
                .filter(|e| {
                    let signature = crate::loops::signature(e, events);
                    signature.is_some_and(|s| s.is_same(&case.root().said.signature))
                })
                .min_by_key(|e| e.at),
        }
    }

    /// Starts of the root and of whatever takes its place, and when they read their configuration; each with its
    /// event.
    pub(super) fn loadings(&self) -> impl Iterator<Item = (Timestamp, usize)> + '_ {
        let of = |track: &&'a Track| track.starts.iter().chain(&track.loads).copied();
        self.replicas.iter().flat_map(of)
    }

    /// Whether somebody asked for a restart of the service, or began one, between a moment and the onset.
    pub(super) fn is_put_to_work(&self, case: &Case<'_>, records: &[usize], at: Timestamp) -> bool {
        let events = &case.timeline.events;
        let from = at.minus(Span::from_seconds(1));
        let by = case.onset.plus(case.uncertainty);
        let own = |&n: &usize| events[n].at <= by && puts_to_work(&events[n]);
        let mut stops = self.replicas.iter().flat_map(|track| &track.stops);
        self.restarted.is_some_and(|t| t >= from)
            || records.iter().any(own)
            || stops.any(|(t, n)| *t >= from && !case.is_after_first_crash(*n))
    }

    /// Whether a crash, or the service's loading, speaks of one of these files.
    pub(super) fn speaks_of(&self, paths: &[String]) -> bool {
        paths.iter().any(|path| {
            let name = base_name(path);
            let by_name = name.len() > 3;
            match path.contains(is_delimiter) {
                // Not to be told from what stands around it but by looking for it.
                true => {
                    let texts = self.texts.iter().map(|(_, text)| &**text);
                    (self.said.iter().copied().chain(texts))
                        .any(|text| text.contains(path.as_str()) || by_name && text.contains(name))
                }
                false => self.files.contains(path.as_str()) || by_name && self.files.contains(name),
            }
        })
    }

    /// The event of a crash that names this file.
    pub(super) fn naming_file(&self, path: &str) -> impl Iterator<Item = usize> + '_ {
        let path = path.to_owned();
        let may = path.contains(is_delimiter) || self.files.contains(&path);
        let texts = self.texts.iter().filter(move |_| may);
        texts
            .filter(move |(_, text)| text.contains(&path))
            .map(|(n, _)| *n)
    }
}

/// What stands around a path in a text.
fn is_delimiter(c: char) -> bool {
    c.is_whitespace() || "\"'`\u{201c}\u{201d}\u{2018}\u{2019}()[]{}<>,;:=|".contains(c)
}

/// The paths and names of files that a text may speak of: each run between delimiters, the folders that it
/// lies in, and each of their names.
fn files_in(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(is_delimiter)
        .map(|run| run.trim_end_matches(|c: char| !c.is_alphanumeric()))
        .filter(|run| run.len() > 3 && run.contains(['.', '/', '-', '_']))
        .flat_map(|run| {
            let above = run.match_indices('/').map(|(n, _)| &run[..n]);
            above.chain(run.split('/')).chain([run])
        })
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_found_in_what_is_said() {
        let text = "open \"/etc/botd/features.json\": line 3 of 'lib/a.conf', see /opt/x/README.";
        let files: BTreeSet<String> = files_in(text).collect();
        for file in [
            "/etc/botd/features.json",
            "features.json",
            "/etc/botd",
            "a.conf",
            "lib/a.conf",
            "/opt/x/README",
        ] {
            assert!(files.contains(file), "{file} in {files:?}");
        }
    }
    #[test]
    fn a_line_of_a_configuration_is_told_from_one_of_code() {
        let of = |text| place_in(text).unwrap_or("");
        assert_eq!(
            of("[emerg] bad in /etc/nginx/a.conf:12"),
            "/etc/nginx/a.conf"
        );
        assert_eq!(
            of("parse error (/srv/x/limits.yaml:3:7)"),
            "/srv/x/limits.yaml"
        );
        assert_eq!(of("at handle (/opt/x/server.js:3:7)"), "");
        assert_eq!(of("read /etc/nginx/a.conf: no such file"), "");
    }
}
