//! Lines of loggers and servers, and what they tell.

/// Lines of loggers, servers and containers, and what they tell.
pub(super) const LOGGERS: &[(&str, &str)] = &[
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
