//! The course of an incident: where and when it failed, who followed, how it ended.
//!
//! In: an incident. Out: the lines before its verdict, and those after it.

use std::collections::BTreeMap;

use crate::incident::Status;
use crate::loops::{CrashKind, Entity, Grade};
use crate::report::{Loop, Phase, Rate};
use crate::time::{Span, Timestamp};

use super::figures::{clock, counted, length};
use super::page::{PLAIN, Page, Piece, columns, cut, piece, plain, tight};
use super::{BOLD, DIM, GREEN, RED, View, YELLOW, labelled};

/// The widest bar.
const BAR: usize = 60;
/// How many hosts are told one by one.
const HOSTS: usize = 3;
/// How many phases are told one by one.
const PHASES: usize = 4;
/// How many services of a cascade are told.
const STEPS: usize = 6;
/// No order of hosts is told below it: how far their clocks lie apart is seldom known better.
const SECOND: Span = Span::from_seconds(1);
/// Columns of a line that tells of a dependence.
const BECAUSE: usize = 60;

/// Title, bar, signature, hosts and phases.
pub(super) fn before(page: &mut Page, view: &View<'_>, number: usize) {
    title(page, view, number);
    bar(page, view);
    tell(page, view);
}

/// Signature, hosts and phases.
pub(super) fn tell(page: &mut Page, view: &View<'_>) {
    signature(page, view);
    for new in &view.incident.new_messages {
        let at = new.first.time.map(|t| clock(t.0, &view.day));
        let times = counted(new.count, "time", "times");
        let before = match new.before {
            0 => "never before".to_owned(),
            n => format!("{n} before"),
        };
        let of = match view.incident.loops.first() {
            Some(root) if root.entity.service != new.service => format!(" of {}", new.service),
            _ => String::new(),
        };
        let at = at.unwrap_or_default();
        let lead = format!("new {at}{of} ({times}, {before}): ");
        page.put(2, 4, 2, &[plain(lead), piece(&new.template, PLAIN)]);
    }
    for rate in &view.incident.rates {
        page.put(2, 4, 2, &[plain(unlike_itself(rate, view))]);
    }
    // That a supervisor tells is the rule, and said by its records.
    if let Some(root) = view.incident.loops.first()
        && root.evidence != Grade::Supervisor
    {
        let text = format!("shown by {}", root.rests_on);
        page.put(2, 4, 2, &[plain(text)]);
    }
    if let Some(text) = firsts(view) {
        page.put(2, 4, 2, &[plain(text)]);
    }
    if let Some(text) = phases(view) {
        page.put(2, 4, 2, &[plain(text)]);
    }
}

/// How a service wrote just before the first crash.
fn unlike_itself(rate: &Rate, view: &View<'_>) -> String {
    let [from, to] = [rate.from, rate.to].map(|time| clock(time.0, &view.day));
    let service = &rate.service;
    match rate.longest_pause_s {
        Some(longest) => format!(
            "silent: {service} wrote nothing from {from} to {to}; its longest silence before was {}",
            length(longest.0)
        ),
        None => format!(
            "rate: {service} wrote {:.0} {} a minute from {from} to {to}, usually {:.0}",
            rate.per_minute, rate.of, rate.usual
        ),
    }
}

/// Cascade and recovery.
pub(super) fn after(page: &mut Page, view: &View<'_>) {
    let cascades = view.incident.cascade.len() > 1;
    let ending = ending(view);
    if cascades || ending.is_some() {
        page.blank();
    }
    if cascades {
        labelled(page, "cascade", 4, &cascade(view));
    }
    if let Some(text) = ending {
        labelled(page, "recovery", 3, &text);
    }
}

/// The loops of the service that failed first.
fn of_root<'a>(view: &View<'a>) -> impl Iterator<Item = &'a Loop> {
    let root = view.incident.loops.first().map(|l| &l.entity.service);
    let loops = view.incident.loops.iter();
    loops.filter(move |l| Some(&l.entity.service) == root)
}

