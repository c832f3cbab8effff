//! Change events become changes.
//!
//! Owns: which records tell of one change, which changes are one rollout, and which come again and
//! again. In: a timeline. Out: a [`Ledger`]: changes by time, each with its records, the hosts it
//! reached and when, and, where it is a series, its instances.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::classify::{Class, Event, mask, stable_id};
use crate::outside::COLUMN;
use crate::time::{Span, Timestamp};
use crate::timeline::Timeline;

mod act;
mod words;

use act::{Act, Item};
use words::label;
pub use words::{base_name, names, parts, parts_that_name};

/// Acts of one rollout, and of one instance of a series, are this near to each other.
const ONE_INSTANCE: Span = Span::from_seconds(90);
/// A program's steps from host to host are this near to each other.
const ONE_STEP: Span = Span::from_seconds(15);
/// A rollout's steps on further hosts may come this late.
const ONE_ROLLOUT: Span = Span::from_seconds(3 * 3600);
/// The most instances of one template that a further step may still belong to: only where changes come far
/// faster than they are made by hand or by a rollout are there more at a time.
const OPEN: usize = 128;
/// How often something must have come to be a routine.
const ROUTINE: usize = 3;
/// Fewer instances than these have to keep a strict pace.
const FEW: usize = 6;

/// Something that was changed.
#[derive(Debug, Clone)]
pub struct Change {
    /// Stable: a hash of its first record.
    pub id: String,
    /// Which sort, as the contract names it.
    pub kind: &'static str,
    /// `apply`, `rollback`, `reload`, `restart` or `remove`.
    pub action: &'static str,
    /// Files that it touched.
    pub paths: Vec<String>,
    /// Units, services and packages that it names.
    pub named: Vec<String>,
    /// Names of services that it may speak of: of targets, and parts of paths.
    names: BTreeSet<String>,
    /// What was changed, in a word.
    pub subject: String,
    /// The value or version before.
    pub from: Option<String>,
    /// The value or version after.
    pub to: Option<String>,
    /// Who did it.
    pub actor: Option<String>,
    /// As a list tells it, in a line.
    pub summary: Option<String>,
    /// What a list tells of it in columns of its own.
    pub columns: BTreeMap<String, String>,
    /// Whether it changes something, rather than putting to work what was changed before.
    pub content: bool,
    /// Its instances; more than one where it comes again and again.
    pub instances: Vec<Instance>,
    /// The usual time from instance to instance, where it is a routine.
    pub period: Option<Span>,
}

/// One time that a change was made, on one host or many.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The first record.
    pub at: Timestamp,
    /// The last act.
    pub last: Timestamp,
    /// Its records, as indices of events.
    pub records: Vec<usize>,
    /// When it reached each host.
    pub hosts: BTreeMap<String, Timestamp>,
    /// What differs from instance to instance: words with digits, and single letters, by their place in
    /// the text.
    pub traits: BTreeSet<String>,
}

impl Change {
    /// When it was first made.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.instances[0].at
    }

    /// Whether it comes again and again.
    #[must_use]
    pub fn is_routine(&self) -> bool {
        self.period.is_some()
    }

    /// All its records.
    pub fn records(&self) -> impl Iterator<Item = usize> + '_ {
        self.instances
            .iter()
            .flat_map(|i| i.records.iter().copied())
    }

    /// Whether it names the service: by a target, or by a part of a path.
    #[must_use]
    pub fn names_service(&self, service: &str) -> bool {
        self.names.iter().any(|name| names(name, service))
    }

    /// The names of services that it may speak of: of targets, and parts of paths.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }

    /// Whether it was made to the host that told of it, rather than from it to others.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(self.kind, "package" | "unit" | "operator" | "permission")
            || self.kind == "config" && !self.paths.is_empty()
    }

    /// Notes the names of services that it may speak of.
    fn note_names(&mut self) {
        let named = self.named.iter().map(|name| crate::loops::plain(name).0);
        let of_paths = self
            .paths
            .iter()
            .chain([&self.subject])
            .flat_map(|p| parts(p).collect::<Vec<_>>());
        self.names = named.chain(of_paths).collect();
    }
}

/// All changes, by time.
#[derive(Debug)]
pub struct Ledger {
    /// By the time of the first instance.
    pub changes: Vec<Change>,
}

