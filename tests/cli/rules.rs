//! Rules of one's own: found, tested and explained.

use std::path::Path;

use crate::fixture::{Fixture, Run};

fn page(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("docs")
        .join(name);
    std::fs::read_to_string(path).unwrap()
}

const OWN: &str = r#"
off = ["rust.panic"]

[[rule]]
id = "own.restart-counter"
source = "ours"
literals = ["restart counter is at"]
pattern = 'restart counter is at (?<count>\d+)'
class = "cause"
kind = "memory"
examples = [
    { message = "botd.service: Scheduled restart job, restart counter is at 7.", fields = { count = "7" } },
]
counter_examples = [
    { message = "the restart counter is at its end" },
]
"#;

fn count(run: &Run, class: &str) -> u64 {
    run.ends_with(0);
    run.report()["counts"]["by_class"][class]
        .as_u64()
        .unwrap_or(0)
}

#[test]
fn a_file_in_the_working_folder_is_used_and_told_of() {
    let fixture = Fixture::with_loop();
    let args = ["scan", "--format", "json", "syslog"];
    let run = fixture.run(&args);
    assert_eq!((count(&run, "crash"), count(&run, "cause")), (5, 0));
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    fixture.write("crashtrail.toml", OWN);
    let run = fixture.run(&args);
    assert_eq!((count(&run, "crash"), count(&run, "cause")), (0, 5));
    assert!(run.stderr.contains("rules of crashtrail.toml are used"));
    // Named as well, it is read once.
    let run = fixture.run(&[&args[..], &["--rules", "crashtrail.toml", "-q"]].concat());
    assert_eq!((count(&run, "crash"), count(&run, "cause")), (0, 5));
    assert!(run.stderr.is_empty(), "{}", run.stderr);
}

#[test]
fn a_file_in_the_configuration_folder_is_used_the_nearer_one_first() {
    let fixture = Fixture::with_loop();
    let args = ["scan", "--format", "json", "-q", "syslog"];
    let run_with = |name: &str, value: &std::path::Path| {
        let output = fixture.command(&args).env(name, value).output().unwrap();
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    };
    fixture.write("home/.config/crashtrail/crashtrail.toml", OWN);
    assert_eq!(count(&run_with("HOME", &fixture.path("home")), "cause"), 5);
    fixture.write("xdg/crashtrail/crashtrail.toml", OWN);
    let xdg = fixture.path("xdg");
    assert_eq!(count(&run_with("XDG_CONFIG_HOME", &xdg), "cause"), 5);
    // The same id in the working folder comes first.
    let nearer = OWN.replace(
        "class = \"cause\"\nkind = \"memory\"",
        "class = \"unhealthy\"",
    );
    fixture.write("crashtrail.toml", nearer);
    let run = run_with("XDG_CONFIG_HOME", &xdg);
    assert_eq!((count(&run, "unhealthy"), count(&run, "cause")), (5, 0));
}

#[test]
fn errors_name_file_line_and_rule() {
    let fixture = Fixture::with_loop();
    for (text, told) in [
        (
            OWN.replace("rust.panic", "no.such"),
            "crashtrail.toml: rule `no.such`: no rule has this id",
        ),
        (
            OWN.replace("\"memory\"", "\"hunger\""),
            "crashtrail.toml:4: rule `own.restart-counter`: `hunger` is no kind of the class `cause`",
        ),
        (
            OWN.replace("(?<count>", "(?<count"),
            "crashtrail.toml:4: rule `own.restart-counter`: its pattern cannot be used",
        ),
        (OWN.replace("pattern", "patern"), "line 8"),
        (
            format!("{OWN}\n{}", OWN.replace("off = [\"rust.panic\"]", "")),
            "crashtrail.toml:21: rule `own.restart-counter`: another rule of this file",
        ),
    ] {
        fixture.write("crashtrail.toml", text);
        let run = fixture.run(&["scan", "syslog"]);
        run.ends_with(2);
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
    }
}

