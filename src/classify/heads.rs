//! Where what a message says may begin: at its start, or behind what a logger has put before it.
//!
//! In: a message. Out: offsets. A rule that is bound to them is not taken in by a record that quotes what
//! the rule reads.

/// The most parts of a head: a time, a severity, a process, a thread, a logger, and two more.
const PARTS: usize = 7;
/// The longest part of a head, in bytes.
const PART: usize = 60;

/// The offsets in `message` at which what it says may begin, in ascending order: its start, and the places
/// behind each part of a head, which is
///
/// - a text in brackets: `[main] `, `(812): `;
/// - a time: `2026-03-01 `, `10:00:00.123 `;
/// - a name, or a severity, that a colon or nothing but capitals mark: `botd[812]: `, `ERROR `, `Error: `, `I, `;
/// - a mark: `*** `, `=> `, `+ `.
pub(super) fn starts(message: &[u8]) -> impl Iterator<Item = usize> {
    let mut next = Some(0);
    (0..=PARTS).map_while(move |_| {
        let at = next?;
        next = part(&message[at..]).map(|len| at + len);
        Some(at)
    })
}

/// The length of the part of a head at the start of `text`, with the blanks behind it.
fn part(text: &[u8]) -> Option<usize> {
    let near = &text[..text.len().min(PART)];
    let run = |from: usize, is: fn(&u8) -> bool| near[from..].iter().take_while(|b| is(b)).count();
    let first = *near.first()?;
    if first == b' ' {
        return Some(run(0, |b| *b == b' '));
    }
    if let Some(close) = closing(first) {
        let end = memchr::memchr2(close, b'\n', near).filter(|&at| near[at] == close)? + 1;
        let end = end + run(end, |b| *b == b':').min(1);
        return Some(end + run(end, |b| *b == b' '));
    }
    let time = run(0, |b| b.is_ascii_digit() || b"T:.,+Z/-".contains(b));
    if time >= 4 && first.is_ascii_digit() && near.get(time) == Some(&b' ') {
        return Some(time + run(time, |b| *b == b' '));
    }
    let mark = run(0, |b| b"*#>=+-".contains(b));
    if mark > 0 {
        let blanks = run(mark, |b| *b == b' ');
        return (blanks > 0).then_some(mark + blanks);
    }
    let name = run(0, |b| b.is_ascii_alphanumeric() || b"_.@/#-".contains(b));
    let is_severity = (3..=9).contains(&name) && near[..name].iter().all(u8::is_ascii_uppercase);
    let mut end = name;
    if near.get(end) == Some(&b'[') {
        end += memchr::memchr(b']', &near[end..])? + 1;
    }
    // Ruby's logger writes a severity's letter, and a colon even where there is no name.
    let is_letter = name == 1 && first.is_ascii_uppercase() && near.get(1) == Some(&b',');
    let colons = run(end, |b| *b == b':' || *b == b',').min(1);
    let is_name = near.get(end) == Some(&b':');
    let blanks = run(end + colons, |b| *b == b' ');
    let ends = blanks > 0 && (is_name || is_letter || (is_severity && colons == 0));
    ends.then_some(end + colons + blanks)
}

/// What closes the bracket `open`.
fn closing(open: u8) -> Option<u8> {
    match open {
        b'[' => Some(b']'),
        b'(' => Some(b')'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_may_begin_behind_each_part_of_a_head() {
        let all = |text: &'static str| {
            let starts = starts(text.as_bytes());
            starts.map(|at| &text[at..]).collect::<Vec<_>>()
        };
        assert_eq!(
            all("2026-03-01 10:00:00 [main] ERROR botd[812]: gone"),
            [
                "2026-03-01 10:00:00 [main] ERROR botd[812]: gone",
                "10:00:00 [main] ERROR botd[812]: gone",
                "[main] ERROR botd[812]: gone",
                "ERROR botd[812]: gone",
                "botd[812]: gone",
                "gone",
            ]
        );
        assert_eq!(all("I, [812]  INFO -- : gone").last(), Some(&"gone"));
        assert_eq!(all("*** gone")[1..], ["gone"]);
        assert_eq!(all("(812): gone")[1..], ["gone"]);
        assert_eq!(all("Error: gone")[1..], ["gone"]);
    }

    #[test]
    fn what_is_said_of_a_text_does_not_begin_with_it() {
        for text in [
            "did you see \"gone\"",
            "<ops> I got gone",
            "notify.text = gone",
            "ops : TTY=pts/0 ; COMMAND=grep gone",
            "{\"query\":\"gone\"}",
            "10.0.0.7 - - [01/Mar/2026:10:00:00 +0000] \"GET /?q=gone\"",
            "[unclosed gone",
            "",
        ] {
            let starts = starts(text.as_bytes());
            assert!(
                starts.into_iter().all(|at| !text[at..].starts_with("gone")),
                "{text}"
            );
        }
    }

    #[test]
    fn a_head_has_not_more_parts_than_loggers_write() {
        let text = "a: ".repeat(1000);
        assert_eq!(starts(text.as_bytes()).count(), PARTS + 1);
    }
}
