//! Where the changes stand that may have to do with an incident, and the signs of other causes.
//!
//! In: the ledger and the events. Out: an [`Index`], asked for the changes that name a service, touch a file,
//! share a word, lie near a moment, or undo another, and for the signs of a kind, without a walk through all of
//! them: there may be a hundred thousand, and hundreds of incidents.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::Path;

use crate::classify::{Class, Event};
use crate::ledger::{Change, Instance, Ledger, base_name, parts_that_name};
use crate::loops::plain;
use crate::time::Timestamp;

use super::tokens::tokens;

/// The most instances that are walked through for those near a moment.
const WALK: usize = 5000;
/// The most changes of one sort (its kind, routine or not, on one host or several) that are near a moment.
const OF_A_SORT: usize = 20;
/// Of the changes that share a word, touch a file or name a service, so many are looked at, the last first.
const OF_A_WORD: usize = 5;
const OF_A_FILE: usize = 20;
const OF_A_SERVICE: usize = 60;
/// So many changes for shared words in all, the rarest words first.
const OF_WORDS: usize = 100;
/// Changes after the onset that are looked at for what they undo, and of each what it may undo.
const UNDOING: usize = 50;
const UNDONE: usize = 10;
/// The records of one change whose words are counted.
const RECORDS: usize = 20;

/// An instance of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Touch {
    pub(super) at: Timestamp,
    change: u32,
    instance: u32,
}

impl Touch {
    pub(super) fn change(self) -> usize {
        self.change as usize
    }

    pub(super) fn instance(self) -> usize {
        self.instance as usize
    }
}

/// Instances by time.
type Touches = Vec<Touch>;

/// The changes of a ledger, by what may tie them to an incident.
pub struct Index<'a> {
    ledger: &'a Ledger,
    all: Touches,
    by_name: HashMap<&'a str, Touches>,
    by_file: HashMap<&'a str, Touches>,
    by_path: BTreeMap<&'a str, Touches>,
    by_subject: HashMap<&'a str, Touches>,
    /// Those of content, by kind and by what they name.
    by_object: HashMap<(&'a str, String), Touches>,
    by_actor: HashMap<(&'a str, Option<&'a str>), Touches>,
    rollbacks: HashMap<(&'a str, Option<&'a str>), Touches>,
    /// By word, the changes with it in order.
    by_word: HashMap<String, Vec<u32>>,
    /// First instances of what is no routine.
    singles: Vec<Timestamp>,
    /// First instances of what changes content.
    contents: Vec<Timestamp>,
    /// Records of restarts and reloads that name no service.
    restarts: Vec<Timestamp>,
    /// Events that are signs of other causes, by kind in order.
    signs: HashMap<&'static str, Vec<usize>>,
}

impl<'a> Index<'a> {
    /// Of all changes of the ledger, and of the timeline's events.
    #[must_use]
    pub fn new(ledger: &'a Ledger, events: &[Event]) -> Self {
        let mut index = Self {
            ledger,
            all: Vec::new(),
            by_name: HashMap::new(),
            by_file: HashMap::new(),
            by_path: BTreeMap::new(),
            by_subject: HashMap::new(),
            by_object: HashMap::new(),
            by_actor: HashMap::new(),
            rollbacks: HashMap::new(),
            by_word: HashMap::new(),
            singles: Vec::new(),
            contents: Vec::new(),
            restarts: Vec::new(),
            signs: HashMap::new(),
        };
        for (n, event) in events.iter().enumerate() {
            if let (Class::Cause, Some(kind)) = (event.class, event.kind) {
                index.signs.entry(kind).or_default().push(n);
            }
        }
        for (n, change) in ledger.changes.iter().enumerate() {
            index.add(n as u32, change, events);
        }
        index.sort();
        index
    }

    fn add(&mut self, n: u32, change: &'a Change, events: &[Event]) {
        let names: BTreeSet<&str> = change.names().collect();
        let files: BTreeSet<&str> = change.paths.iter().map(|p| base_name(p)).collect();
        let objects: BTreeSet<String> = change.named.iter().map(|name| plain(name).0).collect();
        let actor = (change.kind, change.actor.as_deref());
        for (i, instance) in change.instances.iter().enumerate() {
            let touch = Touch {
                at: instance.at,
                change: n,
                instance: i as u32,
            };
            self.all.push(touch);
            for name in &names {
                self.by_name.entry(name).or_default().push(touch);
            }
            for file in &files {
                self.by_file.entry(file).or_default().push(touch);
            }
            for path in &change.paths {
                self.by_path.entry(path).or_default().push(touch);
            }
            let subject = &*change.subject;
            self.by_subject.entry(subject).or_default().push(touch);
            if change.content {
                for object in &objects {
                    let object = (change.kind, object.clone());
                    self.by_object.entry(object).or_default().push(touch);
                }
            }
            self.by_actor.entry(actor).or_default().push(touch);
            if change.action == "rollback" {
                self.rollbacks.entry(actor).or_default().push(touch);
            }
        }
        for word in words_of(change, events) {
            self.by_word.entry(word).or_default().push(n);
        }
        if !change.is_routine() {
            self.singles.push(change.at());
        }
        if change.content {
            self.contents.push(change.at());
        }
        if change.named.is_empty() {
            self.restarts.extend(restarts_of(change, events));
        }
    }

