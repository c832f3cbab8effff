//! The commands of the README and of the documents do what they say.
//!
//! A block marked `console` begins with a command after `$ `; what follows is quoted from its output.
//! Commands that run crashtrail are run here with the program just built, from the package's folder, and
//! the quoted lines must be the output, from its first line on; a line `...` stands for any that were left
//! out. The others (the test command) are what `.ci/run` runs.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// A command and the output quoted below it.
struct Quoted {
    command: String,
    output: Vec<String>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

fn quoted(markdown: &str) -> Vec<Quoted> {
    let mut all: Vec<Quoted> = Vec::new();
    let mut inside = false;
    for line in markdown.lines() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| inside) {
            all.push(Quoted {
                command: command.to_owned(),
                output: Vec::new(),
            });
        } else if inside {
            let last = all.last_mut().expect("output stands below its command");
            last.output.push(line.trim_end().to_owned());
        }
    }
    all
}

/// The arguments, where the command runs crashtrail.
fn arguments(command: &str) -> Option<Vec<&str>> {
    let args = command
        .strip_prefix("cargo run --release -- ")
        .or_else(|| command.strip_prefix("crashtrail "))?;
    Some(args.split_whitespace().collect())
}

#[test]
fn quoted_output_is_what_the_command_prints() {
    for document in ["README.md", "docs/changes.md"] {
        commands_print_what_is_quoted(document);
    }
}

fn commands_print_what_is_quoted(document: &str) {
    let mut run = 0;
    for quoted in quoted(&read(document)) {
        let Some(args) = arguments(&quoted.command) else {
            continue;
        };
        let output = Command::new(env!("CARGO_BIN_EXE_crashtrail"))
            .args(args)
            .current_dir(root())
            .env_clear()
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}: {output:?}", quoted.command);
        let stdout = String::from_utf8(output.stdout).unwrap();
        let mut printed = stdout.lines().map(str::trim_end);
        let mut left_out = false;
        for line in &quoted.output {
            if line.trim() == "..." {
                left_out = true;
                continue;
            }
            let found = match left_out {
                true => printed.any(|p| p == line),
                false => printed.next() == Some(line),
            };
            assert!(
                found,
                "{}: this line of {document} is not printed, or not at this place:\n{line}\n\nprinted:\n{stdout}",
                quoted.command
            );
            left_out = false;
        }
        assert!(
            left_out || quoted.output.is_empty() || printed.next().is_none(),
            "{}: more is printed than {document} shows, which does not end with `...`",
            quoted.command
        );
        run += 1;
    }
    assert!(run > 0, "no command of {document} runs crashtrail");
}

#[test]
fn the_main_job_and_its_report_are_shown() {
    let markdown = read("README.md");
    let (_, rest) = markdown
        .split_once("<!-- report -->")
        .expect("the report's beginning is marked");
    let (report, _) = rest
        .split_once("<!-- /report -->")
        .expect("the report's end is marked");
    let shown = quoted(report);
    assert_eq!(shown.len(), 1);
    assert_eq!(
        shown[0].command,
        "cargo run --release -- scan testdata/cases/cloudflare-2025-11-18/logs"
    );
    assert!(
        shown[0]
            .output
            .iter()
            .any(|line| line.contains("features.json"))
    );
}

#[test]
fn the_test_command_is_what_ci_runs() {
    let script = read(".ci/run");
    let markdown = read("README.md");
    let tests: Vec<String> = quoted(&markdown)
        .into_iter()
        .map(|q| q.command)
        .filter(|command| command.starts_with("cargo test"))
        .collect();
    assert_eq!(tests.len(), 1, "{tests:?}");
    assert!(
        script.lines().any(|line| line.contains(&tests[0])),
        "{}",
        tests[0]
    );
}

#[test]
fn every_file_that_the_documents_link_to_is_there() {
    for document in ["README.md", "CHANGELOG.md", "testdata/README.md"]
        .into_iter()
        .map(str::to_owned)
        .chain(
            fs::read_dir(root().join("docs"))
                .unwrap()
                .map(|entry| format!("docs/{}", entry.unwrap().file_name().into_string().unwrap())),
        )
        .filter(|name| name.ends_with(".md"))
    {
        let text = read(&document);
        let folder = root().join(&document).parent().unwrap().to_owned();
        for (_, rest) in text
            .match_indices("](")
            .map(|(at, _)| text.split_at(at + 2))
        {
            let target = rest.split([')', '#']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains("://") {
                assert!(
                    folder.join(target).exists(),
                    "{document}: {target} is not there"
                );
            }
        }
    }
}
