//! What was new before an incident: messages of the service that failed first, and warnings of its neighbours,
//! which they had not written before the change that is blamed, or hardly ever.
//!
//! In: incidents, and the inputs. Out: for each a few messages, by template, with their first line, and how the
//! service wrote unlike itself ([`rates`](super::rates)). What stands before the first crash is read back within a
//! bound, in the file of the crash and the end of the one that was rotated away before; of a stream as far as it was
//! [`kept`](super::kept). Nothing after the first crash counts.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

use rayon::prelude::*;

use super::around::last_bytes;
use super::look::Opened;
use super::rates::{self, Written};
use crate::classify::{Event, Templates};
use crate::incident::Incident;
use crate::ledger::Ledger;
use crate::loops::{Loops, is_failure, plain};
use crate::primitives::{ByteOffset, FileId, Place};
use crate::record::{Frame, Record, Severity, leading_level, read};
use crate::report::{LookedBack, NewMessage, News, Ref, Time};
use crate::time::{Span, Timestamp};
use crate::timeline::Timeline;

/// How far back is read before a first crash, in bytes.
pub(super) const REACH: usize = 4 << 20;
/// The most templates that are told apart.
const TEMPLATES: usize = 500;
/// The most messages that are told of one incident.
const TOLD: usize = 3;
/// And of them the most that are its neighbours'.
const OF_NEIGHBOURS: usize = 2;
/// Neighbours are those that warn of something within the last of these bytes before the first crash; so many of
/// them are listened to.
const NEARBY: usize = 256 << 10;
const NEIGHBOURS: usize = 8;
/// Where no change is blamed, this long before the first crash is looked at.
const BEFORE: Span = Span::from_seconds(600);
/// And a change that lies farther back is looked at for this long.
const LONGEST: Span = Span::from_seconds(3600);
/// Fewer lines of the service before the window tell nothing of what is usual.
const USUAL: u64 = 10;
/// A rate is another where its count lies so many standard deviations above what was expected.
const SIGMAS: f64 = 5.0;
/// Messages come in bursts: the variance of their count is the Poisson distribution's mean, and this
/// share of its square (negative binomial distribution; a burst half as large as the mean is usual).
const BURSTS: f64 = 0.25;

/// What was found of incidents before, by where their first crash stands: what a stream has kept is forgotten one
/// day, and need not be read again each time it is asked for.
#[derive(Debug, Default)]
pub(super) struct Known(HashMap<(Box<str>, ByteOffset), Found>);

/// Since when was looked, and what was found.
type Found = (Timestamp, Option<Arc<News>>);

impl Known {
    fn get(&self, look: &Look<'_>, path: &str) -> Option<&Found> {
        self.0.get(&(path.into(), look.event.place.offset))
    }
}

/// What was new before each incident, in their order; each is looked at by itself.
pub(super) fn of_all(
    timeline: &Timeline,
    ledger: &Ledger,
    loops: &Loops,
    incidents: &[Incident],
    sources: &[Opened<'_>],
    known: &mut Known,
) -> Vec<Option<Arc<News>>> {
    let of = |incident: &Incident| {
        let look = Look::of(timeline, ledger, loops, incident)?;
        let opened = sources.get(look.event.place.file.index())?;
        let news = match known.get(&look, opened.path) {
            Some((from, news)) if *from == look.from => news.clone(),
            before => {
                let before = before.and_then(|(_, news)| news.clone());
                look.at(timeline, sources, loops).map(Arc::new).or(before)
            }
        };
        Some((look, opened.path, news))
    };
    let found: Vec<_> = incidents.par_iter().map(of).collect();
    known.0.clear();
    let mut all = Vec::with_capacity(found.len());
    for found in found {
        let news = found.and_then(|(look, path, news)| {
            let key = (path.into(), look.event.place.offset);
            known.0.insert(key, (look.from, news.clone()));
            news
        });
        all.push(news);
    }
    all
}

/// What is looked for.
struct Look<'a> {
    /// The first record of the first crash.
    event: &'a Event,
    /// What the service is called in its own lines.
    names: BTreeSet<String>,
    service: Cow<'a, str>,
    /// The window's start.
    from: Timestamp,
    /// What a neighbour says counts where it warns.
    warns: bool,
    /// When somebody asked the service to stop before that, the last time.
    stopped: Option<Timestamp>,
}

/// What stands in one file of the log before the first crash.
struct Part<'a> {
    opened: &'a Opened<'a>,
    /// Where its first byte stands.
    at: u64,
    text: Vec<u8>,
}

/// A line of the service.
struct Said {
    template: usize,
    at: Timestamp,
    part: usize,
    offset: u64,
    /// Where in a binary journal.
    cursor: Option<String>,
    text: String,
    warns: bool,
}

