//! An address to which each alert is posted.
//!
//! In: an alert in its receiver's form. Out: one POST that was taken (2xx), or the reason why none was. What may
//! pass is tried again, with back-off; what the receiver refuses is not.

use std::time::Duration;

use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};

use crate::alert::Alert;

use super::{Form, Pause, Receive};

/// How long a connection and a whole request may take.
const CONNECT: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_secs(15);
/// How often an alert is posted.
const TRIES: u32 = 6;
/// The first pause between tries; each further one is twice as long.
const PAUSE: Duration = Duration::from_secs(1);
/// The longest that a receiver may ask to wait.
const ASKED: u64 = 300;

/// Where to post, and in which form.
#[derive(Debug, Clone)]
pub struct Webhook {
    url: String,
    /// The address without what is secret in it: path and query often are.
    name: String,
    form: Form,
    agent: ureq::Agent,
}

/// What came of one try.
enum Try {
    Taken,
    /// It may pass; after so long where the receiver says so.
    Again(String, Option<Duration>),
    Refused(String),
}

impl Webhook {
    /// An address beginning with `http://` or `https://`.
    ///
    /// # Errors
    ///
    /// Where it is no such address.
    pub fn new(url: &str, form: Form) -> Result<Self, String> {
        let parsed: Uri = url.parse().map_err(|_| "no address".to_owned())?;
        let (Some(scheme @ ("http" | "https")), Some(host)) = (parsed.scheme_str(), parsed.host())
        else {
            return Err("the address has to begin with http:// or https://".to_owned());
        };
        let port = parsed.port_u16().map_or(String::new(), |p| format!(":{p}"));
        let config = ureq::Agent::config_builder()
            .timeout_connect(Some(CONNECT))
            .timeout_global(Some(REQUEST))
            .http_status_as_error(false)
            // A POST that is sent elsewhere would arrive as a GET.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("crashtrail/", env!("CARGO_PKG_VERSION")))
            // Receivers within a house have certificates of the house's own authority.
            .tls_config(
                TlsConfig::builder()
                    .root_certs(RootCerts::PlatformVerifier)
                    .build(),
            )
            .build();
        Ok(Self {
            url: url.to_owned(),
            name: format!("--webhook {scheme}://{host}{port}"),
            form,
            agent: config.into(),
        })
    }

    fn post(&self, body: &[u8]) -> Try {
        let request = self.agent.post(&self.url);
        let sent = request
            .header("Content-Type", "application/json")
            .send(body);
        let response = match sent {
            Ok(response) => response,
            Err(err) => return Try::Again(err.to_string(), None),
        };
        let status = response.status();
        let why = format!("answered {}", status.as_u16());
        match status.as_u16() {
            200..=299 => Try::Taken,
            408 | 425 | 429 | 500..=599 => {
                let after = response.headers().get("retry-after");
                let seconds = after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
                Try::Again(why, seconds.map(|s: u64| Duration::from_secs(s.min(ASKED))))
            }
            _ => Try::Refused(why),
        }
    }
}

impl Receive for Webhook {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn body(&self, alert: &Alert) -> Option<Vec<u8>> {
        self.form.body(alert)
    }

    fn deliver(&self, body: &[u8], pause: &Pause<'_>) -> Result<(), String> {
        let mut backoff = PAUSE;
        let mut last = String::new();
        for n in 1..=TRIES {
            let asked = match self.post(body) {
                Try::Taken => return Ok(()),
                Try::Refused(why) => return Err(format!("{why}; not tried again")),
                Try::Again(why, asked) => {
                    last = why;
                    asked
                }
            };
            // Many watches that lost the same receiver do not come back at one moment.
            let jittered = backoff.mul_f64(0.75 + 0.5 * fastrand::f64());
            backoff *= 2;
            if n < TRIES && !pause.wait(asked.unwrap_or(jittered)) {
                return Err(format!("{last}; no time was left to try again"));
            }
        }
        Err(format!("{last}; given up after {TRIES} tries"))
    }
}