    fn sort(&mut self) {
        self.all.sort_unstable();
        let of_names = self.by_name.values_mut().chain(self.by_file.values_mut());
        let of_objects = self
            .by_subject
            .values_mut()
            .chain(self.by_path.values_mut());
        let of_actors = self
            .by_actor
            .values_mut()
            .chain(self.rollbacks.values_mut());
        for touches in of_names
            .chain(of_objects)
            .chain(of_actors)
            .chain(self.by_object.values_mut())
        {
            touches.sort_unstable();
        }
        self.singles.sort_unstable();
        self.contents.sort_unstable();
        self.restarts.sort_unstable();
    }

    /// How many changes that are no routines came from one moment to another.
    pub(super) fn singles(&self, from: Timestamp, to: Timestamp) -> usize {
        let until = |t: Timestamp, with: bool| {
            self.singles
                .partition_point(|at| *at < t || with && *at == t)
        };
        until(to, true).saturating_sub(until(from, false))
    }

    /// How many changes of content there were by a moment.
    pub(super) fn contents(&self, by: Timestamp) -> usize {
        self.contents.partition_point(|at| *at <= by)
    }

    /// When somebody last asked, by a moment, for a restart or a reload without saying of what.
    pub(super) fn last_restart(&self, by: Timestamp) -> Option<Timestamp> {
        let n = self.restarts.partition_point(|at| *at <= by);
        Some(self.restarts[n.checked_sub(1)?])
    }

    /// The signs of a kind among events, given by their numbers, in order.
    #[must_use]
    pub fn signs(&self, kind: &str, among: Range<usize>) -> &[usize] {
        let all = self.signs.get(kind).map_or(&[][..], Vec::as_slice);
        let from = all.partition_point(|n| *n < among.start);
        let to = all.partition_point(|n| *n < among.end);
        &all[from..to.max(from)]
    }

    /// Instances of changes that name a service, by time.
    pub(super) fn naming(&self, service: &str) -> Vec<Touch> {
        let lists = parts_that_name(service).filter_map(|part| self.by_name.get(&*part));
        merged(lists.map(Vec::as_slice))
    }

    /// `ln(changes / changes with the word)` up to a moment, smoothed; 0 for a word that stands in most.
    pub(super) fn rarity(&self, word: &str, close: Timestamp) -> f64 {
        let changes = &self.ledger.changes;
        let all = changes.partition_point(|c| c.at() <= close);
        let with = self.by_word.get(word).map_or(0, |with| {
            with.partition_point(|&n| changes[n as usize].at() <= close)
        });
        ((all as f64 + 3.0) / (with as f64 + 1.0)).ln().max(0.0)
    }

    /// Changes that may have to do with something: of those with an instance before it, as `is_before` tells,
    /// some of each sort that are nearest, and of those that name one of `services`, touch one of `files`, or
    /// share one of `words`, the last. `moment` is one that nothing before it lies after.
    pub(super) fn before(
        &self,
        moment: Timestamp,
        is_before: impl Fn(&Instance) -> bool,
        (services, files, words): (&BTreeSet<&str>, &BTreeSet<String>, &BTreeSet<String>),
    ) -> BTreeSet<usize> {
        let changes = &self.ledger.changes;
        let is_before =
            |touch: &&Touch| is_before(&changes[touch.change()].instances[touch.instance()]);
        let last = |touches: &[Touch], count: usize, found: &mut BTreeSet<usize>| {
            let to = touches.partition_point(|t| t.at <= moment);
            let last = touches[..to].iter().rev().filter(&is_before).take(count);
            found.extend(last.map(|t| t.change()));
        };
        let to = self.all.partition_point(|t| t.at <= moment);
        let all = self.all[..to].iter().rev().take(WALK);
        let mut found = self.of_sorts(all.filter(&is_before));
        for service in services {
            last(&self.naming(service), OF_A_SERVICE, &mut found);
        }
        for touches in files.iter().filter_map(|file| self.by_file.get(&**file)) {
            last(touches, OF_A_FILE, &mut found);
        }
        let with = words.iter().filter_map(|word| self.by_word.get(word));
        let mut shared: Vec<&Vec<u32>> = with.collect();
        shared.sort_by_key(|with| with.len());
        let of_words = shared.into_iter().flat_map(|with| {
            let to = with.partition_point(|n| changes[*n as usize].at() <= moment);
            with[..to].iter().rev().take(OF_A_WORD)
        });
        found.extend(of_words.take(OF_WORDS).map(|&n| n as usize));
        found
    }

