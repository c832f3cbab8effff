//! Changes, and the records that tools write of them.
//!
//! In: what is changed. Out: its records. Wordings are those of the tools: sudo, Ansible, Puppet, dpkg, git,
//! and of house-made deploy and flag programs.

use fastrand::Rng;

use crate::world::Sink;

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file of its configuration.
    Config,
    /// A unit's drop-in.
    Unit,
    Package,
    Release,
    Git,
    Flag,
}

impl Kind {
    pub(crate) fn random(random: &mut Rng) -> Self {
        let all = [
            Self::Config,
            Self::Unit,
            Self::Package,
            Self::Release,
            Self::Git,
            Self::Flag,
        ];
        all[random.usize(..all.len())]
    }

    /// By the shares of published incidents: configuration before code.
    pub(crate) fn random_of_service(random: &mut Rng) -> Self {
        match random.u8(..100) {
            0..40 => Self::Config,
            40..50 => Self::Unit,
            50..65 => Self::Package,
            65..85 => Self::Release,
            85..92 => Self::Git,
            _ => Self::Flag,
        }
    }

    pub(crate) fn is_loaded_by_restart(self) -> bool {
        self != Self::Flag
    }
}

/// A change of one service.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) kind: Kind,
    pub(crate) service: String,
    pub(crate) file: String,
    pub(crate) version: u32,
    /// It takes the former one back.
    pub(crate) undo: bool,
    /// Of what is the same wherever it is made.
    pub(crate) seed: u64,
}

/// A record of a change.
pub(crate) struct Said {
    pub(crate) sink: Sink,
    pub(crate) program: String,
    pub(crate) pid: bool,
    pub(crate) text: String,
}

fn said(program: &str, text: String) -> Said {
    Said {
        sink: Sink::System,
        program: program.to_owned(),
        pid: true,
        text,
    }
}

impl Change {
    /// What is written of it.
    pub(crate) fn records(&self, user: &str, flag: &str, random: &mut Rng) -> Vec<Said> {
        let Self {
            service,
            file,
            version,
            ..
        } = self;
        let (from, to) = match self.undo {
            false => (version - 1, *version),
            true => (*version, version - 1),
        };
        let sudo = |command: String| {
            let text =
                format!("{user:>8} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND={command}");
            said("sudo", text)
        };
        match self.kind {
            Kind::Config => match random.u8(..3) {
                0 => {
                    let verb = if self.undo {
                        "cp /root/backup/last.conf"
                    } else {
                        "tee"
                    };
                    vec![sudo(format!("/usr/bin/{verb} {file}"))]
                }
                // Where Python has no bindings of journald's the module logs under its own name.
                1 if random.bool() => vec![said(
                    "ansible-copy",
                    format!(
                        "Invoked with src=/root/.ansible/tmp/source dest={file} mode=0644 owner=root \
                         backup=False force=True"
                    ),
                )],
                1 => vec![said(
                    "python3",
                    format!(
                        "ansible-copy Invoked with src=/root/.ansible/tmp/source dest={file} mode=0644 owner=root \
                         backup=False force=True"
                    ),
                )],
                _ => vec![said(
                    "puppet-agent",
                    format!(
                        "(/Stage[main]/{}/File[{file}]/content) content changed '{{sha256}}{:016x}' to \
                         '{{sha256}}{:016x}'",
                        service.replace('-', "_"),
                        random.u64(..),
                        random.u64(..)
                    ),
                )],
            },
            Kind::Unit => {
                let drop_in = format!("/etc/systemd/system/{service}.service.d/override.conf");
                let verb = if self.undo { "rm" } else { "tee" };
                vec![
                    sudo(format!("/usr/bin/{verb} {drop_in}")),
                    sudo("/usr/bin/systemctl daemon-reload".to_owned()),
                    said("systemd", "Reloading.".to_owned()),
                ]
            }
            Kind::Package => {
                let name = format!("{service}=2.{to}.0-1");
                vec![
                    sudo(format!(
                        "/usr/bin/apt-get install -y --allow-downgrades {name}"
                    )),
                    said(
                        "dpkg",
                        format!("upgrade {service}:amd64 2.{from}.0-1 2.{to}.0-1"),
                    ),
                ]
            }
            Kind::Release => {
                let word = if self.undo {
                    "rolling back"
                } else {
                    "deploying"
                };
                vec![Said {
                    sink: Sink::Deploy,
                    ..said(
                        "deploy",
                        format!("{word} {service} from 2.{from}.0 to 2.{to}.0 by {user}"),
                    )
                }]
            }
            Kind::Git => {
                let word = if self.undo {
                    "Revert \"limits\""
                } else {
                    "limits"
                };
                vec![Said {
                    sink: Sink::Deploy,
                    ..said(
                        "deploy",
                        format!(
                            "{service}: HEAD is now at {:07x} {word}",
                            random.u32(..) >> 4
                        ),
                    )
                }]
            }
            Kind::Flag => {
                let (a, b) = if self.undo {
                    ("on", "off")
                } else {
                    ("off", "on")
                };
                vec![said(
                    "flagd",
                    format!("flag {service}.{flag} changed from {a} to {b} by {user}"),
                )]
            }
        }
    }
}
