//! How far the clocks of hosts lie apart.
//!
//! In: the events of all files, with instants by the clock that stamped them. Out: [`Clocks`], and events
//! moved to one clock. Evidence is of two sorts.
//!
//! - *The same event in two files*, told of one host, with stamps that lie apart by one span: one of the
//!   files bears the time at which a collector received it, of the collector's clock.
//! - *Steps*: a record of one host that names another, and one of that other host that tells of the same
//!   thing (a version, an id, a service); or two records, each on another host, that alone share a long
//!   id. The span between them is the clocks' difference and a delay. Three have to agree within two
//!   seconds, two thirds of all; where they meet within five seconds the clocks agree, and the rest is
//!   delay. A delay that is always the same (a wait in a script) cannot be told from a difference.
//!
//! Which clock is right nobody can tell from logs: that one counts on which most hosts agree, and of two
//! hosts that which wrote more events.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::classify::{Class, Event};
use crate::error::Warning;
use crate::time::{Span, Timestamp};

use super::FileEvents;
use super::tick::{Of, Ticks};

/// How far a clock may lie off of which nothing else is known: hosts that keep time by NTP are right within
/// a second.
const EACH: Span = Span::from_seconds(1);
/// And two of them lie apart.
const UNKNOWN: Span = EACH.times(2);
/// Pairs that agree do so within this.
const AGREE: Span = Span::from_seconds(2);
/// Less than this is a delay.
const SMALL: Span = Span::from_seconds(5);
/// A collector that receives at once stamps within this.
const AT_ONCE: Span = Span::from_seconds(1);
/// More than this is no clock's doing, but another event.
const FARTHEST: Span = Span::from_seconds(2 * 3600);
/// Where pairs agree on spans that are farther apart than this, they tell nothing.
const VAGUE: Span = Span::from_seconds(30);
/// How many have to agree.
const ENOUGH: usize = 3;
/// What comes more often is no witness.
const OFTEN: usize = 20;
/// The most records that are looked at, and the most spans between two hosts.
const RECORDS: usize = 20_000;
const SPANS: usize = 10_000;
/// An id that two hosts share without naming each other has so many characters.
const LONG: usize = 8;

/// What is known of the clocks of hosts.
#[derive(Debug, Clone, Default)]
pub struct Clocks {
    /// By host: the group of clocks that are known against each other, and how far it may lie off once
    /// moved. Those that did not have to be moved lie within the usual bound of each other.
    known: BTreeMap<String, (usize, Span)>,
}

impl Clocks {
    /// How far what two hosts wrote at one time may lie apart, once moved to one clock. Nothing where one
    /// of them is not named: it may be the other.
    #[must_use]
    pub fn apart(&self, a: Option<&str>, b: Option<&str>) -> Span {
        let (Some(a), Some(b)) = (a, b) else {
            return Span::ZERO;
        };
        match (self.known.get(a), self.known.get(b)) {
            _ if a == b || a.is_empty() || b.is_empty() => Span::ZERO,
            (Some((of_a, x)), Some((of_b, y))) if of_a == of_b => x.plus(*y),
            _ => UNKNOWN,
        }
    }
}

/// What was found, and the skew of each file where it is known.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) clocks: Clocks,
    pub(super) files: Vec<Option<Span>>,
    pub(super) warnings: Vec<Warning>,
}

/// Whose clock stamped a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Node {
    Host(String),
    /// A collector's, by the file that it wrote.
    File(usize),
}

/// What two clocks differ by.
#[derive(Debug, Clone, Copy)]
struct Edge {
    ends: (usize, usize),
    /// The first one's reading less the second one's.
    ahead: Span,
    about: Span,
    witnesses: usize,
}

/// A clock against the one that counts.
#[derive(Debug, Clone, Copy)]
struct Place {
    group: usize,
    ahead: Span,
    about: Span,
    witnesses: usize,
    reference: usize,
}

