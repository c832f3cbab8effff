//! Figures of a watch, for those who watch the watch.
//!
//! In: its status. Out: a file in the OpenMetrics text form, always whole: it is written beside its place and
//! renamed. The form keeps to what the older Prometheus text form reads as well, which a node exporter's
//! textfile collector takes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use anyhow::Context;
use crashtrail::Status;
use crashtrail::alert::Happening;
use crashtrail::deliver::Counts;

/// How often the file is written where nothing was told.
const OFTEN: Duration = Duration::from_secs(10);

/// The file, and what is counted for it alone.
#[derive(Debug)]
pub(super) struct Metrics {
    path: PathBuf,
    alerts: BTreeMap<Happening, u64>,
    written: Option<Instant>,
    /// The last writing failed, which was told.
    failed: bool,
}

impl Metrics {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            alerts: Happening::ALL.into_iter().map(|h| (h, 0)).collect(),
            written: None,
            failed: false,
        }
    }

    /// An alert was told.
    pub(super) fn count(&mut self, event: Happening) {
        *self.alerts.entry(event).or_default() += 1;
        self.written = None;
    }

    /// Writes the file where it is time. In error says why it cannot be written, once until it can again.
    pub(super) fn keep(
        &mut self,
        status: &Status,
        counts: Counts,
        at_end: bool,
    ) -> anyhow::Result<()> {
        if !at_end && self.written.is_some_and(|at| at.elapsed() < OFTEN) {
            return Ok(());
        }
        self.written = Some(Instant::now());
        let text = self.text(status, counts);
        let result = replace(&self.path, text.as_bytes())
            .with_context(|| format!("--metrics {}", self.path.display()));
        let was_told = std::mem::replace(&mut self.failed, result.is_err());
        if was_told { Ok(()) } else { result }
    }

    fn text(&self, status: &Status, counts: Counts) -> String {
        let mut out = Lines(String::new());
        // The older form knows no `info`.
        out.head(
            "crashtrail_build_info",
            "gauge",
            "The program that watches.",
        );
        out.line(
            concat!(
                "crashtrail_build_info{version=\"",
                env!("CARGO_PKG_VERSION"),
                "\"}"
            ),
            1,
        );
        out.counter("crashtrail_read_bytes", "Bytes read.", status.bytes);
        out.counter("crashtrail_read_lines", "Lines read.", status.lines);
        out.counter(
            "crashtrail_dropped_records",
            "Records that are not counted any more.",
            status.dropped,
        );
        out.gauge("crashtrail_services", "Services seen.", status.services);
        out.gauge(
            "crashtrail_open_incidents",
            "Incidents that go on.",
            status.open,
        );
        out.head("crashtrail_alerts", "counter", "Alerts told, by event.");
        for (event, n) in &self.alerts {
            let name = format!("crashtrail_alerts_total{{event=\"{}\"}}", event.name());
            out.line(&name, *n);
        }
        out.head(
            "crashtrail_deliveries",
            "counter",
            "What became of alerts to commands and webhooks.",
        );
        for (outcome, n) in [
            ("delivered", counts.delivered),
            ("dropped", counts.dropped),
            ("failed", counts.failed),
        ] {
            let name = format!("crashtrail_deliveries_total{{outcome=\"{outcome}\"}}");
            out.line(&name, n);
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        // A clock before 1970 tells nothing.
        let now = now.map_or(0.0, |d| d.as_secs_f64());
        if let Some(behind) = status.behind_s {
            out.gauge(
                "crashtrail_last_record_timestamp_seconds",
                "The time of the newest record.",
                format!("{:.3}", now - behind),
            );
        }
        out.gauge(
            "crashtrail_written_timestamp_seconds",
            "When these figures were written.",
            format!("{now:.3}"),
        );
        out.0.push_str("# EOF\n");
        out.0
    }
}

/// The file as it is made.
struct Lines(String);

impl Lines {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a text does not fail.
        let _ = writeln!(self.0, "# TYPE {name} {kind}\n# HELP {name} {help}");
    }

    fn line(&mut self, name: &str, value: impl std::fmt::Display) {
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn counter(&mut self, name: &str, help: &str, value: u64) {
        self.head(name, "counter", help);
        self.line(&format!("{name}_total"), value);
    }

    fn gauge(&mut self, name: &str, help: &str, value: impl std::fmt::Display) {
        self.head(name, "gauge", help);
        self.line(name, value);
    }
}

/// Puts a file into its place whole: whoever reads sees the old or the new one.
fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".crashtrail-");
    // The collector is another user.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}
