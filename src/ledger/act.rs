//! One act: the records of one deed of somebody on one host.
//!
//! In: change events in order of time. Out: [`Act`]s: the playbook, the file it wrote and the service
//! it restarted are one; so are an edit and the restart with which the same person put it to work, and
//! the several records of one package.

use std::collections::{BTreeSet, VecDeque};

use crate::classify::Event;
use crate::loops::plain;
use crate::outside::LISTED;
use crate::time::{Span, Timestamp};

use super::words::{base_name, names, parts};

/// Records of one act follow each other within this time.
const ONE_ACT: Span = Span::from_seconds(120);
/// Records of one program about one deed follow each other within this time.
const ONE_DEED: Span = Span::from_seconds(30);
/// The most acts that a record may still be a part of: those that began last, of its host and of all. Only
/// where a program does many things a second are there more.
const OPEN_OF_A_HOST: usize = 32;
const OPEN: usize = 2048;
/// A list tells of a deed within this time before or after it, or within its time's own width.
const LISTED_NEAR: Span = Span::from_seconds(60);
/// Two tools tell of one deed within this time: the command, and what it did.
const TOLD_TWICE: Span = Span::from_seconds(10);

/// What a change event says, taken apart.
#[derive(Debug, Clone)]
pub(super) struct Item {
    pub(super) event: usize,
    pub(super) at: Timestamp,
    pub(super) host: Option<String>,
    pub(super) kind: &'static str,
    pub(super) action: String,
    pub(super) path: Option<String>,
    /// Further files that it touches.
    pub(super) more_paths: Vec<String>,
    pub(super) target: Option<String>,
    /// Further services that it names.
    pub(super) more_targets: Vec<String>,
    pub(super) subject: Option<String>,
    pub(super) version: Option<String>,
    pub(super) actor: Option<String>,
    /// The tool whose run this is a part of.
    pub(super) run: Option<&'static str>,
    /// Whether it tells of a whole run.
    pub(super) whole_run: bool,
    /// Whether it begins a run of that tool.
    pub(super) begins_run: bool,
    /// All that it names, files, services, and what was changed, each by its plain name.
    names: BTreeSet<String>,
    /// The parts of its own path, subject and target that may name a service.
    parts: BTreeSet<String>,
    /// The service that it names.
    service: Option<String>,
    /// Where it was told from outside the logs: how much of an instant its time tells.
    pub(super) listed: Option<Span>,
}

/// Tools that do many things in one run, by what their programs' names begin with. A run begins with
/// the record that names the tool's own command.
const RUNS: [(&str, &[&str], &[&str]); 3] = [
    ("ansible", &["ansible"], &["ansible-playbook", "/ansible "]),
    ("puppet", &["puppet"], &["/puppet "]),
    (
        "package",
        &["apt", "dpkg"],
        &["/apt-get ", "/apt ", "/dpkg "],
    ),
];

impl Item {
    /// The item of a change's event, the `n`th; `hosts` are those that wrote anything.
    pub(super) fn new(n: usize, event: &Event, hosts: &BTreeSet<&str>) -> Self {
        let owned = |name: &str| {
            event
                .field(name)
                .filter(|v| !v.is_empty())
                .map(str::to_owned)
        };
        let lines = |name: &str| -> Vec<String> {
            let all = event.field(name).unwrap_or("").lines().map(str::to_owned);
            all.filter(|line| !line.is_empty()).collect()
        };
        let width = event.stamp.map_or(TOLD_TWICE, |stamp| stamp.width);
        let program = event.program.as_deref().unwrap_or("");
        let by_name = RUNS
            .iter()
            .find(|(_, heads, _)| heads.iter().any(|h| program.starts_with(h)));
        let by_command = RUNS
            .iter()
            .find(|(_, _, commands)| commands.iter().any(|c| event.message.contains(c)));
        let item = Self {
            event: n,
            at: event.at,
            host: event.host.as_deref().map(str::to_owned),
            kind: event.kind.unwrap_or("other"),
            action: owned("action").unwrap_or_else(|| "apply".to_owned()),
            path: owned("path"),
            more_paths: lines("paths"),
            more_targets: lines("targets"),
            // That something was sent to a host is told by the receiver.
            target: event
                .any_field(&["target", "unit", "service"])
                .filter(|target| !hosts.contains(target))
                .map(str::to_owned),
            subject: event
                .any_field(&["subject", "package", "flag", "key"])
                .map(str::to_owned),
            version: event.any_field(&["to", "version"]).map(str::to_owned),
            actor: event.any_field(&["actor", "user"]).map(str::to_owned),
            run: by_name.or(by_command).map(|run| run.0),
            whole_run: event.field("whole_run").is_some(),
            begins_run: by_name.is_none() && by_command.is_some(),
            names: BTreeSet::new(),
            parts: BTreeSet::new(),
            service: None,
            listed: event.field(LISTED).map(|_| width),
        };
        let own = item.path.iter().chain(&item.target).chain(&item.subject);
        let more = item.more_paths.iter().chain(&item.more_targets);
        let names = own.clone().chain(more).map(|name| plain(base_name(name)).0);
        Self {
            parts: own.flat_map(|name| parts(name)).collect(),
            service: item.target.as_deref().map(|target| plain(target).0),
            names: names.filter(|name| !name.is_empty()).collect(),
            ..item
        }
    }

