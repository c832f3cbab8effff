//! Whether more traffic than usual is told as a cause: where it is a surge before the first crash, and not where it
//! comes every day or hour, nor where clients come again because of the crashes.

use std::fmt::Write as _;

#[allow(dead_code, reason = "each test program uses a part")]
mod support;

/// 2026-03-05T00:00:00Z.
const DAY: i64 = 1_772_668_800;
const HOUR: i64 = 3600;

/// Whether traffic is told as the cause of a loop that begins at `onset`, with so many requests in the minute that
/// begins at each second from `start` on.
fn is_blamed(start: i64, onset: i64, requests: impl Fn(i64) -> i64) -> bool {
    let time = |at: i64| jiff::Timestamp::from_second(at).unwrap();
    let mut access = String::new();
    for minute in (start..onset + 1800).step_by(60) {
        let count = requests(minute);
        for n in 0..count {
            let at = time(minute + n * 60 / count).strftime("%d/%b/%Y:%H:%M:%S +0000");
            writeln!(
                access,
                "10.0.0.7 - - [{at}] \"GET / HTTP/1.1\" 200 512 \"-\" \"curl/8\""
            )
            .unwrap();
        }
    }
    let mut syslog = String::new();
    let mut say = |at: i64, text: &str| writeln!(syslog, "{} web01 {text}", time(at)).unwrap();
    say(start, "systemd[1]: Started geod.service - geod service.");
    for n in 0..40 {
        let at = onset + n * 5;
        say(
            at,
            "systemd[1]: geod.service: Main process exited, code=exited, status=1/FAILURE",
        );
        say(
            at,
            "systemd[1]: geod.service: Failed with result 'exit-code'.",
        );
        say(
            at + 1,
            &format!(
                "systemd[1]: geod.service: Scheduled restart job, restart counter is at {}.",
                n + 1
            ),
        );
        say(at + 1, "systemd[1]: Started geod.service - geod service.");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("access.log"), access).unwrap();
    std::fs::write(folder.path().join("syslog"), syslog).unwrap();
    let report = support::report_on(folder.path(), &support::options());
    let incident = &report["incidents"][0];
    assert!(
        incident["summary"].as_str().unwrap().starts_with("geod"),
        "{incident}"
    );
    incident["verdict"] == "traffic"
}

#[test]
fn a_surge_is_blamed_on_a_flat_rate_and_on_a_steep_morning() {
    let onset = DAY + 9 * HOUR;
    let surge = |at: i64| if at >= onset - 300 { 4 } else { 1 };
    assert!(is_blamed(DAY, onset, |at| 20 * surge(at)));
    let morning = |at: i64| 5 + ((at - DAY) / 600).clamp(0, 60);
    assert!(is_blamed(DAY, onset, |at| morning(at) * surge(at)));
}

#[test]
fn what_comes_every_hour_or_every_day_is_not() {
    let onset = DAY + 9 * HOUR + 300;
    let hourly = |at: i64| if (at - DAY) % HOUR < 720 { 80 } else { 6 };
    assert!(!is_blamed(DAY, onset, hourly));
    let daily = |at: i64| {
        if ((at - DAY) % (24 * HOUR) - 9 * HOUR + 24 * HOUR) % (24 * HOUR) < 960 {
            40
        } else {
            8
        }
    };
    assert!(!is_blamed(DAY - 72 * HOUR, onset, daily));
    let morning = |at: i64| 10 + (at - DAY - 6 * HOUR).max(0) / 180;
    assert!(!is_blamed(DAY, onset, morning));
}

#[test]
fn clients_that_try_again_are_not() {
    let onset = DAY + 9 * HOUR;
    assert!(!is_blamed(DAY, onset, |at| if at >= onset {
        180
    } else {
        20
    }));
}
