//! CSV with a header (RFC 4180), separated by commas, semicolons or tabs.
//!
//! In: the text of a list. Out: a change for each record.

use ::csv::{ReaderBuilder, StringRecord};
use jiff::tz::TimeZone;

use crate::classify::Event;

use super::list::{COLUMNS, Wrong};
use super::{Spot, Told};

pub(super) fn read(text: &str, zone: &TimeZone) -> Result<Vec<Event>, Wrong> {
    let head = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
    let count = |c: u8| memchr::memchr_iter(c, head.as_bytes()).count();
    // The first of those that stand most often; a comma where none stands.
    let separator = [b',', b';', b'\t']
        .into_iter()
        .rev()
        .max_by_key(|c| count(*c))
        .unwrap_or(b',');
    let mut reader = ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut columns: Vec<String> = Vec::new();
    let mut events = Vec::new();
    let mut record = StringRecord::new();
    loop {
        let line = reader.position().line();
        let more = reader.read_record(&mut record).map_err(|err| Wrong {
            line: err.position().map_or(line, ::csv::Position::line),
            reason: format!("cannot be read as CSV: {err}"),
        })?;
        if !more {
            return Ok(events);
        }
        // A record's position is that of the blank lines before it.
        let (offset, line) = record
            .position()
            .map_or((0, line), |at| (at.byte(), at.line()));
        let rest = text.get(offset as usize..).unwrap_or_default();
        let blank = &rest[..rest.len() - rest.trim_start_matches(['\r', '\n']).len()];
        let offset = offset + blank.len() as u64;
        let line = line + memchr::memchr_iter(b'\n', blank.as_bytes()).count() as u64;
        let wrong = |reason: String| Wrong { line, reason };
        if columns.is_empty() {
            columns = header(&record).map_err(wrong)?;
            continue;
        }
        if record.iter().all(|value| value.trim().is_empty()) {
            continue;
        }
        if record.len() != columns.len() {
            return Err(wrong(format!(
                "has {} values where the header has {}; a value with `{}` in it stands in quotes",
                record.len(),
                columns.len(),
                char::from(separator)
            )));
        }
        let mut told = Told::default();
        for (column, value) in columns.iter().zip(&record) {
            told.take(column, value, zone)
                .map_err(|reason| wrong(format!("{column}: {reason}")))?;
        }
        let end = reader.position().byte();
        let spot = Spot {
            offset,
            line,
            cursor: None,
            text: text.get(offset as usize..end as usize).unwrap_or_default(),
        };
        events.push(told.finish(&spot)?);
    }
}

fn header(record: &StringRecord) -> Result<Vec<String>, String> {
    let columns: Vec<String> = record
        .iter()
        .map(|name| name.trim().to_lowercase())
        .collect();
    if !columns.iter().any(|name| name == "time") {
        return Err(format!(
            "the first line has to name the columns, `time` among them; known are {COLUMNS}"
        ));
    }
    for (n, name) in columns.iter().enumerate() {
        if name.is_empty() {
            return Err(format!("column {} has no name", n + 1));
        }
        if columns[..n].contains(name) {
            return Err(format!("column `{name}` stands twice"));
        }
    }
    Ok(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(text: &str) -> (u64, String) {
        let wrong = read(text, &TimeZone::UTC).expect_err(text);
        (wrong.line, wrong.reason)
    }

    #[test]
    fn a_record_is_a_change_with_its_place() {
        let text = "time;kind;target;subject;ticket\n\
                    2026-03-01T10:00:00Z;flag;\"pricer\";\"a \"\"b\"\"\nc\";OPS-7\n\n\
                    2026-03-01T10:05:00Z;deploy;pricer@web01;v2;\n";
        let events = read(text, &TimeZone::UTC).map_err(|w| w.reason).unwrap();
        assert_eq!(events.len(), 2);
        assert_eq!(events[0].field("subject"), Some("a \"b\"\nc"));
        assert_eq!(events[0].field("column ticket"), Some("OPS-7"));
        assert_eq!(events[0].place.line.get(), 2);
        assert_eq!(events[1].place.line.get(), 5);
        assert_eq!(events[1].host.as_deref(), Some("web01"));
        assert_eq!(events[1].field("target"), Some("pricer"));
        let at = events[1].place.offset.get() as usize;
        assert_eq!(text[at..].trim_end(), &*events[1].text);
    }

    #[test]
    fn what_cannot_be_understood_is_told_with_its_line() {
        let (line, reason) = fails("time,subject\n2026-03-01T10:00:00Z,a\nsoon,b\n");
        assert_eq!(line, 3);
        assert!(reason.contains("`soon` is no time"), "{reason}");
        let (line, reason) = fails("time,subject\n2026-03-01T10:00:00Z,a,b\n");
        assert_eq!(line, 2);
        assert!(
            reason.contains("3 values where the header has 2"),
            "{reason}"
        );
        let (line, reason) = fails("when,what\n1,2\n");
        assert_eq!(line, 1);
        assert!(reason.contains("`time` among them"), "{reason}");
        assert!(fails("time,time\n1,1\n").1.contains("twice"));
        let (line, reason) = fails("time,kind,subject\n2026-03-01T10:00:00Z,weather,x\n");
        assert_eq!(line, 2);
        assert!(reason.starts_with("kind: `weather` is no kind"), "{reason}");
        assert!(
            fails("time,subject\n2026-03-01T10:00:00Z,\n")
                .1
                .contains("says nothing")
        );
    }
}
