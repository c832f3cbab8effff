//! Changes from outside the logs.

use std::process::Command;

use serde_json::{Value, json};

use crate::fixture::{Fixture, Run};

/// The fixture's crash loop without the change that its log tells of.
fn loop_without_change() -> Fixture {
    let fixture = Fixture::new();
    let log: String = crate::fixture::crash_loop()
        .lines()
        .filter(|line| !line.contains("sudo["))
        .map(|line| format!("{line}\n"))
        .collect();
    fixture.write("syslog", log);
    fixture
}

fn scan(fixture: &Fixture, more: &[&str]) -> Run {
    let args: Vec<&str> = ["scan", "--format", "json", "syslog"]
        .iter()
        .chain(more)
        .copied()
        .collect();
    fixture.run(&args)
}

/// The change that the first incident's first cause names.
fn blamed(run: &Run) -> Value {
    let report = run.report();
    let cause = &report["incidents"][0]["causes"][0];
    assert_eq!(cause["type"], "change", "{run:?}");
    let changes = report["changes"].as_array().unwrap();
    let found = changes.iter().find(|c| c["id"] == cause["change"]);
    found.unwrap().clone()
}

const CSV: &str = "time,kind,target,host,path,from,to,actor,summary,ticket\n\
    2026-02-27T09:00:00Z,code,pricer,,,v1,v2,ci,,\n\
    2026-03-01T10:00:05Z,config,botd,web01,/etc/botd/features.conf,v41,v42,ops,more features,OPS-7\n";

#[test]
fn a_change_that_only_a_list_tells_of_is_blamed() {
    let fixture = loop_without_change();
    let json = "{\"time\": \"2026-02-27T09:00:00Z\", \"kind\": \"code\", \"target\": \"pricer\", \"from\": \"v1\", \"to\": \"v2\"}\n\
        {\"time\": \"2026-03-01T10:00:05Z\", \"kind\": \"config\", \"target\": [\"botd\"], \"host\": \"web01\", \
        \"path\": \"/etc/botd/features.conf\", \"from\": \"v41\", \"to\": \"v42\", \"actor\": \"ops\", \
        \"summary\": \"more features\", \"ticket\": \"OPS-7\"}\n";
    fixture.write("changes.csv", CSV);
    fixture.write("changes.jsonl", json);
    for (list, line, text) in [
        ("changes.csv", 3, CSV.lines().nth(2).unwrap()),
        ("changes.jsonl", 2, json.lines().nth(1).unwrap()),
    ] {
        let run = scan(&fixture, &["--changes", list]);
        run.ends_with(0);
        let change = blamed(&run);
        assert_eq!(change["subject"], "features.conf");
        assert_eq!(change["kind"], "config");
        assert_eq!(
            (&change["from"], &change["to"]),
            (&"v41".into(), &"v42".into())
        );
        assert_eq!(change["actor"], "ops");
        assert_eq!(change["columns"]["ticket"], "OPS-7");
        assert_eq!(change["targets"][0]["service"], "botd");
        assert_eq!(change["targets"][0]["host"], "web01");
        let summary = change["summary"].as_str().unwrap();
        assert!(summary.contains("more features"), "{summary}");
        let place = &change["records"][0];
        assert_eq!(
            (&place["path"], &place["line"]),
            (&list.into(), &line.into())
        );
        assert_eq!(place["text"], text);
        let inputs = run.report()["inputs"].as_array().unwrap().clone();
        assert_eq!(inputs[1]["path"], list);
        // The logs' own span is not that of the list.
        assert_eq!(run.report()["window"]["start"], "2026-03-01T10:00:00.250Z");
    }
}

#[test]
fn a_change_told_by_log_and_list_is_one() {
    let fixture = Fixture::with_loop();
    // People round to the minute, before or after.
    for time in [
        "2026-03-01T10:00:05Z",
        "2026-03-01T10:00Z",
        "2026-03-01T10:00:45Z",
    ] {
        fixture.write(
            "changes.csv",
            format!(
                "time,kind,path,actor,ticket\n{time},config,/etc/botd/features.conf,ops,OPS-7\n"
            ),
        );
        let run = scan(&fixture, &["--changes", "changes.csv"]);
        let change = blamed(&run);
        assert_eq!(run.report()["ledger"]["seen"], 1, "{time}: {run:?}");
        assert_eq!(change["time"], "2026-03-01T10:00:05.250Z");
        assert_eq!(change["columns"]["ticket"], "OPS-7");
        assert_eq!(change["records_seen"], 2);
    }
    // Another file, or another time, is another change.
    for line in [
        "2026-03-01T10:00:05Z,config,/etc/botd/limits.conf,ops",
        "2026-03-01T09:00:05Z,config,/etc/botd/features.conf,ops",
    ] {
        fixture.write("changes.csv", format!("time,kind,path,actor\n{line}\n"));
        let run = scan(&fixture, &["--changes", "changes.csv"]);
        assert_eq!(run.report()["ledger"]["seen"], 2, "{line}");
    }
}