/// Folds a timeline's change events.
#[must_use]
pub fn build(timeline: &Timeline) -> Ledger {
    let events = &timeline.events;
    let hosts: BTreeSet<&str> = events.iter().filter_map(|e| e.host.as_deref()).collect();
    let items: Vec<Item> = events
        .iter()
        .enumerate()
        .filter(|(_, event)| event.class == Class::Change && !is_no_change(event))
        .map(|(n, event)| Item::new(n, event, &hosts))
        .collect();
    let acts = act::fold(items, events);
    let mut changes: Vec<Change> = series(acts, events)
        .into_iter()
        .flat_map(|series| split(series, events))
        .collect();
    join_by_object(&mut changes, events);
    changes.sort_by_key(|c| (c.at(), c.records().next()));
    changes.iter_mut().for_each(Change::note_names);
    tell_ids_apart(&mut changes);
    Ledger { changes }
}

/// The same record twice: the later ones are numbered.
fn tell_ids_apart(changes: &mut [Change]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for change in changes {
        let times = seen.entry(change.id.clone()).or_default();
        *times += 1;
        if *times > 1 {
            change.id = stable_id("c", &[&change.id, &times.to_string()]);
        }
    }
}

/// The same value again is no change.
fn is_no_change(event: &Event) -> bool {
    matches!((event.field("from"), event.field("to")), (Some(from), Some(to)) if from == to)
}

/// Acts of one template, in order of time.
struct Series {
    acts: Vec<Act>,
}

