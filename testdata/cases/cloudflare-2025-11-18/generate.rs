//! Writes the logs of the incident crashtrail was conceived for, and the label that says what
//! happened there: `generate FOLDER` makes `FOLDER/logs/` and `FOLDER/label.json`, the same bytes
//! each time.
//!
//! The course is that of the published report on the outage of 18 November 2025: a permission
//! change on the database at 11:05, feature files that come out too large wherever a changed node
//! answers the query, a proxy that panics on them, services behind it that fail louder, a status
//! page that fails by coincidence, three hours of wrong targets, the good file at 14:30. Hosts,
//! addresses, accounts and all wording are invented, except the one panic text that was published.
//! Volumes are scaled down to what a test can read in a moment.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};

/// Microseconds since midnight, 2025-11-18 UTC: one day, one zone, so no calendar is needed.
type Micros = i64;
/// From when to when.
type Span = (Micros, Micros);

const SECOND: Micros = 1_000_000;
const MINUTE: Micros = 60 * SECOND;
const START: Micros = clock(9, 0, 0);
const END: Micros = clock(17, 30, 0);

const NODES: [&str; 4] = ["db-01", "db-02", "db-03", "db-04"];
const EDGES: [&str; 6] = [
    "edge-01", "edge-02", "edge-03", "edge-04", "edge-05", "edge-06",
];

/// When each database node let the feature query see the shard tables too. From then on that
/// node's answers are too long, and no sooner: the lag before the first crash is this rollout.
const GRANTS: [Micros; 4] = [
    clock(12, 47, 31),
    clock(11, 41, 37),
    clock(12, 13, 50),
    clock(11, 5, 12),
];

/// Which node answered at 11:05, 11:10 and so on to 12:45. Fixed rather than drawn, so that good
/// and bad runs alternate as the story has it; outside this stretch the choice is of no account.
const ANSWERED_BY: [usize; 21] = [
    0, 2, 1, 3, 0, 2, 3, 1, 1, 0, 3, 2, 1, 3, 0, 2, 3, 0, 1, 2, 0,
];

const BYPASS: Micros = clock(13, 5, 9);
const GENERATOR_STOPPED: Micros = clock(14, 24, 31);
const ROLLBACK: Micros = clock(14, 30, 0);
const GENERATOR_BACK: Micros = clock(16, 2, 10);
const FIRST_VERSION: u32 = 4102;
/// The last version made before any bad one: what operators trust in the middle of an outage.
const KNOWN_GOOD: u32 = 4129;

const fn clock(hour: i64, minute: i64, second: i64) -> Micros {
    ((hour * 60 + minute) * 60 + second) * SECOND
}

// ---- the day's hand-made changes ---------------------------------------------------------------

/// Time, host, and either a log line (`tag: message`) or an account and what it ran by sudo.
/// Some lie minutes before the first crash and are innocent, others are what responders tried.
const DAY: &str = "
09:30:04 status-01 certbot[94225]: Renewing an existing certificate for status.example.net
09:58:03 edge-05 certbot[111534]: Renewing an existing certificate for assets.example.net
09:58:11 edge-05 certbot[111534]: Successfully received certificate.
10:02:17 db-01 deploy /usr/bin/ansible-playbook -c local -i localhost, /srv/ansible/ntp.yml
10:02:58 db-02 deploy /usr/bin/ansible-playbook -c local -i localhost, /srv/ansible/ntp.yml
10:03:39 db-03 deploy /usr/bin/ansible-playbook -c local -i localhost, /srv/ansible/ntp.yml
10:04:20 db-04 deploy /usr/bin/ansible-playbook -c local -i localhost, /srv/ansible/ntp.yml
10:22:09 edge-04 ops /usr/bin/systemctl reload nginx
10:31:08 gen-01 ops /usr/bin/tee /etc/logrotate.d/bot-features
10:31:40 kv-02 deploy /usr/bin/ansible-playbook -c local -i localhost, /srv/ansible/motd.yml
10:40:02 edge-02 unattended-upgrade: Packages that will be upgraded: libexpat1 openssl tzdata
10:40:11 edge-02 unattended-upgrade: All upgrades installed
10:47:55 auth-01 marta /usr/bin/tee /etc/access-auth/banner.txt
10:55:18 dash-01 flagctl[655]: flag new_billing_ui: 10% -> 25% by kreiter
11:09:31 edge-06 deploy /usr/bin/ansible-playbook -c local -i localhost, /srv/ansible/exporter.yml
11:09:34 edge-06 ansible-ansible.legacy.copy[155771]: Invoked with dest=/etc/default/exporter
11:12:48 db-01 deploy /usr/bin/ansible-playbook -c local -i localhost, /srv/ansible/backup.yml
11:14:20 edge-01 marta /usr/bin/sed -i s/8k/16k/ /etc/nginx/conf.d/buffers.conf
11:14:47 edge-01 marta /usr/bin/systemctl reload nginx
11:16:40 edge-03 flagctl[655]: flag http3_early_data: 25% -> 50% by kreiter
11:18:30 kv-01 ops /usr/sbin/sysctl -w net.core.somaxconn=8192
11:50:06 kv-01 jlind /usr/bin/systemctl restart kv-gateway
11:50:53 kv-02 jlind /usr/bin/systemctl restart kv-gateway
12:04:31 status-01 ops /usr/bin/systemctl restart statuspage
13:09:16 edge-05 jlind /usr/bin/systemctl stop tunnel-agent
14:24:31 gen-01 kreiter /usr/bin/systemctl stop bot-features-gen.timer
14:27:03 gen-01 kreiter /usr/local/bin/features-check /var/lib/bot-features/v4129.json
14:42:37 gen-01 marta /usr/bin/tee /etc/bot-features/query.sql
15:48:12 gen-01 marta /usr/bin/bot-features-gen --dry-run
16:02:10 gen-01 marta /usr/bin/systemctl start bot-features-gen.timer
17:06:03 dash-01 ops /usr/bin/systemctl restart dashboard
";

/// Parts of lines about changes without guilt which are not in that table.
const OTHER_DECOYS: [&str; 7] = [
    "fl-proxy=2025.11.2",
    "upgrade fl-proxy:amd64 2025.11.1 2025.11.2",
    "upgrade libexpat1:amd64",
    "upgrade openssl:amd64",
    "/etc/fl/waf/rules.json",
    "/etc/nginx/conf.d/ratelimit.conf",
    "s/upstream=fl-proxy/upstream=direct/",
];

/// One line of that table: time, host, account or tag, and what it did or said.
fn day() -> impl Iterator<Item = (Micros, &'static str, &'static str, &'static str)> {
    DAY.trim().lines().map(|row| {
        let fields: Vec<_> = row.splitn(4, ' ').collect();
        (time(fields[0]), fields[1], fields[2], fields[3])
    })
}

