//! Whether a service runs again.

use crate::fixture::{Fixture, crash_loop};

/// The fixture's loop, whose service says last that there will be another start, and its host's log for an
/// hour after it.
fn with_an_hour_after(start: Option<&str>) -> String {
    let mut log = crash_loop();
    if let Some(start) = start {
        log.push_str(&format!("2026-03-01T10:00:36.250000+00:00 web01 {start}\n"));
    }
    for minute in 1..60 {
        log.push_str(&format!(
            "2026-03-01T10:{minute:02}:40.000000+00:00 web01 cron[{minute}]: (root) CMD (true)\n"
        ));
    }
    log
}

#[test]
fn a_start_that_was_only_scheduled_is_no_recovery() {
    let fixture = Fixture::new();
    let started = "systemd[1]: Started botd.service - Bot daemon.";
    for (start, status) in [(None, "ongoing"), (Some(started), "recovered")] {
        fixture.write("syslog", with_an_hour_after(start));
        let incidents = fixture
            .run(&["scan", "--format", "json", "syslog"])
            .incidents();
        assert_eq!(incidents[0]["status"], status, "{start:?}");
        assert_eq!(incidents[0]["recovery"].is_null(), start.is_none());
    }
}