impl<'a> Look<'a> {
    fn of(
        timeline: &'a Timeline,
        ledger: &Ledger,
        loops: &'a Loops,
        incident: &Incident,
    ) -> Option<Self> {
        let root = &loops.loops[*incident.loops.first()?];
        let track = &loops.tracks[root.track];
        let end = track.ends.get(root.ends.start)?;
        let first = end.texts.iter().chain(&end.records).min()?;
        let texts = track.ends[root.ends.clone()].iter().flat_map(|e| &e.texts);
        let mut names: BTreeSet<String> = texts
            .map(|&n| &timeline.events[n])
            // What another says of the process is no line of its own.
            .filter(|event| event.field("comm").is_none())
            .filter_map(|event| event.program.as_deref())
            .map(|name| plain(name).0)
            .collect();
        names.insert(root.entity.service.clone());
        let change = incident.verdict.causes.first().and_then(|c| c.change);
        let change = change.map(|(n, i)| ledger.changes[n].instances[i].at);
        let earliest = incident.onset.minus(LONGEST);
        Some(Self {
            event: &timeline.events[*first],
            names,
            service: Cow::Borrowed(&root.entity.service),
            warns: false,
            stopped: (track.stops.iter().map(|stop| stop.0))
                .filter(|at| *at < incident.onset)
                .max(),
            from: change.map_or(incident.onset.minus(BEFORE), |at| at.max(earliest)),
        })
    }

    /// What was new, of the service and of its neighbours.
    fn at(&self, timeline: &Timeline, sources: &[Opened<'_>], loops: &Loops) -> Option<News> {
        let Place {
            file, offset: at, ..
        } = self.event.place;
        let opened = sources.get(file.index())?;
        let source = opened.source.filter(|source| source.path != "-");
        // What cannot be read once more has been warned of by the look at last words.
        let plain = source.and_then(|source| source.open_anywhere().ok()?);
        let text = match plain {
            Some(file) => before(file, at.get()).ok()?,
            None => {
                let mut kept = opened.kept.iter();
                kept.find_map(|kept| kept.long_before(at, REACH))?
            }
        };
        let part = |file, at, text| Part {
            opened: &sources[file],
            at,
            text,
        };
        let mut parts = vec![part(file.index(), at.get() - text.len() as u64, text)];
        // Of a log that was rotated a short while before, the end of the file before.
        let before = timeline.part_before(file).filter(|_| parts[0].at == 0);
        let left = REACH.saturating_sub(parts[0].text.len());
        if let Some(n) = before.map(FileId::index)
            && let Some((at, text)) = sources.get(n).and_then(|o| last_bytes(o, left).ok()?)
        {
            parts.insert(0, part(n, at, text));
        }
        let mut news = self.news(&parts)?;
        // What loops as well is told as such.
        let mut neighbours = self.neighbours(&parts[parts.len() - 1]);
        neighbours.retain(|n| loops.loops.iter().all(|l| l.entity.service != n.service));
        let theirs = neighbours
            .iter()
            .filter_map(|neighbour| neighbour.news(&parts));
        let theirs = theirs.flat_map(|news| news.messages).take(OF_NEIGHBOURS);
        news.messages.extend(theirs);
        Some(news)
    }

    /// The other programs of its host that warned of something shortly before.
    fn neighbours(&self, part: &Part<'_>) -> Vec<Self> {
        let (text, opened) = (&*part.text, part.opened);
        let from = text.len().saturating_sub(NEARBY);
        let from = from + memchr::memchr(b'\n', &text[from..]).map_or(0, |n| n + 1);
        let mut names: BTreeSet<String> = BTreeSet::new();
        let mut at = from;
        while at < text.len() && names.len() < NEIGHBOURS {
            let end = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
            let frame = Frame {
                line: text[at..end].trim_ascii_end(),
                before: &[],
                after: &text[(end + 1).min(text.len())..],
            };
            at = end + 1;
            let Some(record) = read(frame, opened.format).filter(warns) else {
                continue;
            };
            if self.is_of_host(&record)
                && !self.is_of_service(&record)
                && let Some(program) = record.program.as_deref()
            {
                names.insert(plain(program).0);
            }
        }
        let look = |name: String| Self {
            event: self.event,
            names: BTreeSet::from([name.clone()]),
            service: Cow::Owned(name),
            from: self.from,
            warns: true,
            stopped: None,
        };
        names.into_iter().map(look).collect()
    }

    fn is_of_host(&self, record: &Record<'_>) -> bool {
        let host = record.host.as_deref();
        host.is_none() || self.event.host.is_none() || host == self.event.host.as_deref()
    }

    fn is_of_service(&self, record: &Record<'_>) -> bool {
        let names = [record.unit.as_deref(), record.program.as_deref()];
        self.is_of_host(record)
            && (names.iter().flatten()).any(|name| self.names.contains(&plain(name).0))
    }

    /// Where lines begin that hold one of the names.
    fn lines_that_name(&self, text: &[u8]) -> BTreeSet<usize> {
        let mut lines = BTreeSet::new();
        for name in &self.names {
            let mut known = 0;
            for at in memchr::memmem::find_iter(text, name.as_bytes()) {
                // Others of the same line tell nothing more.
                if at < known {
                    continue;
                }
                lines.insert(memchr::memrchr(b'\n', &text[..at]).map_or(0, |n| n + 1));
                known = memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |n| at + n);
            }
        }
        lines
    }