#[test]
fn a_bad_line_ends_the_run_with_file_and_line() {
    let fixture = Fixture::with_loop();
    for (list, told) in [
        (
            "time,subject\n2026-03-01,x\n",
            "list:2: time: `2026-03-01` is no time",
        ),
        (
            "{\"time\": \"2026-03-01T10:00:00Z\", \"subject\": \"x\"}\n{\"subject\": \"y\"}\n",
            "list:2: has no `time`",
        ),
        (
            "{\"time\": \"2026-03-01T10:00:00Z\", \"kind\": \"weather\", \"subject\": \"x\"}",
            "list:1: kind: `weather` is no kind",
        ),
        ("", "list:1: the list is empty"),
    ] {
        fixture.write("list", list);
        let run = scan(&fixture, &["--changes", "list"]);
        run.ends_with(2);
        assert!(run.stderr.contains(told), "{told}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{}", run.stdout);
    }
    scan(&fixture, &["--changes", "missing"]).ends_with(2);
}

/// Runs git in the fixture's `shop`, as of a time.
fn git(fixture: &Fixture, time: &str, args: &[&str]) {
    let status = Command::new("git")
        .arg("-C")
        .arg(fixture.path("botd"))
        .args(["-c", "user.name=Ops", "-c", "user.email=ops@example.com"])
        .args([
            "-c",
            "init.defaultBranch=main",
            "-c",
            "commit.gpgSign=false",
        ])
        .args(args)
        .env("GIT_COMMITTER_DATE", time)
        .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
        .output()
        .unwrap();
    assert!(status.status.success(), "{args:?}: {status:?}");
}

#[test]
fn commits_and_deploy_tags_are_changes() {
    let fixture = loop_without_change();
    fixture.write("botd/features.toml", "limit = 200\n");
    git(&fixture, "2026-02-28T08:00:00Z", &["init", "-q"]);
    git(&fixture, "2026-02-28T08:00:00Z", &["add", "."]);
    git(
        &fixture,
        "2026-02-28T08:00:00Z",
        &["commit", "-qm", "Begin"],
    );
    git(
        &fixture,
        "2026-02-28T09:00:00Z",
        &["tag", "-am", "first", "deploy-1"],
    );
    fixture.write("botd/features.toml", "limit = 241\n");
    git(
        &fixture,
        "2026-03-01T09:50:00Z",
        &["commit", "-qam", "Raise the limit to 241"],
    );
    git(
        &fixture,
        "2026-03-01T09:59:58Z",
        &["tag", "-am", "second", "deploy-2"],
    );
    git(
        &fixture,
        "2026-03-01T11:00:00Z",
        &["commit", "-q", "--allow-empty", "-m", "Later"],
    );
    let run = scan(&fixture, &["--git", "botd"]);
    run.ends_with(0);
    let report = run.report();
    let changes = report["changes"].as_array().unwrap();
    let told: Vec<(&str, &str, &str, &str)> = changes
        .iter()
        .map(|c| {
            let text = |key: &str| c[key].as_str().unwrap_or("");
            (text("time"), text("kind"), text("subject"), text("actor"))
        })
        .collect();
    let wanted = [
        ("2026-02-28T08:00:00Z", "config", "features.toml", "Ops"),
        ("2026-02-28T09:00:00Z", "code", "botd", "Ops"),
        ("2026-03-01T09:50:00Z", "config", "features.toml", "Ops"),
        ("2026-03-01T09:59:58Z", "code", "botd", "Ops"),
    ];
    assert_eq!(told, wanted);
    assert_eq!(
        (&changes[3]["from"], &changes[3]["to"]),
        (&"deploy-1".into(), &"deploy-2".into())
    );
    let place = &changes[2]["records"][0];
    assert_eq!(place["path"], "botd");
    assert_eq!(place["line"], Value::Null);
    assert_eq!(place["cursor"].as_str().unwrap().len(), 40);
    assert!(
        place["text"]
            .as_str()
            .unwrap()
            .contains("Raise the limit to 241")
    );
    // The deploy came last before the crashes, and what it brought is of the same subject.
    let blamed = blamed(&run);
    assert!([&changes[2], &changes[3]].contains(&&blamed), "{blamed}");
}

