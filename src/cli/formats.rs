//! `crashtrail formats`: what is known, and what files are taken for.

use std::io::{self, Write};

use crashtrail::{Format, Group, KNOWN_FORMATS, KnownFormat, Taken, report};

/// The format of this name, as `--input-format` takes it.
pub(super) fn named(name: &str) -> Result<Format, String> {
    if let Some(known) = KnownFormat::named(name) {
        if known.format == Format::Journal {
            return Err(
                "a binary journal is known by its header, and read as one without this".into(),
            );
        }
        return Ok(known.format);
    }
    let names: Vec<&str> = KNOWN_FORMATS.iter().map(|known| known.name).collect();
    Err(format!("no such format; known are {}", names.join(", ")))
}

/// The list, for people.
pub(super) fn list(out: &mut dyn Write) -> io::Result<()> {
    for group in Group::ALL {
        writeln!(out, "{}", group.title())?;
        for known in of(group) {
            writeln!(out, "  {:<26} {}", known.name, known.about.replace('`', ""))?;
        }
    }
    Ok(())
}

fn of(group: Group) -> impl Iterator<Item = &'static KnownFormat> {
    KNOWN_FORMATS
        .iter()
        .filter(move |known| known.group == group)
}

/// The list as a page of the documentation.
pub(super) fn markdown(out: &mut dyn Write) -> io::Result<()> {
    for group in Group::ALL {
        writeln!(out, "### {}\n", group.title())?;
        writeln!(out, "| name | what it is | example |")?;
        writeln!(out, "| --- | --- | --- |")?;
        for known in of(group) {
            let example: Vec<String> = known
                .example
                .lines()
                .map(|line| format!("`` {} ``", line.replace('|', "\\|").replace('\t', "⇥")))
                .collect();
            let about = known.about.replace('|', "\\|");
            writeln!(
                out,
                "| `{}` | {about} | {} |",
                known.name,
                example.join("<br>")
            )?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// What a file is taken for.
pub(super) fn tell(taken: &Taken, out: &mut dyn Write) -> io::Result<()> {
    let harmless = |text: &str| report::harmless(text).replace('\n', " ⏎ ");
    let evidence = &taken.evidence;
    writeln!(
        out,
        "{}: {}",
        harmless(&taken.path),
        if taken.format == Format::Plain {
            "in no known format, read as plain lines".to_owned()
        } else {
            taken.format.name().to_owned()
        }
    )?;
    let first: Vec<String> = evidence.first.iter().map(ToString::to_string).collect();
    let which = match first.len() {
        0 => String::new(),
        _ => format!(", the first of them line {}", first.join(", ")),
    };
    writeln!(
        out,
        "  why       {} of {} lines fit{which}; {} bear a time",
        evidence.fitting, evidence.lines, evidence.timed
    )?;
    if !evidence.others.is_empty() {
        let others: Vec<String> = evidence
            .others
            .iter()
            .take(4)
            .map(|(format, count)| format!("{count} {}", format.name()))
            .collect();
        writeln!(out, "  others    {}", others.join(", "))?;
    }
    let Some(record) = &taken.first else {
        return Ok(());
    };
    let pid = record.pid.map(|pid| pid.to_string());
    let severity = record
        .severity
        .map(|severity| format!("{severity:?}").to_lowercase());
    for (name, value) in [
        ("time", &record.time),
        ("host", &record.host),
        ("unit", &record.unit),
        ("program", &record.program),
        ("pid", &pid),
        ("severity", &severity),
        ("message", &Some(record.message.clone())),
    ] {
        if let Some(value) = value {
            let value: String = harmless(value).chars().take(400).collect();
            writeln!(out, "  {name:<9} {value}")?;
        }
    }
    Ok(())
}
