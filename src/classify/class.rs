//! What records can tell, as rules name it.

use serde::{Deserialize, Serialize};

/// What a record tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Text of a dying process, or of the kernel about one.
    Crash,
    /// A supervisor tells of an abnormal end.
    Exit,
    /// A clean end.
    ExitOk,
    /// A start begins.
    Start,
    /// A start is complete.
    Started,
    /// Somebody asked the service to stop.
    StopRequest,
    /// The service has stopped.
    Stopped,
    /// A supervisor will start the service again.
    Restart,
    /// A supervisor waits before the next start.
    Backoff,
    /// A supervisor starts the service no more.
    GiveUp,
    /// A start failed or was refused.
    StartFail,
    /// A watchdog found the service hanging.
    Watchdog,
    /// The kernel or an agent killed the process for want of memory.
    Oom,
    /// A health check failed.
    Unhealthy,
    /// The service is asked to read its configuration anew.
    Reloading,
    /// A reload was refused; the old process runs on.
    ReloadFailed,
    /// A process says that it has read its configuration or data.
    Loaded,
    /// A supervisor sent a signal because somebody asked for it.
    KilledOnRequest,
    /// A program says that it begins, or how long it has run; of one whose lines bear its process id it tells nothing
    /// that the id does not.
    Banner,
    /// The machine starts.
    Boot,
    /// The machine stops in order.
    Shutdown,
    /// Something was changed.
    Change,
    /// A sign of a cause other than a change.
    Cause,
    /// A process fell silent and another of its program took over, as no record says: it follows from
    /// who wrote when. No rule yields it.
    #[serde(skip_deserializing)]
    Gone,
}

impl Class {
    /// Its name in rules and in `counts.by_class`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Exit => "exit",
            Self::ExitOk => "exit_ok",
            Self::Start => "start",
            Self::Started => "started",
            Self::StopRequest => "stop_request",
            Self::Stopped => "stopped",
            Self::Restart => "restart",
            Self::Backoff => "backoff",
            Self::GiveUp => "give_up",
            Self::StartFail => "start_fail",
            Self::Watchdog => "watchdog",
            Self::Oom => "oom",
            Self::Unhealthy => "unhealthy",
            Self::Reloading => "reloading",
            Self::ReloadFailed => "reload_failed",
            Self::Loaded => "loaded",
            Self::KilledOnRequest => "killed_on_request",
            Self::Banner => "banner",
            Self::Boot => "boot",
            Self::Shutdown => "shutdown",
            Self::Change => "change",
            Self::Cause => "cause",
            Self::Gone => "gone",
        }
    }

    /// Which of the three questions the class answers; a record gives one answer to each at most.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::Change => Family::Change,
            Self::Cause => Family::Cause,
            _ => Family::Process,
        }
    }
}

/// The three questions put to every record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// What happened to a process?
    Process,
    /// What was changed?
    Change,
    /// What else was wrong?
    Cause,
}

/// How a crash text goes on over further lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trace {
    /// The message on the next line, then a note or a backtrace.
    Rust,
    /// `File` lines, then the exception; blocks may be chained.
    Python,
    /// `at` lines.
    Node,
    /// Goroutines.
    Go,
    /// `at` lines and `Caused by`.
    Java,
    /// `at` lines and `--->`.
    Dotnet,
    /// `from` lines.
    Ruby,
    /// `#n` lines.
    Php,
    /// No further lines that matter.
    C,
    /// A few lines, whatever they say.
    Lines,
}
