//! What a report says with less to go by: for each case the three strongest rules are switched off, and
//! what is left must not turn into a wrong answer that is held for certain. Less may be said, or nothing.
//!
//! The strongest rules are those whose removal, one at a time, takes most from the right answer's
//! probability. Candidates are the rules that may have read the records which the report cites.

#[allow(dead_code, reason = "each test program uses a part")]
mod judge;
#[allow(dead_code, reason = "each test program uses a part")]
mod support;

use std::collections::BTreeMap;

use crashtrail::{Rule, RuleSet, ScanOptions};
use serde_json::Value;

use support::Case;

/// Cases with more bytes of logs than this are left out.
const SMALL: u64 = 600_000;
/// How many rules are tried one at a time.
const TRIED: usize = 24;
/// How many are switched off together.
const OFF: usize = 3;

#[test]
fn with_less_evidence_nothing_wrong_is_certain() {
    let builtin = RuleSet::builtin().unwrap();
    let mut misses = BTreeMap::new();
    for case in support::cases() {
        let labelled = case.label["incidents"]
            .as_array()
            .is_some_and(|i| !i.is_empty());
        if !labelled || case.bytes() > SMALL {
            continue;
        }
        let whole = scan_with(&case, builtin.rules().to_vec());
        let strongest = strongest(&case, builtin.rules(), &whole);
        let less = scan_with(&case, without(builtin.rules(), &strongest));
        let wrong = certain_but_wrong(&case, &less);
        let off = strongest.join(", ");
        misses.insert(
            case.name,
            wrong
                .iter()
                .map(|w| format!("without {off}: {w}"))
                .collect(),
        );
    }
    support::settle("evidence", &misses);
}

#[test]
fn a_rule_that_is_switched_off_yields_nothing() {
    let case = support::case("01-botd-features-ansible");
    let with = support::report_of(&case, &mut support::options());
    let ids = ["rust.panic", "rust.panic-old"];
    let without = support::report_of(&case, &mut support::options_without(&ids));
    let crashes = |report: &Value| report["counts"]["by_class"]["crash"].as_u64().unwrap_or(0);
    assert!(
        crashes(&with) > crashes(&without),
        "{} {}",
        with["counts"],
        without["counts"]
    );
}

#[test]
fn an_unknown_rule_cannot_be_switched_off() {
    let err = RuleSet::builtin_without(&["no.such-rule"])
        .unwrap_err()
        .to_string();
    assert!(err.contains("no.such-rule"), "{err}");
}

fn without(rules: &[Rule], ids: &[String]) -> Vec<Rule> {
    rules
        .iter()
        .filter(|rule| !ids.contains(&rule.id))
        .cloned()
        .collect()
}

fn scan_with(case: &Case, rules: Vec<Rule>) -> Value {
    let mut options = ScanOptions::with_rules(RuleSet::new(rules).unwrap());
    support::report_of(case, &mut options)
}

/// The ids of the rules that the right answers hang on most.
fn strongest(case: &Case, rules: &[Rule], whole: &Value) -> Vec<String> {
    let cited = cited(whole);
    let mut candidates: Vec<(usize, &Rule)> = rules
        .iter()
        .map(|rule| {
            (
                cited
                    .iter()
                    .filter(|text| may_have_read(rule, text))
                    .count(),
                rule,
            )
        })
        .filter(|(count, _)| *count > 0)
        .collect();
    candidates.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    let mut left: Vec<(f64, String)> = candidates
        .iter()
        .take(TRIED)
        .map(|(_, rule)| {
            let id = rule.id.clone();
            let report = scan_with(case, without(rules, std::slice::from_ref(&id)));
            (right_probability(case, &report), id)
        })
        .collect();
    left.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    left.into_iter().take(OFF).map(|(_, id)| id).collect()
}

/// The texts of the records that loops, first causes and the changes they name are told by.
fn cited(report: &Value) -> Vec<&str> {
    let changes = judge::changes_of(report);
    let mut refs = Vec::new();
    for incident in report["incidents"].as_array().into_iter().flatten() {
        refs.extend(support::refs_of(&incident["loops"]));
        refs.extend(support::refs_of(&incident["causes"][0]));
        if let Some(change) = incident["causes"][0]["change"]
            .as_str()
            .and_then(|id| changes.get(id))
        {
            refs.extend(support::refs_of(change));
        }
    }
    let mut texts: Vec<&str> = refs.iter().filter_map(|r| r["text"].as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    texts
}

/// Whether the rule fits some end of the record's text: where the message begins is not known here.
fn may_have_read(rule: &Rule, text: &str) -> bool {
    rule.literals
        .iter()
        .any(|literal| text.contains(literal.as_str()))
        && text
            .match_indices(' ')
            .map(|(at, _)| at + 1)
            .take(12)
            .chain([0])
            .any(|at| rule.pattern.is_match(&text.as_bytes()[at..]))
}

/// The least probability that the report gives a right answer; 0 where an incident is not found.
fn right_probability(case: &Case, report: &Value) -> f64 {
    let changes = judge::changes_of(report);
    labels(case)
        .map(|label| {
            let Some(incident) = incidents(report).find(|i| judge::answers(label, i)) else {
                return 0.0;
            };
            let causes = incident["causes"].as_array().into_iter().flatten();
            causes
                .filter(|cause| judge::is_right(label, cause, &changes))
                .filter_map(|cause| cause["probability"].as_f64())
                .sum()
        })
        .fold(1.0, f64::min)
}

/// What the report holds for certain and is not so.
fn certain_but_wrong(case: &Case, report: &Value) -> Vec<String> {
    if let Some(why) = judge::void(report) {
        return vec![format!("void: {why}")];
    }
    let changes = judge::changes_of(report);
    incidents(report)
        .filter(|incident| incident["certain"] == true)
        .filter(|incident| {
            let first = &incident["causes"][0];
            let right = labels(case)
                .filter(|label| judge::answers(label, incident))
                .any(|label| judge::is_right(label, first, &changes));
            !right && first["type"] != "unknown"
        })
        .map(|incident| {
            let first = &incident["causes"][0];
            format!(
                "certain of {} at {}",
                first["summary"], first["probability"]
            )
        })
        .collect()
}

fn labels(case: &Case) -> impl Iterator<Item = &Value> {
    case.label["incidents"].as_array().into_iter().flatten()
}

fn incidents(report: &Value) -> impl Iterator<Item = &Value> {
    report["incidents"].as_array().into_iter().flatten()
}
