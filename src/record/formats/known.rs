//! The table of formats: what each is called, what it is, an example, and how its lines are laid out.
//!
//! Owns: the one list that the code, `crashtrail formats` and `docs/formats.md` are made of. A format
//! whose lines a template can tell ([`super::template`]) needs no other code than its row here.

/// What a format is about, for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Syslog, the journal, the kernel and other logs of the system.
    System,
    /// Containers, orchestrators and log collectors.
    Containers,
    /// Loggers of languages and programs.
    Loggers,
    /// Web servers and proxies.
    Web,
    /// Databases and queues.
    Databases,
    /// Supervisors, deployment and package tools.
    Tools,
    /// What is left.
    Rest,
}

impl Group {
    /// All groups, in the order of the table.
    pub const ALL: [Self; 7] = [
        Self::System,
        Self::Containers,
        Self::Loggers,
        Self::Web,
        Self::Databases,
        Self::Tools,
        Self::Rest,
    ];

    /// Its heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::Containers => "Containers and collectors",
            Self::Loggers => "Loggers",
            Self::Web => "Web servers and proxies",
            Self::Databases => "Databases and queues",
            Self::Tools => "Supervisors and tools",
            Self::Rest => "The rest",
        }
    }
}

/// A row of the table.
#[derive(Debug)]
pub struct Known {
    /// The format.
    pub format: Format,
    /// What kind of thing writes it.
    pub group: Group,
    /// Its name in reports and on the command line.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// A line of it; several lines where a record has several.
    pub example: &'static str,
    /// The program that writes it, where no field tells.
    pub(super) program: &'static str,
    /// How its lines are laid out, if templates tell; the first that fits counts.
    pub(super) templates: &'static [&'static str],
}

impl Known {
    /// The format with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|known| known.name == name)
    }
}

macro_rules! formats {
    ($($group:ident $variant:ident $name:literal $about:literal $example:literal
        $(=> $program:literal)? $([$($template:literal),+ $(,)?])?)*) => {
        /// How a log is written.
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
        )]
        #[non_exhaustive]
        pub enum Format {
            $(#[doc = $about] $variant,)*
        }

        /// All formats, in the order of [`Format`].
        pub const KNOWN: &[Known] = &[
            $(Known {
                format: Format::$variant,
                group: Group::$group,
                name: $name,
                about: $about,
                example: $example,
                program: concat!($($program)?),
                templates: &[$($($template),+)?],
            },)*
        ];
    };
}

