//! `crashtrail watch`: alerts to standard output and to whom they are delivered, the rest to standard error.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use anyhow::{Context, anyhow};
use crashtrail::alert::{self, Alert};
use crashtrail::deliver::{Deliveries, Form, Target, Webhook};
use crashtrail::{
    Backfill, Ending, Feed, Listener, Message, RuleSet, Status, Warning, Watch, WatchOptions,
    report,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::args::{self, Format, WatchArgs, WebhookForm};
use super::metrics::Metrics;
use super::{ExitStatus, complain};

/// Watches until the inputs end, or somebody ends it.
pub(super) fn run(args: &WatchArgs) -> anyhow::Result<ExitStatus> {
    let mut scan = args.reading.options(args.quiet)?;
    scan.keep = args.keep.get();
    let options = WatchOptions {
        scan,
        paths: args.paths_or_stdin()?,
        journal: args.journal_place(),
        backfill: args.backfill.unwrap_or(Backfill::None),
        poll: args.poll,
        once_idle: args.once_idle,
        state: args.state.clone(),
    };
    // Each file that is followed is kept open. Where more may not be had, what cannot be opened is told.
    #[cfg(unix)]
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let deliveries = Deliveries::new(targets(args)?);
    let (watch, feed) = Watch::start(options)?;
    listen_to_signals(feed)?;
    let mut teller = Teller::new(args, deliveries);
    let ending = watch.run(&mut teller)?;
    teller.sum_up(&ending)?;
    Ok(match ending.sound {
        true => ExitStatus::Fine,
        false => ExitStatus::Failed,
    })
}

/// How long the end of a watch waits for receivers.
const PATIENCE: Duration = Duration::from_secs(10);

fn targets(args: &WatchArgs) -> anyhow::Result<Vec<Target>> {
    let form = match args.webhook_form {
        WebhookForm::Json => Form::Json,
        WebhookForm::Slack => Form::Slack,
        WebhookForm::Alertmanager => Form::Alertmanager,
    };
    let programs = args.exec.iter().cloned().map(Target::Program).map(Ok);
    let webhooks = args.webhook.iter().map(|url| {
        // The address may hold a secret: it is not repeated.
        let webhook = Webhook::new(url, form).map_err(|why| anyhow!("--webhook: {why}"))?;
        Ok(Target::Webhook(webhook))
    });
    programs.chain(webhooks).collect()
}

/// Passes on what other processes ask for.
fn listen_to_signals(feed: Feed) -> anyhow::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signals")?;
    std::thread::spawn(move || {
        for signal in &mut signals {
            let message = match signal {
                SIGHUP => Message::Reload,
                _ => Message::Stop,
            };
            if feed.tell(message).is_err() {
                return;
            }
        }
    });
    Ok(())
}

/// Tells of a watch.
struct Teller<'a> {
    args: &'a WatchArgs,
    /// The status line, where standard error is a terminal.
    line: ProgressBar,
    width: usize,
    bytes: u64,
    deliveries: Deliveries,
    metrics: Option<Metrics>,
}

impl<'a> Teller<'a> {
    fn new(args: &'a WatchArgs, deliveries: Deliveries) -> Self {
        let line = ProgressBar::new_spinner();
        if args.quiet || !io::stderr().is_terminal() {
            line.set_draw_target(ProgressDrawTarget::hidden());
        } else if let Ok(style) = ProgressStyle::with_template("{wide_msg}") {
            line.set_style(style);
        }
        let of_terminal = || args::terminal_width(io::stdout().is_terminal());
        Self {
            args,
            line,
            width: args.reading.width.unwrap_or_else(of_terminal),
            bytes: 0,
            deliveries,
            metrics: args.metrics.clone().map(Metrics::new),
        }
    }