/// Moves what clocks that are ahead or behind have stamped.
pub(super) fn mend(files: &[FileEvents], ticks: &mut [Ticks]) -> Found {
    let mut found = Found {
        files: vec![None; files.len()],
        ..Found::default()
    };
    let names: BTreeSet<&String> = ticks.iter().flat_map(|t| &t.hosts).collect();
    let names: Vec<String> = names.into_iter().cloned().collect();
    if files.len() < 2 && names.len() < 2 {
        return found;
    }
    let mut graph = Graph::new(&names);
    graph.receipts(files, ticks);
    graph.steps(files, ticks, &names);
    let places = graph.places();
    for (n, file) in ticks.iter_mut().enumerate() {
        let collector = graph.find(&Node::File(n));
        let hosts: Vec<Option<usize>> = (file.hosts.iter())
            .map(|host| collector.or_else(|| graph.find(&Node::Host(host.clone()))))
            .collect();
        let ahead_of = |node: Option<usize>| places[node?].map(|p| p.ahead);
        let all: BTreeSet<Option<Span>> = hosts.iter().map(|node| ahead_of(*node)).collect();
        // Of a file that several clocks stamped no one skew can be told.
        let whole = all.first().copied().flatten().filter(|_| all.len() == 1);
        for tick in &mut file.list {
            let by = match tick.host {
                Some(host) => ahead_of(hosts[host]),
                None => whole,
            };
            tick.at = tick.at.minus(by.unwrap_or(Span::ZERO));
        }
        found.files[n] = whole;
        let shifted: BTreeSet<usize> = (hosts.into_iter().flatten())
            .filter(|&node| places[node].is_some_and(|p| p.ahead != Span::ZERO))
            .collect();
        for node in shifted {
            let path = &files[n].path;
            found
                .warnings
                .extend(places[node].map(|p| graph.warning(path, node, p)));
        }
    }
    for (n, node) in graph.nodes.iter().enumerate() {
        if let (Node::Host(name), Some(place)) = (node, places[n]) {
            let about = if place.ahead == Span::ZERO {
                place.about.min(EACH)
            } else {
                place.about
            };
            found
                .clocks
                .known
                .insert(name.clone(), (place.group, about));
        }
    }
    found
}

/// Clocks, and what is known of each two.
struct Graph {
    nodes: Vec<Node>,
    /// Events that each stamped.
    weight: Vec<usize>,
    edges: Vec<Edge>,
}

impl Graph {
    fn new(names: &[String]) -> Self {
        Self {
            nodes: names.iter().cloned().map(Node::Host).collect(),
            weight: vec![0; names.len()],
            edges: Vec::new(),
        }
    }

    fn find(&self, node: &Node) -> Option<usize> {
        self.nodes.iter().position(|n| n == node)
    }

    fn add(&mut self, node: Node) -> usize {
        self.find(&node).unwrap_or_else(|| {
            self.nodes.push(node);
            self.weight.push(0);
            self.nodes.len() - 1
        })
    }

    fn name(&self, node: usize) -> String {
        match &self.nodes[node] {
            Node::Host(name) => format!("{name}'s clock"),
            Node::File(_) => "the clock of whoever received these records".to_owned(),
        }
    }

    fn warning(&self, path: &str, node: usize, place: Place) -> Warning {
        let side = if place.ahead > Span::ZERO {
            "ahead of"
        } else {
            "behind"
        };
        let text = format!(
            "{} is {} (± {}) {side} {}, by {} records of both: its times are moved by as much; where \
             every one of its steps waits so long, they are not to be",
            self.name(node),
            place.ahead.abs(),
            place.about,
            self.name(place.reference),
            place.witnesses
        );
        Warning::new(Some(path), text)
    }