/// Where an entity runs: its host, or its instance where no host is known.
fn place(entity: &Entity) -> &str {
    let place = entity.host.as_deref().or(entity.instance.as_deref());
    place.unwrap_or("")
}

/// First crashes by place, the earliest first.
fn places<'a>(view: &View<'a>) -> Vec<(&'a str, Timestamp)> {
    let mut firsts: BTreeMap<&str, Timestamp> = BTreeMap::new();
    for found in of_root(view) {
        let first = firsts.entry(place(&found.entity)).or_insert(found.first.0);
        *first = found.first.0.min(*first);
    }
    let mut places: Vec<_> = firsts.into_iter().collect();
    places.sort_by_key(|&(place, at)| (at, place));
    places
}

fn title(page: &mut Page, view: &View<'_>, number: usize) {
    let places = places(view);
    let root = view.incident.loops.first().map(|l| &l.entity);
    let service = root.map_or("a service", |e| e.service.as_str());
    let of_hosts = of_root(view).any(|l| l.entity.host.is_some());
    let on = match places.as_slice() {
        [] | [("", _)] => String::new(),
        [(one, _)] => format!(" on {one}"),
        all if of_hosts => format!(" on {} hosts", all.len()),
        all => format!(", {} instances", all.len()),
    };
    let (status, look) = status(view);
    page.put(
        0,
        2,
        4,
        &[
            piece(tight(&format!("INCIDENT {number}")), BOLD),
            plain(format!("   {service} crash-loops{on}")),
            plain("   "),
            plain(tight(&when(view))),
            plain("   "),
            piece(tight(&status), look),
        ],
    );
}

fn when(view: &View<'_>) -> String {
    let onset = view.incident.onset.0;
    let window = view.window;
    let dates = (
        window.start.map(|t| t.0.date()),
        window.end.map(|t| t.0.date()),
    );
    let day = if dates.0 == dates.1 {
        view.day.clone()
    } else {
        String::new()
    };
    let start = clock(onset, &day);
    match view.incident.end {
        Some(end) => format!(
            "{start} to {} UTC ({})",
            clock(end.0, &view.day),
            length(end.0.since(onset))
        ),
        None => format!("since {start} UTC"),
    }
}

fn status(view: &View<'_>) -> (String, anstyle::Style) {
    match (view.incident.status, &view.incident.recovery) {
        (Status::Recovered, _) => ("recovered".to_owned(), GREEN),
        (Status::GaveUp, _) => ("gave up".to_owned(), RED),
        (Status::Stopped, _) => ("stopped".to_owned(), YELLOW),
        (Status::Ongoing, None) => ("ongoing".to_owned(), RED),
        (Status::Ongoing, Some(back)) => {
            let at = clock(back.at.0, &view.day);
            (
                format!("running again since {at}, too early to tell"),
                YELLOW,
            )
        }
    }
}

fn bar(page: &mut Page, view: &View<'_>) {
    let beside = rate(view);
    let room = page.width().saturating_sub(2 + 3 + columns(&beside));
    let mut pieces = bar_of(view, room.clamp(12, BAR));
    pieces.push(plain("   "));
    pieces.push(plain(tight(&beside)));
    page.put(2, 4, 3, &pieces);
}

/// `1,184 crashes, every 10 s`.
fn rate(view: &View<'_>) -> String {
    let crashes = view.incident.metrics.crashes;
    let mut text = counted(crashes, "crash", "crashes");
    let mut periods: Vec<Span> = of_root(view)
        .filter_map(|l| l.median_period_s.map(|s| s.0))
        .collect();
    periods.sort_unstable();
    let period = periods.get(periods.len() / 2);
    // Stamps of whole seconds may make it nothing, which tells nothing.
    if let Some(&period) = period.filter(|p| **p > Span::ZERO) {
        let each = if places(view).len() > 1 {
            " per host"
        } else {
            ""
        };
        text.push_str(&format!(", every {}{each}", length(period)));
    }
    if of_root(view).any(|l| l.backoff) {
        text.push_str(", ever slower");
    }
    text
}