/// Acts whose main records differ in numbers and hosts only.
fn series(acts: Vec<Act>, events: &[Event]) -> Vec<Series> {
    let mut by_template: BTreeMap<(String, &'static str, String), Vec<Act>> = BTreeMap::new();
    for act in acts {
        let main = act.main();
        let event = &events[main.event];
        let key = (
            event.program.as_deref().unwrap_or("").to_owned(),
            main.kind,
            template(&event.message),
        );
        by_template.entry(key).or_default().push(act);
    }
    by_template
        .into_values()
        .map(|acts| Series { acts })
        .collect()
}

/// The message without what varies: numbers, and single letters that stand alone.
fn template(message: &str) -> String {
    let lines: Vec<&str> = message.lines().take(4).collect();
    let words: Vec<String> = mask(&lines.join(" "))
        .split(' ')
        .map(|w| {
            if w.len() == 1 && w.chars().all(char::is_alphanumeric) {
                "#".to_owned()
            } else {
                w.to_owned()
            }
        })
        .collect();
    words.join(" ")
}

/// What a text has in the places where its template has `#`.
fn traits_of(message: &str) -> BTreeSet<String> {
    let line = message.lines().next().unwrap_or("");
    line.split_whitespace()
        .enumerate()
        .filter(|(_, w)| w.contains(|c: char| c.is_ascii_digit()) || w.len() == 1)
        .map(|(n, w)| format!("{n}:{}", w.trim_matches(|c: char| !c.is_alphanumeric())))
        .collect()
}

/// The changes of acts of one template: a rollout, a routine, or each for itself.
fn split(series: Series, events: &[Event]) -> Vec<Change> {
    let mut instances: Vec<(Instance, Vec<Act>)> = Vec::new();
    // Those that an act may still belong to, with the words in them that look like versions: the others
    // are too long ago, or too many began since.
    let mut open: VecDeque<(usize, BTreeSet<String>)> = VecDeque::new();
    for act in series.acts {
        let at = act.at();
        open.retain(|(n, _)| {
            let instance = &instances[*n].0;
            at.since(instance.at) <= ONE_ROLLOUT || at.since(instance.last) <= ONE_STEP
        });
        let host = act.host().unwrap_or("").to_owned();
        let traits = traits_of(&events[act.main().event].message);
        let words = version_words(&traits);
        let joins = open.iter_mut().rev().find(|(n, versions)| {
            let instance = &instances[*n].0;
            let fresh = || !instance.hosts.contains_key(&host);
            let same = || instance.traits == traits;
            // One program that serves host after host: the same version, at short steps.
            let is_step = || at.since(instance.last) <= ONE_STEP && !versions.is_disjoint(&words);
            fresh()
                && (at.since(instance.at) <= ONE_INSTANCE
                    || at.since(instance.at) <= ONE_ROLLOUT && same())
                || is_step()
        });
        let n = match joins {
            Some((n, versions)) => {
                versions.extend(words);
                *n
            }
            None => {
                instances.push((
                    Instance {
                        at,
                        last: at,
                        records: Vec::new(),
                        hosts: BTreeMap::new(),
                        traits: traits.clone(),
                    },
                    Vec::new(),
                ));
                if open.len() == OPEN {
                    open.pop_front();
                }
                open.push_back((instances.len() - 1, words));
                instances.len() - 1
            }
        };
        let (instance, acts) = &mut instances[n];
        instance.hosts.entry(host).or_insert(at);
        instance.last = at;
        instance.traits.extend(traits);
        instance.records.extend(act.items.iter().map(|i| i.event));
        acts.push(act);
    }
    let period = period(&instances.iter().map(|(i, _)| i.at).collect::<Vec<_>>());
    match period {
        Some(period) => vec![change(instances, Some(period), events)],
        None => instances
            .into_iter()
            .map(|i| change(vec![i], None, events))
            .collect(),
    }
}

/// The usual time between instances, where there are enough and they keep a pace: most gaps lie within
/// a half of the median. Of few instances all have to lie within a fifth: what people do three times at odd
/// hours is no routine.
fn period(times: &[Timestamp]) -> Option<Span> {
    if times.len() < ROUTINE {
        return None;
    }
    let mut gaps: Vec<Span> = times
        .windows(2)
        .map(|pair| pair[1].since(pair[0]))
        .collect();
    gaps.sort_unstable();
    let median = gaps[gaps.len() / 2];
    let within = |share: f64| {
        let near = |g: &&Span| (g.seconds() - median.seconds()).abs() <= share * median.seconds();
        gaps.iter().filter(near).count()
    };
    let keeps_pace = match times.len() {
        ..FEW => within(0.2) == gaps.len(),
        _ => within(0.5) * 3 >= gaps.len() * 2,
    };
    keeps_pace.then_some(median)
}

fn change(instances: Vec<(Instance, Vec<Act>)>, period: Option<Span>, events: &[Event]) -> Change {
    let acts: Vec<&Act> = instances.iter().flat_map(|(_, acts)| acts).collect();
    let first = acts[0];
    let main = first.main();
    let event = &events[main.event];
    let mut paths: Vec<String> = Vec::new();
    let mut named: Vec<String> = Vec::new();
    for item in acts.iter().flat_map(|act| &act.items) {
        if let Some(path) = item.path.as_ref().filter(|p| !paths.contains(p)) {
            paths.push(path.clone());
        }
        let package = (item.kind == "package" || item.kind == "image")
            .then_some(item.subject.as_ref())
            .flatten();
        for path in &item.more_paths {
            if !paths.contains(path) {
                paths.push(path.clone());
            }
        }
        for name in item.target.iter().chain(&item.more_targets).chain(package) {
            if !named.contains(name) {
                named.push(name.clone());
            }
        }
    }
    if named.is_empty() && paths.is_empty() {
        let program = event.program.as_deref().filter(|_| main.kind == "code");
        named.extend(label(&event.message).or(program).map(str::to_owned));
    }
    let id_record = &events[first.items[0].event];
    let any = |name: &[&str]| {
        first
            .items
            .iter()
            .find_map(|i| events[i.event].any_field(name))
            .map(str::to_owned)
    };
    let is_rollback = acts
        .iter()
        .flat_map(|a| &a.items)
        .any(|i| i.action == "rollback");
    Change {
        id: stable_id(
            "c",
            &[id_record.host.as_deref().unwrap_or(""), &id_record.text],
        ),
        kind: main.kind,
        action: if is_rollback {
            "rollback"
        } else {
            action(&main.action)
        },
        subject: main
            .object()
            .or(main.target.as_deref())
            .map_or_else(|| short(&event.message), str::to_owned),
        from: any(&["from"]),
        to: any(&["to", "version"]),
        actor: first.items.iter().find_map(|i| i.actor.clone()),
        summary: any(&["summary"]),
        columns: columns(first, events),
        content: first.has_content(),
        paths,
        named,
        names: BTreeSet::new(),
        period,
        instances: instances
            .into_iter()
            .map(|(instance, _)| instance)
            .collect(),
    }
}

/// What lists tell of an act in columns of their own.
fn columns(act: &Act, events: &[Event]) -> BTreeMap<String, String> {
    let fields = act.items.iter().flat_map(|i| events[i.event].fields.iter());
    fields
        .filter_map(|(name, value)| Some((name.strip_prefix(COLUMN)?, value)))
        .map(|(name, value)| (name.to_owned(), value.to_string()))
        .collect()
}

fn action(name: &str) -> &'static str {
    match name {
        "rollback" => "rollback",
        "reload" => "reload",
        "restart" => "restart",
        "remove" => "remove",
        _ => "apply",
    }
}

fn short(message: &str) -> String {
    message
        .lines()
        .next()
        .unwrap_or("")
        .trim()
        .chars()
        .take(60)
        .collect()
}