    /// The same events of one host, in two files.
    fn receipts(&mut self, files: &[FileEvents], ticks: &[Ticks]) {
        type Told<'a> = (&'a str, &'a str, Option<u32>);
        let of_hosts = ticks.iter().flat_map(|t| &t.hosts);
        let mut hosts: Vec<&String> = of_hosts.collect();
        hosts.sort_unstable();
        if hosts.windows(2).all(|pair| pair[0] != pair[1]) {
            return;
        }
        let mut told: HashMap<Told<'_>, BTreeMap<usize, Vec<Timestamp>>> = HashMap::new();
        for (n, file) in files.iter().enumerate() {
            for (event, host, at) in events(file, &ticks[n]) {
                let key = (host, &*event.message, event.pid);
                told.entry(key).or_default().entry(n).or_default().push(at);
            }
        }
        let mut spans: BTreeMap<(usize, usize, &str), Vec<Span>> = BTreeMap::new();
        for ((host, ..), by_file) in &told {
            let by_file: Vec<_> = by_file.iter().filter(|(_, at)| at.len() <= OFTEN).collect();
            for (i, (m, ats)) in by_file.iter().enumerate() {
                for (n, others) in by_file
                    .iter()
                    .skip(i + 1)
                    .filter(|o| o.1.len() == ats.len())
                {
                    let both = ats.iter().zip(others.iter());
                    let list = spans.entry((**m, **n, host)).or_default();
                    list.extend(both.map(|(a, b)| a.since(*b)));
                }
            }
        }
        // Rotated copies of one log were written one after the other: what they both tell came twice.
        spans.retain(|(m, n, _), _| files[*m].series != files[*n].series);
        for ((m, n, host), mut list) in spans {
            list.sort_unstable();
            let middle = list[list.len() / 2];
            let near = list
                .iter()
                .filter(|d| d.minus(middle).abs() <= AGREE)
                .count();
            let sure = near >= ENOUGH && near * 5 >= list.len() * 4;
            if !sure || middle.abs() <= AT_ONCE || middle.abs() > FARTHEST {
                continue;
            }
            // Who tells of more hosts is the collector.
            let first_collects = ticks[m].hosts.len() > ticks[n].hosts.len();
            let (file, ahead) = if first_collects {
                (m, Span::ZERO.minus(middle))
            } else {
                (n, middle)
            };
            let ends = (
                self.add(Node::Host(host.to_owned())),
                self.add(Node::File(file)),
            );
            self.edges.push(Edge {
                ends,
                ahead,
                about: AGREE,
                witnesses: near,
            });
        }
    }

    /// Steps that two hosts tell of.
    fn steps(&mut self, files: &[FileEvents], ticks: &[Ticks], names: &[String]) {
        let mut steps = Steps {
            names,
            acts: Vec::new(),
            by_word: HashMap::new(),
        };
        for (n, file) in files.iter().enumerate() {
            if self.find(&Node::File(n)).is_some() {
                continue;
            }
            for (event, host, at) in events(file, &ticks[n]) {
                let Ok(host) = names.binary_search_by(|name| (**name).cmp(host)) else {
                    continue;
                };
                self.weight[host] += 1;
                steps.add(event, host, at);
            }
        }
        for ((a, b), spans) in steps.spans() {
            self.edges
                .extend(agreed(spans).map(|(ahead, about, witnesses)| Edge {
                    ends: (a, b),
                    ahead,
                    about,
                    witnesses,
                }));
        }
    }

    /// Each clock against the one of its group that counts; `None` of whom nothing is known.
    fn places(&self) -> Vec<Option<Place>> {
        let tree = self.tree();
        let mut places: Vec<Option<Place>> = vec![None; self.nodes.len()];
        let mut groups = 0;
        for n in 0..self.nodes.len() {
            if places[n].is_some() || tree[n].is_empty() {
                continue;
            }
            let members = walk(&tree, n, groups);
            let agreeing = |at: Span| {
                let near = |m: &&(usize, Place)| m.1.ahead.minus(at).abs() <= AGREE;
                members.iter().filter(near).count()
            };
            let reference = members
                .iter()
                .max_by_key(|(m, place)| {
                    (
                        agreeing(place.ahead),
                        self.weight[*m],
                        std::cmp::Reverse(*m),
                    )
                })
                .map_or(n, |(m, _)| *m);
            for (m, place) in walk(&tree, reference, groups) {
                places[m] = Some(place);
            }
            groups += 1;
        }
        places
    }