#[test]
fn examples_are_run() {
    let fixture = Fixture::new();
    fixture.write("own.toml", OWN);
    let run = fixture.run(&["rules", "test", "own.toml"]);
    run.ends_with(0);
    assert!(
        run.stdout
            .contains("1 rules, 2 examples and counter-examples, 0 wrong"),
        "{run:?}"
    );
    for (from, to, told) in [
        (
            "count = \"7\"",
            "count = \"8\"",
            "field `count` is \"7\", not \"8\"",
        ),
        (
            "restart job, restart counter",
            "restart job, counter",
            "holds none of the rule's literals",
        ),
        ("is at 7.", "is at rest.", "the pattern does not match"),
        ("at its end", "at 3", "takes the counter-example"),
        (
            "counter_examples = [\n    { message = \"the restart counter is at its end\" },\n]",
            "",
            "has no counter-example",
        ),
    ] {
        assert!(OWN.contains(from), "{from}");
        fixture.write("own.toml", OWN.replace(from, to));
        let run = fixture.run(&["rules", "test", "own.toml"]);
        run.ends_with(2);
        assert!(
            run.stdout
                .contains("own.toml:4: rule `own.restart-counter`: "),
            "{run:?}"
        );
        assert!(run.stdout.contains(told), "{told}: {run:?}");
    }
    fixture.run(&["rules", "test", "missing.toml"]).ends_with(2);
    fixture.run(&["rules", "test"]).ends_with(2);
}

#[test]
fn a_line_is_explained() {
    let fixture = Fixture::new();
    let line = "Mar  1 10:00:00 web01 sudo[80]:      ops : TTY=pts/0 ; PWD=/root ; USER=root ; \
                COMMAND=/usr/bin/kubectl -n shop set image deploy/pricer pricer=reg/pricer:2.5";
    let run = fixture.run(&["rules", "explain", line, "--rule", "rust.panic"]);
    run.ends_with(0);
    for told in [
        "host     web01",
        "program  sudo",
        "pid      80",
        "sudo.kubectl-image: fits",
        "sudo.helm-version: pattern: does not match the message",
        "rust.panic: literal: none of its literals is in the line",
        "tells    change image, by sudo.kubectl-image",
        "target = pricer",
        "subject = reg/pricer",
        "to = 2.5",
        "actor = ops",
    ] {
        assert!(run.stdout.contains(told), "{told}: {}", run.stdout);
    }
    let line = "Mar  1 10:00:00 web01 chat[80]: bob : COMMAND=/usr/bin/vi is a command";
    let run = fixture.run(&["rules", "explain", line]);
    run.ends_with(0);
    assert!(
        run.stdout
            .contains("sudo.file-write: program: it speaks of sudo"),
        "{run:?}"
    );
    assert!(run.stdout.contains("tells    nothing"), "{run:?}");
    // A record of two lines, and one's own rules.
    fixture.write("crashtrail.toml", OWN.replace("off = [\"rust.panic\"]", ""));
    let record = "2026-03-01T10:00:00Z web01 botd[7]: thread 'main' panicked at src/main.rs:36:69:\n\
                  2026-03-01T10:00:00Z web01 botd[7]: too many features\n";
    let run = fixture.run_fed(&["rules", "explain", "-"], record);
    run.ends_with(0);
    assert!(
        run.stdout.contains("tells    crash panic, by rust.panic"),
        "{run:?}"
    );
    assert!(run.stdout.contains("what = too many features"), "{run:?}");
    fixture
        .run(&["rules", "explain", "x", "--rule", "no.such"])
        .ends_with(2);
}

