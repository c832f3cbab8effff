//! Lines of systems, containers and tools, and what they tell.

/// Lines of every format, and what they tell.
pub(super) const LINES: &[(&str, &str)] = &[
    (
        "Mar  1 10:00:00 web01 myapp[812]: started",
        "rfc3164 at=03-01T10:00:00? host=web01 program=myapp pid=812 :=\"started\"",
    ),
    (
        "Mar 01 10:00:00 web01 myapp[812]: started",
        "journal-short at=03-01T10:00:00? host=web01 program=myapp pid=812 :=\"started\"",
    ),
    (
        "<27>Mar  1 10:00:00 web01 myapp: started",
        "rfc3164 at=03-01T10:00:00? host=web01 program=myapp severity=Error :=\"started\"",
    ),
    (
        "<30>Mar  1 10:00:00 myapp[812]: started",
        "rfc3164 at=03-01T10:00:00? program=myapp pid=812 severity=Info :=\"started\"",
    ),
    (
        "Mar  1 2026 10:00:00 fw01 : %ASA-4-106023: Deny tcp",
        "rfc3164 at=2026-03-01T10:00:00? host=fw01 program=%ASA-4-106023 severity=Warning :=\"Deny tcp\"",
    ),
    (
        "<30>1 2026-03-01T10:00:00.5+01:00 web01 myapp 812 ID47 [ex@1 k=\"]\"][b c=\"d\"] \u{feff}started",
        "rfc5424 at=2026-03-01T09:00:00.500Z host=web01 program=myapp pid=812 severity=Info :=\"started\"",
    ),
    (
        "2026-03-01T10:00:00.123456+01:00 web01 sudo:      ops : PWD=/ ; USER=root",
        "rsyslog-iso at=2026-03-01T09:00:00.123456Z host=web01 program=sudo :=\"ops : PWD=/ ; USER=root\"",
    ),
    (
        "<30>2026-03-01T10:00:00.123456+01:00 web01 myapp[812]: started",
        "rsyslog-iso at=2026-03-01T09:00:00.123456Z host=web01 program=myapp pid=812 severity=Info :=\"started\"",
    ),
    (
        "Mar 01 10:00:00.123456 web01 (geod)[122]: started",
        "journal-short-precise at=03-01T10:00:00.123456? host=web01 program=(geod) pid=122 :=\"started\"",
    ),
    (
        "2026-03-01T10:00:00+0100 web01 sshd(pam_unix)[812]: started",
        "journal-short-iso at=2026-03-01T09:00:00Z host=web01 program=sshd(pam_unix) pid=812 :=\"started\"",
    ),
    (
        "2026-03-01T10:00:00.123456+0100 web01 kernel: [  812.123456] eth0: up",
        "journal-short-iso-precise at=2026-03-01T09:00:00.123456Z host=web01 program=kernel :=\"eth0: up\"",
    ),
    (
        "Sun 2026-03-01 10:00:00 UTC web01 myapp[812]: started",
        "journal-short-full at=2026-03-01T10:00:00Z host=web01 program=myapp pid=812 :=\"started\"",
    ),
    (
        "Sun 2026-03-01 10:00:00 CET web01 user@1000.service/app.service[812]: started",
        "journal-short-full at=2026-03-01T10:00:00? host=web01 program=user@1000.service/app.service unit=app.service pid=812 :=\"started\"",
    ),
    (
        "1772355600.123456 web01 myapp[812]: started",
        "journal-short-unix at=2026-03-01T09:00:00.123456Z host=web01 program=myapp pid=812 :=\"started\"",
    ),
    (
        "[  812.123456] web01 myapp[812]: started",
        "journal-short-monotonic host=web01 program=myapp pid=812 :=\"started\"",
    ),
    (
        "[  812.123456] eth0: link up",
        "dmesg program=kernel :=\"eth0: link up\"",
    ),
    (
        "-- Boot 0123456789abcdef0123456789abcdef --",
        "journal-short :=\"-- Boot 0123456789abcdef0123456789abcdef --\"",
    ),
    (
        "Jul  1 09:00:55 mac01 com.apple.xpc.launchd[1] (com.example.agent[812]): Service exited",
        "rfc3164 at=07-01T09:00:55? host=mac01 program=com.apple.xpc.launchd subject=com.example.agent pid=1 :=\"Service exited\"",
    ),
    (
        "Jul  1 09:00:55 mac01 Microsoft Word[812]: text",
        "rfc3164 at=07-01T09:00:55? host=mac01 program=Microsoft Word pid=812 :=\"text\"",
    ),
    (
        "Jul  1 09:00:55 web01 last message repeated 3 times",
        "rfc3164 at=07-01T09:00:55? host=web01 :=\"last message repeated 3 times\"",
    ),
    (
        r#"{"__REALTIME_TIMESTAMP":"1772355600123456","_HOSTNAME":"web01","SYSLOG_IDENTIFIER":"systemd","_PID":"1","PRIORITY":"5","_SYSTEMD_UNIT":"init.scope","UNIT":"app.service","EXIT_STATUS":"101","MESSAGE":"app.service: Main process exited"}"#,
        "journal-json at=2026-03-01T09:00:00.123456Z host=web01 program=systemd subject=app.service pid=1 severity=Notice EXIT_STATUS=101 :=\"app.service: Main process exited\"",
    ),
    (
        r#"{"__REALTIME_TIMESTAMP":"1772355600123456","_COMM":"app","_SYSTEMD_UNIT":"app.service","SYSLOG_PID":"7","MESSAGE":[27,91,51,49,109,98,97,100]}"#,
        "journal-json at=2026-03-01T09:00:00.123456Z program=app unit=app.service pid=7 :=\"bad\"",
    ),
    // A program's own header: when, who and which process the system's log knows better.
    (
        "Mar 01 10:00:00 n1 kubelet[811]: E0301 10:00:00.123456     812 pod_workers.go:1301] \"Error syncing pod\"",
        "journal-short at=03-01T10:00:00? host=n1 program=kubelet pid=811 severity=Error :=\"\\\"Error syncing pod\\\"\"",
    ),
    (
        "<30>1 2026-03-01T09:00:00Z n1 dockerd 9 - - time=\"2026-03-01T10:00:01+01:00\" level=error msg=\"exit \\\"1\\\"\"",
        "rfc5424 at=2026-03-01T09:00:00Z host=n1 program=dockerd pid=9 severity=Error :=\"exit \\\"1\\\"\"",
    ),
    (
        "{\"__REALTIME_TIMESTAMP\":\"1772355600123456\",\"_PID\":\"7\",\"SYSLOG_IDENTIFIER\":\"app\",\"PRIORITY\":\"6\",\"MESSAGE\":\"2026-03-01 10:00:00,123 - main - CRITICAL - gone\"}",
        "journal-json at=2026-03-01T09:00:00.123456Z program=app pid=7 severity=Critical :=\"gone\"",
    ),
    (
        "Mar  1 10:00:00 h app[1]: 10 of 12 rows done",
        "rfc3164 at=03-01T10:00:00? host=h program=app pid=1 :=\"10 of 12 rows done\"",
    ),
    (
        r#"{"__REALTIME_TIMESTAMP":"1772355600123456","MESSAGE":["one","two"],"_SYSTEMD_UNIT":["a","b"]}"#,
        "journal-json at=2026-03-01T09:00:00.123456Z unit=a :=\"one\"",
    ),
    (
        r#"{"__REALTIME_TIMESTAMP":"1772355600123456","MESSAGE":null,"_PID":"812"}"#,
        "journal-json at=2026-03-01T09:00:00.123456Z pid=812 :=\"\"",
    ),
    (
        "2026-03-01 10:00:00 install botd:amd64 <none> 2.5.0",
        "dpkg at=2026-03-01T10:00:00? program=dpkg :=\"install botd:amd64 <none> 2.5.0\"",
    ),
    (
        "2026-03-01 10:00:00,123 p=136 u=root n=ansible | PLAY [all] *******",
        "ansible at=2026-03-01T10:00:00.123? program=ansible pid=136 user=root :=\"PLAY [all]\"",
    ),
    (
        "2026-03-01 10:00:00,123 p=136 u=root n=ansible INFO| ok: [web01]",
        "ansible at=2026-03-01T10:00:00.123? program=ansible pid=136 severity=Info user=root :=\"ok: [web01]\"",
    ),
    (
        "2026-03-01 10:00:00+0000 deploy: start by ops",
        "stamped-text at=2026-03-01T10:00:00Z program=deploy :=\"start by ops\"",
    ),
    (
        "2026-03-01 10:00:00 panic: no such key",
        "stamped-text at=2026-03-01T10:00:00? :=\"panic: no such key\"",
    ),
    (
        "INFO botd 2.4.0 starting",
        "plain severity=Info :=\"INFO botd 2.4.0 starting\"",
    ),
    (
        "  File \"app.py\", line 3",
        "plain :=\"File \\\"app.py\\\", line 3\"",
    ),
    (" \t ", "none"),
];