    /// The surest edges that join all that are joined, by both their ends: each clock's neighbours.
    fn tree(&self) -> Vec<Vec<(usize, Edge)>> {
        let mut edges = self.edges.clone();
        edges.sort_by_key(|e| (e.about, std::cmp::Reverse(e.witnesses), e.ends));
        let mut group: Vec<usize> = (0..self.nodes.len()).collect();
        let mut tree = vec![Vec::new(); self.nodes.len()];
        for edge in edges {
            let (a, b) = edge.ends;
            let (x, y) = (group[a], group[b]);
            if x == y {
                continue;
            }
            for of in &mut group {
                *of = if *of == y { x } else { *of };
            }
            tree[a].push((b, edge));
            let turned = Edge {
                ends: (b, a),
                ahead: Span::ZERO.minus(edge.ahead),
                ..edge
            };
            tree[b].push((a, turned));
        }
        tree
    }
}

/// All clocks that are joined to `from`, against it.
fn walk(tree: &[Vec<(usize, Edge)>], from: usize, group: usize) -> Vec<(usize, Place)> {
    let start = Place {
        group,
        ahead: Span::ZERO,
        about: Span::ZERO,
        witnesses: 0,
        reference: from,
    };
    let mut found = vec![(from, start)];
    let mut seen = BTreeSet::from([from]);
    let mut next = 0;
    while let Some(&(n, place)) = found.get(next) {
        next += 1;
        for (other, edge) in &tree[n] {
            if seen.insert(*other) {
                let further = Place {
                    ahead: place.ahead.minus(edge.ahead),
                    about: place.about.plus(edge.about),
                    witnesses: edge.witnesses,
                    ..place
                };
                found.push((*other, further));
            }
        }
    }
    found
}

/// A file's events with their hosts and instants.
fn events<'a>(
    file: &'a FileEvents,
    ticks: &'a Ticks,
) -> impl Iterator<Item = (&'a Event, &'a str, Timestamp)> {
    let sole = (ticks.hosts.len() == 1).then(|| &*ticks.hosts[0]);
    ticks.list.iter().filter_map(move |tick| {
        let Of::Event(n) = tick.of else { return None };
        let event = &file.events[n];
        let host = event.host.as_deref().or(sole).unwrap_or("");
        Some((event, host, tick.at))
    })
}

/// A record that tells of a step.
struct Act<'a> {
    host: usize,
    at: Timestamp,
    rule: usize,
    /// Other hosts that it names.
    named: BTreeSet<usize>,
    /// Words that may be the same in another host's record.
    words: BTreeSet<&'a str>,
}

/// Records of all hosts, by their words.
struct Steps<'a> {
    names: &'a [String],
    acts: Vec<Act<'a>>,
    by_word: HashMap<&'a str, Vec<usize>>,
}

/// Of two hosts, for each record of the first the spans to records of the second.
type SpansOf = BTreeMap<(usize, usize), Vec<Vec<Span>>>;

impl<'a> Steps<'a> {
    fn add(&mut self, event: &'a Event, host: usize, at: Timestamp) {
        let tells = matches!(
            event.class,
            Class::Change
                | Class::Loaded
                | Class::Reloading
                | Class::StopRequest
                | Class::Started
                | Class::Cause
        );
        if !tells || event.count > 1 || self.acts.len() >= RECORDS {
            return;
        }
        let mut named = BTreeSet::new();
        let mut words = BTreeSet::new();
        for word in words_of(&event.message) {
            match self.host(word) {
                Some(other) if other == host => {}
                Some(other) => drop(named.insert(other)),
                None if word.len() >= 3 => drop(words.insert(word)),
                None => {}
            }
        }
        for word in &words {
            self.by_word.entry(word).or_default().push(self.acts.len());
        }
        self.acts.push(Act {
            host,
            at,
            rule: event.rule,
            named,
            words,
        });
    }