/// What a reader might blame and must not. After the incident changes are repairs, not suspects.
fn decoys() -> BTreeSet<&'static str> {
    let told = day().filter(|(at, ..)| *at < GENERATOR_STOPPED);
    let told = told.map(|(_, _, _, what)| what.split(" localhost, ").last().unwrap_or(what));
    told.chain(OTHER_DECOYS).collect()
}

fn time(text: &str) -> Micros {
    let part = |n: usize| text[n..n + 2].parse().expect("times are HH:MM:SS");
    clock(part(0), part(3), part(6))
}

// ---- chance ------------------------------------------------------------------------------------

/// splitmix64. One stream per subject, seeded by its name: a line more on one host then changes
/// nothing on the others.
struct Rng(u64);

impl Rng {
    fn of(name: &str) -> Rng {
        let fnv = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        Rng(name.bytes().fold(0x2025_1118, fnv))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn within(&mut self, low: i64, high: i64) -> i64 {
        low + (self.next() % (high - low) as u64) as i64
    }

    /// One of the lines of a text.
    fn line<'a>(&mut self, of: &'a str) -> &'a str {
        let lines: Vec<_> = of.trim().lines().collect();
        lines[self.within(0, lines.len() as i64) as usize]
    }

    /// The time to the next of `per_minute` happenings a minute, neither regular nor bunched.
    fn gap(&mut self, per_minute: i64) -> Micros {
        let mean = MINUTE / per_minute;
        self.within(mean / 4, mean * 7 / 4)
    }
}

// ---- lines and files ---------------------------------------------------------------------------

/// What a line means to the label.
#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Nothing,
    Trigger,
    Enabling,
    Repair,
}

struct Line {
    at: Micros,
    text: String,
    mark: Mark,
}

struct Log {
    path: String,
    lines: Vec<Line>,
}

impl Log {
    fn new(host: &str, name: &str) -> Log {
        let path = format!("logs/{host}/{name}.gz");
        let lines = Vec::new();
        Log { path, lines }
    }

    fn push(&mut self, at: Micros, text: String) {
        let mark = Mark::Nothing;
        self.lines.push(Line { at, text, mark });
    }

    /// Puts the lines in the order in which a logger would have written them.
    fn settle(&mut self) {
        self.lines.retain(|line| (START..END).contains(&line.at));
        self.lines.sort_by_key(|line| line.at);
    }

    fn write(&self, root: &Path) -> io::Result<()> {
        let path = root.join(&self.path);
        fs::create_dir_all(path.parent().unwrap_or(root))?;
        // No name and no time in the header: else no two runs would give the same bytes.
        let file = io::BufWriter::new(fs::File::create(path)?);
        let mut gzip = GzBuilder::new().mtime(0).write(file, Compression::best());
        for line in &self.lines {
            writeln!(gzip, "{}", line.text)?;
        }
        gzip.finish()?.flush()
    }
}

/// A Debian host. Its rsyslog keeps what authentication programs say in a file of its own.
struct Host {
    name: &'static str,
    rng: Rng,
    syslog: Log,
    auth: Log,
    /// From a crash to the next start: a dead service says nothing.
    absences: Vec<Span>,
}

impl Host {
    fn new(name: &'static str) -> Host {
        let mut host = Host {
            name,
            rng: Rng::of(name),
            syslog: Log::new(name, "syslog"),
            auth: Log::new(name, "auth.log"),
            absences: Vec::new(),
        };
        for (at, _, who, what) in day().filter(|(_, whose, ..)| *whose == name) {
            let at = at + host.rng.within(0, SECOND);
            match who.ends_with(':') {
                true => host.say(at, &format!("{who} {what}")),
                false => host.sudo(at, who, what, Mark::Nothing),
            }
        }
        host
    }

    /// Writes a line, `tag: message`.
    fn say(&mut self, at: Micros, entry: &str) {
        self.mark(at, entry, Mark::Nothing);
    }

    /// Writes a line which the label may have to point to.
    fn mark(&mut self, at: Micros, entry: &str, mark: Mark) {
        let private = entry.starts_with("sudo") || entry.starts_with("sshd");
        let private = private || entry.contains(": pam_unix");
        let text = format!("{} {} {entry}", stamp(at), self.name);
        let logs = [&mut self.syslog, &mut self.auth];
        logs[usize::from(private)]
            .lines
            .push(Line { at, text, mark });
    }

    /// Writes the lines of a text, each of which begins with the microseconds after `at`.
    fn script(&mut self, at: Micros, text: &str, mark: Mark) {
        for line in text.trim().lines() {
            let (after, entry) = line.split_once(' ').expect("an offset comes first");
            let after: Micros = after.parse().expect("offsets are numbers");
            self.mark(at + after, entry, mark);
        }
    }

    /// Somebody logs in and runs a command as root; what systemd says of it comes with it.
    fn sudo(&mut self, at: Micros, user: &str, command: &str, mark: Mark) {
        let login = at - self.rng.within(3 * SECOND, 40 * SECOND);
        let (ssh, sudo) = (pid(login), pid(at));
        let uid = 1000 + user.len();
        let address = format!("10.30.0.{}", self.rng.within(10, 60));
        let port = self.rng.within(32_768, 60_999);
        let key = self.rng.next();
        let text = format!(
            "
0 sshd[{ssh}]: Accepted publickey for {user} from {address} port {port} ssh2: ED25519 {key:016x}
71886 sshd[{ssh}]: pam_unix(sshd:session): session opened for user {user}(uid={uid}) by (uid=0)
"
        );
        self.script(login, &text, Mark::Nothing);
        let installs = command.contains("apt-get") || command.contains("ansible");
        let least = if installs { 6 * SECOND } else { 40_000 };
        let closed = least + self.rng.within(0, 2 * SECOND);
        let text = format!(
            "
1204 sudo[{sudo}]: pam_unix(sudo:session): session opened for user root(uid=0) by (uid={uid})
{closed} sudo[{sudo}]: pam_unix(sudo:session): session closed for user root
"
        );
        self.script(at, &text, Mark::Nothing);
        let entry = format!("{user:>8} : TTY=pts/0 ; PWD=/home/{user} ; USER=root");
        let entry = format!("sudo[{sudo}]: {entry} ; COMMAND={command}");
        self.mark(at, &entry, mark);
        if let Some((_, arguments)) = command.split_once("/systemctl ") {
            let (verb, unit) = arguments.split_once(' ').unwrap_or((arguments, ""));
            self.systemctl(at + 21_377, verb, unit);
        }
    }