    /// Whether it only puts to work what was changed before.
    pub(super) fn carries_out(&self) -> bool {
        matches!(self.action.as_str(), "restart" | "reload") || self.kind == "operator"
    }

    /// What was changed, in its shortest name.
    pub(super) fn object(&self) -> Option<&str> {
        self.path
            .as_deref()
            .map(base_name)
            .or(self.subject.as_deref())
    }
}

/// One deed on one host.
#[derive(Debug, Clone)]
pub(super) struct Act {
    pub(super) items: Vec<Item>,
}

impl Act {
    /// When it was done; logs know that better than lists.
    pub(super) fn at(&self) -> Timestamp {
        let told = self.items.iter().find(|i| i.listed.is_none());
        told.unwrap_or(&self.items[0]).at
    }

    fn last(&self) -> Timestamp {
        self.items
            .iter()
            .map(|i| i.at)
            .max()
            .unwrap_or(self.items[0].at)
    }

    pub(super) fn host(&self) -> Option<&str> {
        self.items.iter().find_map(|i| i.host.as_deref())
    }

    /// Whether any of it changes something, rather than putting it to work.
    pub(super) fn has_content(&self) -> bool {
        self.items.iter().any(|i| !i.carries_out())
    }

    /// The item that says most of what was changed.
    pub(super) fn main(&self) -> &Item {
        let rank = |i: &Item| {
            (
                i.carries_out(),
                i.listed.is_some(),
                i.path.is_none(),
                i.subject.is_none() && i.target.is_none(),
                i.at,
            )
        };
        self.items
            .iter()
            .min_by_key(|i| rank(i))
            .unwrap_or(&self.items[0])
    }

    /// Whether it was done on that host, for all that is known.
    fn may_be_on(&self, host: &Option<String>) -> bool {
        !matches!((self.host(), host), (Some(a), Some(b)) if a != b)
    }

    /// Whether the item, which may be of the act's host, is a part of the act.
    fn takes(&self, item: &Item, events: &[Event]) -> bool {
        let gap = item.at.since(self.last());
        if gap > ONE_ACT {
            return false;
        }
        let only_listed = self.items.iter().all(|i| i.listed.is_some());
        if item.listed.is_some() || only_listed {
            return self.is_told_of_by(item)
                || item.carries_out() && self.has_content() && self.is_carried_out_by(item);
        }
        if item.begins_run && self.items.iter().any(|i| i.run.is_some()) {
            return false;
        }
        if item.run.is_some() && self.items.iter().any(|i| i.run == item.run) {
            let another = |i: &Item| {
                i.whole_run && events[i.event].place.file == events[item.event].place.file
            };
            let is_another = item.whole_run && self.items.iter().any(another);
            return !self.differs(item) && !is_another && !self.is_of_another_object(item);
        }
        if gap <= TOLD_TWICE && self.executes(item) {
            return true;
        }
        if item.carries_out() && self.has_content() && self.is_carried_out_by(item) {
            return true;
        }
        if self.repeats(item, events) {
            return false;
        }
        // What programs do by themselves is followed program by program.
        let by_somebody = |i: &Item| i.actor.is_some() || i.run.is_some();
        let told_twice = gap <= TOLD_TWICE
            && self.same_object(item)
            && !self.differs(item)
            && (by_somebody(item) || self.items.iter().any(by_somebody));
        told_twice || gap <= ONE_DEED && self.is_one_script(item, events)
    }

    /// Whether a list and a log, or two lists, tell of the same: of one object or service, and of no
    /// two versions. People write down what they did a little before or after it.
    fn is_told_of_by(&self, item: &Item) -> bool {
        let widths = self.items.iter().chain([item]).filter_map(|i| i.listed);
        let near = widths.max().map_or(LISTED_NEAR, |w| w.max(LISTED_NEAR));
        let is_near = self.items.iter().any(|i| item.at.since(i.at).abs() <= near);
        let versions: Vec<&String> = self
            .items
            .iter()
            .filter_map(|i| i.version.as_ref())
            .collect();
        let same_version = item.version.as_ref().is_some_and(|v| versions.contains(&v));
        let other_version = item.version.is_some() && !versions.is_empty() && !same_version;
        is_near && !other_version && !self.differs(item) && {
            self.same_object(item)
                || self.items.iter().any(|i| {
                    !i.names.is_disjoint(&item.names)
                        && (same_version
                            || i.kind == item.kind && i.carries_out() == item.carries_out())
                        && !(i.object().is_some() && item.object().is_some() && !same_version)
                })
        }
    }

