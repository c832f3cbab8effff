//! A command that is run for each alert.
//!
//! In: an alert as JSON, on the command's standard input. Out: nothing but its end: it is run without a shell, one
//! after the other, and killed when it takes too long. What it prints on standard output is thrown away; its
//! standard error is the watch's.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::alert::Alert;

use super::{Pause, Receive};

/// How long a command may take.
const LIMIT: Duration = Duration::from_secs(30);
/// How often it is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(20);

/// A command with its arguments.
#[derive(Debug, Clone)]
pub struct Program {
    words: Vec<String>,
    limit: Duration,
}

impl Program {
    /// Takes a command as it is typed: words, with quotes as in a shell; no shell runs it.
    ///
    /// # Errors
    ///
    /// Where there is no word, or quotes do not match.
    pub fn parse(text: &str) -> Result<Self, String> {
        match shlex::split(text) {
            Some(words) if !words.is_empty() => Ok(Self {
                words,
                limit: LIMIT,
            }),
            Some(_) => Err("no command".to_owned()),
            None => Err("its quotes do not match".to_owned()),
        }
    }

    /// With another limit than 30 seconds for each run.
    #[must_use]
    pub fn within(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }
}

impl Receive for Program {
    fn name(&self) -> String {
        let first = self.words.first().map_or("", String::as_str);
        format!("--exec {first}")
    }

    fn body(&self, alert: &Alert) -> Option<Vec<u8>> {
        super::form::json(alert)
    }

    fn deliver(&self, body: &[u8], pause: &Pause<'_>) -> Result<(), String> {
        let Some((first, rest)) = self.words.split_first() else {
            return Err("no command".to_owned());
        };
        let mut command = Command::new(first);
        // A group of its own, so that what it starts ends with it.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .args(rest)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|err| format!("cannot be run: {err}"))?;
        if let Some(mut stdin) = child.stdin.take() {
            let body = body.to_vec();
            // It may end without having read all, or never read; neither keeps the next from being told.
            std::thread::spawn(move || stdin.write_all(&body));
        }
        let began = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(format!("ended with {status}")),
                Ok(None) => {}
                Err(err) => return Err(format!("cannot be waited for: {err}")),
            }
            let is_late = began.elapsed() >= self.limit;
            if is_late || !pause.wait(LOOK) {
                // It may have ended just now; then there is nothing to kill.
                kill(&mut child);
                let _ = child.wait();
                return Err(match is_late {
                    true => format!("did not end within {} s, killed", self.limit.as_secs_f32()),
                    false => "had not ended at the end, killed".to_owned(),
                });
            }
        }
    }
}

/// Kills it with all that it started.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    {
        use rustix::process::{Pid, Signal, kill_process_group};
        if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
    let _ = child.kill();
}