    fn systemctl(&mut self, at: Micros, verb: &str, unit: &str) {
        let (name, title) = titled(unit);
        let stopped = format!(
            "
0 systemd[1]: Stopping {title}...
303118 systemd[1]: {name}: Deactivated successfully.
303502 systemd[1]: Stopped {title}.
"
        );
        let text = match verb {
            "reload" => format!(
                "
0 systemd[1]: Reloading {title}...
38204 systemd[1]: Reloaded {title}.
"
            ),
            "start" => format!("0 systemd[1]: Started {title}."),
            "restart" => format!("{stopped}309221 systemd[1]: Started {title}."),
            // A timer runs nothing that had to be waited for.
            _ if name.ends_with(".timer") => format!(
                "
0 systemd[1]: {name}: Deactivated successfully.
312 systemd[1]: Stopped {title}.
"
            ),
            _ => stopped,
        };
        self.script(at, &text, Mark::Nothing);
    }

    /// A service that died: systemd's records from the exit to the next start, ten seconds later.
    /// Gives back when that was.
    fn died(&mut self, at: Micros, unit: &str, status: &str, result: &str, count: usize) -> Micros {
        let (name, title) = titled(unit);
        let text = format!(
            "
0 systemd[1]: {name}: Main process exited, {status}
231 systemd[1]: {name}: Failed with result '{result}'.
"
        );
        self.script(at, &text, Mark::Nothing);
        let again = at + 10 * SECOND + self.rng.within(8_000, 260_000);
        let text = format!(
            "
0 systemd[1]: {name}: Scheduled restart job, restart counter is at {count}.
402 systemd[1]: Stopped {title}.
8113 systemd[1]: Started {title}.
"
        );
        self.script(again, &text, Mark::Nothing);
        self.absences.push((at, again + 8_113));
        again + 8_113
    }

    /// What a service says at a time, if it is there to say it.
    fn serve(&mut self, at: Micros, service: &str, starts: &[Micros], message: &str) {
        let absent = |(from, until): &Span| (*from..*until).contains(&at);
        if !self.absences.iter().any(absent) {
            let pid = pid_at(starts, at);
            self.say(at, &format!("{service}[{pid}]: {message}"));
        }
    }

    /// When systemd started a unit so far, by its own log.
    fn starts(&self, unit: &str) -> Vec<Micros> {
        let started = format!("systemd[1]: Started {}.", titled(unit).1);
        let lines = self.syslog.lines.iter();
        let lines = lines.filter(|line| line.text.ends_with(&started));
        let mut starts: Vec<_> = lines.map(|line| line.at).collect();
        starts.sort_unstable();
        starts
    }
}

fn stamp(at: Micros) -> String {
    let seconds = at / SECOND;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let micros = at % SECOND;
    format!("2025-11-18T{h:02}:{m:02}:{s:02}.{micros:06}+00:00")
}

/// A process id that grows with the time of its start, as they do, and needs no book-keeping.
fn pid(started: Micros) -> i64 {
    1_400 + (started - START + clock(2, 0, 0)) / 97_000
}

/// The process id a service had, by when it was started; before, that of the machine's boot.
fn pid_at(starts: &[Micros], at: Micros) -> i64 {
    let last = starts.iter().rev().find(|start| **start <= at);
    last.map_or(774, |start| pid(*start))
}

/// A unit's name, and name and description as systemd 252 writes them in its job lines.
fn titled(unit: &str) -> (String, String) {
    let description = match unit {
        "access-auth" => "Access authentication",
        "bot-features-gen" => "Bot feature file generator",
        "bot-features-gen.timer" => "Bot feature file, every five minutes",
        "dashboard" => "Customer dashboard",
        "fl-proxy" => "Core proxy",
        "kv-gateway" => "Key-value gateway",
        "nginx" => "A high performance web server and a reverse proxy server",
        "statuspage" => "Status page",
        "tunnel-agent" => "Client tunnel agent",
        _ => panic!("{unit} has no description"),
    };
    let suffix = if unit.contains('.') { "" } else { ".service" };
    let name = format!("{unit}{suffix}");
    let title = format!("{name} - {description}");
    (name, title)
}

// ---- the feature file --------------------------------------------------------------------------

/// One run of the five-minute generator.
#[derive(Clone, Copy)]
struct Generation {
    at: Micros,
    version: u32,
    node: usize,
    features: u32,
}

impl Generation {
    fn is_bad(&self) -> bool {
        self.features > 200
    }

    /// What the lines that tell of this file mean, where it arrives at `at`.
    fn mark(&self, at: Micros) -> Mark {
        match self.version {
            version if version == KNOWN_GOOD + 1 => Mark::Trigger,
            KNOWN_GOOD if at > ROLLBACK => Mark::Repair,
            _ => Mark::Nothing,
        }
    }

    /// The file, as generator and receivers write of it.
    fn content(&self) -> String {
        let size = if self.is_bad() { 55 } else { 14 };
        let (version, features) = (self.version, self.features);
        format!("version v{version} ({features} features, {size} kB)")
    }
}

fn generations() -> Vec<Generation> {
    let mut rng = Rng::of("generations");
    let slots = (0..102).map(|slot| (slot, START + slot as Micros * 5 * MINUTE));
    let made = slots.filter(|(_, due)| !(GENERATOR_STOPPED..GENERATOR_BACK).contains(due));
    let numbered = (FIRST_VERSION..).zip(made);
    let generation = |(version, (slot, due)): (u32, (usize, Micros))| {
        let drawn = rng.within(0, 4) as usize;
        let told = slot.checked_sub(25).and_then(|n| ANSWERED_BY.get(n));
        let node = told.copied().unwrap_or(drawn);
        let at = due + rng.within(20_000, 900_000);
        // After the outage the query names the database, and the grants do no harm any more.
        let spoiled = at > GRANTS[node] && due < GENERATOR_BACK;
        let features = if spoiled { 234 } else { 60 };
        Generation {
            at,
            version,
            node,
            features,
        }
    };
    numbered.map(generation).collect()
}

/// When the file of a generation reaches an edge: seconds later, and on two of the edges minutes
/// later for the first bad one, since a push that times out is queued.
fn arrival(edge: usize, generation: &Generation) -> Micros {
    let usual = [3_400, 4_900, 2_300, 6_100, 5_500, 7_200][edge] * 1_000;
    let late = match (generation.version, edge) {
        (4130, 4) => 128 * SECOND,
        (4130, 5) => 211 * SECOND,
        _ => 0,
    };
    let mut rng = Rng::of(&format!("{edge} {}", generation.version));
    generation.at + usual + late + rng.within(0, 2 * SECOND)
}

