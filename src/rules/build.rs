//! Prepares the built-in rules when crashtrail is built: rules files become `rules.bin` and
//! `examples.bin`, which the program holds. A file or a rule that cannot be used ends the build, with its
//! name.

use std::path::Path;
use std::{env, fs};

#[path = "../classify/braces.rs"]
mod braces;
#[path = "../classify/class.rs"]
#[allow(dead_code, reason = "the program asks for more of it")]
mod class;
#[path = "../classify/needed.rs"]
mod needed;
#[path = "../classify/written.rs"]
mod written;

use written::Wrong;

const FOLDER: &str = "src/rules";

fn main() {
    println!("cargo::rerun-if-changed={FOLDER}");
    println!("cargo::rerun-if-changed=src/classify");
    if let Err(reason) = prepare() {
        println!("cargo::error={}", reason.replace('\n', " "));
    }
}

fn prepare() -> Result<(), String> {
    let entries = fs::read_dir(FOLDER).map_err(|err| format!("{FOLDER}: {err}"))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|err| format!("{FOLDER}: {err}"))?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            files.push(path);
        }
    }
    files.sort();
    let (mut rules, mut examples, mut quoting) = (Vec::new(), Vec::new(), Vec::new());
    for file in files {
        let name = file.display();
        let text = fs::read_to_string(&file).map_err(|err| format!("{name}: {err}"))?;
        let prepared = written::prepare(&text).map_err(|wrong| match wrong {
            Wrong::File(reason) => format!("{name}: {reason}"),
            Wrong::Rule(line, id, reason) => format!("{name}:{line}: rule {id}: {reason}"),
        })?;
        quoting.extend(prepared.quoting);
        for (_, mut rule) in prepared.rules {
            let written = &mut rule.written;
            let take = std::mem::take::<Vec<written::Example>>;
            examples.push((
                std::mem::take(&mut written.entries),
                take(&mut written.examples),
                take(&mut written.counter_examples),
            ));
            rules.push(rule);
        }
    }
    let folder = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: cargo sets it")?;
    let write = |name: &str, bytes: Result<Vec<u8>, postcard::Error>| {
        let bytes = bytes.map_err(|err| format!("{name}: {err}"))?;
        fs::write(Path::new(&folder).join(name), bytes).map_err(|err| format!("{name}: {err}"))
    };
    write("rules.bin", postcard::to_stdvec(&rules))?;
    write("quoting.bin", postcard::to_stdvec(&quoting))?;
    write("examples.bin", postcard::to_stdvec(&examples))
}
