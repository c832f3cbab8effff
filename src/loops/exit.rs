//! What exit statuses and signals say of an end.
//!
//! In: an event that tells of an end. Out: which sort of crash it was, by the numbers that systems and runtimes give their
//! ends.

use crate::classify::Event;

use super::cycle::CrashKind;

/// Signals: number, name, description (signal(7); sigdescr_np(3)), and the sort of crash. The numbers are those
/// of Linux on x86, ARM and most others.
const SIGNALS: [(u32, &str, &str, CrashKind); 15] = [
    (1, "HUP", "hangup", CrashKind::Signal),
    (2, "INT", "interrupt", CrashKind::Signal),
    (3, "QUIT", "quit", CrashKind::Signal),
    (4, "ILL", "illegal instruction", CrashKind::Signal),
    (5, "TRAP", "trace/breakpoint trap", CrashKind::Signal),
    (6, "ABRT", "aborted", CrashKind::Abort),
    (7, "BUS", "bus error", CrashKind::Segfault),
    (8, "FPE", "floating point exception", CrashKind::Signal),
    (9, "KILL", "killed", CrashKind::Signal),
    (11, "SEGV", "segmentation fault", CrashKind::Segfault),
    (13, "PIPE", "broken pipe", CrashKind::Signal),
    (15, "TERM", "terminated", CrashKind::Signal),
    (24, "XCPU", "cpu time limit exceeded", CrashKind::Signal),
    (25, "XFSZ", "file size limit exceeded", CrashKind::Signal),
    (31, "SYS", "bad system call", CrashKind::Signal),
];

/// Statuses that mean one thing, whoever exits with them; from, to.
const STATUSES: [(i64, i64, CrashKind); 12] = [
    // sysexits.h, EX_CONFIG.
    (78, 78, CrashKind::ConfigError),
    // library/std/src/rt.rs: the main thread panicked. Go's 2 is the status of much else.
    (101, 101, CrashKind::Panic),
    // POSIX.1-2024, Shell Command Language, 2.8.2: a command that cannot be run, or is not there.
    (126, 127, CrashKind::ConfigError),
    // systemd.exec(5), "Process exit codes": set before the program runs.
    (200, 245, CrashKind::ConfigError),
    // Windows (ntstatus.h), as programs print them, signed and not: access violation, heap corruption and
    // stack overflow, fail fast, an exception of the CLR (corerror.h).
    (0xC000_0005, 0xC000_0005, CrashKind::Segfault),
    (
        0xC000_0005 - (1 << 32),
        0xC000_0005 - (1 << 32),
        CrashKind::Segfault,
    ),
    (0xC000_00FD, 0xC000_00FD, CrashKind::Segfault),
    (0xC000_0374, 0xC000_0374, CrashKind::Abort),
    (0xC000_0409, 0xC000_0409, CrashKind::Abort),
    (
        0xC000_0409 - (1 << 32),
        0xC000_0409 - (1 << 32),
        CrashKind::Abort,
    ),
    (0xE043_4352, 0xE043_4352, CrashKind::Exception),
    (
        0xE043_4352 - (1 << 32),
        0xE043_4352 - (1 << 32),
        CrashKind::Exception,
    ),
];

/// Signals that come of what the program did itself, besides those of memory faults and aborts.
const FAULTS: [u32; 4] = [4, 5, 8, 31];

/// What a shell and container runtimes add to a signal's number (POSIX.1-2024, 2.8.2).
const BY_SIGNAL: i64 = 128;

/// How a process ended, as a record has it.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ending<'a> {
    /// Its signal: number, name or description.
    signal: Option<&'a str>,
    /// Its status.
    status: Option<&'a str>,
    /// systemd's word for the sort of end: `exited`, `killed`, `dumped`.
    code: Option<&'a str>,
    /// systemd's result.
    result: Option<&'a str>,
}

impl<'a> Ending<'a> {
    pub(super) fn of(event: &'a Event) -> Self {
        Self {
            signal: event.field("signal"),
            status: event.field("status"),
            code: event.field("code"),
            result: event.field("result"),
        }
    }