    /// A database's own record of what a tool's run has just told it.
    fn executes(&self, item: &Item) -> bool {
        matches!(item.kind, "permission" | "migration")
            && item.run.is_none()
            && item.actor.is_none()
            && self.items.iter().any(|i| i.run.is_some())
    }

    /// Lines that one script without a host or a person writes of one deed.
    fn is_one_script(&self, item: &Item, events: &[Event]) -> bool {
        let writer = |i: &Item| (events[i.event].program.clone(), events[i.event].place.file);
        item.run.is_none()
            && item.host.is_none()
            && self
                .items
                .iter()
                .all(|i| i.run.is_none() && i.host.is_none() && writer(i) == writer(item))
    }

    /// Another version of the same object, or its removal, is another deed.
    fn differs(&self, item: &Item) -> bool {
        self.items.iter().filter(|i| i.object() == item.object()).any(|i| {
            let other = |a: &Option<String>, b: &Option<String>| matches!((a, b), (Some(a), Some(b)) if a != b);
            other(&i.version, &item.version) || i.action != item.action && !i.carries_out() && !item.carries_out()
        })
    }

    /// Whether the item changes something else than what the act has changed. A run may change many things, each of which
    /// may be what does harm; its own record, and the restarts after it, say nothing of that.
    fn is_of_another_object(&self, item: &Item) -> bool {
        let changes =
            |i: &&Item| i.object().is_some() && !i.carries_out() && !i.whole_run && !i.begins_run;
        changes(&item)
            && self.items.iter().any(|i| changes(&i))
            && self.items.iter().all(|i| i.names.is_disjoint(&item.names))
    }

    fn same_object(&self, item: &Item) -> bool {
        item.object().is_some_and(|object| {
            self.items
                .iter()
                .any(|i| i.object() == Some(object) || i.path.is_some() && i.path == item.path)
        })
    }

    /// A step of the same kind as one that the act has already: the deed is done again.
    fn repeats(&self, item: &Item, events: &[Event]) -> bool {
        self.items.iter().any(|i| {
            events[i.event].rule == events[item.event].rule
                && events[i.event].place.file == events[item.event].place.file
        })
    }

    /// Whether the item is the restart or reload that puts the act to work: of the same person, or
    /// without one, and of what was changed.
    fn is_carried_out_by(&self, item: &Item) -> bool {
        let main = self.main();
        let same_person = match (&main.actor, &item.actor) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        let related = match &item.service {
            Some(service) => {
                let mut parts = self.items.iter().flat_map(|i| &i.parts);
                parts.any(|part| names(part, service))
            }
            None => main.kind == "unit" && item.kind == "unit",
        };
        same_person && related
    }
}

/// Folds change events into acts, by time.
pub(super) fn fold(mut items: Vec<Item>, events: &[Event]) -> Vec<Act> {
    // A command's stamp may be finer than those of what it did, and so seem later.
    items.sort_by_key(|i| {
        (
            if i.begins_run {
                i.at.minus(Span::from_seconds(1))
            } else {
                i.at
            },
            i.event,
        )
    });
    let mut done: Vec<Act> = Vec::new();
    let mut open: VecDeque<Act> = VecDeque::new();
    for item in items {
        let is_over = |act: &Act| item.at.since(act.last()) > ONE_ACT;
        if open.iter().any(is_over) {
            let (closed, still): (Vec<Act>, Vec<Act>) = open.into_iter().partition(is_over);
            open = still.into();
            done.extend(closed);
        }
        // The nearest act first; of several of one run a restart is of the one that changed what is restarted.
        let near = open.iter().enumerate().rev();
        let near = near.filter(|(_, act)| act.may_be_on(&item.host));
        let mut takes = (near.take(OPEN_OF_A_HOST)).filter(|(_, act)| act.takes(&item, events));
        let nearest = takes.next();
        let is_its = |act: &Act| act.has_content() && act.is_carried_out_by(&item);
        let other = match item.carries_out() && item.service.is_some() {
            true => takes.find(|(_, act)| is_its(act)),
            false => None,
        };
        let taker = nearest.filter(|(_, act)| other.is_none() || is_its(act));
        match taker.or(other).map(|(n, _)| n) {
            Some(n) => open[n].items.push(item),
            None => {
                if open.len() == OPEN {
                    done.extend(open.pop_front());
                }
                open.push_back(Act { items: vec![item] });
            }
        }
    }
    done.extend(open);
    done.sort_by_key(|act| (act.at(), events[act.items[0].event].place));
    done
}