    /// The first of each sort.
    fn of_sorts<'t>(&self, touches: impl Iterator<Item = &'t Touch>) -> BTreeSet<usize> {
        let mut of_sort: HashMap<(&str, bool, bool, bool), usize> = HashMap::new();
        let mut found = BTreeSet::new();
        for touch in touches {
            let change = &self.ledger.changes[touch.change()];
            let several = change.instances[touch.instance()].hosts.len() > 1;
            let sort = (change.kind, change.content, change.is_routine(), several);
            let count = of_sort.entry(sort).or_default();
            if *count < OF_A_SORT && found.insert(touch.change()) {
                *count += 1;
            }
        }
        found
    }

    /// Instances from one moment (without it) to another that may undo or mend a change: of the same file, of
    /// the same object and kind, or a rollback of the kind by the same actor. In the ledger's order.
    pub(super) fn undoing(&self, n: usize, from: Timestamp, to: Timestamp) -> Vec<Touch> {
        let change = &self.ledger.changes[n];
        let mut found: Vec<Touch> = self
            .of_one_object(change)
            .chain(self.rollbacks.get(&(change.kind, change.actor.as_deref())))
            .flat_map(|touches| between(touches, from, to))
            .copied()
            .filter(|touch| touch.change() != n)
            .collect();
        found.sort_unstable_by_key(|t| (t.change, t.instance));
        found.dedup();
        found
    }

    /// Changes by `onset` that an instance after it, near `ending`, may have undone.
    pub(super) fn undone(
        &self,
        onset: Timestamp,
        ending: (Timestamp, Timestamp),
    ) -> BTreeSet<usize> {
        let after = between(&self.all, onset.max(ending.0), ending.1);
        let mut found = BTreeSet::new();
        for touch in after.iter().take(UNDOING) {
            let change = &self.ledger.changes[touch.change()];
            let by_actor = (change.action == "rollback")
                .then(|| self.by_actor.get(&(change.kind, change.actor.as_deref())))
                .flatten();
            for touches in self.of_one_object(change).chain(by_actor) {
                found.extend(last(touches, onset, UNDONE));
            }
        }
        found
    }

    /// Instances of changes of the same file or folder, the same subject, or the same kind and name.
    fn of_one_object<'s>(&'s self, change: &'s Change) -> impl Iterator<Item = &'s Touches> {
        let of_paths = change.paths.iter().flat_map(|path| {
            let above = Path::new(path.as_str()).ancestors().skip(1);
            let above = above.filter_map(|p| self.by_path.get(p.to_str()?));
            let from = self.by_path.range(path.as_str()..);
            let below = from.take_while(move |(p, _)| p.starts_with(path.as_str()));
            let below = below.filter(move |(p, _)| Path::new(p).starts_with(path));
            below.map(|(_, touches)| touches).chain(above)
        });
        let subject = Some(&*change.subject).filter(|s| !s.is_empty());
        let of_subject = subject.and_then(|s| self.by_subject.get(s));
        let of_names = change
            .named
            .iter()
            .filter_map(|name| self.by_object.get(&(change.kind, plain(name).0)));
        of_paths.chain(of_subject).chain(of_names)
    }
}

/// The words of a change's records.
pub(super) fn words_of(change: &Change, events: &[Event]) -> BTreeSet<String> {
    let records = change.records().take(RECORDS);
    records.flat_map(|n| tokens(&events[n].message)).collect()
}

/// When a change's records ask for a restart or a reload, where it is one.
pub(super) fn restarts_of<'a>(
    change: &'a Change,
    events: &'a [Event],
) -> impl Iterator<Item = Timestamp> + 'a {
    let is_one = matches!(change.action, "restart" | "reload");
    let records = change.records().filter(move |_| is_one);
    let events = records.map(|n| &events[n]);
    events.filter(|e| puts_to_work(e)).map(|e| e.at)
}

/// Whether a record tells of an act that makes a service load what was changed.
pub(super) fn puts_to_work(event: &Event) -> bool {
    let words = [event.field("action").unwrap_or_default(), &event.message];
    words.iter().any(|text| {
        let text = text.to_lowercase();
        ["restart", "reload", "reexec", "start "]
            .iter()
            .any(|act| text.contains(act))
    })
}

/// Of instances by time those from one moment (without it) to another.
fn between(touches: &[Touch], from: Timestamp, to: Timestamp) -> &[Touch] {
    let begin = touches.partition_point(|t| t.at <= from);
    let end = touches.partition_point(|t| t.at <= to);
    &touches[begin..end.max(begin)]
}

/// The changes of the last instances by a moment.
fn last(touches: &[Touch], by: Timestamp, count: usize) -> impl Iterator<Item = usize> + '_ {
    let to = touches.partition_point(|t| t.at <= by);
    touches[..to].iter().rev().take(count).map(|t| t.change())
}

/// Lists by time as one, each instance once.
fn merged<'t>(lists: impl Iterator<Item = &'t [Touch]>) -> Vec<Touch> {
    let mut all: Vec<Touch> = lists.flatten().copied().collect();
    all.sort_unstable();
    all.dedup();
    all
}