/// Failing and quiet, from a bit before the onset to a bit after the recovery; where there is none, to
/// the last crash, since what does not run is not quiet.
fn bar_of(view: &View<'_>, count: usize) -> Vec<Piece> {
    let incident = view.incident;
    let phases = &incident.phases;
    let last = phases.iter().map(|p| p.end.0).max();
    let last = last.unwrap_or(incident.onset.0);
    let recovered = incident.recovery.as_ref().map(|r| r.at.0.max(last));
    let length = recovered.unwrap_or(last).since(incident.onset.0);
    let margin = Span::from_nanos((length.nanos() / 10).max(1_000_000_000));
    // Nothing is known of what lies outside the logs.
    let window = view.window;
    let start = incident.onset.0.minus(margin);
    let start = window.start.map_or(start, |w| start.max(w.0));
    let end = recovered.map_or(last, |at| at.plus(margin));
    let end = window.end.map_or(end, |w| end.min(w.0)).max(last);
    let step = end.since(start).nanos().max(count as i64) / count as i64;
    let mut pieces: Vec<(char, String)> = Vec::new();
    for n in 0..count as i64 {
        let from = start.plus(Span::from_nanos(step.saturating_mul(n)));
        let c = column(phases, from, from.plus(Span::from_nanos(step)));
        match pieces.last_mut() {
            Some((same, text)) if *same == c => text.push(c),
            _ => pieces.push((c, c.to_string())),
        }
    }
    let look = |c: char| if c == '▁' { DIM } else { RED };
    pieces
        .iter()
        .map(|(c, text)| piece(text, look(*c)))
        .collect()
}

/// How much of a stretch of time was failing.
fn column(phases: &[Phase], from: Timestamp, to: Timestamp) -> char {
    let inside = phases.iter().filter(|p| p.start.0 <= to && p.end.0 >= from);
    let mut any = false;
    let mut failing = 0;
    for phase in inside {
        any = true;
        failing += phase.end.0.min(to).since(phase.start.0.max(from)).nanos();
    }
    match (any, failing.saturating_mul(2) >= to.since(from).nanos()) {
        (false, _) => '▁',
        (true, false) => '▄',
        (true, true) => '█',
    }
}

fn signature(page: &mut Page, view: &View<'_>) {
    let Some(root) = view.incident.loops.first() else {
        return;
    };
    let kind = kind(root.kind);
    let text = &root.signature.text;
    let says_it = kind.is_empty() || text.to_lowercase().contains(kind);
    let lead = if says_it {
        String::new()
    } else {
        format!("{kind}: ")
    };
    page.put(2, 4, 2, &[plain(lead), piece(text, PLAIN)]);
    if let Some(place) = &root.signature.place {
        page.put(4, 4, 1, &[plain("in "), piece(place, PLAIN)]);
    }
    let mut others: Vec<&str> = of_root(view)
        .map(|l| l.signature.id.as_str())
        .filter(|id| *id != root.signature.id)
        .collect();
    others.sort_unstable();
    others.dedup();
    if let count @ 1.. = others.len() {
        let text = format!("and {}", counted(count as u64, "other text", "other texts"));
        page.put(4, 4, 1, &[plain(text)]);
    }
}

fn kind(kind: CrashKind) -> &'static str {
    match kind {
        CrashKind::ConfigError => "configuration error",
        CrashKind::Panic => "panic",
        CrashKind::Exception => "exception",
        CrashKind::Watchdog => "watchdog",
        CrashKind::Oom => "out of memory",
        CrashKind::Segfault => "segfault",
        CrashKind::Abort => "abort",
        CrashKind::Signal => "signal",
        CrashKind::Exit => "exit",
        CrashKind::Unknown => "",
    }
}

