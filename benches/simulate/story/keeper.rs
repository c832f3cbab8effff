//! Who starts services anew, and what they write of it.
//!
//! In: a service that ended, was started or was asked to start anew. Out: entries, in the wordings of systemd, of
//! supervisord, and of the kubelet, which are those of their sources.

use fastrand::Rng;

use super::Teller;
use super::crash::{How, Restarts};
use crate::world::{Entry, SECOND, Sink};

/// Who does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keeper {
    Systemd,
    /// It tells of no host, in a file of its own.
    Supervisord,
    /// It tells of pods, in the node's log; what these say stands in files of theirs.
    Kubelet,
}

impl Keeper {
    pub(crate) const ALL: [Self; 3] = [Self::Systemd, Self::Supervisord, Self::Kubelet];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Systemd => "systemd",
            Self::Supervisord => "supervisord",
            Self::Kubelet => "kubelet",
        }
    }

    /// One of the service on so many hosts: files without a host's name need a folder for each.
    pub(super) fn random(random: &mut Rng, hosts: usize) -> Self {
        match random.u8(..100) {
            0..60 => Self::Systemd,
            60..80 if hosts < 20 => Self::Supervisord,
            80..100 => Self::Kubelet,
            _ => Self::Systemd,
        }
    }

    /// How it restarts, where that is not set by whoever configures it: the kubelet waits 10 s, then twice as
    /// long each time up to five minutes, and never gives up.
    pub(super) fn restarts(self, set: Restarts) -> Restarts {
        match self {
            Self::Kubelet => Restarts {
                wait: 10 * SECOND,
                cap: 300 * SECOND,
                limit: None,
                ..set
            },
            _ => set,
        }
    }
}

/// The letters of a pod's generated name, and of its template's, which are what the digits of a number become
/// (k8s.io/apimachinery, util/rand).
const POD_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
const TEMPLATE_LETTERS: &[u8] = b"456789bcdf";

/// A pod of the service on a host.
pub(super) struct Pod {
    name: String,
    uid: String,
}

impl Pod {
    /// Where its output is written.
    pub(super) fn path(&self, container: &str) -> String {
        format!("pods/shop_{}_{}/{container}/0.log", self.name, self.uid)
    }
}

impl Teller {
    /// The pod of that host; another one after each release.
    pub(super) fn pod(&self, host: usize) -> Pod {
        let of_release = u64::from(self.version) << 8;
        let word = |random: &mut Rng, letters: &[u8], count: usize| -> String {
            (0..count)
                .map(|_| char::from(letters[random.usize(..letters.len())]))
                .collect()
        };
        let replicas = word(&mut Rng::with_seed(of_release), TEMPLATE_LETTERS, 10);
        let mut random = Rng::with_seed(of_release + host as u64 + 1);
        let own = word(&mut random, POD_LETTERS, 5);
        let name = format!("{}-{replicas}-{own}", self.service);
        let uid = [8, 4, 4, 4, 12]
            .map(|digits| word(&mut random, b"0123456789abcdef", digits))
            .join("-");
        Pod { name, uid }
    }

    /// The process ended, by itself or by the kernel's hand.
    pub(super) fn ended(&mut self, at: i64, host: usize, how: How) {
        let service = self.service.clone();
        match self.keeper {
            Keeper::Systemd => {
                let end = match how {
                    How::Exit(status) => {
                        format!("code=exited, status={status}/FAILURE")
                    }
                    How::Abort => "code=dumped, status=6/ABRT".to_owned(),
                    How::Fault => "code=dumped, status=11/SEGV".to_owned(),
                    How::Killed => "code=killed, status=9/KILL".to_owned(),
                };
                let end = format!("{service}.service: Main process exited, {end}");
                self.systemd(at, host, &service, 5, end);
                let failed = format!("{service}.service: Failed with result '{}'.", result(how));
                self.systemd(at + 3_000, host, &service, 4, failed);
            }
            Keeper::Supervisord => {
                let end = match how {
                    How::Exit(status) => format!("exit status {status}"),
                    How::Abort => "terminated by SIGABRT (core dumped)".to_owned(),
                    How::Fault => "terminated by SIGSEGV (core dumped)".to_owned(),
                    How::Killed => "terminated by SIGKILL".to_owned(),
                };
                self.supervisord(
                    at,
                    host,
                    4,
                    format!("exited: {service} ({end}; not expected)"),
                );
            }
            Keeper::Kubelet => self.pod_event(at + 400_000, host, "ContainerDied"),
        }
    }

    /// It is started again, for the nth time.
    pub(super) fn started_again(&mut self, ended: i64, at: i64, host: usize, count: usize) {
        let service = self.service.clone();
        match self.keeper {
            Keeper::Systemd => {
                let text = format!(
                    "{service}.service: Scheduled restart job, restart counter is at {count}."
                );
                self.systemd(at, host, &service, 6, text);
                let text = format!("Started {service}.service - {service} service.");
                self.systemd(at + 20_000, host, &service, 6, text);
            }
            Keeper::Supervisord => {
                let pid = self.pid + 1;
                self.supervisord(at, host, 6, format!("spawned: '{service}' with pid {pid}"));
            }
            Keeper::Kubelet => {
                // It says so each time that it looks.
                let mut look = ended + SECOND;
                while look < at {
                    self.backs_off(look, host, (at - ended) / SECOND);
                    look += self.random.i64(10 * SECOND..15 * SECOND);
                }
                self.pod_event(at, host, "ContainerStarted");
            }
        }
    }

