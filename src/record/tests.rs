//! What each format's lines tell, and that no bytes panic.

use super::{CONTEXT, Format, Frame, Record, Tagger, detect, minute_key, read, stamp_of};
use crate::time::Known;

/// The record of the line at this index of the text, and where it stands in the text.
fn record_of(text: &[u8], index: usize, hint: Format) -> Option<(Record<'_>, &[u8])> {
    let lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
    let at = lines[..index]
        .iter()
        .map(|line| line.len() + 1)
        .sum::<usize>();
    let line = lines[index];
    let after = (at + line.len() + 1).min(text.len());
    let frame = Frame {
        line,
        before: &text[at.saturating_sub(CONTEXT)..at],
        after: &text[after..(after + CONTEXT).min(text.len())],
    };
    let record = read(frame, hint)?;
    let place = &text[at - record.back..at - record.back + record.len];
    Some((record, place))
}

/// All that a record tells, in one line.
fn told(text: &str, index: usize) -> String {
    let hint = detect(text.as_bytes());
    let Some((record, _)) = record_of(text.as_bytes(), index, hint) else {
        return "none".into();
    };
    let mut out = record.format.name().to_string();
    let mut add = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            out.push_str(&format!(" {name}={value}"));
        }
    };
    add(
        "at",
        record.stamp.map(|stamp| match stamp.known {
            Known::Utc { at, .. } => at.to_string(),
            Known::Local(at) => at.to_string().replace('Z', "?"),
            Known::NoYear(at) => at.to_string()[5..].replace('Z', "?"),
        }),
    );
    add("host", record.host.map(Into::into));
    add("program", record.program.map(Into::into));
    add("unit", record.unit.map(Into::into));
    add("subject", record.subject.map(Into::into));
    add("pid", record.pid.map(|pid| pid.to_string()));
    add(
        "severity",
        record.severity.map(|severity| format!("{severity:?}")),
    );
    for (name, value) in &record.facts {
        add(name, Some(value.to_string()));
    }
    add(
        ":",
        Some(format!("{:?}", String::from_utf8_lossy(&record.message))),
    );
    out
}