formats! {
    System Rfc3164 "rfc3164"
        "Syslog as RFC 3164 has it, in files and on the wire: with or without PRI, year and host"
        "Mar  1 10:00:00 web01 app[812]: started"
    System Rfc5424 "rfc5424"
        "Syslog as RFC 5424 has it, structured data and BOM included"
        "<30>1 2026-03-01T10:00:00Z web01 app 812 - - started"
    System RsyslogIso "rsyslog-iso"
        "rsyslog's own file format: RFC 3339 stamps with a fraction; with PRI when forwarded"
        "2026-03-01T10:00:00.123456+01:00 web01 app[812]: started"
    System JournalShort "journal-short"
        "journalctl's default; told from `rfc3164` by how a one-digit day is padded"
        "Mar 01 10:00:00 web01 app[812]: started"
    System JournalShortPrecise "journal-short-precise"
        "`journalctl -o short-precise`"
        "Mar 01 10:00:00.123456 web01 app[812]: started"
    System JournalShortIso "journal-short-iso"
        "`journalctl -o short-iso`, and syslog-ng's ISO stamps"
        "2026-03-01T10:00:00+0100 web01 app[812]: started"
    System JournalShortIsoPrecise "journal-short-iso-precise"
        "`journalctl -o short-iso-precise` before systemd 255, which writes what `rsyslog-iso` is"
        "2026-03-01T10:00:00.123456+0100 web01 app[812]: started"
    System JournalShortFull "journal-short-full"
        "`journalctl -o short-full` and `with-unit`"
        "Sun 2026-03-01 10:00:00 CET web01 app.service[812]: started"
    System JournalShortUnix "journal-short-unix"
        "`journalctl -o short-unix`"
        "1772355600.123456 web01 app[812]: started"
    System JournalShortMonotonic "journal-short-monotonic"
        "`journalctl -o short-monotonic` and `short-delta`: time since boot"
        "[  812.123456] web01 app[812]: started"
    System JournalJson "journal-json"
        "`journalctl -o json`, `json-seq` and `json-sse`; messages as text or as arrays of bytes"
        "{\"__REALTIME_TIMESTAMP\":\"1772355600123456\",\"_HOSTNAME\":\"web01\",\"SYSLOG_IDENTIFIER\":\"app\",\"MESSAGE\":\"started\"}"
    System JournalExport "journal-export"
        "`journalctl -o export`: stanzas of `KEY=value`, binary fields included"
        "__REALTIME_TIMESTAMP=1772355600123456\n_HOSTNAME=web01\nSYSLOG_IDENTIFIER=app\nMESSAGE=started"
    System Journal "journal"
        "systemd's own binary files, read without journalctl; told by their header alone"
        "LPKSHHRH"
    System JournalVerbose "journal-verbose"
        "`journalctl -o verbose`: a cursor line, then fields"
        "Sun 2026-03-01 10:00:00.123456 CET [s=0a;i=1;b=0b;m=1;t=2;x=3]\n    _HOSTNAME=web01\n    SYSLOG_IDENTIFIER=app\n    MESSAGE=started"
    System Dmesg "dmesg"
        "The kernel's ring buffer: raw, `-x`, `-T`, `--time-format iso`"
        "[  812.123456] eth0: link up"
        => "kernel"
        ["<{pri}>[{boot}] {message}", "{facility}:{levelp}: [{boot}] {message}", "{time:dmesg} {message}"]
    System Auditd "auditd"
        "The kernel's audit trail, also as ausearch prints it"
        "type=ANOM_ABEND msg=audit(1772355600.123:4567): auid=0 uid=998 pid=812 comm=\"app\" sig=6"
        => "audit"
        ["{>}type={word} msg=audit({time:epoch}:{n}): ", "node={host} {>}type={word} msg=audit({time:epoch}:{n}): ", "{>}type={word} msg=audit({time:us} {..}) : "]
    System MacUnified "macos-unified"
        "macOS' `log show`: default and syslog style"
        "2026-03-01 10:00:00.123456+0100 0x1a2b     Default     0x0                  812    0    app: (Net) [com.example:net] started"
        ["{time:isob} 0x{hex} {level} 0x{hex} {pid} {n} {program}: {message}", "{time:isob} 0x{hex} {word} 0x{hex} {pid} {n} {program}: {message}", "{time:isob} {host} {program}[{pid}]: {message}"]
    System Logcat "logcat"
        "Android's logcat: threadtime, time, brief"
        "03-01 10:00:00.123   812   830 D App: started"
        ["{time:monthday} {letter}/{program}({pid}): {message}", "{letter}/{program}({pid}): {message}"]
    System WindowsCsv "windows-csv"
        "Windows events as the Event Viewer exports them to CSV; month or day first, as the first dates tell"
        "Error,3/1/2026 10:00:00 AM,Service Control Manager,7034,None,\"The App service terminated unexpectedly.\""
    System WindowsCsvDayFirst "windows-csv-day-first"
        "The same where the day stands before the month"
        "Error,31/3/2026 10:00:00,Service Control Manager,7034,None,\"The App service terminated unexpectedly.\""
    System WindowsXml "windows-xml"
        "Windows events in XML, one a line or pretty-printed"
        "<Event xmlns=\"http://schemas.microsoft.com/win/2004/08/events/event\"><System><Provider Name=\"App\"/><EventID>7034</EventID><Level>2</Level><TimeCreated SystemTime=\"2026-03-01T09:00:00.123456700Z\"/><Computer>web01</Computer></System><EventData><Data>started</Data></EventData></Event>"
    System WindowsCbs "windows-cbs"
        "Windows' CBS.log and its like"
        "2026-03-01 10:00:00, Info                  CBS    Loaded Servicing Stack"
        ["{time:isob}, {level} {program} {message}"]
    Containers DockerJson "docker-json"
        "Docker's json-file driver; lines in parts are joined"
        "{\"log\":\"started\\n\",\"stream\":\"stdout\",\"time\":\"2026-03-01T09:00:00.123456789Z\"}"
    Containers Cri "cri"
        "containerd and CRI-O; lines in parts (`P`, `F`) are joined"
        "2026-03-01T10:00:00.123456789+01:00 stdout F started"
    Containers DockerTimestamps "docker-timestamps"
        "`docker logs --timestamps`, `kubectl logs --timestamps`"
        "2026-03-01T09:00:00.123456789Z started"
        ["{time:n9} {inner}"]
    Containers Compose "compose"
        "`docker compose logs`: `SERVICE-1  | text`, with or without a time"
        "web-1  | started"
    Containers KubectlPrefix "kubectl-prefix"
        "`kubectl logs --prefix`, with or without `--timestamps`"
        "[pod/web-6c5/app] started"
        ["[pod/{pod}/{container}] {time:n9} {inner}", "[pod/{pod}/{container}] {inner}"]
    Containers Stern "stern"
        "stern's `POD CONTAINER text`, with or without namespace"
        "web-6c5d4f7b9-x2z9k app started"
    Containers KubeEvents "kube-events"
        "`kubectl get events -o json`, one a line or as a list"
        "{\"kind\":\"Event\",\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"web-1\"},\"reason\":\"BackOff\",\"message\":\"Back-off restarting\",\"lastTimestamp\":\"2026-03-01T09:00:00Z\"}"
    Containers KubeEventsTable "kube-events-table"
        "`kubectl get events`: a table, whose ages are no times"
        "2m   Warning   BackOff   pod/web-6c5   Back-off restarting failed container"
        ["{age} {normal} {reason} {kind}/{subject} {message}", "{namespace} {age} {normal} {reason} {kind}/{subject} {message}"]
    Containers KubeAudit "kube-audit"
        "The Kubernetes API server's audit log"
        "{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"stage\":\"ResponseComplete\",\"verb\":\"patch\",\"stageTimestamp\":\"2026-03-01T09:00:00.123456Z\"}"
    Containers DockerEvents "docker-events"
        "`docker events`, `podman events`"
        "2026-03-01T10:00:00.123456789+01:00 container die 0a1b2c3d4e5f (exitCode=139, image=app:1, name=app)"
        => "docker"
        ["{time:isot} {>}container {word} {hex} ({..}", "{time:isob} {..} {>}container {word} {hex} ({..}", "{time:isob} {..} {..} {>}container {word} {hex} ({..}"]
    Containers Heroku "heroku"
        "Heroku's logplex"
        "2026-03-01T09:00:00.123456+00:00 heroku[web.1]: State changed from up to crashed"
        ["{time:isot} {heroku}[{unit}]: {inner}"]
    Containers Lambda "lambda"
        "AWS Lambda"
        "2026-03-01T09:00:00.123Z\t0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f\tINFO\tstarted"
        ["{time:isot}\t{uuid}\t{level}\t{message}", "[{level}]\t{time:isot}\t{uuid}\t{message}", "{>}{lambda} RequestId: {uuid}"]
    Containers CloudwatchTail "cloudwatch-tail"
        "`aws logs tail`: time, stream, text"
        "2026-03-01T09:00:00.123000+00:00 app/web/0a1b2c3d started"
        ["{time:isot} {stream} {inner}"]
    Containers Logcli "logcli"
        "Loki's `logcli query`: time, labels, line"
        "2026-03-01T10:00:00+01:00 {app=\"web\", pod=\"web-6c5\"} started"
        ["{time:isot} {{{labels} {inner}", "{time:isot} {..} {{{labels} {inner}"]
    Containers GithubActions "github-actions"
        "GitHub Actions: seven digits of a second"
        "2026-03-01T09:00:00.1234567Z started"
        ["{time:n7} {inner}"]
    Loggers JsonLines "json-lines"
        "One JSON object a record, of any logger or collector: zap, logrus, zerolog, slog, pino, bunyan, winston, ECS, OpenTelemetry, GELF, CLEF and others"
        "{\"level\":\"info\",\"ts\":1772355600.123,\"logger\":\"app\",\"msg\":\"started\"}"
    Loggers JsonPretty "json-pretty"
        "The same over many lines, as `journalctl -o json-pretty` and jq print it"
        "{\n  \"level\": \"info\",\n  \"time\": \"2026-03-01T10:00:00Z\",\n  \"msg\": \"started\"\n}"
    Loggers Logfmt "logfmt"
        "Pairs of `key=value`: logrus, go-kit, slog"
        "time=\"2026-03-01T10:00:00+01:00\" level=info msg=\"started\""
    Loggers Klog "klog"
        "klog and glog, the latter also with a year"
        "I0301 10:00:00.123456     812 app.go:10] started"
    Loggers PythonLogging "python-logging"
        "Python's logging, as it is mostly set up"
        "2026-03-01 10:00:00,123 - app - INFO - started"
    Loggers Logback "logback"
        "logback, Spring Boot"
        "2026-03-01 10:00:00.123  INFO 812 --- [main] c.e.App : started"
        ["{clock} [{thread}] {LEVEL} {program} - {message}"]
    Loggers Log4j "log4j"
        "log4j and its kin: Hadoop, Kafka, Spark, ZooKeeper"
        "2026-03-01 10:00:00,123 INFO  [main] c.e.App: started"
        ["{time:compact} {n} {LEVEL} {program}: {message}", "{time:shortslashes} {LEVEL} {program}: {message}", "{LEVEL} {time:comma} [{thread}] {program}: {message}", "{LEVEL} {time:comma} [{thread}] {program} - {message}", "{LEVEL} {time:comma} {message}"]
    Loggers JavaUtilLogging "java-util-logging"
        "java.util.logging: two lines a record"
        "Mar 01, 2026 10:00:00 AM com.example.App start\nINFO: started"
    Loggers Tomcat "tomcat"
        "Tomcat's JULI"
        "01-Mar-2026 10:00:00.123 SEVERE [main] org.example.App.start failed"
        ["{time:dayfirst} {LEVEL} [{thread}] {program} {message}"]
    Loggers Hclog "hclog"
        "Nomad, Consul, Vault, Terraform"
        "2026-03-01T10:00:00.123+0100 [INFO]  client: started"
        ["{time:isot} [{LEVEL}] ({program}) {message}"]
    Loggers EnvLogger "env-logger"
        "Rust's env_logger"
        "[2026-03-01T09:00:00Z INFO  app::mod] started"
    Loggers TracingText "tracing-text"
        "Rust's tracing-subscriber"
        "2026-03-01T09:00:00.123456Z  INFO app::mod: started"
    Loggers GoLog "go-log"
        "Go's log and slog's default"
        "2026/03/01 10:00:00 started"
    Loggers LogrusTty "logrus-terminal"
        "logrus on a terminal: seconds since the start"
        "INFO[0012] started                  app=web"
        ["{level4}[{n}] {message}"]
    Loggers ZerologConsole "zerolog-console"
        "zerolog's console writer, Traefik 3"
        "2026-03-01T10:00:00+01:00 INF started app=web"
        ["{time:isot} {LEVEL3} {message}", "{clock12} {LEVEL3} {message}"]
    Loggers ZapConsole "zap-console"
        "zap's console encoder: tabs"
        "2026-03-01T10:00:00.123+0100\tINFO\tapp\tapp.go:1\tstarted"
        ["{time:isot}\t{LEVEL}\t{program}\t{caller}\t{message}", "{time:isot}\t{LEVEL}\t{caller}\t{message}", "{time:slashes}\t{LEVEL}\t{program}\t{message}"]
    Loggers RubyLogger "ruby-logger"
        "Ruby's Logger, Rails"
        "I, [2026-03-01T10:00:00.123456 #812]  INFO -- app: started"
    Loggers PhpError "php"
        "PHP's error log and PHP-FPM's"
        "[01-Mar-2026 10:00:00 Europe/Paris] PHP Fatal error:  Uncaught Error"
        ["[{time:dayfirst} {zone}] {>}PHP {phplevel}: ", "[{time:dayfirst}] {>}PHP {phplevel}: ", "[{time:dayfirst}] {level}: {message}", "[{time:dayfirst} {zone}] {message}"]
    Loggers DotnetConsole "dotnet-console"
        ".NET's console logger: two lines a record, or one"
        "info: App.Worker[14]\n      started"
        ["{level4}: {program}[{n}]{further}", "{time:isot} {level4}: {program}[{n}] {message}", "{time:isot} {level4}: {program}[{n}]{further}"]
    Loggers Serilog "serilog"
        "Serilog's text: levels of three letters in brackets"
        "2026-03-01 10:00:00.123 +01:00 [INF] started"
        ["{time:isob} [{LEVEL3}] {message}", "[{clock} {LEVEL3}] {message}"]
    Loggers Nlog "nlog"
        "NLog: parts between bars"
        "2026-03-01 10:00:00.1234|INFO|App|started"
        ["{time:isob}|{LEVEL}|{program}|{message}"]
    Loggers UwsgiLog "uwsgi"
        "uWSGI: its own lines and requests"
        "Sun Mar  1 10:00:00 2026 - *** Starting uWSGI ***"
        ["{time:ctime} - {message}", "[pid: {pid}|app: {n}|req: {..}] {..} [{time:ctime}] {>}{word} "]
    Loggers Django "django"
        "Django's development server"
        "[01/Mar/2026 10:00:00] \"GET / HTTP/1.1\" 500 145"
        ["[{time:accessb}] {>}\"{..}\" {status} "]
    Loggers Gunicorn "gunicorn"
        "Gunicorn's error log"
        "[2026-03-01 10:00:00 +0100] [812] [INFO] Booting worker with pid: 830"
        ["[{time:isob}] [{pid}] [{LEVEL}] {message}"]
    Loggers Celery "celery"
        "Celery's workers"
        "[2026-03-01 10:00:00,123: INFO/MainProcess] celery@web01 ready."
        ["[{time:comma}: {LEVEL}/{process}] {message}"]
    Loggers Elixir "elixir"
        "Elixir's Logger: no date"
        "10:00:00.123 [error] started"
        ["{clock} [{level}] {message}"]
    Loggers Erlang "erlang"
        "Erlang/OTP's reports: blocks"
        "=SUPERVISOR REPORT==== 1-Mar-2026::10:00:00.123456 ===\n    supervisor: {local,app_sup}"
        ["={report} REPORT==== {time:erlang} ==={further}"]
    Loggers Oslo "oslo"
        "OpenStack's oslo.log"
        "2026-03-01 10:00:00.008 812 INFO nova.compute [req-0a1b - - - - -] started"
        ["{time:isob} {pid} {LEVEL} {program} [{req}] {message}", "{file} {time:isob} {pid} {LEVEL} {program} [{req}] {message}", "{time:isob} {pid} {LEVEL} {program} [-] {message}"]
    Loggers CloudInit "cloud-init"
        "cloud-init's own log"
        "2026-03-01 09:00:00,123 - util.py[DEBUG]: started"
        ["{time:comma} - {program}[{LEVEL}]: {message}"]
    Loggers Svlogd "svlogd"
        "runit's svlogd, in UTC"
        "2026-03-01_09:00:00.12345 started"
    Loggers Tai64n "tai64n"
        "daemontools' multilog and s6: TAI64N labels"
        "@400000006a044a0a075bca15 started"
    Loggers Bgl "bgl"
        "Blue Gene/L's RAS log"
        "- 1117838570 2005.06.03 R02-M1 2005-06-03-15.42.50.675872 R02-M1 RAS KERNEL INFO text"
        ["{tag} {time:epoch} {date} {host} {date} {word} {word} {program} {level} {message}", "{tag} {time:epoch} {date} {host} {date} {word} {word} {program} {word} {message}"]
    Loggers Thunderbird "thunderbird"
        "Cluster logs with an alert category and an epoch before syslog's fields"
        "- 1131566461 2005.11.09 dn228 Nov 9 12:01:01 dn228/dn228 crond[2915]: text"
        ["{tag} {time:epoch} {date} {host} {time:bsd} {word} {program}[{pid}]: {message}", "{tag} {time:epoch} {date} {host} {time:bsd} {word} {program}: {message}", "{tag} {time:epoch} {date} {host} {time:bsd} {word} {message}"]
    Loggers HpcEvents "hpc-events"
        "Cluster events: id, node, component, state, epoch, flag"
        "134681 node-246 unix.hw state_change.unavailable 1077804742 1 text"
        ["{n} {host} {program} {word} {time:epoch} {n} {message}", "{n} {host} {program} {word} {time:epoch} {n}"]
    Loggers HealthApp "bar-separated"
        "Time, component, id and text between bars"
        "20260301-10:0:5:606|Step|30002312|text"
        ["{time:dashed}|{program}|{n}|{message}"]
    Loggers Proxifier "proxifier"
        "Proxifier"
        "[03.01 10:00:00] chrome.exe - host:443 open through proxy p:5070"
        ["[{time:monthdot}] {name} - {message}"]
    Web Access "access"
        "Common and combined access logs: nginx, Apache, Traefik, Caddy; a virtual host may stand first"
        "10.0.0.9 - - [01/Mar/2026:10:00:00 +0100] \"GET / HTTP/1.1\" 502 157 \"-\" \"curl/8\""
    Web NginxError "nginx-error"
        "nginx's error log"
        "2026/03/01 10:00:00 [alert] 812#812: worker process 830 exited on signal 11"
    Web ApacheError "apache-error"
        "Apache's error log, 2.2 and 2.4"
        "[Sun Mar 01 10:00:00.123456 2026] [mpm_event:notice] [pid 812:tid 139] AH00489: configured"
    Web HaproxyStderr "haproxy-stderr"
        "HAProxy's own messages on standard error; its log is syslog"
        "[ALERT]    (812) : config : parsing failed"
        => "haproxy"
        ["[{LEVEL}] ({pid}) : {message}", "[{LEVEL}] {n}/{n} ({pid}) : {message}"]
    Web Envoy "envoy"
        "Envoy's own log"
        "[2026-03-01 09:00:00.123][812][info][main] [source/server/server.cc:900] started"
        => "envoy"
        ["[{time:isob}][{pid}][{level}][{thread}] [{caller}] {message}", "[{time:isob}][{pid}][{level}][{thread}] {message}"]
    Web EnvoyAccess "envoy-access"
        "Envoy's and Istio's access log"
        "[2026-03-01T09:00:00.123Z] \"GET / HTTP/1.1\" 503 UF 0 91 5 - \"-\""
        => "access"
        ["[{time:isot}] {>}\"{..}\" {status} "]
    Web Squid "squid"
        "Squid's access log"
        "1772355600.123    812 10.0.0.9 TCP_MISS/200 512 GET http://example.com/ - HIER_DIRECT/10.0.0.1 -"
        => "access"
        ["{time:epoch} {n} {addr} {>}{word}/{status} {n} {word} "]
    Web AwsAlb "aws-alb"
        "AWS load balancers' access logs"
        "https 2026-03-01T09:00:00.123456Z app/lb/1 10.0.0.9:5000 10.0.1.2:80 0.000 0.001 0.000 502 - 0 0"
        => "access"
        ["{scheme} {time:isot} {word} {addr} {addr} {num} {num} {num} {>}{status} "]
    Web W3c "iis-w3c"
        "IIS and other W3C extended logs, in UTC; `#Fields:` tells the order"
        "#Fields: date time s-ip cs-method cs-uri-stem sc-status\n2026-03-01 09:00:00 10.0.0.5 GET / 200"
        => "access"
        ["{time:isob} {addr} {>}{METHOD} "]
    Web HttpErr "httperr"
        "Windows' HTTPERR log, in UTC"
        "2026-03-01 09:00:00 10.0.0.9 50000 10.0.0.5 80 HTTP/1.1 GET / 503 1 AppOffline pool"
        ["{time:isob} {addr} {port} {addr} {port} {>}{proto} "]
    Databases Postgres "postgres"
        "PostgreSQL's log"
        "2026-03-01 10:00:00.123 CET [812] LOG:  started"
    Databases PostgresCsv "postgres-csv"
        "PostgreSQL's csvlog"
        "2026-03-01 10:00:00.123 CET,\"app\",\"shop\",812,\"10.0.0.9:5000\",65e1.32c,1,\"SELECT\",2026-03-01 09:59:00 CET,3/4,0,ERROR,42P01,\"relation \"\"x\"\" does not exist\",,,,,,,,,\"psql\",\"client backend\",,0"
    Databases Mysql "mysql"
        "MySQL 5.7 and later"
        "2026-03-01T09:00:00.123456Z 0 [ERROR] [MY-010119] [Server] Aborting"
        => "mysqld"
        ["{time:isot} {n} [{level}] {message}"]
    Databases Mariadb "mariadb"
        "MariaDB, and MySQL until 5.6"
        "2026-03-01 10:00:00 0 [Note] InnoDB: started"
        => "mysqld"
        ["{time:isob} {n} [{level}] {message}", "{time:compactclock} [{level}] {message}", "{time:isob} 7f{hex} {message}"]
    Databases Redis "redis"
        "Redis and Valkey"
        "812:M 01 Mar 2026 10:00:00.123 * Ready to accept connections tcp"
    Databases Mongodb "mongodb"
        "MongoDB until 4.2; later ones write JSON"
        "2026-03-01T10:00:00.123+0100 I NETWORK  [listener] started"
        => "mongod"
        ["{time:isot} {letter} {component} [{thread}] {message}", "{time:isot} {letterd} {component} [{thread}] {message}"]
    Databases Elasticsearch "elasticsearch"
        "Elasticsearch's and OpenSearch's text"
        "[2026-03-01T09:00:00,123][INFO ][o.e.n.Node               ] [node-1] started"
        ["[{time:isot}][{LEVEL}][{program}] [{node}] {message}", "[{time:isot}][{LEVEL}][{program}] {message}"]
    Databases Rabbitmq "rabbitmq"
        "RabbitMQ"
        "2026-03-01 10:00:00.123456+01:00 [info] <0.230.0> started"
        => "rabbitmq"
        ["{time:isob} [{level}] <{word}> {message}"]
    Tools Ansible "ansible"
        "Ansible's `log_path`; a task and its result are one record"
        "2026-03-01 10:00:00,123 p=812 u=ops n=ansible INFO| started"
    Tools Dpkg "dpkg"
        "dpkg.log"
        "2026-03-01 10:00:00 upgrade app:amd64 1.0 1.1"
    Tools AptHistory "apt-history"
        "apt's history.log, a stanza a record"
        "Start-Date: 2026-03-01  10:00:00\nCommandline: apt-get install app\nUpgrade: app:amd64 (1.0, 1.1)\nEnd-Date: 2026-03-01  10:00:05"
    Tools Pacman "pacman"
        "pacman.log"
        "[2026-03-01T10:00:00+0100] [ALPM] upgraded app (1.0-1 -> 1.1-1)"
        => "pacman"
        ["[{time:isot}] {>}[{pacman}] ", "[{time:isob}] {>}[{pacman}] "]
    Tools Dnf "dnf"
        "dnf.log and dnf.rpm.log"
        "2026-03-01T10:00:00+0100 SUBDEBUG Upgrade: app-1.1-1.x86_64"
        => "dnf"
        ["{time:isoz} {>}{dnf} "]
    Tools Zypp "zypp-history"
        "zypper's history"
        "2026-03-01 10:00:00|install|app|1.1-1|x86_64|root@web01|main|0a1b|"
        => "zypper"
        ["{time:isob}|{>}{zypp}|"]
    Tools Supervisord "supervisord"
        "supervisord's own log"
        "2026-03-01 10:00:00,123 INFO spawned: 'web' with pid 812"
    Tools Pm2 "pm2"
        "PM2's own log"
        "2026-03-01T10:00:00: PM2 log: App [web:0] online"
    Tools Monit "monit"
        "monit's log"
        "[CET Mar  1 10:00:00] error    : 'web' process is not running"
    Tools Circus "circus"
        "circus"
        "2026-03-01 10:00:00 circus[812] [INFO] web started"
        => "circus"
        ["{time:isob} circus[{pid}] [{LEVEL}] {message}"]
    Tools Foreman "foreman"
        "foreman and honcho: `TIME PROCESS | text`"
        "10:00:00 web.1   | started"
        ["{clock} {unit} | {inner}"]
    Tools PuppetLog "puppet"
        "Puppet's log file"
        "2026-03-01 10:00:00 +0100 Puppet (notice): started"
        => "puppet"
        ["{time:isob} Puppet ({level}): {message}", "{time:isob} {>}/{path} ({level}): "]
    Tools Chef "chef"
        "Chef"
        "[2026-03-01T10:00:00+01:00] INFO: started"
        => "chef-client"
        ["[{time:isot}] {LEVEL}: {message}"]
    Tools Salt "salt"
        "Salt"
        "2026-03-01 10:00:00,123 [salt.state       :2021][INFO    ][812] started"
        ["{time:comma} [{program}:{n}][{LEVEL}][{pid}] {message}"]
    Tools Cfengine "cfengine"
        "CFEngine"
        "2026-03-01T10:00:00+0100     info: started"
        => "cf-agent"
        ["{time:isot}  {lower}: {message}"]
    Tools GitReflog "git-reflog"
        "git's reflog files"
        "0123456789abcdef0123456789abcdef01234567 123456789abcdef0123456789abcdef012345678 Ops <ops@example.com> 1772355600 +0100\tcommit: limit raised"
        => "git"
        ["{hex40} {hex40} {author} <{mail}> {time:epoch} {zone}\t{message}"]
    Rest StampedText "stamped-text"
        "A stamp, then text"
        "2026-03-01 10:00:00 started"
    Rest Plain "plain"
        "No stamp; a line takes the time of the stamped line above it"
        "started"
}