#[test]
fn what_systemd_says_is_known_in_any_words_by_its_message_id() {
    let fixture = Fixture::new();
    let mut journal = String::new();
    let mut say = |seconds: u64, id: &str, message: &str, facts: &[(&str, &str)]| {
        let mut record = serde_json::json!({
            "__REALTIME_TIMESTAMP": format!("{}", 1_772_359_200_000_000 + seconds * 1_000_000),
            "_HOSTNAME": "web01",
            "SYSLOG_IDENTIFIER": "systemd",
            "_PID": "1",
            "UNIT": "botd.service",
            "MESSAGE_ID": id,
            "MESSAGE": message,
        });
        for (name, value) in facts {
            record[name] = (*value).into();
        }
        journal.push_str(&format!("{record}\n"));
    };
    for n in 0..5 {
        let at = n * 10;
        let restarts = (n + 1).to_string();
        say(
            at,
            "39f53479d3a045ac8e11786248231fbf",
            "Bot scoring daemon wurde gestartet.",
            &[],
        );
        say(
            at + 2,
            "98e322203f7a4ed290d09fe03c09fe15",
            "botd.service: Hauptprozess beendet, Code=exited, Status=101/n/a",
            &[("EXIT_CODE", "exited"), ("EXIT_STATUS", "101")],
        );
        say(
            at + 3,
            "5eb03494b6584870a536b337290809b3",
            "botd.service: Neustart geplant",
            &[("N_RESTARTS", &restarts)],
        );
    }
    fixture.write("journal.json", journal);
    let incidents = fixture
        .run(&["scan", "--format", "json", "-q", "journal.json"])
        .incidents();
    assert_eq!(incidents.len(), 1, "{incidents:#?}");
    let found = &incidents[0]["loops"][0];
    assert_eq!(found["entity"]["service"], "botd");
    assert_eq!(found["crashes"], 5);
    // 101 is what a panic of the main thread ends a Rust program with.
    assert_eq!(found["kind"], "panic");
}

#[test]
fn events_of_logs_are_listed() {
    let fixture = Fixture::with_loop();
    let run = fixture.run(&["rules", "events", "syslog"]);
    run.ends_with(0);
    let lines: Vec<Vec<&str>> = run
        .stdout
        .lines()
        .map(|l| l.split('\t').collect())
        .collect();
    let exits: Vec<_> = lines.iter().filter(|l| l[2] == "systemd.exit").collect();
    assert_eq!(exits.len(), 5, "{}", run.stdout);
    assert_eq!(exits[0][1], "exit exit", "{}", run.stdout);
    assert!(exits[0][3].starts_with("syslog:"), "{}", run.stdout);
    assert!(
        exits[0][4].contains("Main process exited"),
        "{}",
        run.stdout
    );
    fixture.run(&["rules", "events", "missing"]).ends_with(2);
}

#[test]
fn the_documentation_has_the_table_of_the_rules() {
    let run = Fixture::new().run(&["rules", "--markdown"]);
    run.ends_with(0);
    let page = page("rules-builtin.md");
    let (_, table) = page.split_once("--markdown` prints -->\n\n").unwrap();
    assert!(
        table == run.stdout,
        "run `crashtrail rules --markdown`: its output follows the page's head"
    );
}

#[test]
fn the_worked_example_works() {
    let page = page("rules.md");
    let (_, example) = page.split_once("## A worked example\n").unwrap();
    let block = |language: &str| {
        let (_, rest) = example.split_once(&format!("```{language}\n")).unwrap();
        rest.split_once("```").unwrap().0
    };
    let fixture = Fixture::new();
    fixture.write("knobs.toml", block("toml"));
    fixture.run(&["rules", "test", "knobs.toml"]).ends_with(0);
    let line = block("text").trim_end();
    let without = fixture.run(&["rules", "explain", line]);
    assert!(without.stdout.contains("tells    nothing"), "{without:?}");
    let with = fixture.run(&["rules", "explain", line, "--rules", "knobs.toml"]);
    assert!(
        with.stdout
            .contains("tells    change flag, by knobd.turned"),
        "{with:?}"
    );
}

#[test]
fn what_an_alert_quotes_has_not_happened_once_more() {
    let fixture = Fixture::with_loop();
    let told = fixture.run(&["scan", "."]).stdout;
    assert!(told.contains("panic: "), "{told}");
    let syslog = |program: &str| {
        let lines = told.lines().enumerate();
        let lines = lines.map(|(n, line)| {
            format!(
                "2026-03-02T10:{:02}:{:02}Z web01 {program}[7]: {line}\n",
                n / 60,
                n % 60
            )
        });
        lines.collect::<String>()
    };
    fixture.write("own/syslog", syslog("crashtrail"));
    fixture.write("other/syslog", syslog("chatd"));
    let events = |args: &[&str]| fixture.run(&[&["rules", "events"], args].concat()).stdout;
    assert_eq!(events(&["own"]), "");
    assert!(events(&["other"]).contains("crash panic"));
    fixture.write("own.toml", "quoting = [\"chat*\"]\n");
    assert_eq!(events(&["other", "--rules", "own.toml"]), "");
    assert_eq!(events(&["own", "--rules", "own.toml"]), "");
}
