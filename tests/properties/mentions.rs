//! A mention is not an event: what a rule reads, quoted in somebody else's record, tells of no crash, no
//! restart and no change.

use std::fmt::Write as _;
use std::fs;

use crashtrail::{Class, Rule, RuleSet, Text};
use serde_json::json;

use crate::support;

/// A way of quoting: a text to a record's program and message.
type Quote = (&'static str, &'static str, fn(&str) -> String);

const QUOTES: [Quote; 7] = [
    ("access log", "access", access),
    ("access log, not encoded", "access", |text| {
        format!(
            "10.0.0.7 - - [01/Mar/2026:10:00:00 +0000] \"GET /search?q={text} HTTP/1.1\" 200 512"
        )
    }),
    ("chat", "chat", |text| {
        format!("ops: did you see \"{text}\" yesterday?")
    }),
    ("chat, no quotes", "chat", |text| {
        format!("<ops> I got {text}, any idea")
    }),
    ("config dump", "app", |text| {
        format!("notify.text = \"{text}\"")
    }),
    ("grep in sudo's record", "sudo", |text| {
        // A shell takes `<` and `>` for itself, so that no command shows them.
        let text = text.replace(['<', '>'], "");
        format!(
            "ops : TTY=pts/0 ; PWD=/root ; USER=root ; COMMAND=/usr/bin/grep -F {text} /var/log/syslog"
        )
    }),
    ("JSON string", "app", |text| {
        json!({ "query": text, "hits": 3 }).to_string()
    }),
];

/// As browsers send it: what is no letter and no digit as `%` and two hexadecimal digits.
fn access(text: &str) -> String {
    let mut url = String::new();
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'.' | b'_' => {
                url.push(char::from(byte))
            }
            b' ' => url.push('+'),
            _ => write!(url, "%{byte:02X}").unwrap(),
        }
    }
    format!(
        "10.0.0.7 - - [01/Mar/2026:10:00:00 +0000] \"GET /search?q={url} HTTP/1.1\" 200 512 \"-\" \"curl/8.5.0\""
    )
}

/// What rules read and what they must not, one line each: a record that quotes more is one of several.
fn texts(rules: &RuleSet) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for rule in rules.rules() {
        for example in rule.examples.iter().chain(&rule.counter_examples) {
            texts.push((rule.id.clone(), example.message.replace('\n', " ")));
        }
    }
    texts
}

/// Whether an event of the rule would mislead: causes weigh little, and are told apart by their number.
fn misleads(rule: &Rule) -> bool {
    rule.class != Class::Cause
}

#[test]
fn what_a_rule_reads_is_no_event_where_others_quote_it() {
    let rules = RuleSet::builtin_with_examples().unwrap();
    let mut wrong = Vec::new();
    for (id, text) in texts(&rules) {
        for (how, program, quote) in QUOTES {
            let message = quote(&text);
            for n in rules.matching(&Text::said_by(program, message.as_bytes()), None) {
                let rule = &rules.rules()[n];
                if misleads(rule) {
                    wrong.push(format!(
                        "{}: takes a text of {id} in a {how}: {message:?}",
                        rule.id
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The same by the whole way of a record: files in the formats that such records have.
#[test]
fn logs_full_of_quotations_tell_of_nothing() {
    let mut options = support::options();
    options.time.year = Some(2026);
    let texts = texts(&RuleSet::builtin_with_examples().unwrap());
    let mut wrong = Vec::new();
    for (how, program, quote) in QUOTES {
        let folder = tempfile::tempdir().unwrap();
        let mut log = String::new();
        for (n, (_, text)) in texts.iter().enumerate() {
            let message = quote(text);
            if message.starts_with("10.0.0.7") {
                writeln!(log, "{message}").unwrap();
            } else {
                let (hour, minute, second) = (n / 3600, n / 60 % 60, n % 60);
                writeln!(
                    log,
                    "2026-03-01T{hour:02}:{minute:02}:{second:02}.000000+00:00 web01 {program}[77]: {message}"
                )
                .unwrap();
            }
        }
        fs::write(folder.path().join("quotes.log"), log).unwrap();
        let report = support::report_on(folder.path(), &options);
        let found = report["counts"]["by_class"].as_object().unwrap();
        for (class, count) in found {
            if !["cause", "change"].contains(&class.as_str()) {
                wrong.push(format!("{how}: {count} of class {class}"));
            }
        }
        for incident in report["incidents"].as_array().unwrap() {
            wrong.push(format!("{how}: {}", incident["summary"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
