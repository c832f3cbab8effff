//! Rules on the command line: the user's own, listing, testing and explaining them.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use crashtrail::{
    Explained, Quiet, Rule, RuleFile, RuleSet, ScanOptions, events, explain, parse_rules, report,
};

use super::args::{RulesAction, RulesArgs};
use super::{ExitStatus, complain};

/// The name of a rules file that is used without being asked for.
const FILE: &str = "crashtrail.toml";

/// The user's rules files, the ones to be tried first first: those of `--rules`, then `crashtrail.toml`
/// in the working folder, then the one in the user's configuration folder. That files were used which
/// nobody named is told on standard error.
pub(super) fn own(named: &[PathBuf], quiet: bool) -> anyhow::Result<Vec<RuleFile>> {
    let mut files: Vec<PathBuf> = named.to_vec();
    let found = [Some(PathBuf::from(FILE)), in_configuration()];
    for path in found.into_iter().flatten().filter(|path| path.is_file()) {
        if files.iter().all(|known| !is_same(known, &path)) {
            if !quiet {
                complain(&format!("rules of {} are used", path.display()));
            }
            files.push(path);
        }
    }
    files.iter().map(|path| read(path)).collect()
}

/// `crashtrail/crashtrail.toml` in the user's configuration folder (XDG Base Directory Specification:
/// `$XDG_CONFIG_HOME` where it is an absolute path, else `~/.config`).
fn in_configuration() -> Option<PathBuf> {
    let absolute = |name: &str| {
        let path = PathBuf::from(std::env::var_os(name)?);
        path.is_absolute().then_some(path)
    };
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
    Some(folder.join("crashtrail").join(FILE))
}

fn is_same(a: &Path, b: &Path) -> bool {
    let whole = |path: &Path| std::fs::canonicalize(path).ok();
    whole(a).is_some_and(|a| Some(a) == whole(b))
}

fn read(path: &Path) -> anyhow::Result<RuleFile> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| name.clone())?;
    Ok(parse_rules(&name, &text)?)
}

/// `crashtrail rules`.
pub(super) fn run(args: &RulesArgs) -> anyhow::Result<ExitStatus> {
    match &args.action {
        None => list(args),
        Some(RulesAction::Test { files }) => test(files),
        Some(RulesAction::Events {
            paths,
            input_format,
            rules,
        }) => {
            let mut options =
                ScanOptions::with_rules(RuleSet::builtin_and(own(rules, false)?, &[])?);
            options.format = *input_format;
            list_events(paths, &options)
        }
        Some(RulesAction::Explain {
            line,
            file,
            wanted,
            rules,
        }) => {
            let rules = RuleSet::builtin_and(own(rules, false)?, &[])?;
            for id in wanted {
                if rules.rules().iter().all(|rule| rule.id != *id) {
                    bail!("--rule {id}: no rule has this id; `crashtrail rules` lists them");
                }
            }
            let mut text = line.clone().into_bytes();
            if line == "-" {
                text.clear();
                io::stdin().lock().read_to_end(&mut text)?;
            }
            let explained = explain(&rules, &text, file.as_deref());
            let told = describe(&explained, rules.rules().len(), wanted);
            let mut out = io::stdout().lock();
            out.write_all(report::harmless(&told).as_bytes())?;
            Ok(ExitStatus::Fine)
        }
    }
}

/// Lists the rules, or the texts that they look for.
fn list(args: &RulesArgs) -> anyhow::Result<ExitStatus> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    if args.entries {
        for rule in RuleSet::builtin_with_examples()?.rules() {
            writeln!(out, "{}\t{}", rule.id, rule.entries.join(" "))?;
        }
        out.flush()?;
        return Ok(ExitStatus::Fine);
    }
    if args.markdown {
        table(&RuleSet::builtin()?, &mut out)?;
        out.flush()?;
        return Ok(ExitStatus::Fine);
    }
    let rules = RuleSet::builtin_and(own(&args.rules, false)?, &[])?;
    if args.literals {
        for literal in rules.literals() {
            writeln!(out, "{literal}")?;
        }
    } else {
        for rule in rules.rules() {
            let kind = rule.kind.as_deref().unwrap_or("-");
            let (id, class, source) = (&rule.id, rule.class.name(), &rule.source);
            writeln!(out, "{id}\t{class}\t{kind}\t{source}")?;
        }
    }
    out.flush()?;
    Ok(ExitStatus::Fine)
}

