//! What set an incident off, why that is believed, and what else it could be.
//!
//! In: the causes of an incident. Out: the lines that are acted on: the first cause with its evidence,
//! strongest first; where it does not stand clear of the others, all candidates alike.

use crate::report::{Cause, Change, Evidence, RuledOut};

use super::figures::{clock, percent};
use super::page::{PLAIN, Page, piece, plain, tight};
use super::quote::Quotes;
use super::{BOLD, View, YELLOW, labelled};

/// Evidence below this is told in passing.
const WEAK: f64 = 0.5;
/// The most evidence that has a line of its own.
const OWN_LINES: usize = 6;
/// The most candidates that are told with their evidence, and the least of their probabilities.
const CANDIDATES: (usize, f64) = (4, 0.1);
/// The most causes on the line of the others.
const OTHERS: usize = 4;
/// The most enabling changes, and the least of their probabilities.
const ENABLERS: (usize, f64) = (2, 0.2);

/// Puts the verdict, the other causes and what was ruled out.
pub(super) fn put(page: &mut Page, view: &View<'_>) {
    let causes = &view.incident.causes;
    let mut quotes = Quotes::new(view);
    let told = match causes.first() {
        Some(first) if view.incident.certain => {
            certain(page, view, &mut quotes, first);
            1
        }
        _ => candidates(page, view, &mut quotes),
    };
    otherwise(page, view, &causes[told.min(causes.len())..]);
    ruled_out(page, view);
    would_decide(page, view);
}

/// The change of a cause.
fn change<'a>(view: &View<'a>, id: Option<&str>) -> Option<&'a Change> {
    view.changes.iter().find(|c| Some(c.id.as_str()) == id)
}

/// `11:20:00  config features.json v1119 -> v1120`, or the kind of another cause and its summary.
fn naming(view: &View<'_>, cause: &Cause, gap: &str) -> String {
    match change(view, cause.change.as_deref()) {
        Some(change) => {
            let at = tight(&clock(change.time.0, &view.day));
            format!("{at}{gap}{}", cause.summary)
        }
        None if matches!(cause.r#type, "unknown" | "change") => cause.summary.clone(),
        None => format!("{}: {}", cause.r#type, cause.summary),
    }
}

fn certain<'a>(page: &mut Page, view: &'a View<'a>, quotes: &mut Quotes<'a>, cause: &'a Cause) {
    let (title, rest) = match cause.r#type {
        "change" => ("LIKELY TRIGGER", naming(view, cause, "  ")),
        "unknown" => ("NO CAUSE IN THESE LOGS", String::new()),
        _ => ("NO CHANGE DID THIS", naming(view, cause, "  ")),
    };
    let lead = tight(&format!("{title}  {}", percent(cause.probability)));
    let pieces = [piece(lead, BOLD), plain("   "), piece(rest, BOLD)];
    page.put(2, 4, 3, &pieces);
    first_record(page, view, quotes, cause, (4, 2));
    evidence(page, quotes, cause);
    enablers(page, view, quotes, cause);
}

/// The line that tells of the cause's change.
fn first_record<'a>(
    page: &mut Page,
    view: &'a View<'a>,
    quotes: &mut Quotes<'a>,
    cause: &Cause,
    (indent, lines): (usize, usize),
) {
    let record = change(view, cause.change.as_deref()).and_then(|c| c.records.first());
    if let Some(record) = record {
        quotes.put(page, record, indent, lines);
    }
}

/// What speaks for it, strongest first, then what speaks against it.
fn by_strength(cause: &Cause) -> Vec<&Evidence> {
    let mut all: Vec<&Evidence> = cause.evidence.iter().collect();
    all.sort_by(|a, b| {
        let key = |e: &Evidence| (e.log_odds < 0.0, -e.log_odds.abs());
        let (a, b) = (key(a), key(b));
        a.0.cmp(&b.0).then(a.1.total_cmp(&b.1))
    });
    all
}

fn evidence<'a>(page: &mut Page, quotes: &mut Quotes<'a>, cause: &'a Cause) {
    let all: Vec<&'a Evidence> = by_strength(cause);
    let strong = all.iter().filter(|e| e.log_odds.abs() >= WEAK).count();
    // Where all is weak, the strongest of it is what there is.
    let own = strong.clamp(all.len().min(2), OWN_LINES);
    let mut ranked = all.clone();
    ranked.sort_by(|a, b| b.log_odds.abs().total_cmp(&a.log_odds.abs()));
    let is_own = |e: &&&Evidence| {
        ranked[..own.min(ranked.len())]
            .iter()
            .any(|r| std::ptr::eq(*r, **e))
    };
    for item in all.iter().filter(is_own) {
        weighed(page, item, 4);
        quotes.first(page, &item.refs, 10);
    }
    let passing: Vec<String> = all
        .iter()
        .filter(|e| !is_own(e))
        .map(|e| format!("{} {}", odds(e), e.text))
        .collect();
    if !passing.is_empty() {
        let text = format!("also  {}", passing.join("; "));
        page.put(4, 10, 3, &[plain(text)]);
    }
}

fn odds(item: &Evidence) -> String {
    format!("{:+.1}", item.log_odds)
}