/// What an edge was sent, in order, the operators' known good file among it.
fn installs(edge: usize, generations: &[Generation]) -> Vec<(Micros, Generation)> {
    let arrive = |file: &Generation| (arrival(edge, file), *file);
    let mut installs: Vec<_> = generations.iter().map(arrive).collect();
    let mut good = generations.iter().filter(|file| file.version == KNOWN_GOOD);
    let good = *good.next().expect("the known good file was made");
    let after = [
        7_241_604, 15_918_220, 2_437_915, 23_106_348, 31_852_077, 39_529_781,
    ][edge];
    installs.push((ROLLBACK + after, good));
    installs.sort_by_key(|(at, _)| *at);
    installs
}

// ---- edges -------------------------------------------------------------------------------------

/// The proxy of one edge.
struct Proxy {
    host: Host,
    edge: usize,
    /// From when to when it lived, and under which process id.
    lives: Vec<(Micros, Micros, i64)>,
    up_since: Option<(Micros, i64)>,
    crashes: Vec<Micros>,
    release: &'static str,
}

impl Proxy {
    fn new(edge: usize) -> Proxy {
        Proxy {
            host: Host::new(EDGES[edge]),
            edge,
            lives: Vec::new(),
            up_since: Some((START, 811)),
            crashes: Vec::new(),
            release: "2025.11.1",
        }
    }

    /// Lives through the day; a bad file is met again at each start until a good one has come.
    fn run(&mut self, installs: &[(Micros, Generation)]) {
        let released = clock(9, 40, 12) + self.edge as Micros * 52_118_407 + 204_331;
        let mut restart = None;
        for (n, (at, file)) in installs.iter().enumerate() {
            let until = installs.get(n + 1).map_or(END, |(next, _)| *next);
            let content = file.content();
            let entry = format!("kvsyncd[702]: installed /etc/fl/bot/features.json {content}");
            self.host.mark(*at, &entry, file.mark(*at));
            if restart.is_none() {
                restart = self.load(at + 412_000, file, file.mark(*at));
            }
            while let Some(due) = restart.filter(|due| *due < until) {
                restart = self.start(due, file);
            }
            if (*at..until).contains(&released) {
                self.upgrade(released, file);
            }
        }
        let (since, pid) = self.up_since.expect("the day ends with every proxy up");
        self.lives.push((since, END, pid));
    }

    /// Gives back when it will be started again, where it did not survive the file.
    fn load(&mut self, at: Micros, file: &Generation, mark: Mark) -> Option<Micros> {
        let (since, pid) = self.up_since?;
        let (version, features) = (file.version, file.features);
        let what = format!("/etc/fl/bot/features.json version v{version} ({features} features)");
        let loading = format!("fl-proxy[{pid}]: INFO bot: loading {what}");
        self.host.mark(at, &loading, mark);
        if file.is_bad() {
            self.lives.push((since, at, pid));
            self.up_since = None;
            return Some(self.panic(at + 3_000, pid, features));
        }
        let loaded = format!("fl-proxy[{pid}]: INFO bot: {features} features in use");
        self.host.say(at + 2_870, &loaded);
        None
    }

    fn start(&mut self, at: Micros, file: &Generation) -> Option<Micros> {
        let (pid, release) = (pid(at), self.release);
        self.up_since = Some((at, pid));
        let hello = format!("fl-proxy[{pid}]: INFO fl-proxy {release} starting, 8 workers");
        self.host.say(at + 4_180, &hello);
        let loads = at + self.host.rng.within(200_000, 900_000);
        let again = self.load(loads, file, Mark::Nothing);
        if again.is_none() {
            let address = format!("10.20.1.{}:8443", 11 + self.edge);
            let ready = format!("fl-proxy[{pid}]: INFO listening on {address}");
            self.host.say(loads + 9_000, &ready);
        }
        again
    }

    /// The panic in the words of two ages of Rust's hook and in those that were published, then
    /// systemd's. Two hosts run a build that aborts and leaves a core.
    fn panic(&mut self, at: Micros, pid: i64, got: u32) -> Micros {
        self.crashes.push(at);
        let name = match self.edge {
            5 => format!("'fl2_worker_thread' ({})", pid + 7),
            _ => "'fl2_worker_thread'".to_owned(),
        };
        let value = format!("TooManyFeatures {{ got: {got}, limit: 200 }}");
        let hint = "run with `RUST_BACKTRACE=1` environment variable to display a backtrace";
        let published =
            "thread fl2_worker_thread panicked: called Result::unwrap() on an Err value";
        let text = match self.edge {
            4 => format!("0 fl-proxy[{pid}]: {published}"),
            _ => format!(
                "
0 fl-proxy[{pid}]: thread {name} panicked at src/bot/features.rs:118:41:
41 fl-proxy[{pid}]: called `Result::unwrap()` on an `Err` value: {value}
63 fl-proxy[{pid}]: note: {hint}
"
            ),
        };
        self.host.script(at, &text, Mark::Nothing);
        let count = self.crashes.len();
        let mut exits = |low, high| at + self.host.rng.within(low, high);
        match self.edge {
            1 | 5 => {
                let exit = exits(310_000, 720_000);
                let status = "code=dumped, status=6/ABRT";
                self.host.died(exit, "fl-proxy", status, "core-dump", count)
            }
            _ => {
                // Now and then the exit is heard of before the last words: two ways to one file.
                let exit = exits(-300, 4_000);
                let status = "code=exited, status=101/n/a";
                self.host.died(exit, "fl-proxy", status, "exit-code", count)
            }
        }
    }

    /// The morning's release: the change a reader will suspect first, and innocent.
    fn upgrade(&mut self, at: Micros, file: &Generation) {
        let command = "/usr/bin/apt-get install -y fl-proxy=2025.11.2";
        self.host.sudo(at, "deploy", command, Mark::Nothing);
        let (since, old) = self.up_since.expect("the proxy was up before its release");
        let stop = at + 4 * SECOND + self.host.rng.within(0, SECOND);
        self.lives.push((since, stop, old));
        let last = format!("fl-proxy[{old}]: INFO SIGTERM received, draining 212 connections");
        self.host.say(stop + 900, &last);
        self.host.systemctl(stop, "restart", "fl-proxy");
        self.release = "2025.11.2";
        self.start(stop + 309_221, file);
    }

    /// The process id at a time, where the proxy was up.
    fn process(&self, at: Micros) -> Option<i64> {
        let mut lives = self.lives.iter();
        let life = lives.find(|(from, to, _)| (*from..*to).contains(&at));
        life.map(|(_, _, pid)| *pid)
    }

