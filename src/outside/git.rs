//! Commits and tags of a git repository.
//!
//! In: a folder, and the time that matters. Out: a change for each commit on the branch that is checked
//! out, at its commit date, and for each tag that looks like a release or a deploy, at the tag's date.
//! The history is followed along first parents: what a merge brought came with the merge.
//!
//! The git program reads the repository, with everything switched off that would run another program,
//! write to the repository, or fetch from elsewhere.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use jiff::tz::TimeZone;

use crate::classify::Event;
use crate::error::Error;
use crate::time::Timestamp;

use super::{Outside, Spot, Told, time};

/// The most commits that are read.
const MOST: usize = 20_000;
/// The digits of a commit that people write.
const SHORT: usize = 10;
/// One commit: five texts, each ended by a NUL, and one NUL before them. Git allows no NUL in any of
/// them. `git log -z` ends this with one more NUL, and each file's name with one.
const COMMIT: &str = "--format=%x00%H%x00%cI%x00%an%x00%s%x00%b%x00";
const TAG: &str = "--format=%(refname:short)%00%(creatordate:iso-strict)%00%(taggername)%00%(objectname)%00%(*objectname)%00%(subject)";

/// Whether the folder is in a repository that git can read.
pub(super) fn check(folder: &Path) -> Result<(), Error> {
    run(folder, &["rev-parse", "--git-dir"]).map(drop)
}

pub(super) fn read(folder: &Path, start: Timestamp, end: Timestamp) -> Result<Outside, Error> {
    let mut log = String::new();
    // A repository without a commit has no HEAD to follow, and nothing to tell.
    if run(folder, &["rev-parse", "--quiet", "--verify", "HEAD"]).is_ok() {
        let since = format!("--since={start}");
        let until = format!("--until={end}");
        let most = format!("--max-count={MOST}");
        let args = [
            "log",
            "-z",
            "--first-parent",
            "-m",
            "--name-only",
            "--no-renames",
            "--no-ext-diff",
            "--no-textconv",
            "--no-show-signature",
            "--no-color",
            "--no-notes",
            COMMIT,
            &since,
            &until,
            &most,
            // Of a folder in a repository only what lies below it; the names are relative to it.
            "--relative",
            "--",
            ".",
        ];
        log = run(folder, &args)?;
    }
    let commits = parse_log(&log);
    let list = ["for-each-ref", "--sort=creatordate", TAG, "refs/tags"];
    let list = run(folder, &list)?;
    let tags = parse_tags(&list);
    let name = name_of(folder);
    let seen = commits.len() + tags.len();
    let mut events: Vec<Event> = commits.iter().filter_map(|c| c.change(&name)).collect();
    let is_in_time = |event: &Event| event.at >= start && event.at <= end;
    events.extend(deploys(&tags, &name).into_iter().filter(is_in_time));
    Ok(Outside {
        path: folder.display().to_string(),
        format: "git",
        bytes: 0,
        lines: seen as u64,
        events,
    })
}

/// The name of the repository's folder: what it is the source of.
fn name_of(folder: &Path) -> String {
    let whole = std::fs::canonicalize(folder);
    let path = whole.as_deref().unwrap_or(folder);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".git").unwrap_or(&name).to_owned()
}