/// Lines of every format, and what they tell.
const LINES: &[(&str, &str)] = &[
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

/// Lines of loggers, servers and containers, and what they tell.
const LOGGERS: &[(&str, &str)] = &[
    (
        "{\"level\":\"info\",\"ts\":1772355600.123,\"logger\":\"x\",\"caller\":\"a/b.go:1\",\"msg\":\"m\",\"stacktrace\":\"main.main\\n\\t/a.go:1\"}",
        "json-lines at=2026-03-01T09:00:00.123Z program=x severity=Info :=\"m\\nmain.main\\n\\t/a.go:1\"",
    ),
    (
        "2026-03-01T10:00:00.123+0100\tINFO\tlogger\tfile.go:1\tm\t{\"k\":1}",
        "zap-console at=2026-03-01T09:00:00.123Z program=logger severity=Info :=\"m\\t{\\\"k\\\":1}\"",
    ),
    (
        "{\"level\":\"warning\",\"msg\":\"m\",\"time\":\"2026-03-01T10:00:00+01:00\"}",
        "json-lines at=2026-03-01T09:00:00Z severity=Warning :=\"m\"",
    ),
    (
        "{\"time\":\"2026-03-01T10:00:00.123456789+01:00\",\"level\":\"INFO+2\",\"msg\":\"m \\u001b[31mred\\u001b[0m\"}",
        "json-lines at=2026-03-01T09:00:00.123456789Z severity=Info :=\"m red\"",
    ),
    (
        "{\"level\":50,\"time\":1772355600123,\"pid\":812,\"hostname\":\"web01\",\"msg\":\"m\"}",
        "json-lines at=2026-03-01T09:00:00.123Z host=web01 pid=812 severity=Error :=\"m\"",
    ),
    (
        "{\"timestamp\":\"2026-03-01T09:00:00.123456Z\",\"level\":\"ERROR\",\"fields\":{\"message\":\"m\",\"x\":{\"y\":1}},\"target\":\"a::b\",\"span\":{\"name\":\"s\"},\"spans\":[]}",
        "json-lines at=2026-03-01T09:00:00.123456Z program=a::b severity=Error :=\"m\"",
    ),
    (
        "{\"@timestamp\":\"2026-03-01T09:00:00.123Z\",\"log.level\":\"info\",\"message\":\"m\",\"service.name\":\"shop\",\"process.pid\":812,\"error.stack_trace\":\"java.lang.X\\n\\tat a\"}",
        "json-lines at=2026-03-01T09:00:00.123Z unit=shop pid=812 severity=Info :=\"m\\njava.lang.X\\n\\tat a\"",
    ),
    (
        "{\"@timestamp\":\"2026-03-01T09:00:00.123Z\",\"log\":{\"level\":\"info\",\"logger\":\"l\"},\"message\":\"m\",\"service\":{\"name\":\"shop\"},\"process\":{\"pid\":812},\"error\":{\"stack_trace\":\"T\"}}",
        "json-lines at=2026-03-01T09:00:00.123Z program=l unit=shop pid=812 severity=Info :=\"m\\nT\"",
    ),
    (
        "{\"insertId\":\"1\",\"logName\":\"l\",\"severity\":\"ERROR\",\"timestamp\":\"2026-03-01T09:00:00.1Z\",\"resource\":{\"type\":\"k8s_container\",\"labels\":{\"pod_name\":\"web-1\",\"container_name\":\"app\"}},\"textPayload\":\"m\"}",
        "json-lines at=2026-03-01T09:00:00.100Z unit=app subject=web-1 severity=Error pod=web-1 :=\"m\"",
    ),
    (
        "{\"@t\":\"2026-03-01T09:00:00.1234567Z\",\"@mt\":\"User {Id}\",\"@l\":\"Error\",\"@x\":\"System.X\"}",
        "json-lines at=2026-03-01T09:00:00.123456700Z severity=Error :=\"User {Id}\\nSystem.X\"",
    ),
    (
        "{\"message\":\"m\",\"asctime\":\"2026-03-01 10:00:00,123\",\"levelname\":\"INFO\",\"name\":\"x\",\"exc_info\":\"Traceback\"}",
        "json-lines at=2026-03-01T10:00:00.123? program=x severity=Info :=\"m\\nTraceback\"",
    ),
    (
        "{\"version\":\"1.1\",\"host\":\"web01\",\"short_message\":\"m\",\"timestamp\":1772355600.123,\"level\":3,\"_service\":\"x\"}",
        "json-lines at=2026-03-01T09:00:00.123Z host=web01 unit=x severity=Error version=1.1 :=\"m\"",
    ),
    (
        "{\"t\":{\"$date\":\"2026-03-01T10:00:00.123+01:00\"},\"s\":\"E\",\"c\":\"NETWORK\",\"id\":22943,\"ctx\":\"listener\",\"msg\":\"Connection accepted\",\"attr\":{}}",
        "json-lines at=2026-03-01T09:00:00.123Z program=NETWORK severity=Error id=22943 :=\"Connection accepted\"",
    ),
    (
        "{\"type\":\"server\",\"timestamp\":\"2026-03-01T09:00:00,123Z\",\"level\":\"INFO\",\"component\":\"o.e.n.Node\",\"node.name\":\"n1\",\"message\":\"m\"}",
        "json-lines at=2026-03-01T09:00:00.123Z host=n1 program=o.e.n.Node severity=Info :=\"m\"",
    ),
    (
        "{\"timestamp\":\"2026-03-01 10:00:00.123 CET\",\"pid\":812,\"error_severity\":\"LOG\",\"message\":\"m\"}",
        "json-lines at=2026-03-01T10:00:00.123? pid=812 severity=Info :=\"m\"",
    ),
    (
        "{\"ts\":1772355600123.456,\"caller\":\"a.go:1\",\"msg\":\"m\",\"v\":0}",
        "json-lines at=2026-03-01T09:00:00.123456Z :=\"m\"",
    ),
    (
        "{\"a\":1,\"b\":2}",
        "json-lines :=\"{\\\"a\\\":1,\\\"b\\\":2}\"",
    ),
    (
        "{\"log\":\"started\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-01T09:00:00.123456789Z\"}",
        "docker-json at=2026-03-01T09:00:00.123456789Z :=\"started\"",
    ),
    (
        "{\"log\":\"2026-03-01 08:59:59,000 - app - ERROR - bad\\n\",\"stream\":\"stderr\",\"time\":\"2026-03-01T09:00:00.123456789Z\"}",
        "docker-json at=2026-03-01T09:00:00.123456789Z program=app severity=Error :=\"bad\"",
    ),
    (
        "{\"log\":\"{\\\"level\\\":\\\"error\\\",\\\"msg\\\":\\\"bad\\\",\\\"ts\\\":1}\\n\",\"stream\":\"stderr\",\"time\":\"2026-03-01T09:00:00.123456789Z\"}",
        "docker-json at=2026-03-01T09:00:00.123456789Z severity=Error :=\"bad\"",
    ),
    (
        "2026-03-01T10:00:00.123456789+01:00 stdout F started",
        "cri at=2026-03-01T09:00:00.123456789Z :=\"started\"",
    ),
    (
        "2026-03-01T10:00:00.123456789+01:00 stderr F I0301 10:00:00.123456     812 kubelet.go:2375] \"SyncLoop\" pod=\"shop/web\"",
        "cri at=2026-03-01T09:00:00.123456789Z pid=812 severity=Info :=\"\\\"SyncLoop\\\" pod=\\\"shop/web\\\"\"",
    ),
    (
        "2026-03-01T10:00:00.123456789+01:00 stderr F {\"level\":\"error\",\"msg\":\"bad\"}",
        "cri at=2026-03-01T09:00:00.123456789Z severity=Error :=\"bad\"",
    ),
    (
        "time=\"2026-03-01T10:00:00+01:00\" level=warning msg=\"restart \\\"x\\\"\" container=abc",
        "logfmt at=2026-03-01T09:00:00Z subject=abc severity=Warning container=abc :=\"restart \\\"x\\\"\"",
    ),
    (
        "ts=2026-03-01T09:00:00.123Z level=info caller=main.go:1 msg=started",
        "logfmt at=2026-03-01T09:00:00.123Z severity=Info :=\"started\"",
    ),
    (
        "I0301 10:00:00.123456     812 kubelet.go:2375] \"SyncLoop (PLEG): event for pod\" pod=\"shop/web\"",
        "klog at=03-01T10:00:00.123456? pid=812 severity=Info :=\"\\\"SyncLoop (PLEG): event for pod\\\" pod=\\\"shop/web\\\"\"",
    ),
    (
        "2026-03-01 10:00:00,123 - app - INFO - text",
        "python-logging at=2026-03-01T10:00:00.123? program=app severity=Info :=\"text\"",
    ),
    (
        "2026-03-01 10:00:00,123 INFO text here",
        "python-logging at=2026-03-01T10:00:00.123? severity=Info :=\"text here\"",
    ),
    (
        "WARNING:root:text",
        "python-logging program=root severity=Warning :=\"text\"",
    ),
    (
        "INFO:     Application startup complete.",
        "python-logging severity=Info :=\"Application startup complete.\"",
    ),
    (
        "2026-03-01T10:00:00.123+01:00  INFO 812 --- [app] [           main] c.e.App  : Started App",
        "logback at=2026-03-01T09:00:00.123Z program=c.e.App pid=812 severity=Info :=\"Started App\"",
    ),
    (
        "2026-03-01 10:00:00.123  INFO 812 --- [           main] c.e.App  : Started App",
        "logback at=2026-03-01T10:00:00.123? program=c.e.App pid=812 severity=Info :=\"Started App\"",
    ),
    (
        "2026-03-01 10:00:00.123 [main] INFO  c.e.App - text",
        "logback at=2026-03-01T10:00:00.123? program=c.e.App severity=Info :=\"text\"",
    ),
    (
        "2026-03-01 10:00:00,123 INFO  [main] c.e.App: text",
        "log4j at=2026-03-01T10:00:00.123? program=c.e.App severity=Info :=\"text\"",
    ),
    (
        "[2026-03-01 10:00:00,123] INFO [KafkaServer id=1] started (kafka.server.KafkaServer)",
        "log4j at=2026-03-01T10:00:00.123? severity=Info :=\"[KafkaServer id=1] started (kafka.server.KafkaServer)\"",
    ),
    (
        "2026-03-01 10:00:00,123 - INFO  [QuorumPeer[myid=1]/0:0:Fast@774] - text",
        "log4j at=2026-03-01T10:00:00.123? severity=Info :=\"text\"",
    ),
    (
        "2026-03-01T10:00:00.123+0100 [INFO]  client.alloc_runner: restarting task: reason=\"x\"",
        "hclog at=2026-03-01T09:00:00.123Z program=client.alloc_runner severity=Info :=\"restarting task: reason=\\\"x\\\"\"",
    ),
    (
        "[2026-03-01T09:00:00Z INFO  app::mod] text",
        "env-logger at=2026-03-01T09:00:00Z program=app::mod severity=Info :=\"text\"",
    ),
    (
        "2026-03-01T09:00:00.123456Z  INFO app::mod: text k=v",
        "tracing-text at=2026-03-01T09:00:00.123456Z program=app::mod severity=Info :=\"text k=v\"",
    ),
    (
        "2026/03/01 10:00:00 INFO m k=v",
        "go-log at=2026-03-01T10:00:00? severity=Info :=\"m k=v\"",
    ),
    (
        "2026/03/01 10:00:00 listening",
        "go-log at=2026-03-01T10:00:00? :=\"listening\"",
    ),
    (
        "10.0.0.9 - alice [01/Mar/2026:10:00:00 +0100] \"GET /\\\" HTTP/1.1\" 502 157 \"-\" \"curl/8\"",
        "access at=2026-03-01T09:00:00Z program=access status=502 :=\"\\\"GET /\\\\\\\" HTTP/1.1\\\" 502 157 \\\"-\\\" \\\"curl/8\\\"\"",
    ),
    (
        "2026/03/01 10:00:00 [alert] 812#812: *17 worker process 830 exited on signal 11",
        "nginx-error at=2026-03-01T10:00:00? program=nginx pid=812 severity=Alert :=\"*17 worker process 830 exited on signal 11\"",
    ),
    (
        "[Sun Mar 01 10:00:00.123456 2026] [mpm_event:notice] [pid 812:tid 139] AH00489: Apache configured",
        "apache-error at=2026-03-01T10:00:00.123456? program=apache2 pid=812 severity=Notice :=\"AH00489: Apache configured\"",
    ),
    (
        "[Sun Mar 01 10:00:00 2026] [notice] caught SIGTERM, shutting down",
        "apache-error at=2026-03-01T10:00:00? program=apache2 severity=Notice :=\"caught SIGTERM, shutting down\"",
    ),
    (
        "[Sun Mar  1 10:00:00 2026] eth0: link up",
        "dmesg at=2026-03-01T10:00:00? program=kernel :=\"eth0: link up\"",
    ),
    (
        "2026-03-01 10:00:00,123 INFO spawned: 'web' with pid 812",
        "supervisord at=2026-03-01T10:00:00.123? program=supervisord severity=Info :=\"spawned: 'web' with pid 812\"",
    ),
    (
        "2026-03-01T10:00:00: PM2 log: App [web:0] online",
        "pm2 at=2026-03-01T10:00:00? program=pm2 severity=Info :=\"App [web:0] online\"",
    ),
    (
        "2026-03-01 10:00:00: App name:web id:0 online",
        "pm2 at=2026-03-01T10:00:00? program=pm2 :=\"App name:web id:0 online\"",
    ),
    (
        "2026-03-01_09:00:00.12345 text",
        "svlogd at=2026-03-01T09:00:00.123450Z :=\"text\"",
    ),
    (
        "@4000000069a4011a00000001 text",
        "tai64n at=2026-03-01T09:04:16.000000001Z :=\"text\"",
    ),
    (
        "[CET Mar  1 10:00:00] error    : 'web' process is not running",
        "monit at=03-01T10:00:00? program=monit severity=Error :=\"'web' process is not running\"",
    ),
    (
        "2026-03-01 10:00:00.123 CET [812] LOG:  database system is ready",
        "postgres at=2026-03-01T10:00:00.123? program=postgres pid=812 severity=Info :=\"database system is ready\"",
    ),
    (
        "2026-03-01 10:00:00.123 UTC [812] app@shop FATAL:  no",
        "postgres at=2026-03-01T10:00:00.123Z program=postgres pid=812 severity=Critical user=app database=shop :=\"no\"",
    ),
    (
        "812:M 01 Mar 2026 10:00:00.123 * Ready to accept",
        "redis at=2026-03-01T10:00:00.123? program=redis pid=812 severity=Notice :=\"Ready to accept\"",
    ),
    (
        "812:signal-handler (1772355600) Received SIGTERM scheduling shutdown...",
        "redis at=2026-03-01T09:00:00Z program=redis pid=812 :=\"Received SIGTERM scheduling shutdown...\"",
    ),
    (
        "[812] 01 Mar 10:00:00.123 * Ready",
        "redis at=03-01T10:00:00.123? program=redis pid=812 severity=Notice :=\"Ready\"",
    ),
    (
        "{\"apiVersion\":\"v1\",\"kind\":\"Event\",\"type\":\"Warning\",\"reason\":\"BackOff\",\"message\":\"Back-off restarting\",\"count\":4,\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"web-1\",\"namespace\":\"shop\",\"fieldPath\":\"spec.containers{app}\"},\"lastTimestamp\":\"2026-03-01T09:00:00Z\",\"firstTimestamp\":\"2026-03-01T08:00:00Z\",\"eventTime\":null,\"source\":{\"component\":\"kubelet\",\"host\":\"n1\"},\"metadata\":{\"name\":\"web-1.17\",\"creationTimestamp\":\"2026-03-01T08:00:00Z\"}}",
        "kube-events at=2026-03-01T09:00:00Z host=n1 program=kubernetes-event subject=web-1 severity=Warning reason=BackOff kind=Pod namespace=shop count=4 component=kubelet container=app :=\"Back-off restarting\"",
    ),
    (
        "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"RequestResponse\",\"stage\":\"ResponseComplete\",\"requestURI\":\"/apis\",\"verb\":\"patch\",\"user\":{\"username\":\"ops\"},\"userAgent\":\"kubectl/v1\",\"objectRef\":{\"resource\":\"deployments\",\"namespace\":\"shop\",\"name\":\"web\"},\"responseStatus\":{\"metadata\":{},\"code\":200},\"requestReceivedTimestamp\":\"2026-03-01T09:00:00.1Z\",\"stageTimestamp\":\"2026-03-01T09:00:00.2Z\"}",
        "kube-audit at=2026-03-01T09:00:00.200Z program=kube-audit subject=web verb=patch resource=deployments name=web namespace=shop user=ops userAgent=kubectl/v1 code=200 stage=ResponseComplete :=\"patch deployments shop/web by ops (kubectl/v1)\"",
    ),
    (
        "I, [2026-03-01T10:00:00.123456 #812]  INFO -- app: text",
        "ruby-logger at=2026-03-01T10:00:00.123456? program=app pid=812 severity=Info :=\"text\"",
    ),
    (
        "2026-03-01T09:00:00.123456Z 0 [ERROR] [MY-010119] [Server] Aborting",
        "mysql at=2026-03-01T09:00:00.123456Z program=mysqld severity=Error :=\"[MY-010119] [Server] Aborting\"",
    ),
    (
        "2026-03-01 10:00:00.123456+01:00 [info] <0.230.0> Server startup complete",
        "rabbitmq at=2026-03-01T09:00:00.123456Z program=rabbitmq severity=Info :=\"Server startup complete\"",
    ),
    (
        "[2026-03-01T09:00:00,123][INFO ][o.e.n.Node               ] [node-1] started",
        "elasticsearch at=2026-03-01T09:00:00.123? host=node-1 program=o.e.n.Node severity=Info :=\"started\"",
    ),
    (
        "[2026-03-01 10:00:00 +0100] [812] [INFO] Booting worker with pid: 830",
        "gunicorn at=2026-03-01T09:00:00Z pid=812 severity=Info :=\"Booting worker with pid: 830\"",
    ),
    (
        "[2026-03-01 10:00:00,123: INFO/MainProcess] celery@web01 ready.",
        "celery at=2026-03-01T10:00:00.123? severity=Info :=\"celery@web01 ready.\"",
    ),
    (
        "2026-03-01 10:00:00 circus[812] [INFO] web started",
        "circus at=2026-03-01T10:00:00? program=circus pid=812 severity=Info :=\"web started\"",
    ),
    (
        "2026-03-01 10:00:00,123:INFO:certbot._internal.main:text",
        "python-logging at=2026-03-01T10:00:00.123? program=certbot._internal.main severity=Info :=\"text\"",
    ),
    (
        "[01-Mar-2026 10:00:00] NOTICE: fpm is running, pid 812",
        "php at=2026-03-01T10:00:00? severity=Notice :=\"fpm is running, pid 812\"",
    ),
    (
        "2026-03-01 10:00:00.123 +01:00 [INF] text",
        "serilog at=2026-03-01T09:00:00.123Z severity=Info :=\"text\"",
    ),
    (
        "2026-03-01 10:00:00.1234|INFO|App|text",
        "nlog at=2026-03-01T10:00:00.123400? program=App severity=Info :=\"text\"",
    ),
    (
        "2026-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack",
        "windows-cbs at=2026-09-28T04:30:30? program=CBS severity=Info :=\"Loaded Servicing Stack\"",
    ),
    (
        "2026-03-01 10:00:00 ValueError: invalid literal",
        "stamped-text at=2026-03-01T10:00:00? :=\"ValueError: invalid literal\"",
    ),
    (
        "2026-03-01T10:00:00+01:00 INF m k=v",
        "zerolog-console at=2026-03-01T09:00:00Z severity=Info :=\"m k=v\"",
    ),
    (
        "<30>Mar  1 10:00:00 web01 app[812]: @cee: {\"msg\":\"bad\",\"level\":\"error\"}",
        "rfc3164 at=03-01T10:00:00? host=web01 program=app pid=812 severity=Error :=\"bad\"",
    ),
    (
        "2026-03-01T09:00:00.123456Z started",
        "stamped-text at=2026-03-01T09:00:00.123456Z :=\"started\"",
    ),
    (
        "[2026-03-01 09:00:00.123][812][info][main] [source/server/server.cc:900] starting main dispatch loop",
        "envoy at=2026-03-01T09:00:00.123? program=envoy pid=812 severity=Info :=\"starting main dispatch loop\"",
    ),
    (
        "2026-03-01 10:00:00,123 [salt.state       :2021][INFO    ][812] text",
        "salt at=2026-03-01T10:00:00.123? program=salt.state pid=812 severity=Info :=\"text\"",
    ),
];

/// The head of a line, where words stand before the stamp.
const HEADS: &[(&str, &str)] = &[
    (
        "- 1772355600 2026.03.01 node7 crond(pam_unix)[2915]: session closed",
        "stamped-text at=2026-03-01T09:00:00Z :=\"2026.03.01 node7 crond(pam_unix)[2915]: session closed\"",
    ),
    (
        "nova-api.log.1 2026-03-01 10:00:00.008 812 INFO nova.api.wsgi [req-1 a b - - -] text",
        "oslo at=2026-03-01T10:00:00.008? program=nova.api.wsgi pid=812 severity=Info :=\"text\"",
    ),
    (
        "\u{1b}[2m2026-03-01T09:00:00.123456Z\u{1b}[0m \u{1b}[32m INFO\u{1b}[0m \u{1b}[2mapp::mod\u{1b}[0m\u{1b}[2m:\u{1b}[0m text",
        "tracing-text at=2026-03-01T09:00:00.123456Z program=app::mod severity=Info :=\"text\"",
    ),
];

#[test]
fn every_field_of_a_line() {
    let wrong: Vec<String> = LINES
        .iter()
        .chain(LOGGERS)
        .chain(HEADS)
        .filter(|(line, want)| told(line, 0) != *want)
        .map(|(line, want)| format!("{line}\n  told {}\n  want {want}", told(line, 0)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn colours_are_stripped() {
    assert_eq!(
        told("2026-03-01 10:00:00 \x1b[31mERROR\x1b[0m bad", 0),
        "stamped-text at=2026-03-01T10:00:00? severity=Error :=\"bad\""
    );
    assert_eq!(
        told("Mar  1 10:00:00 h app: #033[31mbad#033[0m", 0),
        "rfc3164 at=03-01T10:00:00? host=h program=app :=\"bad\""
    );
}

#[test]
fn a_stanza_of_apt_is_one_record_from_each_of_its_lines() {
    let text = "\nStart-Date: 2026-03-01  10:00:00\nCommandline: apt-get install botd\nInstall: botd:amd64 (2.5.0)\nEnd-Date: 2026-03-01  10:00:09\n\nStart-Date: 2026-03-02  10:00:00\n";
    for index in 1..5 {
        assert_eq!(
            told(text, index),
            "apt-history at=2026-03-01T10:00:00? program=apt :=\"Start-Date: 2026-03-01  10:00:00\\nCommandline: apt-get install botd\\nInstall: botd:amd64 (2.5.0)\\nEnd-Date: 2026-03-01  10:00:09\""
        );
        let (_, place) = record_of(text.as_bytes(), index, Format::AptHistory).unwrap();
        assert!(place.starts_with(b"Start-Date: 2026-03-01"), "{index}");
        assert!(place.ends_with(b"10:00:09"), "{index}");
    }
}

#[test]
fn a_changed_host_belongs_to_its_task() {
    let text = "2026-03-01 10:00:00,100 p=1 u=ops n=ansible | TASK [shop upstream] *****\n2026-03-01 10:00:01,100 p=1 u=ops n=ansible | changed: [web01] => {\"x\": 1}\n";
    assert_eq!(
        told(text, 1),
        "ansible at=2026-03-01T10:00:01.100? program=ansible pid=1 user=ops :=\"TASK [shop upstream]\\nchanged: [web01] => {\\\"x\\\": 1}\""
    );
    let (record, place) = record_of(text.as_bytes(), 1, Format::Ansible).unwrap();
    assert_eq!(record.back, 73);
    assert!(place.starts_with(b"2026-03-01 10:00:00,100") && place.ends_with(b"1}"));
}

#[test]
fn unstamped_lines_belong_to_the_record_above() {
    let text = "2026-03-01 10:00:00 deploy: start\n   7873229..bec77b5  main\nFast-forward\n\n2026-03-01 10:00:01 deploy: done\n";
    for index in 0..3 {
        let (record, place) = record_of(text.as_bytes(), index, Format::StampedText).unwrap();
        assert_eq!(
            &*record.message,
            b"start\n   7873229..bec77b5  main\nFast-forward"
        );
        assert!(place.starts_with(b"2026-03-01 10:00:00") && place.ends_with(b"Fast-forward"));
    }
    assert_eq!(told(text, 3), "none");
}

#[test]
fn indented_lines_of_a_journal_message_lose_the_indent() {
    let text = "Mar 01 10:00:00 h app[1]: Traceback:\n                            File \"x\"\nMar 01 10:00:01 h app[1]: next\n";
    let (record, _) = record_of(text.as_bytes(), 1, Format::JournalShort).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&record.message),
        "Traceback:\n  File \"x\""
    );
}

#[test]
fn a_line_without_stamp_has_the_time_of_what_stands_above() {
    let text = "Mar  1 10:00:00 h app: x\nbare\n";
    let (record, _) = record_of(text.as_bytes(), 1, Format::Plain).unwrap();
    assert_eq!(record.format, Format::Plain);
    assert!(record.stamp.is_some());
}

#[test]
fn a_stanza_of_the_export_format_is_a_record_at_its_message() {
    let mut text = b"__CURSOR=a\n__REALTIME_TIMESTAMP=1772355600123456\n_HOSTNAME=web01\nMESSAGE=started\n_PID=812\nSYSLOG_IDENTIFIER=app\n\n__CURSOR=b\n__REALTIME_TIMESTAMP=1772355601000000\nMESSAGE\n".to_vec();
    text.extend_from_slice(&9_u64.to_le_bytes());
    text.extend_from_slice(b"one\n\ntwo\n\n_PID=7\n\n__CURSOR=c\n");
    let format = detect(&text);
    assert_eq!(format, Format::JournalExport);
    let (record, place) = record_of(&text, 3, format).unwrap();
    assert_eq!((&*record.message, record.pid), (&b"started"[..], Some(812)));
    assert_eq!(place, b"MESSAGE=started");
    for index in [0, 1, 2, 4, 5, 7, 8, 14] {
        assert!(record_of(&text, index, format).is_none(), "{index}");
    }
    for index in [9, 10, 12] {
        let (record, place) = record_of(&text, index, format).unwrap();
        assert_eq!(&*record.message, b"one\n\ntwo\n");
        assert_eq!(record.pid, Some(7));
        assert!(
            place.starts_with(b"MESSAGE\n") && place.ends_with(b"two\n"),
            "{index}"
        );
    }
}

#[test]
fn the_census_reads_the_same_tag_as_the_record() {
    for (line, _) in LINES {
        let format = detect(line.as_bytes());
        let Some(tag) = Tagger::new(format).tag(line.as_bytes()) else {
            continue;
        };
        let (record, _) = record_of(line.as_bytes(), 0, format).unwrap();
        assert_eq!(
            record.program.as_deref().map(str::as_bytes),
            Some(tag.program),
            "{line}"
        );
        assert_eq!(
            record.host.as_deref().map_or(&b""[..], str::as_bytes),
            tag.host,
            "{line}"
        );
    }
}

#[test]
fn the_stamp_of_a_line_is_that_of_its_record() {
    for (line, _) in LINES.iter().chain(LOGGERS) {
        let format = detect(line.as_bytes());
        let record = record_of(line.as_bytes(), 0, format).map(|(record, _)| record.stamp);
        assert_eq!(
            stamp_of(line.as_bytes(), format),
            record.flatten(),
            "{line}"
        );
    }
}

#[test]
fn no_bytes_panic() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut formats = vec![Format::JournalExport, Format::AptHistory, Format::Plain];
    for (line, _) in LINES.iter().chain(LOGGERS) {
        let format = detect(line.as_bytes());
        if !formats.contains(&format) {
            formats.push(format);
        }
    }
    let all = |text: &[u8]| {
        for format in formats.iter().copied().chain([detect(text)]) {
            for index in 0..text.split(|b| *b == b'\n').count().min(4) {
                let _ = record_of(text, index, format);
            }
            let _ = (
                Tagger::new(format).tag(text),
                stamp_of(text, format),
                minute_key(text, format),
            );
        }
    };
    for (line, _) in LINES.iter().chain(LOGGERS) {
        for len in 0..line.len() {
            all(&line.as_bytes()[..len]);
        }
        for _ in 0..40 {
            let mut bytes = line.as_bytes().to_vec();
            for _ in 0..=random() % 4 {
                let at = random() as usize % bytes.len();
                bytes[at] = if random() % 4 == 0 {
                    b'\n'
                } else {
                    random() as u8
                };
            }
            all(&bytes);
        }
    }
}

#[test]
fn parts_of_a_long_line_are_joined_within_their_stream() {
    let text = "2026-03-01T10:00:00.1Z stderr P thread 'main' pa\n2026-03-01T10:00:00.2Z stdout F other\n2026-03-01T10:00:00.3Z stderr F nicked\n2026-03-01T10:00:00.4Z stderr F next\n";
    for index in [0, 2] {
        let (record, place) = record_of(text.as_bytes(), index, Format::Cri).unwrap();
        assert_eq!(&*record.message, b"thread 'main' panicked");
        assert!(place.starts_with(b"2026-03-01T10:00:00.1Z") && place.ends_with(b"nicked"));
    }
    let (record, _) = record_of(text.as_bytes(), 1, Format::Cri).unwrap();
    assert_eq!(&*record.message, b"other");
    let text = "{\"log\":\"pan\",\"stream\":\"stderr\",\"time\":\"2026-03-01T09:00:00Z\"}\n{\"log\":\"icked\\n\",\"stream\":\"stderr\",\"time\":\"2026-03-01T09:00:01Z\"}\n";
    for index in [0, 1] {
        let (record, place) = record_of(text.as_bytes(), index, Format::DockerJson).unwrap();
        assert_eq!(&*record.message, b"panicked");
        assert_eq!(place.len(), text.len() - 1);
    }
}

#[test]
fn an_event_of_an_indented_list_is_one_record_from_each_of_its_lines() {
    let text = r#"{
    "apiVersion": "v1",
    "items": [
        {
            "involvedObject": {
                "name": "web-1"
            },
            "managedFields": [
                {
                    "manager": "kubelet"
                }
            ],
            "lastTimestamp": "2026-03-01T09:00:00Z",
            "message": "Back-off restarting"
        },
        {
            "involvedObject": {
                "name": "web-2"
            },
            "message": "Pulled"
        }
    ],
    "kind": "List"
}
"#;
    let format = detect(text.as_bytes());
    assert_eq!(format, Format::KubeEvents);
    for index in [3, 5, 9, 12, 13, 14] {
        let (record, place) = record_of(text.as_bytes(), index, format).unwrap();
        assert_eq!(&*record.message, b"Back-off restarting", "{index}");
        assert_eq!(record.subject.as_deref(), Some("web-1"));
        assert!(
            place.starts_with(b"        {") && place.ends_with(b"        },"),
            "{index}"
        );
    }
    let (record, _) = record_of(text.as_bytes(), 17, format).unwrap();
    assert_eq!(record.subject.as_deref(), Some("web-2"));
}

