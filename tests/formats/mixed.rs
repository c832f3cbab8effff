//! Files that hold several formats: interleaved, one after the other, below a banner.

use crashtrail::KNOWN_FORMATS;
use crashtrail::stages::{Format, Frame, detect, read};

/// The format that a text is taken for, and of each line the record's format, host, program and message.
fn told(text: &str) -> (&'static str, Vec<[String; 4]>) {
    let format = detect(text.as_bytes());
    let mut at = 0;
    let mut records = Vec::new();
    for line in text.split_inclusive('\n') {
        let frame = Frame {
            line: line.trim_end().as_bytes(),
            before: &text.as_bytes()[..at],
            after: &text.as_bytes()[at + line.len()..],
        };
        at += line.len();
        if let Some(record) = read(frame, format) {
            records.push([
                record.format.name().to_owned(),
                record.host.unwrap_or_default().into_owned(),
                record.program.unwrap_or_default().into_owned(),
                String::from_utf8_lossy(&record.message).into_owned(),
            ]);
        }
    }
    (format.name(), records)
}

fn formats_of(records: &[[String; 4]]) -> Vec<&str> {
    records.iter().map(|record| &*record[0]).collect()
}

const SYSLOG: &str = "Mar  1 10:00:00 web01 api[812]: started\n";
const JSON: &str = "{\"level\":\"error\",\"time\":\"2026-03-01T10:00:01Z\",\"msg\":\"no route\"}\n";

#[test]
fn what_a_program_prints_between_syslog_lines_is_read() {
    let text = format!("{SYSLOG}{SYSLOG}{JSON}panic: out of luck\n{SYSLOG}");
    let (format, records) = told(&text);
    assert_eq!(format, "rfc3164");
    assert_eq!(
        formats_of(&records)[..3],
        ["rfc3164", "rfc3164", "json-lines"]
    );
    assert_eq!(records[2][3], "no route");
    assert!(records[3][3].contains("panic: out of luck"), "{records:?}");
    assert_eq!(formats_of(&records)[4], "rfc3164");
}

#[test]
fn plain_lines_beside_json_are_lines_of_their_own() {
    let text = format!("{JSON}panic: out of luck\n{JSON}Segmentation fault\n{JSON}");
    let (format, records) = told(&text);
    assert_eq!(format, "json-lines");
    let messages: Vec<_> = records.iter().map(|record| &*record[3]).collect();
    let expected = [
        "no route",
        "panic: out of luck",
        "no route",
        "Segmentation fault",
        "no route",
    ];
    assert_eq!(messages, expected);
}

#[test]
fn a_format_that_changes_in_the_middle_is_read_on() {
    let later = "2026-03-01T10:00:00.123456+01:00 web02 api[813]: stopped\n";
    let text = format!("{}{}", SYSLOG.repeat(30), later.repeat(10));
    let (format, records) = told(&text);
    assert_eq!(format, "rfc3164");
    assert_eq!(records.len(), 40);
    assert_eq!(
        records[35],
        ["rsyslog-iso", "web02", "api", "stopped"].map(str::to_owned)
    );
    let text = format!("{}{}", SYSLOG.repeat(30), JSON.repeat(10));
    assert_eq!(told(&text).1[35][3], "no route");
}

#[test]
fn a_banner_above_hides_no_format() {
    let banner = "*** api 2.4.1 ***\nConfiguration: /etc/api.toml\n=================\n\n";
    for known in KNOWN_FORMATS {
        // A record over several lines, and formats that a file's first line tells.
        let whole = known.example.contains('\n');
        let first = [
            "kube-events-table",
            "stern",
            "kubectl-prefix",
            "plain",
            "journal",
        ];
        if whole || first.contains(&known.name) {
            continue;
        }
        let lines = format!("{}\n", known.example).repeat(60);
        let without = told(&lines).0;
        let (format, _) = told(&format!("{banner}{lines}"));
        assert_eq!(format, without, "{}", known.name);
        assert_eq!(format, known.name);
    }
}

#[test]
fn a_later_line_tells_formats_apart_that_begin_alike() {
    let day = |day: &str| format!("Mar {day} 10:00:00 web01 api[812]: started\n");
    // From the 10th on syslog and the journal write the same; a day before it is padded differently.
    let twelve = day("12").repeat(40);
    assert_eq!(detect(twelve.as_bytes()), Format::Rfc3164);
    let april = |day: &str| format!("Apr {day} 10:00:00 web01 api[812]: started\n");
    let text = format!("{twelve}{}", april("01").repeat(3));
    assert_eq!(detect(text.as_bytes()), Format::JournalShort);
    let text = format!("{twelve}{}", april(" 1").repeat(3));
    assert_eq!(detect(text.as_bytes()), Format::Rfc3164);
    // Whether the month stands first only a day beyond the 12th tells.
    let event = |date: &str| format!("Error,{date} 10:00:00 AM,Api,7034,None,\"ended\"\n");
    let text = format!("{}{}", event("3/1/2026").repeat(20), event("31/1/2026"));
    assert_eq!(detect(text.as_bytes()), Format::WindowsCsvDayFirst);
    let text = format!("{}{}", event("3/1/2026").repeat(20), event("1/31/2026"));
    assert_eq!(detect(text.as_bytes()), Format::WindowsCsv);
}
