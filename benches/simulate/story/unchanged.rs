//! Incidents that no change set off, and signs that mean nothing.
//!
//! In: a shape, and when. Out: entries.

use super::crash::How;
use super::{Shape, Teller};
use crate::world::SECOND;

impl Teller {
    /// What looks like a cause and is none, at any time, on any host.
    pub(super) fn noise(&mut self) {
        if self.random.f64() < 0.6 {
            return;
        }
        for _ in 0..self.random.usize(1..8) {
            let at = self.random.i64(self.begin..self.end);
            let host = self.random.usize(..self.hosts.len());
            let said = self.word("noise");
            let (program, text) = said.split_once('|').expect("a program and what it says");
            let pid = (program != "kernel").then(|| self.next_pid());
            self.push(at, host, program, pid, 4, text.to_owned());
        }
    }

    /// Loops that no change set off.
    pub(super) fn unchanged(&mut self, shape: Shape, onset: i64) {
        let host = self.random.usize(..self.hosts.len());
        let mut restarts = self.restarts();
        let silent = self.random.f64() < 0.2;
        let texts: Vec<String> = match shape {
            // Some tell only by others' words what ails them.
            Shape::Disk if silent => vec![],
            Shape::Dependency if silent => vec![],
            Shape::Disk => vec![self.word("disk")],
            Shape::Expiry => vec![self.word("expiry")],
            Shape::Dependency => vec![self.word("dependency")],
            Shape::Permission => vec![self.word("permission")],
            Shape::Port => vec![self.word("port")],
            Shape::Descriptors => vec![self.word("descriptors")],
            Shape::Data => vec![self.word("data")],
            Shape::Unexplained => vec![self.word("bad_code")],
            _ => vec![],
        };
        let how = match shape {
            Shape::Memory => How::Killed,
            Shape::Hardware => How::Fault,
            Shape::Traffic => How::Abort,
            _ => self.how(texts.first().map_or("", String::as_str)),
        };
        let duration = self.random.i64(120 * SECOND..3600 * SECOND);
        match shape {
            Shape::Memory => {
                restarts.life = self.random.i64(40 * SECOND..500 * SECOND);
                restarts.limit = None;
            }
            Shape::Hardware => {
                for n in 0..4 {
                    let text = "mce: [Hardware Error]: Machine check events logged".to_owned();
                    self.push(onset - (4 - n) * 7 * SECOND, host, "kernel", None, 2, text);
                    let text = format!(
                        "EDAC MC0: {} CE memory read error on CPU_SrcID#0_Ha#0_Chan#1_DIMM#0",
                        n + 1
                    );
                    self.push(
                        onset - (4 - n) * 7 * SECOND + 9_000,
                        host,
                        "kernel",
                        None,
                        3,
                        text,
                    );
                }
            }
            Shape::Disk if silent || self.random.bool() => {
                let text =
                    "EXT4-fs warning (device sda1): ext4_dx_add_entry: Directory index full!";
                self.push(
                    onset - 60 * SECOND,
                    host,
                    "kernel",
                    None,
                    4,
                    text.to_owned(),
                );
                let pid = self.next_pid();
                let text = "rsyslogd: file '/var/log/messages': No space left on device";
                self.push(
                    onset - 30 * SECOND,
                    host,
                    "rsyslogd",
                    Some(pid),
                    3,
                    text.to_owned(),
                );
            }
            Shape::Dependency => {
                let other = self.other.clone();
                for text in [
                    format!("{other}.service: Main process exited, code=killed, status=9/KILL"),
                    format!("{other}.service: Failed with result 'signal'."),
                ] {
                    self.systemd(onset - 5 * SECOND, host, &other, 4, text);
                }
            }
            Shape::Traffic => {
                for n in 0..40 {
                    let text = "TCP: request_sock_TCP: Possible SYN flooding on port 8080. Sending cookies.  \
                        Check SNMP counters."
                        .to_owned();
                    if n % 10 == 0 {
                        self.push(onset - (40 - n) * SECOND, host, "kernel", None, 6, text);
                    }
                    let pid = self.pid;
                    let text = format!("accept queue full, {} waiting", 400 + n * 30);
                    self.says(onset - (40 - n) * SECOND, host, pid, 4, text);
                }
            }
            _ => {}
        }
        let until = match shape {
            Shape::Memory => onset + 6 * restarts.life,
            _ => onset + duration,
        };
        self.crash_loop(host, onset, until.min(self.end), &restarts, &texts, how);
    }
}