/// Which hosts failed first; no order is told below the uncertainty of their clocks.
fn firsts(view: &View<'_>) -> Option<String> {
    let places = places(view);
    let about = view.incident.onset_uncertainty_s.0;
    let (first, at) = *places.first()?;
    if places.len() == 1 {
        let text = format!("first crash {} (± {})", clock(at, &view.day), length(about));
        return (about > SECOND).then_some(text);
    }
    let about = about.max(SECOND);
    let at_once = places.iter().filter(|p| p.1.since(at) <= about).count();
    let mut told = at_once.min(HOSTS);
    let mut parts: Vec<String> = vec![format!("first on {first}")];
    parts.extend(places[1..told].iter().map(|p| p.0.to_owned()));
    if at_once > told {
        parts.push(format!("{} more", at_once - told));
        told = at_once;
    }
    let bound = if at_once > 1 { "within" } else { "±" };
    let bound = tight(&format!(" ({bound} {})", length(about)));
    let mut text = parts.join(", ") + &bound.replacen('\u{a0}', " ", 1);
    let one_by_one = HOSTS.max(told);
    for (place, later) in places.iter().take(one_by_one).skip(told) {
        text.push_str(&format!(
            ", {place} {} later",
            tight(&length(later.since(at)))
        ));
    }
    let rest = places.len().saturating_sub(one_by_one);
    if let (1.., Some(last)) = (rest, places.last()) {
        text.push_str(&format!(
            ", {}",
            tight(&format!("{rest} more by {}", clock(last.1, &view.day)))
        ));
    }
    Some(text)
}

fn phases(view: &View<'_>) -> Option<String> {
    let all = &view.incident.phases;
    if all.len() < 2 {
        return None;
    }
    let of = |p: &Phase| {
        tight(&format!(
            "{} to {}",
            clock(p.start.0, &view.day),
            clock(p.end.0, &view.day)
        ))
    };
    let mut parts: Vec<String> = all.iter().map(of).collect();
    if all.len() > PHASES {
        let left_out = all.len() - PHASES;
        parts.splice(
            PHASES - 1..all.len() - 1,
            [tight(&format!("{left_out} more"))],
        );
    }
    Some(format!("{} phases: {}", all.len(), parts.join(", ")))
}

fn cascade(view: &View<'_>) -> String {
    let steps = &view.incident.cascade;
    let mut parts: Vec<String> = Vec::new();
    for step in steps.iter().take(STEPS) {
        let at = clock(step.first_failure.0, &view.day);
        let because = step
            .because
            .as_deref()
            .map(|b| format!(" (\"{}\")", cut(b, BECAUSE)));
        parts.push(format!(
            "{} {at}{}",
            step.entity.service,
            because.unwrap_or_default()
        ));
    }
    if steps.len() > STEPS {
        parts.push(format!("{} more", steps.len() - STEPS));
    }
    parts.join(" -> ")
}

fn ending(view: &View<'_>) -> Option<String> {
    let back = view.incident.recovery.as_ref()?;
    let at = clock(back.at.0, &view.day);
    let by = back.by.as_deref();
    let repair = view.changes.iter().find(|c| Some(c.id.as_str()) == by);
    let by = match repair {
        Some(change) => {
            let lag = back.at.0.since(change.time.0);
            let name = &change.summary;
            let then = clock(change.time.0, &view.day);
            if lag >= Span::ZERO {
                format!("{} after {name} ({then})", tight(&length(lag)))
            } else {
                format!("with {name} ({then})")
            }
        }
        None => "no repair seen".to_owned(),
    };
    let healthy = tight(&length(back.healthy_for_s.0));
    let end = if back.confirmed {
        format!("healthy for {healthy}")
    } else {
        format!("only {healthy} of logs since, too early to tell")
    };
    Some(format!("{at}, {by}; {end}"))
}