    /// What a proxy says that has nothing to report.
    fn report_health(&mut self) {
        for (since, until, pid) in &self.lives {
            let mut at = since + MINUTE;
            while at < *until {
                let rate = self.host.rng.within(1_290, 1_480);
                let tail = self.host.rng.within(31, 58);
                let stats = format!("{rate} req/s, p99 {tail} ms, 0 panics since start");
                let entry = format!("fl-proxy[{pid}]: INFO stats: {stats}");
                self.host.say(at, &entry);
                at += self.host.rng.gap(1);
            }
        }
    }

    /// Firewall rules come the way features do, every half hour, one push just before onset.
    fn push_firewall_rules(&mut self) {
        for slot in 0..17 {
            let at = START + (17 + 30 * slot) * MINUTE + self.host.rng.within(0, 9 * SECOND);
            let (version, rules) = (871 + slot, 2184 + slot % 5);
            let what = format!("version w{version} ({rules} rules, 402 kB)");
            let entry = format!("kvsyncd[702]: installed /etc/fl/waf/rules.json {what}");
            self.host.say(at, &entry);
            if let Some(pid) = self.process(at) {
                let entry = format!("fl-proxy[{pid}]: INFO waf: loaded rules w{version}");
                self.host.say(at + 388_000, &entry);
            }
        }
    }
}

fn edge(edge: usize, generations: &[Generation]) -> Proxy {
    let mut proxy = Proxy::new(edge);
    proxy.run(&installs(edge, generations));
    proxy.report_health();
    proxy.push_firewall_rules();
    let host = &mut proxy.host;
    let limit = clock(12, 10, 4) + edge as Micros * 11 * SECOND + host.rng.within(0, SECOND);
    let file = "/usr/bin/tee /etc/nginx/conf.d/ratelimit.conf";
    host.sudo(limit, "jlind", file, Mark::Nothing);
    let reload = "/usr/bin/systemctl reload nginx";
    host.sudo(limit + 6_204_113, "jlind", reload, Mark::Nothing);
    noise(host, 3);
    proxy
}

/// What dpkg wrote on one edge: the release, and the day's unattended upgrades.
fn packages() -> Log {
    let mut log = Log::new("edge-02", "dpkg.log");
    let upgrades = "
09:41:06 fl-proxy:amd64 2025.11.1 2025.11.2
10:40:04 libexpat1:amd64 2.5.0-1+deb12u1 2.5.0-1+deb12u2
10:40:06 openssl:amd64 3.0.16-1~deb12u1 3.0.17-1~deb12u2
10:40:08 tzdata:all 2025a-0+deb12u1 2025b-0+deb12u2
";
    for upgrade in upgrades.trim().lines() {
        let fields: Vec<_> = upgrade.split(' ').collect();
        let [time, package, old, new] = fields[..] else {
            unreachable!("four fields a line")
        };
        let states = format!(
            "
startup archives unpack
upgrade {package} {old} {new}
status half-configured {package} {old}
status unpacked {package} {old}
status half-installed {package} {old}
status unpacked {package} {new}
startup packages configure
configure {package} {new} <none>
status half-configured {package} {new}
status installed {package} {new}
"
        );
        let at = self::time(time);
        for state in states.trim().lines() {
            log.push(at, format!("2025-11-18 {time} {state}"));
        }
    }
    log
}

/// The proxy's front: the rate of requests stays what it was, so that nobody can call it an attack.
fn edge_access(proxy: &Proxy) -> Log {
    let name = proxy.host.name;
    let mut rng = Rng::of(&format!("{name} access"));
    let mut log = Log::new(name, "access.log");
    let mut at = START;
    while at < END {
        let status = match rng.within(0, 1000) {
            0..780 if proxy.process(at).is_none() => 502,
            780..815 => 404,
            815..890 => 304,
            890..892 => 499,
            892 => 502,
            _ => 200,
        };
        access_line(&mut log, &mut rng, at, status);
        at += rng.gap(19);
    }
    log
}

const PATHS: &str = "
/
/assets/app.4f1c.js
/api/v2/cart
/api/v2/session
/docs/panic.html
/img/hero.webp
/search?q=crash+helmet
/login
/feed.xml
";

const AGENTS: &str = "
Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0
Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15
Mozilla/5.0 (compatible; feedfetch/2.4)
curl/8.14.1
";

fn access_line(log: &mut Log, rng: &mut Rng, at: Micros, status: u32) {
    let (path, agent) = (rng.line(PATHS), rng.line(AGENTS));
    let net = rng.line("198.51.100\n203.0.113");
    let client = rng.within(1, 254);
    let bytes = match status {
        200 => rng.within(312, 48_211),
        304 => 0,
        _ => 157,
    };
    let time = &stamp(at)[11..19];
    let who = format!("{net}.{client} - - [18/Nov/2025:{time} +0000]");
    let request = format!("\"GET {path} HTTP/1.1\" {status} {bytes} \"-\" \"{agent}\"");
    log.push(at, format!("{who} {request}"));
}

// ---- the generator's host and the database -----------------------------------------------------

fn generator(generations: &[Generation]) -> Host {
    let mut host = Host::new("gen-01");
    for generation in generations {
        generate(&mut host, generation);
    }
    for (edge, name) in EDGES.iter().enumerate() {
        for (installed, file) in installs(edge, generations) {
            let mark = file.mark(installed);
            let what = format!("features.json v{} to {name}", file.version);
            if installed > file.at + MINUTE && mark == Mark::Trigger {
                let queued = format!("kvsyncd[640]: WARN push {what} timed out after 5 s, queued");
                host.mark(file.at + 9_204_118 + edge as Micros, &queued, mark);
            }
            let pinned = [" (pinned)", ""][usize::from(mark != Mark::Repair)];
            let pushed = format!("kvsyncd[640]: pushed {what}{pinned}");
            host.mark(installed - 140_000, &pushed, mark);
        }
    }
    let rollback = format!("/usr/local/bin/features-rollback --to v{KNOWN_GOOD} --all-edges");
    host.sudo(ROLLBACK + 411_870, "kreiter", &rollback, Mark::Repair);
    noise(&mut host, 3);
    host
}

fn generate(host: &mut Host, generation: &Generation) {
    let (unit, title) = titled("bot-features-gen");
    let (at, version, features) = (generation.at, generation.version, generation.features);
    let (pid, node) = (pid(at), NODES[generation.node]);
    let written = 90_000 + host.rng.within(31_000, 72_000);
    let finished = written + 7_431;
    let content = generation.content();
    let text = format!(
        "
0 systemd[1]: Starting {title}...
44000 bot-features-gen[{pid}]: INFO picked replica {node} of 4, next version v{version}
46000 bot-features-gen[{pid}]: INFO query on system.columns: {features} rows from {node}
{written} bot-features-gen[{pid}]: INFO wrote /var/lib/bot-features/features.json {content}
{finished} systemd[1]: Finished {title}.
"
    );
    host.script(at, &text, generation.mark(at));
    let ended = format!("systemd[1]: {unit}: Deactivated successfully.");
    host.say(at + written + 7_108, &ended);
}

