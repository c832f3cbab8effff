//! Why this cause and not that one.
//!
//! In: a report, and the words that stand for a change. Out: the first cause and those asked for side by
//! side, factor by factor; and what would turn the verdict.

use crate::report::{Cause, Change, Incident, Report};

use super::figures::{clock, percent};
use super::page::{PLAIN, Page, cut, piece, plain, tight};
use super::{BOLD, DIM, Style};

/// The most causes that are set beside the first.
const ASKED: usize = 3;
/// Columns of a factor's name, and of a number.
const NAME: usize = 17;
const NUMBER: usize = 8;

/// Sets the first cause of each incident beside those that `words` stand for; beside the second where there
/// are no words.
#[must_use]
pub fn render_explanation(report: &Report, words: Option<&str>, style: Style) -> String {
    let mut page = Page::new(style.width);
    if report.incidents.is_empty() {
        page.put(
            0,
            2,
            2,
            &[plain("No crash loop found: nothing to explain.")],
        );
    }
    for (n, incident) in report.incidents.iter().enumerate() {
        if n > 0 {
            page.blank();
        }
        page.put(0, 2, 4, &[piece(&incident.summary, BOLD)]);
        page.blank();
        one(&mut page, report, incident, words);
    }
    page.finish()
}

fn one(page: &mut Page, report: &Report, incident: &Incident, words: Option<&str>) {
    let Some((first, others)) = incident.causes.split_first() else {
        return;
    };
    let stands_for = |cause: &&Cause| {
        words.is_none_or(|words| {
            let change = change(report, cause);
            change.is_some_and(|change| is_meant(change, words))
                || cause.r#type.eq_ignore_ascii_case(words)
        })
    };
    let most = if words.is_some() { ASKED } else { 1 };
    let asked: Vec<&Cause> = others.iter().filter(stands_for).take(most).collect();
    if asked.is_empty() {
        let text = match words {
            Some(words) if stands_for(&first) => {
                format!("\u{201c}{words}\u{201d} is the first cause itself.")
            }
            Some(words) => not_weighed(report, incident, words),
            None => "There is no other cause to set beside it.".to_owned(),
        };
        page.put(2, 4, 4, &[plain(text)]);
    }
    let beside: Vec<&Cause> = match asked.is_empty() {
        true => others.iter().take(1).collect(),
        false => asked,
    };
    let causes: Vec<&Cause> = std::iter::once(first).chain(beside).collect();
    let day = incident.onset.0.date();
    for (n, cause) in causes.iter().enumerate() {
        let lead = format!("{}  {:<6}  ", letter(n), tight(&percent(cause.probability)));
        let name = match change(report, cause) {
            Some(change) => format!("{}  {}", tight(&clock(change.time.0, &day)), cause.summary),
            None => format!("{}: {}", cause.r#type, cause.summary),
        };
        page.put(2, 12, 2, &[piece(lead, BOLD), plain(name)]);
    }
    page.blank();
    table(page, &causes);
    if !incident.would_decide.is_empty() {
        page.blank();
        page.put(2, 4, 1, &[plain("what would tell more:")]);
        for text in &incident.would_decide {
            page.put(4, 6, 4, &[plain(text)]);
        }
    }
}

fn letter(n: usize) -> char {
    char::from(b'A' + u8::try_from(n).unwrap_or(25).min(25))
}

fn change<'a>(report: &'a Report, cause: &Cause) -> Option<&'a Change> {
    let id = cause.change.as_deref()?;
    report.changes.iter().find(|change| change.id == id)
}

/// Whether the words stand for the change (see [`crate::Naming::Also`]).
fn is_meant(change: &Change, words: &str) -> bool {
    let words = words.to_lowercase();
    let holds = |text: &str| text.to_lowercase().contains(&words);
    change.id.starts_with(&words)
        || holds(&change.summary)
        || holds(&change.subject)
        || change.records.iter().any(|record| holds(&record.text))
}

/// Why a change that was asked for is none of the causes.
fn not_weighed(report: &Report, incident: &Incident, words: &str) -> String {
    let meant = report.changes.iter().find(|change| is_meant(change, words));
    let Some(change) = meant else {
        return format!(
            "no change that is told here has \u{201c}{words}\u{201d} in its records, its paths or its description; \
             `crashtrail scan --format json` lists changes"
        );
    };
    let day = incident.onset.0.date();
    let at = clock(change.time.0, &day);
    let name = &change.summary;
    if change.time.0 > incident.onset.0 {
        return format!(
            "{name} at {at} came after the first crash ({}): it cannot have set it off",
            clock(incident.onset.0, &day)
        );
    }
    if change.routine.is_some() {
        return format!("{name} comes again and again, and none of its instances stands out");
    }
    format!("{name} at {at} only put an earlier change to work; that one is weighed in its place")
}

/// Factor by factor; what was seen follows where it is not the same for all.
fn table(page: &mut Page, causes: &[&Cause]) {
    let mut names: Vec<&str> = Vec::new();
    for item in causes.iter().flat_map(|cause| &cause.evidence) {
        if !names.contains(&item.factor) {
            names.push(item.factor);
        }
    }
    let odds = |cause: &Cause, name: &str| -> Option<f64> {
        let of_name = cause.evidence.iter().filter(|item| item.factor == name);
        of_name.map(|item| item.log_odds).reduce(|a, b| a + b)
    };
    let spread = |name: &str| {
        let all = causes.iter().map(|cause| odds(cause, name).unwrap_or(0.0));
        let (least, most) = all.fold((f64::MAX, f64::MIN), |(a, b), x| (a.min(x), b.max(x)));
        most - least
    };
    names.sort_by(|a, b| spread(b).total_cmp(&spread(a)));
    let line = |page: &mut Page, name: &str, of: &dyn Fn(&Cause) -> Option<f64>, look| {
        let mut text = format!("{:<NAME$}", cut(name, NAME - 1));
        for cause in causes {
            let number = of(cause).map_or("\u{2013}".to_owned(), |odds| format!("{odds:+.1}"));
            text.push_str(&format!("{number:>NUMBER$}"));
        }
        page.put(4, 4, 1, &[piece(tight(&text), look)]);
    };
    let mut head = format!("{:<NAME$}", "log-odds");
    for n in 0..causes.len() {
        head.push_str(&format!("{:>NUMBER$}", letter(n)));
    }
    page.put(4, 4, 1, &[piece(tight(&head), DIM)]);
    line(page, "before evidence", &|cause| Some(cause.prior), PLAIN);
    for name in names {
        line(page, name, &|cause| odds(cause, name), PLAIN);
        for (n, cause) in causes.iter().enumerate() {
            for item in cause.evidence.iter().filter(|item| item.factor == name) {
                let text = format!("{}  {}", letter(n), item.text);
                page.put(8, 11, 3, &[piece(text, DIM)]);
            }
        }
    }
    let sum = |cause: &Cause| {
        let all = cause.evidence.iter().map(|item| item.log_odds);
        Some(cause.prior + all.sum::<f64>())
    };
    line(page, "sum", &sum, BOLD);
}