    /// The host that a word names, with its domain or without.
    fn host(&self, word: &str) -> Option<usize> {
        let exact = |word: &str| self.names.binary_search_by(|name| (**name).cmp(word)).ok();
        exact(word).or_else(|| exact(word.split_once('.')?.0))
    }

    fn spans(&self) -> SpansOf {
        let mut all = SpansOf::new();
        for act in &self.acts {
            for &other in &act.named {
                // The rarest thing that both tell of, a version or an id first.
                let of_word = |word: &&'a str| {
                    let is_name = !word.bytes().any(|b| b.is_ascii_digit());
                    let all = &self.by_word[*word];
                    let own = all
                        .iter()
                        .filter(|&&n| self.acts[n].host == act.host)
                        .count();
                    let partners = self.partners(act, other, all);
                    let few = partners.len() <= OFTEN && own <= OFTEN;
                    (few && !partners.is_empty()).then_some((is_name, partners))
                };
                let all_words = act.words.iter().filter_map(of_word);
                let best = all_words.min_by_key(|(is_name, spans)| (*is_name, spans.len()));
                if let Some((_, spans)) = best {
                    note(&mut all, (act.host, other), spans);
                }
            }
        }
        for (word, acts) in &self.by_word {
            let is_id = word.len() >= LONG && word.bytes().any(|b| b.is_ascii_digit());
            if !is_id || word.contains('.') || acts.len() != 2 {
                continue;
            }
            let (x, y) = (&self.acts[acts[0]], &self.acts[acts[1]]);
            let (x, y) = if x.host <= y.host { (x, y) } else { (y, x) };
            let span = x.at.since(y.at);
            let named = x.named.contains(&y.host) || y.named.contains(&x.host);
            if x.host != y.host && x.rule != y.rule && !named && span.abs() <= FARTHEST {
                note(&mut all, (x.host, y.host), vec![span]);
            }
        }
        all
    }

    /// The spans from an act to those of another host that tell of the same and do so otherwise: hosts
    /// that do the same, each for itself, do so when they like.
    fn partners(&self, act: &Act<'_>, other: usize, acts: &[usize]) -> Vec<Span> {
        let of_other = acts
            .iter()
            .map(|&n| &self.acts[n])
            .filter(|y| y.host == other);
        let spans = of_other
            .filter(|y| y.rule != act.rule || !act.named.is_empty() && y.named.is_empty())
            .map(|y| act.at.since(y.at));
        spans.filter(|span| span.abs() <= FARTHEST).collect()
    }
}

/// Notes the spans under one order of the two hosts.
fn note(all: &mut SpansOf, (a, b): (usize, usize), spans: Vec<Span>) {
    let (key, spans) = if a < b {
        ((a, b), spans)
    } else {
        let turned = spans.iter().map(|s| Span::ZERO.minus(*s)).collect();
        ((b, a), turned)
    };
    all.entry(key).or_default().push(spans);
}

/// The words of a message, parts of paths and addresses each for itself.
fn words_of(message: &str) -> impl Iterator<Item = &str> {
    let parts = message.split(|c: char| c.is_whitespace() || "\"'`()[]{}<>,;=:@/|".contains(c));
    parts.map(|word| word.trim_matches(|c: char| ".!?-_".contains(c)))
}

