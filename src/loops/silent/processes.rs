//! The processes of each service.
//!
//! In: a timeline. Out: [`Process`]es, each over all files that it wrote into, and which of them ran alone.

use std::collections::BTreeMap;

use crate::loops::identity::{Entity, plain};
use crate::loops::sole_host;
use crate::primitives::FileId;
use crate::time::{Span, Timestamp};
use crate::timeline::{Life, Timeline};

/// A process of a suspect, over all files that it wrote into.
#[derive(Debug, Clone)]
pub struct Process {
    /// The file that holds its first line.
    pub file: FileId,
    /// The one that holds its last line: another where that was rotated away while it ran.
    pub last_file: FileId,
    /// Its times are over all files.
    pub life: Life,
}

/// The processes of each service, by their first lines; one that wrote into several files is one.
pub(super) fn processes(timeline: &Timeline) -> BTreeMap<Entity, Vec<Process>> {
    let sole = sole_host(&timeline.events);
    let mut all: BTreeMap<Entity, Vec<Process>> = BTreeMap::new();
    for (n, file) in timeline.files.iter().enumerate() {
        for life in &file.lives {
            let (service, instance) = plain(&life.program);
            let host = match &*life.host {
                "" => sole.clone(),
                host => Some(host.to_owned()),
            };
            let entity = Entity {
                host,
                service,
                instance,
            };
            all.entry(entity).or_default().push(Process {
                file: FileId::new(n),
                last_file: FileId::new(n),
                life: life.clone(),
            });
        }
    }
    for list in all.values_mut() {
        let mut starts: Vec<Timestamp> = list.iter().map(|p| p.life.first.0).collect();
        starts.sort_unstable();
        list.sort_by_key(|p| (p.life.pid, p.life.first.0, p.file));
        list.dedup_by(|next, before| {
            let (a, b) = (&mut before.life, &next.life);
            if a.pid != b.pid {
                return false;
            }
            let first = starts.partition_point(|at| *at <= a.last.0);
            let is_alone = starts.get(first).is_none_or(|at| *at >= b.first.0);
            if is_alone && goes_on(before.last_file, next.file, timeline) {
                before.last_file = next.last_file;
                a.last = b.last;
                a.lines += b.lines;
                return true;
            }
            // Files with coarser stamps are early by as much; the places stay those of one file.
            let is_copy = b.first.0 <= a.last.0.plus(Span::from_seconds(1));
            if is_copy {
                a.last.0 = a.last.0.max(b.last.0);
                a.lines = a.lines.max(b.lines);
            }
            is_copy
        });
        list.sort_by_key(|p| (p.life.first.0, p.file, p.life.first.1));
    }
    all
}

/// Whether a file is the next of the other's log.
fn goes_on(file: FileId, next: FileId, timeline: &Timeline) -> bool {
    timeline.log_of(file) == timeline.log_of(next) && timeline.part_after(file) == Some(next)
}

/// Whether each process wrote while no other of its program did.
pub(super) fn alone(processes: &[Process]) -> Vec<bool> {
    let mut alone = vec![true; processes.len()];
    // Of those before, the one that wrote last.
    let mut latest = 0;
    for n in 1..processes.len() {
        let (before, next) = (&processes[latest], &processes[n]);
        let overlaps = match before.last_file == next.file {
            true => next.life.first.1 < before.life.last.1,
            false => next.life.first.0 < before.life.last.0,
        };
        if overlaps {
            alone[latest] = false;
            alone[n] = false;
        }
        if next.life.last.0 >= before.life.last.0 {
            latest = n;
        }
    }
    alone
}
