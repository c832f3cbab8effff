//! Who wrote a log that does not say so, by where it lies.

use std::fs;

use crashtrail::{Quiet, ScanOptions, events};

const PANIC: &str = "2026-03-01T09:00:00.123456789Z stderr F thread 'main' (7) panicked at src/main.rs:36:69:\n\
    2026-03-01T09:00:00.123456790Z stderr F index out of bounds: the len is 3 but the index is 5\n";
const TRACE: &str = "Traceback (most recent call last):\n  File \"/srv/api.py\", line 3, in <module>\n    main()\n\
    ValueError: no\n";

/// Host and program of each crash in files with these names, in their order.
fn writers(files: &[(&str, &str)]) -> Vec<(Option<String>, Option<String>)> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let options = ScanOptions::new().unwrap();
    let (told, _) = events(&[folder.path().to_owned()], &options, &Quiet).unwrap();
    told.into_iter()
        .filter(|told| told.class == "crash")
        .map(|told| (told.host, told.program))
        .collect()
}

fn programs(files: &[(&str, &str)]) -> Vec<String> {
    let told = writers(files).into_iter();
    told.map(|(_, program)| program.unwrap_or_default())
        .collect()
}

#[test]
fn a_container_is_called_as_its_folder_says() {
    let id = "0a1b2c3d".repeat(8);
    let docker = format!("docker/containers/{id}/{id}-json.log");
    let json: String = PANIC
        .lines()
        .map(|line| {
            let (time, text) = line.split_once(" stderr F ").unwrap();
            format!("{{\"log\":\"{text}\\n\",\"stream\":\"stderr\",\"time\":\"{time}\"}}\n")
        })
        .collect();
    let told = programs(&[
        (&docker, &json),
        (
            "log/pods/shop_cart-6d9c7f5b8-x2z9k_0b9c2f/cart/0.log",
            PANIC,
        ),
    ]);
    assert_eq!(told, ["0a1b2c3d0a1b", "cart-6d9c7f5b8-x2z9k"]);
}

#[test]
fn files_of_one_name_are_called_after_their_folders() {
    let told = programs(&[("sv/api/current", TRACE), ("sv/mail/current", TRACE)]);
    assert_eq!(told, ["api", "mail"]);
}

#[test]
fn a_programs_streams_are_one_program() {
    let told = programs(&[
        ("api-error.log", TRACE),
        ("mail-stderr---supervisor-x1_y2.log", TRACE),
    ]);
    assert_eq!(told, ["api", "mail"]);
}

#[test]
fn folders_beside_each_other_with_the_same_files_are_hosts() {
    let host = |name: &str| Some(name.to_owned());
    let told = writers(&[
        ("web01/api.log", TRACE),
        ("web02/api.log.1", TRACE),
        ("other/mail.log", TRACE),
    ]);
    let hosts: Vec<_> = told.into_iter().map(|(host, _)| host).collect();
    assert_eq!(hosts, [None, host("web01"), host("web02")]);
}

#[test]
fn a_host_in_the_line_counts_for_more_than_the_folder() {
    let syslog = "2026-03-01T10:00:00.000000+01:00 db07 api[7]: thread 'main' panicked at src/main.rs:1:1:\n";
    let told = writers(&[("web01/syslog", syslog), ("web02/syslog", syslog)]);
    assert!(told.iter().all(|(host, _)| host.as_deref() == Some("db07")));
    assert!(!told.is_empty());
}