    /// What went wrong with those to whom alerts are delivered, and the figures, where it is time.
    fn keep_up(&mut self, status: &Status, at_end: bool) {
        let mut troubles = self.deliveries.troubles();
        if let Some(metrics) = &mut self.metrics {
            let kept = metrics.keep(status, self.deliveries.counts(), at_end);
            troubles.extend(kept.err().map(|err| format!("{err:#}")));
        }
        if !self.args.quiet {
            let tell = || {
                troubles
                    .iter()
                    .for_each(|t| complain(&format!("warning: {t}")))
            };
            self.line.suspend(tell);
        }
    }

    /// What is open at the end.
    fn sum_up(&mut self, ending: &Ending) -> anyhow::Result<()> {
        self.keep_up(&ending.status, true);
        self.line.finish_and_clear();
        if self.args.quiet {
            return Ok(());
        }
        let status = &ending.status;
        let plural = |n: u64, one: &str| format!("{n} {one}{}", if n == 1 { "" } else { "s" });
        let open: Vec<&str> = ending.open().map(|i| i.summary.as_str()).collect();
        let mut text = format!(
            "watched {}, {} told; {}",
            plural(status.lines, "line"),
            plural(status.alerts, "alert"),
            match open.len() {
                0 => "no incident is open".to_owned(),
                n => format!("open: {}", plural(n as u64, "incident")),
            }
        );
        if status.dropped > 0 {
            text.push_str(&format!("; {} records not kept", status.dropped));
        }
        for summary in open {
            text.push_str(&format!("\n  {summary}"));
        }
        text.push('\n');
        match self.args.format {
            // Standard output holds alerts only.
            Format::Json => complain(text.trim_end()),
            Format::Text => {
                let mut out = self.args.reading.color.stdout();
                out.write_all(report::harmless(&text).as_bytes())?;
                out.flush()?;
            }
        }
        Ok(())
    }

    fn write(&self, alert: &Alert) -> io::Result<()> {
        match self.args.format {
            Format::Json => {
                let mut line = serde_json::to_vec(alert)?;
                line.push(b'\n');
                // One write, so that whoever reads sees the whole line or none of it.
                let mut out = io::stdout().lock();
                out.write_all(&line)?;
                out.flush()
            }
            // What closes quietly is no news for a person.
            Format::Text if alert.event == alert::Happening::Closed => Ok(()),
            Format::Text => {
                let text = alert::render(alert, report::Style { width: self.width });
                let mut out = self.args.reading.color.stdout();
                out.write_all(text.as_bytes())?;
                out.flush()
            }
        }
    }
}

impl Listener for Teller<'_> {
    fn alert(&mut self, alert: &Alert, _live: bool) -> io::Result<()> {
        self.line.suspend(|| self.write(alert))?;
        self.deliveries.tell(alert);
        if let Some(metrics) = &mut self.metrics {
            metrics.count(alert.event);
        }
        Ok(())
    }

    fn finish(&mut self) {
        self.deliveries.finish(PATIENCE);
    }

    fn is_busy(&self) -> bool {
        self.deliveries.is_busy()
    }

    fn status(&mut self, status: &Status) {
        self.keep_up(status, false);
        if self.line.is_hidden() {
            return;
        }
        let rate = indicatif::HumanBytes(status.bytes.saturating_sub(self.bytes));
        self.bytes = status.bytes;
        let behind = match status.behind_s {
            Some(behind) if behind > 60.0 => {
                let behind = Duration::from_secs_f64(behind);
                format!(", {} behind", indicatif::HumanDuration(behind))
            }
            _ => String::new(),
        };
        self.line.set_message(format!(
            "watching: {rate}/s, {} services seen, {} incidents open{behind}",
            status.services, status.open
        ));
    }

    fn warn(&mut self, warning: &Warning) {
        if self.args.quiet {
            return;
        }
        self.line.suspend(|| match &warning.input {
            Some(input) => complain(&format!("warning: {input}: {}", warning.text)),
            None => complain(&format!("warning: {}", warning.text)),
        });
    }

    fn rules(&mut self) -> Option<RuleSet> {
        match self.args.reading.rule_set(self.args.quiet) {
            Ok(rules) => Some(rules),
            Err(err) => {
                complain(&format!("error: {err:#}; the rules before stay in force"));
                None
            }
        }
    }
}