/// The rules as a page of the documentation, by what they tell.
fn table(rules: &RuleSet, out: &mut dyn Write) -> io::Result<()> {
    let mut sorts: Vec<(&str, Vec<&Rule>)> = Vec::new();
    for rule in rules.rules() {
        let class = rule.class.name();
        match sorts.iter_mut().find(|(known, _)| *known == class) {
            Some((_, of)) => of.push(rule),
            None => sorts.push((class, vec![rule])),
        }
    }
    sorts.sort_by_key(|(class, _)| *class);
    for (class, mut of) in sorts {
        of.sort_by(|a, b| a.id.cmp(&b.id));
        writeln!(out, "## `{class}`, {} rules\n", of.len())?;
        writeln!(
            out,
            "| rule | kind | programs | wording read in | versions |"
        )?;
        writeln!(out, "| --- | --- | --- | --- | --- |")?;
        for rule in of {
            let cell = |text: &str| text.replace('|', "\\|");
            let programs: Vec<String> = rule.program.iter().map(|p| format!("`{p}`")).collect();
            writeln!(
                out,
                "| `{}` | {} | {} | {} | {} |",
                rule.id,
                rule.kind.as_deref().unwrap_or(""),
                if programs.is_empty() {
                    "any".to_owned()
                } else {
                    cell(&programs.join(", "))
                },
                cell(&rule.source),
                cell(rule.versions.as_deref().unwrap_or("")),
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Lists what lines tell, in order of time.
fn list_events(paths: &[PathBuf], options: &ScanOptions) -> anyhow::Result<ExitStatus> {
    let (told, warnings) = events(paths, options, &Quiet)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    for event in &told {
        let at = event.at.map_or_else(|| "-".to_owned(), |at| at.to_string());
        let kind = event
            .kind
            .map(|kind| format!(" {kind}"))
            .unwrap_or_default();
        let times = match event.count {
            1 => String::new(),
            n => format!(" (x{n})"),
        };
        let text = report::harmless(&event.text).replace('\n', " \u{23ce} ");
        writeln!(
            out,
            "{at}\t{}{kind}{times}\t{}\t{}:{}\t{text}",
            event.class,
            event.rule,
            report::harmless(&event.path),
            event.line,
        )?;
    }
    out.flush()?;
    for warning in &warnings {
        match &warning.input {
            Some(input) => complain(&format!("warning: {input}: {}", warning.text)),
            None => complain(&format!("warning: {}", warning.text)),
        }
    }
    Ok(if warnings.iter().any(|warning| warning.fails) {
        ExitStatus::Failed
    } else {
        ExitStatus::Fine
    })
}

/// Runs the examples of files, among all rules as a scan with these files would have them.
fn test(files: &[PathBuf]) -> anyhow::Result<ExitStatus> {
    let files: Vec<RuleFile> = files
        .iter()
        .map(|path| read(path))
        .collect::<anyhow::Result<_>>()?;
    let rules = RuleSet::builtin_and(files, &[])?;
    let (mut tested, mut examples, mut wrong) = (0, 0, 0);
    let mut out = io::BufWriter::new(io::stdout().lock());
    for (n, rule) in rules.rules().iter().enumerate() {
        let Some(place) = &rule.place else { continue };
        tested += 1;
        examples += rule.examples.len() + rule.counter_examples.len();
        let mut failures = rules.failures(n);
        if rule.counter_examples.is_empty() {
            failures.push(
                "has no counter-example: text with the same words that tells of no event".into(),
            );
        }
        for failure in failures {
            wrong += 1;
            let line = format!("{place}: rule `{}`: {failure}", rule.id);
            writeln!(out, "{}", report::harmless(&line))?;
        }
    }
    writeln!(
        out,
        "{tested} rules, {examples} examples and counter-examples, {wrong} wrong"
    )?;
    out.flush()?;
    Ok(if wrong == 0 {
        ExitStatus::Fine
    } else {
        ExitStatus::Failed
    })
}

/// How a line is read, for people.
fn describe(explained: &Explained, rules: usize, wanted: &[String]) -> String {
    let mut text = format!("format   {}\n", explained.format);
    if explained.parts.is_empty() {
        text.push_str("no record: the line cannot be read in this format\n");
        return text;
    }
    for (name, value) in &explained.parts {
        text.push_str(&format!(
            "{name:<8} {}\n",
            value.replace('\n', "\n         ")
        ));
    }
    text.push_str(&format!(
        "rules    {} of {rules} have none of their literals in the line\n",
        explained.without_literal
    ));
    for tried in &explained.tried {
        let how = tried.lacks.as_deref().unwrap_or("fits");
        text.push_str(&format!("         {}: {how}\n", tried.rule));
    }
    for id in wanted {
        if explained.tried.iter().all(|tried| tried.rule != *id) {
            text.push_str(&format!(
                "         {id}: literal: none of its literals is in the line\n"
            ));
        }
    }
    if explained.told.is_empty() {
        text.push_str("tells    nothing\n");
    }
    for told in &explained.told {
        let kind = told.kind.map(|kind| format!(" {kind}")).unwrap_or_default();
        text.push_str(&format!(
            "tells    {}{kind}, by {}\n",
            told.class, told.rule
        ));
        for (name, value) in &told.fields {
            text.push_str(&format!("         {name} = {value}\n"));
        }
        if let Some(signature) = &told.signature {
            text.push_str(&format!("         signature: {signature}\n"));
        }
    }
    text
}