fn database(node: usize, generations: &[Generation]) -> Host {
    let mut host = Host::new(NODES[node]);
    for run in generations.iter().filter(|run| run.node == node) {
        let (at, features) = (run.at, run.features);
        let fixed = match at > GENERATOR_BACK {
            true => " AND database = 'default'",
            false => "",
        };
        let port = 40_000 + run.version;
        let from = format!("(from 10.20.4.11:{port}, user: bot_features)");
        let filter = format!("WHERE table = 'http_requests_features'{fixed} ORDER BY name");
        let query = format!("SELECT name, type FROM system.columns {filter}");
        let size = f64::from(features) * 0.071;
        let text = format!(
            "
51000 clickhouse-server[612]: <Debug> executeQuery: {from} {query}; (stage: Complete)
70000 clickhouse-server[612]: <Information> executeQuery: Read {features} rows, {size:.2} KiB
"
        );
        host.script(at, &text, Mark::Nothing);
    }
    grant(&mut host, GRANTS[node]);
    query_noise(&mut host);
    noise(&mut host, 2);
    host
}

/// The change behind it all, correct in itself, minutes to an hour before it shows.
fn grant(host: &mut Host, at: Micros) {
    let command = "/usr/bin/ansible-playbook -c local -i localhost,";
    let command = format!("{command} /srv/ansible/clickhouse-grants.yml");
    host.sudo(at - 3_118_402, "deploy", &command, Mark::Enabling);
    let statement = "GRANT SELECT ON r0.* TO bot_features";
    let module = format!("ansible-ansible.legacy.command[{}]", pid(at));
    let rest = "_uses_shell=False expand_argument_vars=True chdir=None creates=None stdin=None";
    let text = format!(
        "
9116 {module}: Invoked with _raw_params=clickhouse-client --query '{statement}' {rest}
204318 clickhouse-server[612]: <Debug> executeQuery: (from 127.0.0.1:38114, user: admin) {statement}
208771 clickhouse-server[612]: <Information> AccessControl: {statement}
"
    );
    host.script(at, &text, Mark::Enabling);
}

fn query_noise(host: &mut Host) {
    let mut at = START;
    while at < END {
        let message = host.rng.line(
            "
<Debug> executeQuery: (from 10.20.4.19:51822, user: dash) SELECT count() FROM requests_1m;
<Information> executeQuery: Read 81920 rows, 2.50 MiB in 0.041 sec.
<Debug> MemoryTracker: Peak memory usage (for query): 12.04 MiB.
<Debug> default.requests_1m (MergerMutator): Selected 5 parts from 20251118_1 to 20251118_9
<Trace> SystemLog (system.query_log): Flushed system log
",
        );
        host.say(at, &format!("clickhouse-server[612]: {message}"));
        at += host.rng.gap(2);
    }
}

// ---- downstream --------------------------------------------------------------------------------

/// When the proxies fail together: from a bad generation to the arrival of the next good file.
fn outages(generations: &[Generation]) -> Vec<Span> {
    let mut outages: Vec<Span> = Vec::new();
    let nexts = generations.iter().skip(1);
    let pairs = generations.iter().zip(nexts);
    for (bad, next) in pairs.filter(|(file, _)| file.is_bad()) {
        let until = next.at.min(ROLLBACK) + 13 * SECOND;
        match outages.last_mut() {
            Some((_, end)) if *end > bad.at => *end = until,
            _ => outages.push((bad.at + 6 * SECOND, until)),
        }
    }
    outages
}

/// How a service behind the proxy complains.
struct Complaints {
    service: &'static str,
    /// How long it takes from the proxy's failure to this service's first error.
    lag: Micros,
    /// Errors a minute, before the bypass and after it.
    per_minute: [i64; 2],
    messages: &'static str,
}

const KV: Complaints = Complaints {
    service: "kv-gateway",
    lag: 33 * SECOND,
    per_minute: [80, 11],
    messages: "
ERROR get ns=session: connect fl-proxy 10.20.1.13:8443: Connection refused (os error 111)
ERROR get ns=flags: fl-proxy edge-01 returned 503 Service Unavailable
ERROR put ns=session: fl-proxy edge-04: connection reset by peer
ERROR get ns=routes: connect fl-proxy 10.20.1.12:8443: Connection refused (os error 111)
WARN retry 3/3 to fl-proxy edge-02 failed, answering 503
",
};

const AUTH: Complaints = Complaints {
    service: "access-auth",
    lag: 71 * SECOND,
    per_minute: [31, 5],
    messages: "
ERROR session lookup failed: kv-gateway kv-01:8090 answered 503
ERROR policy fetch failed: kv-gateway kv-02:8090 answered 503
ERROR token refused: session state unavailable (kv-gateway)
",
};

const DASH: Complaints = Complaints {
    service: "dashboard",
    lag: 142 * SECOND,
    per_minute: [22, 6],
    messages: "
ERROR login failed: access-auth auth-01:8444 answered 502
ERROR login failed: access-auth auth-01:8444: no token after 5000 ms
WARN login form withheld: challenge widget unavailable
",
};

/// The second trouble, of another kind: everybody logs in at once when all is repaired.
const HERD: Complaints = Complaints {
    service: "dashboard",
    lag: 0,
    per_minute: [1, 16],
    messages: "
WARN login queue full (4096 waiting), shedding
ERROR login timed out: 30000 ms in queue
",
};

fn complain(host: &mut Host, complaints: &Complaints, outages: &[Span]) {
    let (service, lag) = (complaints.service, complaints.lag);
    let starts = host.starts(service);
    for (from, until) in outages {
        let mut at = from + lag + host.rng.within(0, 4 * SECOND);
        while at < until + lag / 3 {
            let message = host.rng.line(complaints.messages);
            host.serve(at, service, &starts, message);
            let bypassed = usize::from(at > BYPASS + 30 * SECOND);
            at += host.rng.gap(complaints.per_minute[bypassed]);
        }
    }
}

/// Ordinary words of a service, a harmless delay among them now and then.
fn routine(host: &mut Host, service: &str, messages: &str) {
    let starts = host.starts(service);
    let mut at = START;
    while at < END {
        let mut message = host.rng.line(messages);
        if host.rng.within(0, 100) == 0 {
            message = "WARN slow request: 2114 ms, answered";
        }
        host.serve(at, service, &starts, message);
        at += host.rng.gap(2);
    }
}