    /// It is not started again.
    pub(super) fn gave_up(&mut self, at: i64, host: usize, how: How) {
        let service = self.service.clone();
        match self.keeper {
            Keeper::Systemd => {
                for text in [
                    format!("{service}.service: Start request repeated too quickly."),
                    format!("{service}.service: Failed with result '{}'.", result(how)),
                    format!("Failed to start {service}.service - {service} service."),
                ] {
                    self.systemd(at, host, &service, 4, text);
                }
            }
            Keeper::Supervisord => {
                let text = format!(
                    "gave up: {service} entered FATAL state, too many start retries too quickly"
                );
                self.supervisord(at, host, 6, text);
            }
            Keeper::Kubelet => {}
        }
    }

    /// A restart that was asked for.
    pub(super) fn restarted(&mut self, name: &str, at: i64, host: usize) {
        let keeper = match name == self.service {
            true => self.keeper,
            false => Keeper::Systemd,
        };
        let mut at = at;
        let mut later = |random: &mut Rng| {
            at += random.i64(1_000..60_000);
            at
        };
        match keeper {
            Keeper::Systemd => {
                for text in [
                    format!("Stopping {name}.service - {name} service..."),
                    format!("{name}.service: Deactivated successfully."),
                    format!("Stopped {name}.service - {name} service."),
                    format!("Started {name}.service - {name} service."),
                ] {
                    let at = later(&mut self.random);
                    self.systemd(at, host, name, 6, text);
                }
            }
            Keeper::Supervisord => {
                let pid = self.next_pid() + 1;
                for text in [
                    format!("waiting for {name} to stop"),
                    format!("stopped: {name} (exit status 0)"),
                    format!("spawned: '{name}' with pid {pid}"),
                ] {
                    let at = later(&mut self.random);
                    self.supervisord(at, host, 6, text);
                }
                let text = format!(
                    "success: {name} entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)"
                );
                let at = later(&mut self.random) + SECOND;
                self.supervisord(at, host, 6, text);
            }
            Keeper::Kubelet => {
                let pod = self.pod(host);
                let text = format!(
                    "\"Killing container with a grace period\" pod=\"shop/{}\" podUID=\"{}\" \
                     containerName=\"{name}\" containerID=\"containerd://{:064x}\" gracePeriod=30",
                    pod.name,
                    pod.uid,
                    self.random.u128(..)
                );
                let at = later(&mut self.random);
                self.kubelet(at, host, 'I', "kuberuntime_container.go:808", &text);
                self.pod_event(at + SECOND, host, "ContainerDied");
                self.pod_event(at + 2 * SECOND, host, "ContainerStarted");
            }
        }
    }

    fn supervisord(&mut self, at: i64, host: usize, severity: u8, text: String) {
        self.entries.push(Entry {
            sink: Sink::Supervisor,
            ..self.entry(at, host, "supervisord", None, severity, text)
        });
    }

    fn pod_event(&mut self, at: i64, host: usize, sort: &str) {
        let pod = self.pod(host);
        let text = format!(
            "\"SyncLoop (PLEG): event for pod\" pod=\"shop/{}\" event={{\"ID\":\"{}\",\"Type\":\"{sort}\",\
             \"Data\":\"{:064x}\"}}",
            pod.name,
            pod.uid,
            self.random.u128(..)
        );
        self.kubelet(at, host, 'I', "kubelet.go:2453", &text);
    }

    fn backs_off(&mut self, at: i64, host: usize, seconds: i64) {
        let Pod { name, uid } = self.pod(host);
        let wait = match (seconds / 60, seconds % 60) {
            (0, seconds) => format!("{seconds}s"),
            (minutes, seconds) => format!("{minutes}m{seconds}s"),
        };
        let service = &self.service;
        let text = format!(
            "\"Error syncing pod, skipping\" err=\"failed to \\\"StartContainer\\\" for \\\"{service}\\\" with \
             CrashLoopBackOff: \\\"back-off {wait} restarting failed container={service} pod={name}_shop({uid})\\\"\" \
             pod=\"shop/{name}\" podUID=\"{uid}\""
        );
        self.kubelet(at, host, 'E', "pod_workers.go:1301", &text);
    }

    /// A line in klog's form; its time is the host's own.
    fn kubelet(&mut self, at: i64, host: usize, level: char, source: &str, text: &str) {
        let time = jiff::Timestamp::from_microsecond(at + self.hosts[host].skew)
            .expect("within a few years of now");
        let text = format!(
            "{level}{}.{:06}     811 {source}] {text}",
            time.strftime("%m%d %H:%M:%S"),
            time.subsec_nanosecond() / 1000
        );
        let severity = if level == 'E' { 3 } else { 6 };
        self.push(at, host, "kubelet", Some(811), severity, text);
    }
}

fn result(how: How) -> &'static str {
    match how {
        How::Exit(_) => "exit-code",
        How::Abort | How::Fault => "core-dump",
        How::Killed => "oom-kill",
    }
}