fn weighed(page: &mut Page, item: &Evidence, indent: usize) {
    let text = format!("{}  {}", odds(item), item.text);
    page.put(indent, indent + 6, 4, &[plain(text)]);
}

fn enablers<'a>(page: &mut Page, view: &'a View<'a>, quotes: &mut Quotes<'a>, cause: &'a Cause) {
    let likely = cause
        .enabled_by
        .iter()
        .filter(|e| e.probability >= ENABLERS.1);
    let mut likely: Vec<_> = likely.collect();
    likely.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    for enabler in likely.iter().take(ENABLERS.0) {
        let Some(change) = change(view, Some(&enabler.change)) else {
            continue;
        };
        let word = if enabler.probability < 0.5 {
            "perhaps enabled by"
        } else {
            "enabled by"
        };
        let at = tight(&clock(change.time.0, &view.day));
        let share = tight(&percent(enabler.probability));
        let text = format!("{word}  {share}   {at}  {}", change.summary);
        page.put(4, 10, 2, &[plain(text)]);
        if let Some(record) = change.records.first() {
            quotes.put(page, record, 10, 1);
        }
    }
    if likely.len() > ENABLERS.0 {
        let text = format!("and {} more, none likelier", likely.len() - ENABLERS.0);
        page.put(10, 10, 1, &[plain(text)]);
    }
}

/// The causes that may be it, alike; returns how many.
fn candidates<'a>(page: &mut Page, view: &'a View<'a>, quotes: &mut Quotes<'a>) -> usize {
    let causes = &view.incident.causes;
    let likely = causes
        .iter()
        .filter(|c| c.probability >= CANDIDATES.1)
        .count();
    let count = likely.clamp(causes.len().min(2), CANDIDATES.0);
    let lead = [
        piece("CANNOT TELL", YELLOW),
        plain("   what set it off; the candidates:"),
    ];
    page.put(2, 4, 2, &lead);
    for cause in &causes[..count] {
        let lead = format!("{:<6}", tight(&percent(cause.probability)));
        page.put(
            4,
            12,
            3,
            &[
                plain(lead),
                piece("  ", PLAIN),
                plain(naming(view, cause, "  ")),
            ],
        );
        first_record(page, view, quotes, cause, (12, 1));
        let all = by_strength(cause);
        let told = all.iter().filter(|e| e.log_odds > 0.0).take(2);
        let against = all.iter().filter(|e| e.log_odds < 0.0).take(1);
        for item in told.chain(against) {
            weighed(page, item, 12);
        }
    }
    count
}

fn otherwise(page: &mut Page, view: &View<'_>, causes: &[Cause]) {
    let outs = &view.incident.ruled_out;
    let is_out = |c: &Cause| outs.iter().any(|o| o.looked_at && o.r#type == c.r#type);
    let told: Vec<&Cause> = causes.iter().filter(|c| !is_out(c)).collect();
    let likely = told.iter().filter(|c| c.probability >= 0.005).count();
    let texts: Vec<String> = told
        .iter()
        .take(likely.clamp(1, OTHERS))
        .map(|c| {
            format!(
                "{} {}",
                tight(&percent(c.probability)),
                naming(view, c, " ")
            )
        })
        .collect();
    if !texts.is_empty() {
        labelled(page, "OTHERWISE", 2, &texts.join(" · "));
    }
}

/// Where it cannot be told, or nothing explains it: what to look for.
fn would_decide(page: &mut Page, view: &View<'_>) {
    let found = view.incident;
    if found.certain && found.verdict != "unknown" {
        return;
    }
    for (n, text) in found.would_decide.iter().take(3).enumerate() {
        labelled(page, if n == 0 { "TO DECIDE IT" } else { "" }, 3, text);
    }
}

fn ruled_out(page: &mut Page, view: &View<'_>) {
    let (seen, unseen): (Vec<_>, Vec<_>) =
        view.incident.ruled_out.iter().partition(|r| r.looked_at);
    for (label, kinds) in [("ruled out", seen), ("not looked at", unseen)] {
        if !kinds.is_empty() {
            labelled(page, label, 5, &listed(view, &kinds));
        }
    }
}

/// `disk, port (no sign of them), clock (no record of a step)`.
fn listed(view: &View<'_>, kinds: &[&RuledOut]) -> String {
    let mut bare: Vec<&str> = Vec::new();
    let mut told: Vec<String> = Vec::new();
    for out in kinds {
        let text = out.text.strip_prefix(out.r#type).unwrap_or(&out.text);
        let text = text.trim_start_matches([':', ' ']);
        match text {
            "no sign of it" | "" => bare.push(out.r#type),
            // Its text names the file and the figures, and an attack is what is suspected first.
            _ if out.looked_at && out.r#type == "traffic" => {
                told.insert(0, format!("traffic ({})", view.paths.below(text)));
            }
            _ => told.push(format!("{} ({text})", out.r#type)),
        }
    }
    if !bare.is_empty() {
        let them = if bare.len() == 1 { "it" } else { "them" };
        let at = usize::from(told.first().is_some_and(|t| t.starts_with("traffic (")));
        told.insert(at, format!("{} (no sign of {them})", bare.join(", ")));
    }
    told.join(", ")
}