/// Loud, and restarted by its own health check: what was treated as the problem for 93 minutes.
fn kv_gateway(name: &'static str, outages: &[Span]) -> Host {
    let mut host = Host::new(name);
    let by_hand = host.starts("kv-gateway")[0];
    let mut exits: Vec<Micros> = Vec::new();
    for (from, until) in outages {
        let mut at = from + 200 * SECOND + host.rng.within(0, 25 * SECOND);
        while at < *until.min(&BYPASS) {
            let pid = pid_at(&host.starts("kv-gateway"), at);
            let why = "upstream fl-proxy unreachable for 120 s, exiting";
            let fatal = format!("kv-gateway[{pid}]: FATAL health check failed: {why}");
            host.say(at, &fatal);
            exits.push(at);
            // Systemd counts anew after a start by hand.
            let counted = exits
                .iter()
                .filter(|exit| (**exit > by_hand) == (at > by_hand));
            let count = counted.count();
            let status = "code=exited, status=1/FAILURE";
            host.died(at + 2_100, "kv-gateway", status, "exit-code", count);
            at += 400 * SECOND;
        }
    }
    for start in host.starts("kv-gateway") {
        let ready = format!("kv-gateway[{}]: INFO kv-gateway 5.18.2 ready", pid(start));
        host.say(start + 61_000, &ready);
    }
    bypass(&mut host, "kv-gateway", BYPASS);
    complain(&mut host, &KV, outages);
    let words = "INFO 1840 gets/s, hit ratio 0.97\nINFO compaction done, 0 failed segments";
    routine(&mut host, "kv-gateway", words);
    noise(&mut host, 3);
    host
}

/// The way past the proxy: less pain, no cure. It is taken back when all is well.
fn bypass(host: &mut Host, service: &str, at: Micros) {
    for (after, from, to) in [(0, "fl-proxy", "direct"), (12_360, "direct", "fl-proxy")] {
        let at = at + after * SECOND + host.rng.within(0, 30 * SECOND);
        let edit = format!("/usr/bin/sed -i s/upstream={from}/upstream={to}/");
        let edit = format!("{edit} /etc/{service}/{service}.conf");
        host.sudo(at, "kreiter", &edit, Mark::Nothing);
        let reload = format!("/usr/bin/systemctl reload {service}");
        host.sudo(at + 7_402_218, "kreiter", &reload, Mark::Nothing);
    }
}

fn access_auth(outages: &[Span]) -> Host {
    let mut host = Host::new("auth-01");
    bypass(&mut host, "access-auth", BYPASS + 55 * SECOND);
    complain(&mut host, &AUTH, outages);
    let words = "INFO issued 214 tokens\nINFO keys are 3 h old\nINFO 0 crashes since boot";
    routine(&mut host, "access-auth", words);
    noise(&mut host, 3);
    host
}

/// Fails last, and once more after the repair.
fn dashboard(outages: &[Span]) -> Host {
    let mut host = Host::new("dash-01");
    let killed = [clock(14, 49, 21) + 118_402, clock(15, 6, 44) + 690_118];
    for (n, at) in killed.into_iter().enumerate() {
        let pid = pid_at(&host.starts("dashboard"), at);
        let text = format!(
            "
0 dashboard[{pid}]: ERROR login backlog 48211, heap 1511 MiB of 1536 MiB
960000 systemd[1]: dashboard.service: A process of this unit has been killed by the OOM killer.
"
        );
        host.script(at, &text, Mark::Nothing);
        let status = "code=killed, status=9/KILL";
        host.died(at + SECOND, "dashboard", status, "oom-kill", n + 1);
    }
    complain(&mut host, &DASH, outages);
    complain(&mut host, &HERD, &[(clock(14, 40, 12), clock(15, 29, 40))]);
    routine(
        &mut host,
        "dashboard",
        "INFO 312 sessions\nINFO mail queue empty",
    );
    noise(&mut host, 3);
    host
}

/// Outside, and in trouble of its own at the wrong moment.
fn status_page(host: &str) -> [Log; 2] {
    let mut access = Log::new(host, "access.log");
    let mut error = Log::new(host, "error.log");
    let mut rng = Rng::of("status access");
    let trouble = clock(11, 40, 17)..clock(12, 10, 2);
    let why = "upstream timed out (110: Connection timed out)";
    let what = "while reading response header from upstream, client: 203.0.113.80";
    let wanted = "request: \"GET / HTTP/1.1\", upstream: \"http://127.0.0.1:3000/\"";
    let mut at = START;
    while at < END {
        let late = trouble.contains(&at) && rng.within(0, 10) < 7;
        access_line(&mut access, &mut rng, at, if late { 504 } else { 200 });
        if late {
            let time = &stamp(at)[11..19];
            let connection = at / SECOND;
            let text = format!("[error] 733#733: *{connection} {why} {what}, {wanted}");
            error.push(at, format!("2025/11/18 {time} {text}"));
        }
        at += rng.gap(6);
    }
    [access, error]
}

// ---- noise -------------------------------------------------------------------------------------

/// What every host says all day, words such as panic, failed and crash in harmless places included.
fn noise(host: &mut Host, per_minute: i64) {
    let mut at = START;
    while at < END {
        let entry = host.rng.line(
            "
node-agent[588]: INFO heartbeat ok, load 0.{n}
node-agent[588]: INFO shipped {n} metrics in 38 ms
node-agent[588]: INFO kernel.panic=10 vm.overcommit_memory=0, as expected
node-agent[588]: INFO self-test: 14 passed, 0 failed
node-agent[588]: INFO disk / 41% used, inodes 6%, {n} files open
node-agent[588]: INFO crash-upload is off by policy
",
        );
        let entry = entry.replace("{n}", &host.rng.within(100, 990).to_string());
        host.say(at, &entry);
        at += host.rng.gap(per_minute);
    }
    for slot in 0..51 {
        periodic(host, START + slot * 10 * MINUTE);
    }
}

/// Every ten minutes: statistics by a timer, a cron job, a lease, and somebody who tries the door.
fn periodic(host: &mut Host, due: Micros) {
    let collected = host.rng.within(100_000, 2_000_000);
    let cron = 7 * MINUTE + host.rng.within(1_000_000, 1_090_000);
    let leased = host.rng.within(0, 9 * MINUTE);
    let knocked = host.rng.within(0, 9 * MINUTE);
    let port = host.rng.within(32_768, 60_999);
    let stranger = format!("203.0.113.{} port {port}", host.rng.within(2, 250));
    let user = host.rng.line("admin\noracle\nubuntu\ntest");
    let title = "sysstat-collect.service - system activity accounting tool";
    let (job, ssh) = (pid(due + cron), pid(due + knocked));
    let text = format!(
        "
0 systemd[1]: Starting {title}...
18116 systemd[1]: sysstat-collect.service: Deactivated successfully.
18402 systemd[1]: Finished {title}.
"
    );
    host.script(due + collected, &text, Mark::Nothing);
    let text = format!(
        "
0 CRON[{job}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)
2000 CRON[{job}]: (root) CMD (test -x /usr/lib/report-failed && /usr/lib/report-failed)
31000 CRON[{job}]: pam_unix(cron:session): session closed for user root
"
    );
    host.script(due + cron, &text, Mark::Nothing);
    let text = format!(
        "
0 sshd[{ssh}]: Invalid user {user} from {stranger}
912000 sshd[{ssh}]: Connection closed by invalid user {user} {stranger} [preauth]
"
    );
    host.script(due + knocked, &text, Mark::Nothing);
    let lease = "dhclient[530]: bound to this host's address -- renewal in 600 seconds.";
    host.say(due + leased, lease);
}