#[test]
fn a_file_of_supervisord_has_no_other_loggers() {
    let line = b"2026-03-01 10:00:00,123 INFO web: stopped for maintenance";
    let (record, _) = record_of(line, 0, Format::Supervisord).unwrap();
    assert_eq!(record.program.as_deref(), Some("supervisord"));
    let (record, _) = record_of(line, 0, Format::Plain).unwrap();
    assert_eq!(record.program.as_deref(), Some("web"));
}

#[test]
fn mixed_files_are_read_line_by_line() {
    let text = "Mar  1 10:00:00 h app[1]: x\n{\"level\":\"error\",\"msg\":\"bad\"}\n812:M 01 Mar 2026 10:00:00.123 * Ready\n";
    let formats: Vec<_> = (0..3)
        .map(|i| {
            record_of(text.as_bytes(), i, Format::Rfc3164)
                .unwrap()
                .0
                .format
                .name()
        })
        .collect();
    assert_eq!(formats, ["rfc3164", "json-lines", "redis"]);
}

#[test]
fn unwrapped_text_is_told_from_the_line_as_it_stands() {
    for (line, unwrapped) in [
        ("Mar  1 10:00:00 h app[1]: x", false),
        ("2026-03-01 10:00:00,123 - app - INFO - text", false),
        (r#"{"level":"error","msg":"bad"}"#, true),
        ("2026-03-01T10:00:00.123456789+01:00 stdout F started", true),
        (r#"Mar  1 10:00:00 h app[1]: {"msg":"bad"}"#, true),
    ] {
        let format = detect(line.as_bytes());
        let (record, _) = record_of(line.as_bytes(), 0, format).unwrap();
        assert_eq!(record.unwrapped, unwrapped, "{line}");
    }
}