#[test]
fn a_folder_without_a_repository_ends_the_run() {
    let fixture = Fixture::with_loop();
    fixture.write("plain/file", "");
    let run = scan(&fixture, &["--git", "plain"]);
    run.ends_with(2);
    assert!(run.stderr.contains("--git plain: "), "{}", run.stderr);
    assert!(run.stdout.is_empty(), "{}", run.stdout);
}

/// Two revisions of a deployment, and who wrote which keys of a config map.
fn objects() -> Value {
    let set = |revision: &str, at: &str, image: &str| {
        json!({
            "apiVersion": "apps/v1", "kind": "ReplicaSet",
            "metadata": {
                "name": format!("botd-{revision}"), "namespace": "edge", "creationTimestamp": at,
                "annotations": { "deployment.kubernetes.io/revision": revision },
                "ownerReferences": [{ "kind": "Deployment", "name": "botd" }],
            },
            "spec": { "template": { "spec": { "containers": [{ "name": "botd", "image": image }] } } },
        })
    };
    json!({ "apiVersion": "v1", "kind": "List", "items": [
        set("1", "2026-02-20T08:00:00Z", "reg/botd:1.0"),
        set("2", "2026-02-27T08:00:00Z", "reg/botd:1.1"),
        { "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "botd", "namespace": "edge",
          "creationTimestamp": "2026-02-20T08:00:00Z" } },
        { "apiVersion": "v1", "kind": "Pod", "metadata": { "name": "botd-2-x", "creationTimestamp": "2026-03-01T10:00:20Z" } },
        { "apiVersion": "v1", "kind": "ConfigMap", "data": { "features.json": "..." },
          "metadata": { "name": "features", "namespace": "edge", "labels": { "app": "botd" },
            "creationTimestamp": "2026-02-01T00:00:00Z",
            "managedFields": [
              { "manager": "kubectl-edit", "operation": "Update", "time": "2026-03-01T10:00:05Z",
                "fieldsV1": { "f:data": { "f:features.json": {} } } },
              { "manager": "helm", "operation": "Update", "time": "2026-02-01T00:00:00Z",
                "fieldsV1": { "f:data": { ".": {}, "f:limits.json": {} }, "f:metadata": { "f:labels": { "f:app": {} } } } },
            ] } },
    ]})
}

#[test]
fn objects_of_kubernetes_tell_of_changes() {
    let fixture = loop_without_change();
    let text = serde_json::to_string_pretty(&objects()).unwrap();
    fixture.write("objects.json", &text);
    let run = scan(&fixture, &["--changes", "objects.json"]);
    run.ends_with(0);
    let report = run.report();
    assert_eq!(report["ledger"]["seen"], 4, "{report:#}");
    let suspects: Vec<&Value> = report["incidents"][0]["causes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|cause| {
            let changes = report["changes"].as_array().unwrap();
            changes.iter().find(|c| c["id"] == cause["change"])
        })
        .collect();
    let edit = suspects.iter().find(|c| c["actor"] == "kubectl-edit");
    let edit = edit.unwrap_or_else(|| panic!("{suspects:#?}"));
    assert_eq!(edit["kind"], "config");
    let line = edit["records"][0]["line"].as_u64().unwrap();
    // The config map begins there, after the pod.
    let (before, _) = text.split_once("\"kind\": \"ConfigMap\"").unwrap();
    let begin = before.rfind("    {\n").unwrap();
    assert_eq!(line, 1 + text[..begin].lines().count() as u64);
    let rollout = suspects.iter().find(|c| c["to"] == "reg/botd:1.1");
    assert_eq!(rollout.unwrap()["from"], "reg/botd:1.0", "{suspects:#?}");
    // One that cannot be understood ends the run.
    fixture.write("objects.json", text.replace("2026-03-01T10:00:05Z", "soon"));
    let run = scan(&fixture, &["--changes", "objects.json"]);
    run.ends_with(2);
    assert!(run.stderr.contains("`soon` is no time"), "{run:?}");
    fixture.write("objects.yaml", "apiVersion: v1\nkind: List\n");
    let run = scan(&fixture, &["--changes", "objects.yaml"]);
    run.ends_with(2);
    assert!(run.stderr.contains("objects.yaml:1: is YAML"), "{run:?}");
}