/// Routines about one file (it is written here, sent there, installed elsewhere) are one, where their
/// instances keep step. An instance that brings an earlier version back is a change of its own.
fn join_by_object(changes: &mut Vec<Change>, events: &[Event]) {
    let mut by_file: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (n, change) in changes.iter().enumerate() {
        if change.content && is_file(&change.subject) {
            by_file.entry(change.subject.clone()).or_default().push(n);
        }
    }
    let mut gone: BTreeSet<usize> = BTreeSet::new();
    for members in by_file.into_values() {
        let Some(&lead) = members
            .iter()
            .filter(|&&n| changes[n].is_routine())
            .min_by_key(|&&n| (changes[n].at(), n))
        else {
            continue;
        };
        for n in members.into_iter().filter(|&n| n != lead) {
            if by_a_program(&changes[n], events) {
                let other = changes[n].clone();
                match absorb(&mut changes[lead], other) {
                    Some(rest) => changes[n] = rest,
                    None => drop(gone.insert(n)),
                }
            }
        }
    }
    let mut n = 0;
    changes.retain(|_| {
        n += 1;
        !gone.contains(&(n - 1))
    });
    mark_returns(changes);
}

/// What people do by hand stays a change of its own.
fn by_a_program(change: &Change, events: &[Event]) -> bool {
    change.actor.is_none() && change.records().all(|n| events[n].field("actor").is_none())
}

fn is_file(subject: &str) -> bool {
    subject.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty()
            && (1..=5).contains(&ending.len())
            && ending.chars().all(char::is_alphanumeric)
            && ending.contains(|c: char| c.is_ascii_alphabetic())
    })
}

/// The lead's instance that another's belongs to: the last one before it, within a period.
fn step_of(lead: &Change, instance: &Instance) -> Option<usize> {
    let period = lead.period?;
    let wanted = versions(instance);
    let near = |i: &Instance| {
        let lag = instance.at.since(i.at);
        lag >= Span::from_seconds(-2) && lag <= period
    };
    lead.instances
        .iter()
        .rposition(|i| near(i) && !versions(i).is_disjoint(&wanted))
        .or_else(|| {
            lead.instances
                .iter()
                .rposition(|i| near(i) && instance.at.since(i.at) <= ONE_INSTANCE)
        })
}

/// Takes the instances that keep step with the lead's; returns a change of the others, if any.
fn absorb(lead: &mut Change, mut other: Change) -> Option<Change> {
    let mut rest = Vec::new();
    let mut taken = false;
    for instance in std::mem::take(&mut other.instances) {
        let Some(n) = step_of(lead, &instance) else {
            rest.push(instance);
            continue;
        };
        taken = true;
        let step = &mut lead.instances[n];
        step.records.extend(instance.records);
        step.traits.extend(instance.traits);
        for (host, at) in instance.hosts {
            step.hosts.entry(host).or_insert(at);
        }
    }
    if taken {
        join_names(&mut lead.paths, &other.paths);
        join_names(&mut lead.named, &other.named);
    }
    other.instances = rest;
    if other.instances.len() < ROUTINE {
        other.period = None;
    }
    (!other.instances.is_empty()).then_some(other)
}

fn join_names(names: &mut Vec<String>, more: &[String]) {
    for name in more {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
}

/// A change that brings back a version which an earlier one of the same object had brought, after
/// others, is a rollback.
fn mark_returns(changes: &mut [Change]) {
    let mut seen: BTreeMap<String, Vec<(Timestamp, String)>> = BTreeMap::new();
    for change in changes.iter() {
        for instance in &change.instances {
            for version in versions(instance) {
                seen.entry(change.subject.clone())
                    .or_default()
                    .push((instance.at, version));
            }
        }
    }
    for change in changes
        .iter_mut()
        .filter(|c| !c.is_routine() && c.action == "apply")
    {
        let Some(history) = seen.get(&change.subject) else {
            continue;
        };
        let at = change.at();
        let returns = versions(&change.instances[0]).iter().any(|version| {
            let before: Vec<&(Timestamp, String)> = history
                .iter()
                .filter(|(t, _)| at.since(*t) > ONE_INSTANCE)
                .collect();
            let last = before
                .iter()
                .filter(|(_, v)| v == version)
                .map(|(t, _)| *t)
                .max();
            last.is_some_and(|last| before.iter().any(|(t, v)| *t > last && v != version))
        });
        if returns {
            change.action = "rollback";
        }
    }
}

/// The words of an instance that look like versions.
fn versions(instance: &Instance) -> BTreeSet<String> {
    version_words(&instance.traits)
}

/// Of traits, the words that look like versions: `v4130`, `2.5.0`, a serial number or a commit.
fn version_words(traits: &BTreeSet<String>) -> BTreeSet<String> {
    let starts_with_digit = |t: &str| t.starts_with(|c: char| c.is_ascii_digit());
    traits
        .iter()
        .filter_map(|t| t.split_once(':'))
        .map(|(_, word)| word)
        .filter(|w| {
            w.strip_prefix('v').is_some_and(starts_with_digit)
                || w.matches('.').count() >= 2 && starts_with_digit(w)
                || w.len() >= 6 && w.chars().all(|c| c.is_ascii_hexdigit())
        })
        .map(str::to_owned)
        .collect()
}
