//! Lines of a service that crashes.

/// It starts at this second of the day, panics a second later, and systemd tells of it.
pub(crate) fn crash(second: u64, pid: u32) -> String {
    let at = stamp(second);
    let after = stamp(second + 1);
    format!(
        "{at} web01 systemd[1]: Started botd.service - Bot daemon.\n\
         {after} web01 botd[{pid}]: thread 'main' ({pid}) panicked at src/main.rs:36:69:\n\
         {after} web01 botd[{pid}]: called `Result::unwrap()` on an `Err` value: TooMany\n\
         {after} web01 systemd[1]: botd.service: Main process exited, code=exited, status=101/n/a\n\
         {after} web01 systemd[1]: botd.service: Failed with result 'exit-code'.\n"
    )
}

pub(crate) fn stamp(second: u64) -> String {
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    format!("2026-03-01T{h:02}:{m:02}:{s:02}.250000+00:00")
}

/// A line that tells nothing.
pub(crate) fn quiet(second: u64) -> String {
    format!("{} web01 cron[40]: (root) CMD (true)\n", stamp(second))
}

pub(crate) fn started(second: u64) -> String {
    let at = stamp(second);
    format!("{at} web01 systemd[1]: Started botd.service - Bot daemon.\n")
}