    fn news(&self, parts: &[Part<'_>]) -> Option<News> {
        let stamp = self.event.stamp?;
        // Year, zone and clock of the lines before are those of the crash.
        let shift = self.event.at.nanos() - stamp.known_nanos();
        let mut templates = Templates::new(TEMPLATES);
        let mut said: Vec<Said> = Vec::new();
        let mut written: Vec<Written> = Vec::new();
        let lines = parts.iter().enumerate().flat_map(|(n, part)| {
            let lines = self.lines_that_name(&part.text).into_iter();
            lines.map(move |from| (n, part, from))
        });
        for (n, part, from) in lines {
            let text = &*part.text;
            let end = memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |n| from + n);
            let frame = Frame {
                line: text[from..end].trim_ascii_end(),
                before: &[],
                after: &text[(end + 1).min(text.len())..],
            };
            let record = read(frame, part.opened.format).filter(|r| self.is_of_service(r));
            let Some(record) = record else {
                continue;
            };
            let message = String::from_utf8_lossy(&record.message);
            let Some(stamp) = record.stamp else {
                continue;
            };
            let at = Timestamp::from_nanos(stamp.known_nanos() + shift);
            let warns = warns(&record);
            written.push(Written { at, warns });
            if let Some(template) = templates.add(&message) {
                said.push(Said {
                    template,
                    at,
                    part: n,
                    offset: part.at + from as u64,
                    cursor: record.cursor.as_deref().map(str::to_owned),
                    warns,
                    text: match record.unwrapped {
                        true => message.into_owned(),
                        false => String::from_utf8_lossy(frame.line).into_owned(),
                    },
                });
            }
        }
        let (before, window): (Vec<&Said>, Vec<&Said>) =
            said.iter().partition(|said| said.at < self.from);
        let start = before.iter().map(|said| said.at).min();
        let start = start.filter(|_| before.len() as u64 >= USUAL)?;
        let times =
            self.event.at.since(self.from).seconds() / self.from.since(start).seconds().max(1.0);
        let mut told: BTreeSet<usize> = BTreeSet::new();
        let mut news = Vec::new();
        for first in &window {
            if self.warns && !first.warns || !told.insert(first.template) {
                continue;
            }
            let of = |all: &[&Said]| all.iter().filter(|s| s.template == first.template).count();
            let (seen, count) = (of(&before) as f64, of(&window) as f64);
            let expected = seen * times;
            let deviation = (expected + BURSTS * expected * expected).sqrt().max(1.0);
            if seen > 0.0 && count - expected <= SIGMAS * deviation {
                continue;
            }
            let part = &parts[first.part];
            let after = &part.text[(first.offset - part.at) as usize..];
            let lines = memchr::memchr_iter(b'\n', after).count() as u64;
            // How many lines the file before has is not known.
            let is_own = first.part + 1 == parts.len() && first.cursor.is_none();
            let line = (self.event.place.line.get()).checked_sub(lines);
            news.push(NewMessage {
                service: self.service.clone().into_owned(),
                template: templates.text(first.template),
                count: count as u64,
                before: seen as u64,
                first: Ref {
                    path: part.opened.path.to_owned(),
                    line: line.filter(|n| *n > 0 && is_own),
                    offset: first.cursor.is_none().then_some(first.offset),
                    cursor: first.cursor.clone(),
                    time: Some(Time(first.at)),
                    text: first.text.clone(),
                },
            });
        }
        // What was never seen says more than what was seen seldom.
        news.sort_by_key(|n| n.before > 0);
        news.truncate(TOLD);
        written.sort_by_key(|written| written.at);
        Some(News {
            messages: news,
            rates: rates::unusual(
                &self.service,
                &written,
                self.from,
                self.event.at,
                self.stopped,
            ),
            looked: LookedBack {
                from: Time(start),
                lines: said.len() as u64 + templates.forgotten(),
                forgotten: templates.forgotten(),
            },
        })
    }
}

/// Whether it tells of trouble: by its level, or where it has none by its words.
fn warns(record: &Record<'_>) -> bool {
    match record.severity.or_else(|| leading_level(&record.message)) {
        Some(severity) => severity <= Severity::Warning,
        None => is_failure(&String::from_utf8_lossy(&record.message)),
    }
}

/// What stands before a place of a file, in whole lines, within [`REACH`].
fn before(mut file: File, offset: u64) -> io::Result<Vec<u8>> {
    let begin = offset.saturating_sub(REACH as u64);
    let mut text = Vec::with_capacity((offset - begin) as usize);
    file.seek(SeekFrom::Start(begin))?;
    Read::take(file, offset - begin).read_to_end(&mut text)?;
    if begin > 0 {
        // What is left of the first line goes.
        let first = memchr::memchr(b'\n', &text).map_or(text.len(), |end| end + 1);
        text.drain(..first);
    }
    Ok(text)
}
