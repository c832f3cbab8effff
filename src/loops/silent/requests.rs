//! What somebody asked of services, for ends that are no crashes.
//!
//! In: a timeline. Out: its [`Request`]s by time.

use crate::classify::{Class, Event};
use crate::loops::identity::{Entity, name_of, plain};
use crate::time::Timestamp;
use crate::timeline::Timeline;

use super::signs;

/// A record of somebody who asked for a stop or a start, or of an end in order.
pub(super) struct Request<'a> {
    at: Timestamp,
    host: Option<&'a str>,
    of: Asked,
}

/// Of whom a stop or a start was asked.
enum Asked {
    /// All of the host.
    Machine,
    /// The service of this plain name.
    Service(String),
    /// Those that this text, in lower case, names.
    Named(String),
}

/// All requests of a timeline.
pub(super) fn of(timeline: &Timeline) -> Vec<Request<'_>> {
    let of = |e: &Event| match e.class {
        Class::StopRequest | Class::Stopped | Class::ExitOk | Class::KilledOnRequest => {
            Some(Asked::Service(plain(&name_of(e)?).0))
        }
        Class::Boot | Class::Shutdown => Some(Asked::Machine),
        Class::Change => {
            let text = e.message.to_lowercase();
            let acts = ["restart", "start", "stop", "reload", "kill"];
            let acts = acts.iter().any(|act| text.contains(act));
            acts.then_some(Asked::Named(text))
        }
        _ => None,
    };
    let request = |e| {
        Some(Request {
            of: of(e)?,
            at: e.at,
            host: e.host.as_deref(),
        })
    };
    timeline.events.iter().filter_map(request).collect()
}

/// When those were made that mean this service.
pub(super) fn to(entity: &Entity, requests: &[Request<'_>]) -> Vec<Timestamp> {
    let own = requests.iter().filter(|request| request.means(entity));
    own.map(|request| request.at).collect()
}

impl Request<'_> {
    /// Whether the service was, or may have been, meant.
    fn means(&self, entity: &Entity) -> bool {
        let of_host =
            self.host.is_none() || entity.host.is_none() || self.host == entity.host.as_deref();
        of_host
            && match &self.of {
                Asked::Machine => true,
                Asked::Service(name) => *name == entity.service,
                Asked::Named(text) => signs::has_word(text, &entity.service),
            }
    }
}
