//! The tables of an evaluation, in Markdown.
//!
//! In: verdicts of the half that was fitted on and of the other. Out: text. Whatever only multiplies evidence
//! (a factor left out, scales fitted without a shape) is worked out from the weighed hypotheses; nothing is
//! read again for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::fit::{Hypothesis, Scales, fit};
use crate::judge::{Answer, BASELINES, Share, Verdict, calibration};
use crate::plot::Bin;
use crate::story::{Keeper, Shape};
use crate::world::Format;

/// The columns that stand for a list of incidents.
const COLUMNS: &str = "found | first | in three | wrongly blamed | Brier";

/// Incidents that were found, with what is said of them.
pub(crate) fn answers<'a>(list: &[&'a Verdict], scales: &Scales) -> Vec<(&'a Verdict, Answer)> {
    list.iter()
        .filter(|v| v.found && v.shape != Shape::Quiet)
        .map(|v| (*v, Answer::of(&v.hypotheses, scales)))
        .collect()
}

fn row(text: &mut String, name: &str, list: &[&Verdict], scales: &Scales) {
    let found = answers(list, scales);
    let share =
        |test: &dyn Fn(&Answer) -> bool| Share::of(found.iter().map(|(_, a)| test(a))).text();
    let brier = found.iter().map(|(_, a)| a.brier).sum::<f64>() / found.len().max(1) as f64;
    // Strings take all that is written.
    let _ = writeln!(
        text,
        "| {name} | {} | {} | {} | {} | {} | {brier:.3} |",
        list.len(),
        Share::of(list.iter().map(|v| v.found)).text(),
        share(&|a| a.is_right()),
        share(&|a| a.rank.is_some_and(|rank| rank < 3)),
        share(&|a| a.blames && !a.is_right()),
    );
}

fn head(text: &mut String, first: &str) {
    let columns = COLUMNS.matches('|').count() + 3;
    let _ = writeln!(
        text,
        "| {first} | incidents | {COLUMNS} |\n|{}",
        " --- |".repeat(columns)
    );
}

fn select(verdicts: &[Verdict], test: impl Fn(&Verdict) -> bool) -> Vec<&Verdict> {
    verdicts.iter().filter(|v| test(v)).collect()
}

fn by_shape(verdicts: &[Verdict]) -> BTreeMap<Shape, Vec<&Verdict>> {
    let mut shapes: BTreeMap<Shape, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|v| v.shape != Shape::Quiet) {
        shapes.entry(verdict.shape).or_default().push(verdict);
    }
    shapes
}

/// How many are right, by shape, format and supervisor, and what is found where nothing is.
pub(crate) fn results(verdicts: &[Verdict], scales: &Scales) -> String {
    let mut text = String::new();
    head(&mut text, "shape");
    for (shape, list) in by_shape(verdicts) {
        row(&mut text, &format!("{shape:?}"), &list, scales);
    }
    row(
        &mut text,
        "**a change**",
        &select(verdicts, |v| v.shape.is_change()),
        scales,
    );
    row(
        &mut text,
        "**no change**",
        &select(verdicts, |v| v.shape.cause().is_some()),
        scales,
    );
    let all = select(verdicts, |v| v.shape != Shape::Quiet);
    row(&mut text, "**all**", &all, scales);
    for format in Format::ALL {
        let of = select(verdicts, |v| v.format == format && v.shape != Shape::Quiet);
        row(&mut text, format.name(), &of, scales);
    }
    for keeper in Keeper::ALL {
        let of = select(verdicts, |v| v.keeper == keeper && v.shape != Shape::Quiet);
        row(&mut text, &format!("under {}", keeper.name()), &of, scales);
    }
    let extra = Share::of(all.iter().map(|v| v.extra > 0));
    let quiet = select(verdicts, |v| v.shape == Shape::Quiet);
    let falsely = Share::of(quiet.iter().map(|v| v.extra > 0));
    let named = |v: &(&Verdict, Answer)| v.1.blames;
    let found = answers(&all, scales);
    let precision = Share::of(found.iter().filter(|v| named(v)).map(|v| v.1.is_right()));
    let recall = Share::of(
        (found.iter().filter(|(v, _)| v.shape.is_change())).map(|v| named(v) && v.1.is_right()),
    );
    let _ = write!(
        text,
        "\n- \u{201c}A change did it\u{201d}, said with at least one half: precision {}, recall {}.\n\
         - Incidents beside the true one: in {}.\n\
         - Quiet logs with an incident: {} of {}.\n",
        precision.text(),
        recall.text(),
        extra.text(),
        falsely.text(),
        quiet.len()
    );
    text
}

/// The bins of the first cause's probability, and how far they are off.
pub(crate) fn reliability(verdicts: &[Verdict], scales: &Scales) -> (Vec<Bin>, f64) {
    let all: Vec<&Verdict> = verdicts.iter().collect();
    let all: Vec<Answer> = answers(&all, scales).iter().map(|(_, a)| *a).collect();
    calibration(&all, 10)
}

pub(crate) fn reliability_table(bins: &[Bin], error: f64) -> String {
    let mut text = format!(
        "Expected calibration error of the first cause, in ten bins of equal mass: {error:.3}.\n\n\
         | said | right | interval | incidents |\n| --- | --- | --- | --- |\n"
    );
    for bin in bins {
        let _ = writeln!(
            text,
            "| {:.3} | {:.3} | {:.3} to {:.3} | {} |",
            bin.said, bin.right, bin.from, bin.to, bin.count
        );
    }
    text
}