/// What git prints.
fn run(folder: &Path, args: &[&str]) -> Result<String, Error> {
    let fail = |reason: String| Error::Git {
        folder: folder.to_owned(),
        reason,
    };
    let output = Command::new("git")
        .args(["--no-pager", "--no-optional-locks"])
        .args(["-c", "core.fsmonitor=false", "-c", "core.quotePath=false"])
        .arg("-C")
        .arg(folder)
        .args(args)
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null())
        .output()
        .map_err(|err| fail(format!("git could not be run: {err}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().next().unwrap_or("git failed and said nothing");
        return Err(fail(said.to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[derive(Debug, PartialEq, Eq)]
struct Commit<'a> {
    hash: &'a str,
    date: &'a str,
    author: &'a str,
    subject: &'a str,
    body: &'a str,
    files: Vec<&'a str>,
}

fn parse_log(log: &str) -> Vec<Commit<'_>> {
    let mut parts = log.split('\0').peekable();
    let mut commits = Vec::new();
    while parts.next().is_some() {
        let mut text = || parts.next().unwrap_or("");
        let mut commit = Commit {
            hash: text(),
            date: text(),
            author: text(),
            subject: text(),
            body: text(),
            files: Vec::new(),
        };
        // The end of the commit's own part.
        parts.next();
        while let Some(name) = parts.next_if(|name| !name.is_empty()) {
            commit.files.push(name.strip_prefix('\n').unwrap_or(name));
        }
        if !commit.hash.is_empty() {
            commits.push(commit);
        }
    }
    commits
}

impl Commit<'_> {
    /// `None` where it changes no file.
    fn change(&self, repository: &str) -> Option<Event> {
        if self.files.is_empty() {
            return None;
        }
        let reverted = reverted(self.body);
        let is_revert = reverted.is_some() || self.subject.starts_with("Revert \"");
        let told = Told {
            time: time(self.date, &TimeZone::UTC).ok(),
            kind: Some(kind_of(&self.files)),
            action: Some(if is_revert { "rollback" } else { "apply" }),
            targets: vec![repository.to_owned()],
            subject: Some(self.subject.to_owned()),
            from: reverted.map(|hash| short(hash).to_owned()),
            to: Some(short(self.hash).to_owned()),
            actor: Some(self.author.to_owned()),
            // A bare `run` or `data` stands in any text.
            paths: self
                .files
                .iter()
                .filter(|f| f.len() >= 5 && f.contains(['.', '/']))
                .map(|f| (*f).to_owned())
                .collect(),
            ..Told::default()
        };
        let text = format!(
            "{} {} {}: {}\n{}",
            short(self.hash),
            self.date,
            self.author,
            self.subject,
            self.files.join("\n")
        );
        told.event(
            &Spot {
                offset: 0,
                line: 1,
                cursor: Some(self.hash),
                text: &text,
            },
            "git",
        )
    }
}

fn short(hash: &str) -> &str {
    hash.get(..SHORT).unwrap_or(hash)
}

/// The commit that a message says it reverts (git-revert(1)).
fn reverted(body: &str) -> Option<&str> {
    let (_, rest) = body.split_once("This reverts commit ")?;
    let end = rest.find(|c: char| !c.is_ascii_hexdigit())?;
    (end >= 7).then_some(&rest[..end])
}

/// Endings of files that hold settings.
const SETTINGS: [&str; 12] = [
    "cfg",
    "conf",
    "cnf",
    "env",
    "ini",
    "json",
    "properties",
    "rules",
    "toml",
    "xml",
    "yaml",
    "yml",
];
/// Endings of files that describe machines and networks.
const MACHINES: [&str; 3] = ["tf", "tfvars", "hcl"];

/// What sort of change one of these files is.
fn kind_of(files: &[&str]) -> &'static str {
    let all = |endings: &[&str]| {
        files.iter().all(|file| {
            let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
            endings.contains(&ending.to_ascii_lowercase().as_str())
        })
    };
    if files.iter().any(|f| f.ends_with(".sql")) {
        "migration"
    } else if all(&MACHINES) {
        "infrastructure"
    } else if all(&SETTINGS) {
        "config"
    } else {
        "code"
    }
}

#[derive(Debug)]
struct Tag<'a> {
    name: &'a str,
    date: &'a str,
    by: &'a str,
    /// The commit that it is on.
    commit: &'a str,
    subject: &'a str,
}

/// A line for each tag: names of tags hold neither NUL nor newline (git-check-ref-format(1)), subjects
/// are one line.
fn parse_tags(list: &str) -> Vec<Tag<'_>> {
    list.lines()
        .filter_map(|line| {
            let mut parts = line.split('\0');
            let (name, date, by) = (parts.next()?, parts.next()?, parts.next()?);
            let (object, peeled) = (parts.next()?, parts.next()?);
            Some(Tag {
                name,
                date,
                by,
                commit: if peeled.is_empty() { object } else { peeled },
                subject: parts.next().unwrap_or(""),
            })
        })
        .collect()
}

