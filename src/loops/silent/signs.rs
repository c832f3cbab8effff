//! What words tell.
//!
//! In: a message. Out: whether it tells of a failure, and what of it stays the same from life to life.
//! These are words of English and of runtimes, as logs have them; no word of any one program.

/// Parts of words that tell of a failure: of the levels that loggers write (RFC 5424, log4j, glog), of
/// `strerror` (errno(3)) and of what runtimes write as they end.
const FAILURES: [&str; 29] = [
    "abort",
    "assert",
    "bad ",
    "can't",
    "cannot",
    "corrupt",
    "could not",
    "crash",
    "critical",
    "denied",
    "emerg",
    "error",
    "exception",
    "exhausted",
    "fail",
    "fatal",
    "illegal",
    "invalid",
    "missing",
    "no such",
    "not found",
    "out of memory",
    "panic",
    "refused",
    "segfault",
    "traceback",
    "unable",
    "unexpected",
    "unhandled",
];

/// What, before a word of failure, tells that there was none: `0 errors`, `no error`; `errors=0` does as well.
const NONE: [&str; 5] = ["0", "no", "nothing", "without", "zero"];
/// What tells that it went well, whatever else it speaks of.
const WELL: [&str; 2] = ["passed", "successful"];

/// Parts of words that tell that all is done.
const DONE: [&str; 9] = [
    "bye",
    "closed",
    "complete",
    "disconnected",
    "done",
    "exit code 0",
    "exit status 0",
    "finished",
    "succe",
];

/// Parts of words that tell of a stop: one that was asked for, or one's own after a failure.
const STOPS: [&str; 5] = [
    "shut down",
    "shutdown",
    "shutting down",
    "stopped",
    "terminated",
];
/// And of one that was asked for.
const SIGNALS: [&str; 4] = ["received sig", "sigint", "signal terminated", "sigterm"];

/// Whether a message tells that its process ends as it should, or stops.
pub(super) fn is_end(message: &str) -> bool {
    let text = message.to_lowercase();
    let mut parts = DONE.iter().chain(&STOPS).chain(&SIGNALS);
    parts.any(|part| text.contains(part))
}

/// Whether a message tells of a stop.
pub(super) fn is_stop(message: &str) -> bool {
    let text = message.to_lowercase();
    STOPS.iter().chain(&SIGNALS).any(|part| text.contains(part))
}

/// Whether a message tells that somebody asked for a stop.
pub(super) fn is_signal(message: &str) -> bool {
    let text = message.to_lowercase();
    SIGNALS.iter().any(|part| text.contains(part))
}

/// Whether a message tells of a failure.
pub(crate) fn is_failure(message: &str) -> bool {
    let text = message.to_lowercase();
    let went_well = WELL.iter().any(|part| text.contains(part)) && !text.contains("unsuccessful");
    let is_none = |at: usize| {
        let words = |c: char| c.is_whitespace() || "=:,(".contains(c);
        let before = text[..at].trim_end().rsplit(words).next();
        let word = text[at..].find(words).map_or("", |end| &text[at + end..]);
        let count = word.trim_start_matches([' ', '=', ':']);
        let digits = count
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(count.len());
        before.is_some_and(|word| NONE.contains(&word))
            || word.starts_with(['=', ':']) && &count[..digits] == "0"
    };
    let tells = |part: &str| text.match_indices(part).any(|(at, _)| !is_none(at));
    !went_well && FAILURES.iter().any(|part| tells(part))
}

/// What stays the same of a message that deterministic programs write at each start: all but dates,
/// times and the process's own number; where its lines do not bear it, what is called so.
pub(super) fn stable(message: &str, pid: Option<u32>) -> String {
    let pid = pid.map(|pid| pid.to_string());
    let mut kept: Vec<&str> = Vec::new();
    let mut before = "";
    for word in message.split_whitespace() {
        let is_own = match &pid {
            Some(pid) => names(word, pid),
            None => is_pid(before, word),
        };
        before = word;
        if !is_own && !is_time(word) {
            kept.push(word);
        }
    }
    kept.join(" ")
}

/// `pid=4711`, or a number after `pid`.
fn is_pid(before: &str, word: &str) -> bool {
    let is_name = |text: &str| {
        let name = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        name.eq_ignore_ascii_case("pid") || name.eq_ignore_ascii_case("process")
    };
    let number = |text: &str| {
        let text = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
    };
    match word.split_once(['=', ':']) {
        Some((name, value)) if number(value) => is_name(name),
        _ => number(word) && is_name(before),
    }
}

/// Whether a word holds this number, not as a part of another.
fn names(word: &str, number: &str) -> bool {
    let mut digits = word.split(|c: char| !c.is_ascii_digit());
    digits.any(|run| run == number)
}

/// `2025-11-18`, `2025/11/18`, `11:20:04.797`, `1763464804.797`.
fn is_time(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_ascii_digit());
    let runs: Vec<&str> = word.split(|c: char| !c.is_ascii_digit()).collect();
    let split = word.contains(['-', '/', ':']) && runs.len() >= 3;
    let clock = split && runs.iter().all(|run| run.len() <= 9) && runs[0].len() <= 4;
    let epoch = runs[0].len() >= 10 && runs.len() <= 2;
    clock && runs.iter().filter(|run| run.len() == 2).count() >= 2 || epoch
}

/// Whether a text names something as a word of its own, or as part of a name joined by `.` or `@`.
pub(super) fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_told_from_counts_of_none() {
        assert!(is_failure("KeyError: 'tax'"));
        assert!(is_failure("[emerg] 331#331: invalid parameter"));
        assert!(!is_failure("quoted 185 items, 0 errors"));
        assert!(!is_failure("stats errors=0 failed: 0"));
        assert!(!is_failure("nothing missing, exit"));
        assert!(is_failure("stats errors=10, 0 in flight"));
        assert!(is_failure("gave up after 10 errors"));
        assert!(!is_failure("ok: all 12 checks passed; error budget 99.9%"));
        assert!(!is_failure("ready"));
    }

    #[test]
    fn what_varies_with_each_start_is_left_out() {
        let a = stable(
            "2026/11/23 09:16:41 [emerg] 331#331: bad value 7",
            Some(331),
        );
        let b = stable(
            "2026/11/23 09:16:45 [emerg] 338#338: bad value 7",
            Some(338),
        );
        assert_eq!(a, b);
        // A port is no process's number.
        let port = |port: &str| {
            stable(
                &format!("Failed for root from 10.0.0.9 port {port}"),
                Some(4),
            )
        };
        assert_ne!(port("5022"), port("5023"));
        let own = |pid: &str| stable(&format!("zorkd 4.1 begins (pid={pid}), 3 rules"), None);
        assert_eq!(own("4711"), own("12"));
        assert!(own("7").contains("3 rules"));
    }

    #[test]
    fn a_name_is_a_word() {
        assert!(has_word("systemctl restart botd.service", "botd"));
        assert!(!has_word("restart botd-helper", "botd"));
    }
}