/// What a run of some hundred incidents must not fall below: far enough from what thousands reach that only
/// a real loss is told.
pub(crate) fn losses(verdicts: &[Verdict], scales: &Scales) -> Vec<String> {
    let all = select(verdicts, |v| v.shape != Shape::Quiet);
    let quiet = select(verdicts, |v| v.shape == Shape::Quiet);
    let told = answers(&all, scales);
    let share = |name: &str, least: f64, of: Vec<bool>| {
        let reached = of.iter().filter(|yes| **yes).count() as f64 / of.len().max(1) as f64;
        (reached < least).then(|| format!("{name}: {reached:.3}, less than {least}"))
    };
    [
        share("found", 0.97, all.iter().map(|v| v.found).collect()),
        share(
            "right first",
            0.9,
            told.iter().map(|(_, a)| a.is_right()).collect(),
        ),
        share(
            "not wrongly blamed",
            0.95,
            told.iter()
                .map(|(_, a)| !a.blames || a.is_right())
                .collect(),
        ),
        share(
            "nothing found in quiet logs",
            0.97,
            quiet.iter().map(|v| v.extra == 0).collect(),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Beside simpler ways, which name a change always, and so never say that none did; and beside them also the
/// likeliest change of ours, whatever else is likelier.
pub(crate) fn baselines(verdicts: &[Verdict], scales: &Scales) -> String {
    let mut text = format!(
        "| shape | crashtrail | its likeliest change | {} |\n|",
        BASELINES.join(" | ")
    );
    text += &" --- |".repeat(BASELINES.len() + 3);
    text.push('\n');
    let mut line = |name: &str, list: &[&Verdict]| {
        let found = answers(list, scales);
        let percent =
            |yes: usize| format!("{:.1} %", 100.0 * yes as f64 / found.len().max(1) as f64);
        let ours = found.iter().filter(|(_, a)| a.is_right()).count();
        let changes = found.iter().filter(|(v, _)| {
            let changes = v.hypotheses.iter().filter(|h| h.is_change).cloned();
            Answer::of(&changes.collect::<Vec<_>>(), scales).is_right()
        });
        let theirs = (0..BASELINES.len())
            .map(|n| percent(found.iter().filter(|(v, _)| v.baselines[n]).count()))
            .collect::<Vec<_>>();
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} |",
            percent(ours),
            percent(changes.count()),
            theirs.join(" | ")
        );
    };
    for (shape, list) in by_shape(verdicts) {
        line(&format!("{shape:?}"), &list);
    }
    line("**all**", &select(verdicts, |v| v.shape != Shape::Quiet));
    text
}

/// What each factor adds: the same incidents without it.
pub(crate) fn ablation(verdicts: &[Verdict], scales: &Scales) -> String {
    let mut text = String::new();
    head(&mut text, "without");
    let all = select(verdicts, |v| v.shape != Shape::Quiet);
    row(&mut text, "nothing left out", &all, scales);
    for factor in factors(verdicts) {
        let mut without = scales.clone();
        for name in names(verdicts).filter(|name| factor_of(name) == factor) {
            without.insert(name.to_owned(), 0.0);
        }
        row(&mut text, factor, &all, &without);
    }
    text
}

fn factors(verdicts: &[Verdict]) -> BTreeSet<&str> {
    names(verdicts).map(factor_of).collect()
}

/// The factor that a scale is of.
fn factor_of(name: &str) -> &str {
    match name.split_once('.') {
        Some(("sign", _)) => "sign",
        Some((_, factor)) => factor,
        None => name,
    }
}

/// The scales that evidence is multiplied by.
fn names(verdicts: &[Verdict]) -> impl Iterator<Item = &str> {
    let all = verdicts.iter().flat_map(|v| &v.hypotheses);
    all.flat_map(|h| h.factors.iter().map(|(name, _)| name.as_str()))
}

/// The scales, fitted on all of these but some.
pub(crate) fn fitted(verdicts: &[Verdict], but: impl Fn(&Verdict) -> bool) -> Scales {
    let lists: Vec<&[Hypothesis]> = verdicts
        .iter()
        .filter(|v| v.found && v.shape != Shape::Quiet && !but(v))
        .map(|v| &*v.hypotheses)
        .collect();
    fit(&lists)
}

/// Each shape, each format, and each supervisor, judged by scales that were fitted without it.
pub(crate) fn left_out(train: &[Verdict], check: &[Verdict]) -> String {
    let mut text = String::new();
    head(&mut text, "fitted without, and judged on");
    for (shape, list) in by_shape(check) {
        let scales = fitted(train, |v| v.shape == shape);
        row(&mut text, &format!("{shape:?}"), &list, &scales);
    }
    for format in Format::ALL {
        let scales = fitted(train, |v| v.format == format);
        let of = select(check, |v| v.format == format && v.shape != Shape::Quiet);
        row(&mut text, format.name(), &of, &scales);
    }
    for keeper in Keeper::ALL {
        let scales = fitted(train, |v| v.keeper == keeper);
        let of = select(check, |v| v.keeper == keeper && v.shape != Shape::Quiet);
        row(&mut text, &format!("under {}", keeper.name()), &of, &scales);
    }
    text
}