/// Tags that look like releases or deploys, each with the one before it; one that is on a commit that
/// was out before, with another between, is a rollback.
fn deploys(tags: &[Tag<'_>], repository: &str) -> Vec<Event> {
    let mut events = Vec::new();
    // Of each sort of tag (`v`, `deploy-prod-`) those so far.
    let mut so_far: BTreeMap<&str, Vec<&Tag<'_>>> = BTreeMap::new();
    for tag in tags.iter().filter(|tag| is_deploy(tag.name)) {
        let before = so_far.entry(stem(tag.name)).or_default();
        let last = before.last().copied();
        let was_out = before.iter().any(|b| b.commit == tag.commit);
        let is_back = was_out && last.is_some_and(|last| last.commit != tag.commit);
        before.push(tag);
        let told = Told {
            time: time(tag.date, &TimeZone::UTC).ok(),
            kind: Some("code"),
            action: Some(if is_back { "rollback" } else { "apply" }),
            targets: vec![repository.to_owned()],
            subject: Some(repository.to_owned()),
            from: last.map(|last| last.name.to_owned()),
            to: Some(tag.name.to_owned()),
            actor: Some(tag.by.to_owned()).filter(|by| !by.is_empty()),
            ..Told::default()
        };
        let text = format!("tag {} {} {}: {}", tag.name, tag.date, tag.by, tag.subject);
        let spot = Spot {
            offset: 0,
            line: 1,
            cursor: Some(tag.commit),
            text: &text,
        };
        events.extend(told.event(&spot, "git"));
    }
    events
}

/// Words by which people tag what they roll out.
const ROLLED_OUT: [&str; 6] = ["release", "rel", "deploy", "deployed", "prod", "production"];

/// `v1.2.3`, `shop-2.0`, `release/2026-03-01`, `deploy_prod_17`.
fn is_deploy(name: &str) -> bool {
    let mut words = name.split(['/', '-', '_', '.']);
    let has_word = words.any(|word| ROLLED_OUT.contains(&word.to_ascii_lowercase().as_str()));
    has_word
        || name.split(['/', '-', '_']).any(|word| {
            let digits = word.strip_prefix('v').unwrap_or(word);
            digits.starts_with(|c: char| c.is_ascii_digit())
                && (digits.contains('.') || digits.len() < word.len())
        })
}

/// The name before its first number.
fn stem(name: &str) -> &str {
    let end = name
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(name.len());
    name[..end].trim_end_matches('v')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_taken_apart_whatever_messages_hold() {
        let log = "\0aa\x002026-03-01T10:00:00Z\0ops\0one \x01\0\0\0\na.toml\0b \u{e9}.rs\0\
                   \0bb\x002026-03-01T11:00:00Z\0ops\0empty\0body\n\n\0\0\
                   \0cc\x002026-03-01T12:00:00Z\0ops\0three\0\0\0\nz\0";
        let commits = parse_log(log);
        let seen: Vec<(&str, Vec<&str>)> =
            commits.iter().map(|c| (c.hash, c.files.clone())).collect();
        let wanted = [
            ("aa", vec!["a.toml", "b \u{e9}.rs"]),
            ("bb", vec![]),
            ("cc", vec!["z"]),
        ];
        assert_eq!(seen, wanted);
        assert_eq!(commits[1].body, "body\n\n");
    }

    #[test]
    fn tags_of_releases_and_deploys_are_told_from_others() {
        for name in [
            "v1.2.3",
            "1.2",
            "shop-2.0",
            "release/2026-03-01",
            "deploy_prod_17",
            "v12",
        ] {
            assert!(is_deploy(name), "{name}");
        }
        for name in [
            "nightly",
            "wip",
            "backup-before-refactor",
            "issue-17",
            "product-idea",
        ] {
            assert!(!is_deploy(name), "{name}");
        }
    }

    #[test]
    fn a_tag_on_an_earlier_release_is_a_rollback() {
        let tag = |name, hour, commit| (name, format!("2026-03-01T{hour}:00:00Z"), commit);
        let written = [
            tag("deploy-1", "08", "aaaaaaaaaa"),
            tag("deploy-2", "09", "bbbbbbbbbb"),
            tag("v1.0", "09", "bbbbbbbbbb"),
            tag("deploy-3", "10", "aaaaaaaaaa"),
        ];
        let tags: Vec<Tag<'_>> = written
            .iter()
            .map(|(name, date, commit)| Tag {
                name,
                date,
                by: "ops",
                commit,
                subject: "",
            })
            .collect();
        let events = deploys(&tags, "shop");
        let seen: Vec<(Option<&str>, Option<&str>, Option<&str>)> = events
            .iter()
            .map(|e| (e.field("from"), e.field("to"), e.field("action")))
            .collect();
        let wanted = [
            (None, Some("deploy-1"), Some("apply")),
            (Some("deploy-1"), Some("deploy-2"), Some("apply")),
            (None, Some("v1.0"), Some("apply")),
            (Some("deploy-2"), Some("deploy-3"), Some("rollback")),
        ];
        assert_eq!(seen, wanted);
    }

    #[test]
    fn kinds_follow_the_files() {
        assert_eq!(kind_of(&["a.toml", "b/c.YAML"]), "config");
        assert_eq!(kind_of(&["a.toml", "b.rs"]), "code");
        assert_eq!(kind_of(&["net/main.tf"]), "infrastructure");
        assert_eq!(kind_of(&["db/7_add.sql", "src/x.rs"]), "migration");
    }

    #[test]
    fn a_revert_names_what_it_reverts() {
        let body = "This reverts commit ddafeee433dea235aba6ccff15ec3978d68c94f3.\n";
        assert_eq!(reverted(body).map(short), Some("ddafeee433"));
        assert_eq!(reverted("This reverts commit messages"), None);
    }
}