// ---- the label ---------------------------------------------------------------------------------

const ABOUT: &str = "\
    The outage of 18 November 2025, rebuilt: a permission change on the database makes the \
    bot module's feature file outgrow its limit whenever a changed node answers; the core \
    proxy panics on it on six edges, in turns at first, steadily later; a known good file \
    ends it at 14:30.";
const NOTE: &str = "\
    Good and bad files alternate from 11:20 to 12:50. The database grants enable, the \
    feature file triggers. What fails after 14:40 on dash-01 is a login backlog; the status \
    page's trouble is a coincidence.";

fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<_> = items
        .into_iter()
        .map(|item| format!("\n     {item}"))
        .collect();
    format!("[{}\n    ]", items.join(","))
}

/// The marked lines in order of time, each where it ended up; the text is what follows the tag.
fn places(logs: &[Log], wanted: Mark) -> String {
    let mut places = Vec::new();
    for log in logs {
        let lines = (1..).zip(&log.lines);
        for (number, line) in lines.filter(|(_, line)| line.mark == wanted) {
            let (_, text) = line
                .text
                .split_once("]: ")
                .expect("marked lines have a tag");
            let (file, text) = (quote(&log.path), quote(text.trim_start()));
            let place = format!("{{\"file\": {file}, \"line\": {number}, \"text\": {text}}}");
            places.push((line.at, place));
        }
    }
    places.sort();
    list(places.into_iter().map(|(_, place)| place))
}

/// A decoy that no line holds, or that the truth holds too, would judge nobody rightly.
fn check_decoys(logs: &[Log]) {
    for decoy in decoys() {
        let lines = logs.iter().flat_map(|log| &log.lines);
        let mut held = lines.filter(|line| line.text.contains(decoy)).peekable();
        assert!(held.peek().is_some(), "no line holds the decoy {decoy:?}");
        let innocent = held.all(|line| line.mark == Mark::Nothing);
        assert!(innocent, "{decoy:?} is no decoy");
    }
}

fn label(logs: &[Log], crashes: &[Vec<Micros>]) -> String {
    let lines = || logs.iter().flat_map(|log| &log.lines);
    let times = lines().map(|line| line.at);
    let (first, last) = times.fold((END, START), |(a, b), at| (a.min(at), b.max(at)));
    let repairs = lines().filter(|line| line.mark == Mark::Repair);
    let repaired = repairs.map(|line| line.at).min().unwrap_or(END);
    let window = (last - first) / SECOND;
    let tail = (last - repaired) as f64 / SECOND as f64;
    let seen: usize = crashes.iter().map(Vec::len).sum();
    let least = seen * 4 / 5;
    let mut firsts: Vec<_> = crashes.iter().map(|of_host| of_host[0]).collect();
    firsts.sort_unstable();
    let instant = |at: &Micros| quote(&format!("{}Z", &stamp(*at)[..23]));
    let onset = instant(&firsts[0]);
    let also = list(firsts[1..].iter().map(instant));
    let hosts = list(EDGES.map(quote));
    let trigger = places(logs, Mark::Trigger);
    let enabling = places(logs, Mark::Enabling);
    let repair = places(logs, Mark::Repair);
    let decoys = list(decoys().into_iter().map(quote));
    format!(
        r#"{{
 "about": "{ABOUT}",
 "incidents": [
  {{
   "entity": [
    "fl-proxy.service",
    "fl-proxy"
   ],
   "host": {hosts},
   "first_crash": {onset},
   "first_crash_also": {also},
   "crashes_min": {least},
   "crashes_seen": {seen},
   "crash_kind": "panic",
   "cause": "change",
   "trigger": {{
    "kind": "config",
    "any_of": {trigger}
   }},
   "enabled_by": {{
    "any_of": {enabling}
   }},
   "decoys": {decoys},
   "recovered": true,
   "recovered_by": {{
    "text": "features-rollback --to v{KNOWN_GOOD}",
    "lines": {repair}
   }},
   "tail_s": {tail:.1},
   "cascade": [
    "fl-proxy",
    "kv-gateway",
    "access-auth",
    "dashboard"
   ]
  }}
 ],
 "no_incident": false,
 "window_s": {window},
 "note": "{NOTE}"
}}
"#
    )
}

fn main() -> io::Result<()> {
    let Some(root) = std::env::args_os().nth(1) else {
        return Err(io::Error::other("usage: generate FOLDER"));
    };
    write_all(Path::new(&root))
}

/// Writes the logs and the label below `root`.
pub(crate) fn write_all(root: &Path) -> io::Result<()> {
    let generations = generations();
    let outages = outages(&generations);
    let proxies = (0..EDGES.len()).map(|n| edge(n, &generations));
    let proxies: Vec<_> = proxies.collect();
    let mut logs = vec![packages()];
    logs.extend([0, 3].map(|edge| edge_access(&proxies[edge])));
    let parted = proxies.into_iter().map(|proxy| (proxy.crashes, proxy.host));
    let (crashes, mut hosts): (Vec<_>, Vec<_>) = parted.unzip();
    hosts.extend((0..NODES.len()).map(|node| database(node, &generations)));
    hosts.push(generator(&generations));
    hosts.extend(["kv-01", "kv-02"].map(|name| kv_gateway(name, &outages)));
    hosts.extend([access_auth(&outages), dashboard(&outages)]);
    let mut status = Host::new("status-01");
    noise(&mut status, 3);
    logs.extend(status_page(status.name));
    hosts.push(status);
    logs.extend(hosts.into_iter().flat_map(|host| [host.syslog, host.auth]));
    logs.iter_mut().for_each(Log::settle);
    logs.sort_by(|a, b| a.path.cmp(&b.path));
    check_decoys(&logs);
    for log in &logs {
        log.write(root)?;
    }
    fs::write(root.join("label.json"), label(&logs, &crashes))
}
