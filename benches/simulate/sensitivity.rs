//! What verdicts hang on: each number halved and doubled.
//!
//! In: weights. Out: how many first causes are others with any one number changed. Of the prior of a change, which
//! all other causes share the rest of, it is the odds that are halved and doubled.

use std::fmt::Write;

use anyhow::Result;
use crashtrail::Weights;
use crashtrail::stages::first_causes;
use fastrand::Rng;

use crate::story::{Shape, tell};
use crate::words::Half;
use crate::{Options, each, put, scan_options};

/// So many incidents are judged under all the weights.
const INCIDENTS: usize = 120;

pub(crate) fn table(options: &Options) -> Result<String> {
    let all: toml::Table = Weights::TEXT.parse()?;
    let mut paths = Vec::new();
    numbers(
        &toml::Value::Table(all.clone()),
        &mut Vec::new(),
        &mut paths,
    );
    let mut changed: Vec<(String, Weights)> =
        vec![("as it is".to_owned(), Weights::builtin().clone())];
    for path in &paths {
        for (word, by) in [("halved", 0.5), ("doubled", 2.0)] {
            let mut other = toml::Value::Table(all.clone());
            multiply(&mut other, path, by);
            let name = format!("{} {word}", path.join("."));
            changed.push((name, other.try_into()?));
        }
    }
    let weights: Vec<Weights> = changed.iter().map(|(_, w)| w.clone()).collect();
    let mut random = Rng::with_seed(options.seed);
    let shapes: Vec<Shape> = Shape::CHANGED.into_iter().chain(Shape::OTHER).collect();
    let stories: Vec<(Shape, u64)> = (0..INCIDENTS)
        .map(|n| (shapes[n % shapes.len()], random.u64(..)))
        .collect();
    let causes: Vec<Vec<Vec<String>>> = each(&stories, |&(shape, seed)| {
        let story = tell(shape, Half::Check, seed);
        let folder = tempfile::tempdir()?;
        put(&story, folder.path())?;
        let paths = [folder.path().to_owned()];
        Ok(first_causes(&paths, &scan_options()?, &weights)?)
    })?;
    let mut turned: Vec<(usize, &str)> = (1..changed.len())
        .map(|n| {
            let other = causes.iter().filter(|under| under[n] != under[0]).count();
            (other, changed[n].0.as_str())
        })
        .collect();
    turned.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    let none = turned.iter().filter(|(n, _)| *n == 0).count();
    let mut text = format!(
        "Of {INCIDENTS} incidents, {} shapes in turn, so many have another first cause with one number changed. \
         {none} of {} such changes turn none; the others:\n\n| number | turned |\n| --- | --- |\n",
        shapes.len(),
        turned.len()
    );
    for (count, name) in turned.iter().filter(|(n, _)| *n > 0) {
        let _ = writeln!(
            text,
            "| {name} | {count} ({:.1} %) |",
            100.0 * *count as f64 / INCIDENTS as f64
        );
    }
    Ok(text)
}

/// Where the file's numbers are.
fn numbers(value: &toml::Value, path: &mut Vec<String>, out: &mut Vec<Vec<String>>) {
    let mut go = |key: String, inner: &toml::Value| {
        path.push(key);
        numbers(inner, path, out);
        path.pop();
    };
    match value {
        toml::Value::Table(table) => table.iter().for_each(|(k, v)| go(k.clone(), v)),
        toml::Value::Array(list) => list
            .iter()
            .enumerate()
            .for_each(|(n, v)| go(n.to_string(), v)),
        toml::Value::Float(_) => out.push(path.clone()),
        _ => {}
    }
}

fn multiply(value: &mut toml::Value, path: &[String], by: f64) {
    let inner = path.iter().try_fold(value, |value, key| match value {
        toml::Value::Array(list) => list.get_mut(key.parse::<usize>().ok()?),
        other => other.get_mut(key),
    });
    if let Some(toml::Value::Float(number)) = inner {
        let is_share = path.iter().eq(["prior", "change"]);
        let odds = by * *number / (1.0 - *number);
        *number = if is_share {
            odds / (1.0 + odds)
        } else {
            *number * by
        };
    }
}
