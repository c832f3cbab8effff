//! Log lines are an attacker's text: nothing of them may steer a terminal.

use crate::fixture::{Fixture, crash_loop};

/// Sets a title, clears the screen, colours, C1 introducers, a bell, an override of the direction.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31m\u{9b}31m\u{9d}0;x\u{9c}\u{8}\u{202e}\u{2066}\r\u{7f}end";

fn is_harmless(text: &str) -> bool {
    !text.chars().any(|c| {
        c.is_control() && c != '\n'
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    })
}

fn hostile_loop() -> String {
    crash_loop()
        .replace("TooMany", &format!("{EVIL}TooMany"))
        .replace("features.conf", &format!("features{EVIL}.conf"))
        .replace("web01 cron", &format!("web01{EVIL} cron"))
        .replace("code=exited", &format!("{EVIL}code=exited"))
}

#[test]
fn escape_sequences_of_lines_never_reach_the_text_report() {
    let fixture = Fixture::new();
    fixture.write("syslog", hostile_loop());
    for more in [&[][..], &["--color", "always"], &["--width", "60"]] {
        let args: Vec<&str> = ["scan", "syslog"].iter().chain(more).copied().collect();
        let run = fixture.run(&args);
        run.ends_with(0);
        let stripped = anstream::adapter::strip_str(&run.stdout).to_string();
        let checked = if more.contains(&"always") {
            &stripped
        } else {
            &run.stdout
        };
        assert!(is_harmless(checked), "{args:?}: {run:?}");
        assert!(!run.stdout.contains("\u{1b}]"), "{args:?}: {run:?}");
        assert!(!run.stdout.contains("\u{1b}[2J"), "{args:?}: {run:?}");
        assert!(is_harmless(&run.stderr), "{args:?}: {run:?}");
    }
}

#[test]
fn the_hostile_loop_is_found_all_the_same() {
    let fixture = Fixture::new();
    fixture.write("syslog", hostile_loop());
    let run = fixture.run(&["scan", "--format", "json", "syslog"]);
    run.ends_with(0);
    assert_eq!(run.incidents().len(), 1, "{run:?}");
    // In JSON they are data, escaped.
    assert!(!run.stdout.contains('\u{1b}'));
}

#[cfg(unix)]
#[test]
fn a_hostile_file_name_is_made_harmless_too() {
    let fixture = Fixture::new();
    fixture.write("logs/syslog", crash_loop());
    fixture.write(&format!("logs/{EVIL}.log"), crash_loop());
    fixture.write(&format!("logs/{EVIL}.bin"), [0, 1, 2, 3].repeat(500));
    for args in [
        vec!["scan", "logs"],
        vec!["scan", "logs", &format!("gone{EVIL}")],
    ] {
        let run = fixture.run(&args);
        assert!(is_harmless(&run.stdout), "{run:?}");
        assert!(is_harmless(&run.stderr), "{run:?}");
        assert!(!run.stderr.is_empty());
    }
}
