//! Verdicts with less to go by: the rules that an incident's answer hangs on most are switched off.
//!
//! In: simulated incidents. Out: how much is still found, and whether what is said then turns wrong. The
//! strongest rules are those whose removal, one at a time, takes most from the right answer's probability;
//! tried are those that may have read the records which the report cites.

use std::collections::BTreeSet;
use std::fmt::Write;

use anyhow::Result;
use crashtrail::report::Report;
use crashtrail::{Quiet, Rule, RuleSet, scan};
use fastrand::Rng;

use crate::evaluate::answers;
use crate::judge::{Answer, Numbers, Share, Verdict, judge};
use crate::story::{Story, tell};
use crate::words::Half;
use crate::{Options, draw, each, put, scan_options_with};

/// So many incidents are judged again and again.
const INCIDENTS: usize = 400;
/// How many rules are tried one at a time: those that read most of what is cited.
const TRIED: usize = 16;
/// How many are switched off together, at most.
const OFF: usize = 3;

pub(crate) fn table(options: &Options, numbers: &Numbers) -> Result<String> {
    let mut random = Rng::with_seed(options.seed);
    let stories = draw(INCIDENTS, &mut random, numbers);
    let builtin = RuleSet::builtin()?;
    let weakened = each(&stories, |&(shape, seed)| {
        weaken(
            &tell(shape, Half::Check, seed),
            seed,
            builtin.rules(),
            numbers,
        )
    })?;
    let mut text = format!(
        "{INCIDENTS} of the incidents once more, with 0 to {OFF} rules switched off in each: those that its right \
         answer hangs on most. *Right* is the mean probability of the right answer, an incident that is not found \
         counting as 0.\n\n\
         | switched off | found | first | wrongly blamed | wrongly blamed where no change did it | right |\n\
         | --- | --- | --- | --- | --- | --- |\n"
    );
    for off in 0..=OFF {
        let list: Vec<&Verdict> = weakened.iter().map(|of| &of[off]).collect();
        let found = answers(&list, &numbers.scales);
        let wrong = |answer: &Answer| answer.blames && !answer.is_right();
        let innocent = found.iter().filter(|(v, _)| !v.shape.is_change());
        let right: f64 = list.iter().map(|v| right(v, numbers)).sum();
        let _ = writeln!(
            text,
            "| {off} | {} | {} | {} | {} | {:.3} |",
            Share::of(list.iter().map(|v| v.found)).text(),
            Share::of(found.iter().map(|(_, a)| a.is_right())).text(),
            Share::of(found.iter().map(|(_, a)| wrong(a))).text(),
            Share::of(innocent.map(|(_, a)| wrong(a))).text(),
            right / list.len().max(1) as f64
        );
    }
    Ok(text)
}

/// Verdicts on one story with no rule switched off, with the strongest one, and so on.
fn weaken(story: &Story, seed: u64, rules: &[Rule], numbers: &Numbers) -> Result<Vec<Verdict>> {
    let folder = tempfile::tempdir()?;
    put(story, folder.path())?;
    let read = |off: &[&str]| -> Result<Report> {
        let left = rules.iter().filter(|rule| !off.contains(&&*rule.id));
        let options = scan_options_with(RuleSet::new(left.cloned().collect())?);
        Ok(scan(&[folder.path().to_owned()], &options, &Quiet)?.report)
    };
    let whole = read(&[])?;
    let cited = cited(&whole);
    let reads = |rule: &Rule| {
        cited
            .iter()
            .filter(|text| may_have_read(rule, text))
            .count()
    };
    let mut candidates: Vec<(usize, &str)> = (rules.iter())
        .map(|rule| (reads(rule), &*rule.id))
        .filter(|(count, _)| *count > 0)
        .collect();
    candidates.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let mut strongest = Vec::new();
    for (_, id) in candidates.iter().take(TRIED) {
        let verdict = judge(story, seed, &read(&[id])?, numbers);
        strongest.push((right(&verdict, numbers), *id));
    }
    strongest.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    let strongest: Vec<&str> = strongest.iter().take(OFF).map(|(_, id)| *id).collect();
    let mut verdicts = vec![judge(story, seed, &whole, numbers)];
    for off in 1..=OFF {
        let report = read(&strongest[..off.min(strongest.len())])?;
        verdicts.push(judge(story, seed, &report, numbers));
    }
    Ok(verdicts)
}

/// The right answer's probability; 0 where the incident is not found.
fn right(verdict: &Verdict, numbers: &Numbers) -> f64 {
    match verdict.found {
        true => Answer::of(&verdict.hypotheses, &numbers.scales).right,
        false => 0.0,
    }
}

/// The texts of the records that loops, first causes and the changes they name are told by.
fn cited(report: &Report) -> BTreeSet<&str> {
    let mut texts = BTreeSet::new();
    for incident in &report.incidents {
        let first = incident.causes.first();
        let evidence = first.iter().flat_map(|cause| &cause.evidence);
        let id = first.and_then(|cause| cause.change.as_deref());
        let change = report.changes.iter().filter(|c| Some(&*c.id) == id);
        let refs = (incident.loops.iter().flat_map(|l| &l.records))
            .chain(evidence.flat_map(|e| &e.refs))
            .chain(change.flat_map(|c| &c.records));
        texts.extend(refs.map(|r| r.text.as_str()));
    }
    texts
}

/// Whether the rule fits some end of the record's text: where the message begins is not known here.
fn may_have_read(rule: &Rule, text: &str) -> bool {
    let begins = text.match_indices(' ').map(|(at, _)| at + 1).take(12);
    rule.literals
        .iter()
        .any(|literal| text.contains(&**literal))
        && begins
            .chain([0])
            .any(|at| rule.pattern.is_match(&text.as_bytes()[at..]))
}