/// The span that records agree on, how far it may lie off, and how many do; `None` where they do not.
fn agreed(mut records: Vec<Vec<Span>>) -> Option<(Span, Span, usize)> {
    records.sort_unstable();
    records.truncate(SPANS / OFTEN);
    let enough = |votes: usize| votes >= ENOUGH && votes * 3 >= records.len() * 2;
    let meets = |spans: &Vec<Span>| spans.iter().any(|s| s.abs() <= SMALL);
    let at_once = records.iter().filter(|spans| meets(spans)).count();
    if enough(at_once) {
        return Some((Span::ZERO, AT_ONCE, at_once));
    }
    let mut spans: Vec<(Span, usize)> = (records.iter().enumerate())
        .flat_map(|(n, spans)| spans.iter().map(move |s| (*s, n)))
        .collect();
    spans.sort_unstable();
    // A window of the agreed width goes over the spans; a record counts once in it.
    let mut inside = vec![0_usize; records.len()];
    let (mut from, mut votes) = (0, 0);
    let mut windows: Vec<(usize, Span, Span)> = Vec::new();
    for to in 0..spans.len() {
        votes += usize::from(inside[spans[to].1] == 0);
        inside[spans[to].1] += 1;
        while spans[to].0.minus(spans[from].0) > AGREE {
            inside[spans[from].1] -= 1;
            votes -= usize::from(inside[spans[from].1] == 0);
            from += 1;
        }
        windows.push((votes, spans[from].0, spans[to].0));
    }
    let best = windows.iter().map(|w| w.0).max()?;
    // Where a step has several records, several spans fit as well.
    let fitting = windows.iter().filter(|w| w.0 * 5 >= best * 4);
    let low = fitting.clone().map(|w| w.1).min()?;
    let high = fitting.map(|w| w.2).max()?;
    let width = high.minus(low);
    if !enough(best) || width > VAGUE {
        return None;
    }
    let half = Span::from_nanos(width.nanos() / 2);
    let middle = low.plus(half);
    (middle.abs() > SMALL).then(|| (middle, half.max(AT_ONCE), best))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(records: &[&[i64]]) -> Vec<Vec<Span>> {
        let spans = |r: &&[i64]| r.iter().map(|s| Span::from_seconds(*s)).collect();
        records.iter().map(spans).collect()
    }

    #[test]
    fn three_records_that_agree_tell_a_difference() {
        let told = agreed(spans(&[&[400], &[401, 9], &[402, 77], &[1000]]));
        assert_eq!(
            told.map(|t| (t.0.nanos() / 1_000_000_000, t.2)),
            Some((401, 3))
        );
        assert!(agreed(spans(&[&[400], &[401]])).is_none());
        assert!(agreed(spans(&[&[400], &[401], &[402], &[1000], &[2000]])).is_none());
        // Delays that vary tell nothing.
        assert!(agreed(spans(&[&[10], &[90], &[300], &[50]])).is_none());
    }

    #[test]
    fn records_that_meet_show_clocks_that_agree() {
        let told = agreed(spans(&[&[1, 400], &[0, 401], &[-3, 402]]));
        assert_eq!(told.map(|t| t.0), Some(Span::ZERO));
    }

    #[test]
    fn a_period_that_fits_as_well_as_another_tells_nothing() {
        let rollouts: &[i64] = &[-600, -300, 300, 600];
        assert!(agreed(spans(&[rollouts, rollouts, rollouts])).is_none());
    }

    #[test]
    fn what_is_not_sure_adds_up_along_the_way_only() {
        let names: Vec<String> = (0..8).map(|n| format!("host{n}")).collect();
        let mut graph = Graph::new(&names);
        // The first, which wrote the most, is compared with all; the last is ahead.
        graph.weight[0] = 9;
        for n in 1..8 {
            graph.edges.push(Edge {
                ends: (0, n),
                ahead: Span::from_seconds(if n == 7 { -60 } else { 0 }),
                about: AT_ONCE,
                witnesses: 3,
            });
        }
        let places = graph.places();
        let of = |n: usize| places[n].map(|p| (p.ahead, p.about));
        assert_eq!(of(0), Some((Span::ZERO, Span::ZERO)));
        assert_eq!(of(3), Some((Span::ZERO, AT_ONCE)));
        assert_eq!(of(7), Some((Span::from_seconds(60), AT_ONCE)));
    }

    #[test]
    fn clocks_of_whom_nothing_is_known_may_lie_apart() {
        let clocks = Clocks::default();
        assert_eq!(clocks.apart(Some("a"), Some("b")), UNKNOWN);
        assert_eq!(clocks.apart(Some("a"), Some("a")), Span::ZERO);
        assert_eq!(clocks.apart(None, Some("a")), Span::ZERO);
    }
}
