//! The report for people.
//!
//! Owns: what is said, in which order. In: a [`Report`]. Out: text whose first screen is the answer,
//! with the escape sequences of colours, which the writer drops where they are not wanted. Nothing in it
//! needs colour, or the time of day, to be understood.

use anstyle::{AnsiColor, Style as Look};
pub use explain::render_explanation;
pub(super) use figures::percent;

use super::model::{Change, Incident, Report, Window};

mod course;
mod explain;
mod figures;
mod page;
mod quote;
#[cfg(test)]
mod tests;
mod verdict;

use figures::{Paths, bytes, counted};
use page::{Page, plain, tight};

const BOLD: Look = Look::new().bold();
const DIM: Look = Look::new().dimmed();
const RED: Look = AnsiColor::Red.on_default();
const YELLOW: Look = AnsiColor::Yellow.on_default();
const GREEN: Look = AnsiColor::Green.on_default();

/// Where the text of `ruled out`, `cascade` and `recovery` begins.
const LABEL: usize = 17;

/// How it is to look.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Columns.
    pub width: usize,
}

/// One incident and what it is told with.
struct View<'a> {
    changes: &'a [Change],
    window: Window,
    incident: &'a Incident,
    paths: &'a Paths,
    /// The date of its onset: times of other days bear theirs.
    day: String,
}

/// The whole report as text.
#[must_use]
pub fn render(report: &Report, style: Style) -> String {
    let mut page = Page::new(style.width);
    let paths = Paths::new(&report.inputs, page.width() / 3);
    head(&mut page, report, &paths);
    for (n, incident) in report.incidents.iter().enumerate() {
        let view = View {
            changes: &report.changes,
            window: report.window,
            incident,
            paths: &paths,
            day: incident.onset.0.date(),
        };
        page.blank();
        course::before(&mut page, &view, n + 1);
        page.blank();
        verdict::put(&mut page, &view);
        course::after(&mut page, &view);
    }
    if report.incidents.is_empty() {
        page.blank();
        none_found(&mut page, report);
    }
    page.finish()
}

/// One incident by itself, with the changes that its causes name: its course, verdict and end, without
/// what was read.
#[must_use]
pub fn render_incident(changes: &[Change], incident: &Incident, style: Style) -> String {
    let mut page = Page::new(style.width);
    let view = View {
        changes,
        window: Window {
            start: None,
            end: None,
        },
        incident,
        paths: &Paths::whole(),
        day: incident.onset.0.date(),
    };
    course::tell(&mut page, &view);
    page.blank();
    verdict::put(&mut page, &view);
    course::after(&mut page, &view);
    page.finish()
}

/// A line that begins with a word in the column of such words.
fn labelled(page: &mut Page, label: &str, lines: usize, text: &str) {
    if label.is_empty() {
        return page.put(LABEL, LABEL, lines, &[plain(text)]);
    }
    let label = format!("{label:<width$}", width = LABEL - 2);
    page.put(2, LABEL, lines, &[plain(label), plain(text)]);
}

/// What was read, and the folder that paths lie below.
fn head(page: &mut Page, report: &Report, paths: &Paths) {
    let sum = |of: fn(&super::Input) -> u64| report.inputs.iter().map(of).sum::<u64>();
    let mut parts = vec![
        counted(report.inputs.len() as u64, "file", "files"),
        bytes(sum(|i| i.bytes)),
        counted(sum(|i| i.lines), "line", "lines"),
        window(report),
    ];
    if report.incidents.len() > 1 {
        parts.push(format!("{} incidents", report.incidents.len()));
    }
    if !report.warnings.is_empty() {
        parts.push(counted(report.warnings.len() as u64, "warning", "warnings"));
    }
    let parts: Vec<String> = parts.iter().map(|p| tight(p)).collect();
    page.put(0, 2, 4, &[plain(parts.join(" · "))]);
    if !paths.shared().is_empty() {
        let text = format!("paths are below {}", paths.shared());
        page.put(0, 2, 2, &[page::piece(text, DIM)]);
    }
}

fn window(report: &Report) -> String {
    let (Some(start), Some(end)) = (report.window.start, report.window.end) else {
        return "no time stamps".to_owned();
    };
    let (start, end) = (start.0, end.0);
    let until = figures::clock(end, &start.date());
    format!("{} {} to {until} UTC", start.date(), start.clock())
}

/// What was looked at where there is no loop, so that somebody can tell whether it was the right thing.
fn none_found(page: &mut Page, report: &Report) {
    page.put(0, 2, 1, &[page::piece("No crash loop found.", BOLD)]);
    let of = |class: &str| report.counts.by_class.get(class).copied().unwrap_or(0);
    let crashes = [
        (of("crash"), "crash message", "crash messages"),
        (of("exit"), "abnormal exit", "abnormal exits"),
        (
            of("oom"),
            "kill for want of memory",
            "kills for want of memory",
        ),
        (of("watchdog"), "watchdog kill", "watchdog kills"),
        (of("start_fail"), "failed start", "failed starts"),
        (
            of("give_up"),
            "supervisor that gave up",
            "times a supervisor gave up",
        ),
        (of("reload_failed"), "refused reload", "refused reloads"),
    ];
    let usual = [
        (of("start").max(of("started")), "start", "starts"),
        (of("restart"), "automatic restart", "automatic restarts"),
        (of("stop_request").max(of("stopped")), "stop", "stops"),
        (of("exit_ok"), "clean exit", "clean exits"),
    ];
    let list = |counts: &[(u64, &str, &str)]| {
        let told = counts.iter().filter(|c| c.0 > 0);
        let told: Vec<String> = told
            .map(|&(n, one, many)| tight(&counted(n, one, many)))
            .collect();
        if told.is_empty() {
            "none".to_owned()
        } else {
            told.join(", ")
        }
    };
    labelled(page, "failures seen", 3, &list(&crashes));
    labelled(page, "other events", 3, &list(&usual));
    let changes = counted(report.ledger.seen as u64, "change", "changes");
    labelled(page, "changes seen", 1, &changes);
    if crashes.iter().chain(&usual).all(|c| c.0 == 0) {
        let text = "No line tells of a process that starts or ends: are the logs of the supervisor \
                    (systemd, the container runtime) among these files?";
        page.put(2, 2, 4, &[plain(text)]);
    }
}