    /// Which sort of crash it tells of.
    pub(super) fn kind(self) -> CrashKind {
        match self.result {
            Some("watchdog") => return CrashKind::Watchdog,
            Some("oom-kill") => return CrashKind::Oom,
            _ => {}
        }
        let signalled = || self.status.and_then(of_signalled);
        if let Some(kind) = self.signal.and_then(of_signal).or_else(signalled) {
            return kind;
        }
        // systemd gives the signal's number as the status of what was killed by one.
        if let Some("killed" | "dumped") = self.code {
            return self.status.and_then(of_signal).unwrap_or(CrashKind::Signal);
        }
        match self.status.and_then(number) {
            Some(status) => STATUSES
                .iter()
                .find(|(from, to, _)| (*from..=*to).contains(&status))
                .map_or(CrashKind::Exit, |(_, _, kind)| *kind),
            None => CrashKind::Unknown,
        }
    }

    /// Whether it is a fault of the program's own, which no request explains.
    pub(super) fn is_fault(self) -> bool {
        matches!(self.result, Some("core-dump"))
            || matches!(
                self.kind(),
                CrashKind::Segfault | CrashKind::Abort | CrashKind::Watchdog | CrashKind::Oom
            )
            || self
                .signal
                .and_then(signal_of)
                .is_some_and(|(number, ..)| FAULTS.contains(number))
    }
}

fn of_signal(text: &str) -> Option<CrashKind> {
    signal_of(text).map(|(_, _, _, kind)| *kind)
}

/// A signal by number, name (with `SIG` or without) or description.
fn signal_of(text: &str) -> Option<&'static (u32, &'static str, &'static str, CrashKind)> {
    let text = text.trim();
    let name = text.strip_prefix("SIG").unwrap_or(text);
    SIGNALS.iter().find(|(number, known, description, _)| {
        *known == name
            || text.eq_ignore_ascii_case(description)
            || text.parse::<u32>().is_ok_and(|n| n == *number)
    })
}

/// A status that holds a signal.
fn of_signalled(status: &str) -> Option<CrashKind> {
    let number = u32::try_from(number(status)? - BY_SIGNAL).ok()?;
    of_signal(&number.to_string())
}

/// A status as runtimes and supervisors write it; `0x` and hexadecimal digits on Windows.
fn number(status: &str) -> Option<i64> {
    match status.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => status.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ending<'a>(fields: &[(&str, &'a str)]) -> Ending<'a> {
        let field = |name| fields.iter().find(|(n, _)| *n == name).map(|(_, v)| *v);
        Ending {
            signal: field("signal"),
            status: field("status"),
            code: field("code"),
            result: field("result"),
        }
    }

    #[test]
    fn numbers_say_which_sort_of_crash() {
        for (fields, expected) in [
            (&[("status", "101")][..], CrashKind::Panic),
            (&[("status", "134")], CrashKind::Abort),
            (&[("status", "137")], CrashKind::Signal),
            (&[("status", "139")], CrashKind::Segfault),
            (&[("status", "143")], CrashKind::Signal),
            (&[("status", "203")], CrashKind::ConfigError),
            (&[("status", "127")], CrashKind::ConfigError),
            (&[("status", "78")], CrashKind::ConfigError),
            (&[("status", "1")], CrashKind::Exit),
            (&[("status", "-1073741819")], CrashKind::Segfault),
            (&[("status", "0xc0000409")], CrashKind::Abort),
            (&[("status", "3762504530")], CrashKind::Exception),
            (&[("signal", "SIGSEGV")], CrashKind::Segfault),
            (&[("signal", "ABRT")], CrashKind::Abort),
            (&[("signal", "Segmentation fault")], CrashKind::Segfault),
            (&[("signal", "9")], CrashKind::Signal),
            (&[("code", "dumped"), ("status", "11")], CrashKind::Segfault),
            (&[("code", "killed"), ("status", "9")], CrashKind::Signal),
            (&[("code", "exited"), ("status", "11")], CrashKind::Exit),
            (&[], CrashKind::Unknown),
        ] {
            assert_eq!(ending(fields).kind(), expected, "{fields:?}");
        }
    }

    #[test]
    fn a_fault_is_no_answer_to_a_request() {
        for (fields, expected) in [
            (&[("signal", "TERM")][..], false),
            (&[("status", "143")], false),
            (&[("signal", "ILL")], true),
            (&[("status", "139")], true),
            (&[("result", "oom-kill")], true),
        ] {
            assert_eq!(ending(fields).is_fault(), expected, "{fields:?}");
        }
    }
}
