//! Who crashed: many names, one service.
//!
//! In: the names that records and fields give. Out: an [`Entity`]: `nginx`, `nginx.service`,
//! `nginx@2.service`, `(nginx)`, a pod with its hash and a path to the program lead to one service.

use serde::Serialize;

use crate::classify::Event;

/// What crashed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Entity {
    /// The host, where it is known.
    pub host: Option<String>,
    /// The service, in its plain name.
    pub service: String,
    /// The instance, where the name bears one: a pod, a container, what follows `@`.
    pub instance: Option<String>,
}

/// What a machine is called among services.
const MACHINE: &str = "machine";

impl Entity {
    /// A machine as a whole.
    pub(super) fn machine(host: Option<String>) -> Self {
        Self {
            host,
            service: MACHINE.to_owned(),
            instance: None,
        }
    }

    /// Whether it is a machine as a whole.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        self.service == MACHINE
    }

    /// Whether its name was made up for it alone, and another one takes its place.
    #[must_use]
    pub fn is_generated(&self) -> bool {
        let name = self.instance.as_deref();
        name.is_some_and(|name| generated_of(name).is_some())
    }

    /// Whether both are the same, or take each other's place: pods of one deployment, whose names are generated
    /// and whose hosts a scheduler picks.
    #[must_use]
    pub fn is_replica_of(&self, other: &Self) -> bool {
        let same = self.service == other.service;
        self == other || same && self.is_generated() && other.is_generated()
    }
}

/// Endings that a supervisor adds to a service's name.
const ENDINGS: [&str; 4] = [".service", ".scope", ".exe", ".socket"];

/// The letters of a pod's generated name (k8s.io/apimachinery, util/rand).
const POD_LETTERS: &str = "bcdfghjklmnpqrstvwxz2456789";

/// The digits of a swarm's ids, in base 36 (github.com/moby/swarmkit, identity/randomid.go).
const SWARM_ID: usize = 25;

/// The plain name of a service, and the instance that the full name tells apart.
#[must_use]
pub fn plain(name: &str) -> (String, Option<String>) {
    let name = name.trim().trim_start_matches('(').trim_end_matches(')');
    // A path to a program; a pod is named `namespace/pod`, which cuts the same way.
    let name = name
        .rsplit('/')
        .next()
        .filter(|last| !last.is_empty())
        .unwrap_or(name);
    let base = ENDINGS
        .iter()
        .find_map(|e| name.strip_suffix(e))
        .unwrap_or(name);
    if let Some((template, instance)) = base.split_once('@')
        && !template.is_empty()
    {
        return (template.to_lowercase(), Some(instance.to_owned()));
    }
    if let Some(service) = generated_of(base) {
        return (service.to_lowercase(), Some(base.to_owned()));
    }
    (base.to_lowercase(), None)
}

/// The service of a name that was made up for one instance: `web` of `web-6c5d4f7b9-x2z9k`, which a Deployment
/// makes, of `web-x2z9k`, which a DaemonSet, a ReplicaSet or a Job does, and of a swarm's task
/// `web.1.yk8c3dd3s4ce9u0q2f4x5wq7a`. A StatefulSet's `web-0` is left as it is.
fn generated_of(name: &str) -> Option<&str> {
    if let Some((rest, id)) = name.rsplit_once('.')
        && let Some((service, slot)) = rest.rsplit_once('.')
    {
        let is_id = id.len() == SWARM_ID
            && id
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let is_slot = !slot.is_empty() && slot.bytes().all(|b| b.is_ascii_digit());
        return (is_id && is_slot && !service.is_empty()).then_some(service);
    }
    let has_digit = |part: &str| part.contains(|c: char| c.is_ascii_digit());
    let generated = |part: &str| part.chars().all(|c| POD_LETTERS.contains(c));
    let (rest, pod) = name.rsplit_once('-')?;
    if pod.len() != 5 || !generated(pod) || rest.is_empty() {
        return None;
    }
    let deployment = rest.rsplit_once('-').filter(|(deployment, template)| {
        let is_template =
            (6..=10).contains(&template.len()) && generated(template) && has_digit(template);
        is_template && !deployment.is_empty()
    });
    match deployment {
        Some((deployment, _)) => Some(deployment),
        // Five letters may be a word.
        None => has_digit(pod).then_some(rest),
    }
}

/// What loggers of one program have in common: `indexer` of `indexer::http`, `app` of `app.config`.
#[must_use]
pub fn root_of_logger(name: &str) -> &str {
    name.split(['.', ':', '/']).next().unwrap_or(name)
}

/// What an event of a process says it is about: the field of the rule, else the record's subject, else
/// who wrote it.
#[must_use]
pub fn name_of(event: &Event) -> Option<String> {
    if let Some(cgroup) = event.field("cgroup") {
        return unit_of_cgroup(cgroup).map(str::to_owned);
    }
    // A supervisor's record is not about the supervisor.
    if event.field("description").is_some() && event.field("unit").is_none() {
        return event.subject.as_deref().map(str::to_owned);
    }
    // A container is called after its pod, where the record is about that.
    let pod = || (event.subject.as_deref()).filter(|_| event.field("container").is_some());
    event
        .any_field(&["unit", "service", "pod"])
        .or_else(pod)
        .or_else(|| event.any_field(&["container", "comm"]))
        .or(event.subject.as_deref())
        .or(event.unit.as_deref())
        .or(event.program.as_deref())
        .map(str::to_owned)
}

/// Whether two names are likely of one service: the program's and the unit's (`postgres` and
/// `postgresql`).
#[must_use]
pub fn is_alias(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let rest = long.strip_prefix(short);
    a == b || short.len() >= 4 && rest.is_some_and(|rest| !rest.starts_with(['-', '_']))
}

/// Whether the event names a whole group of services rather than one.
#[must_use]
pub fn is_group(name: &str) -> bool {
    [
        ".slice", ".target", ".scope", ".mount", ".timer", ".socket", ".device",
    ]
    .iter()
    .any(|e| name.ends_with(e))
}

/// The unit in a control group's path: its last component that is a service or a scope.
fn unit_of_cgroup(path: &str) -> Option<&str> {
    path.rsplit('/')
        .find(|part| part.ends_with(".service") || part.ends_with(".scope"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_names_lead_to_one_service() {
        for name in [
            "nginx",
            "nginx.service",
            "(nginx)",
            "/usr/sbin/nginx",
            "NGINX.EXE",
        ] {
            let name = name.to_lowercase();
            assert_eq!(plain(&name), ("nginx".to_owned(), None), "{name}");
        }
        assert_eq!(
            plain("web@2.service"),
            ("web".to_owned(), Some("2".to_owned()))
        );
    }

    #[test]
    fn pods_lose_their_hash_and_stateful_sets_keep_their_number() {
        assert_eq!(plain("shop/web-6c5d4f7b9-x2z9k").0, "web");
        assert_eq!(plain("kube-system/fluentd-x2z9k").0, "fluentd");
        assert_eq!(
            plain("stack_web.2.yk8c3dd3s4ce9u0q2f4x5wq7a").0,
            "stack_web"
        );
        assert_eq!(plain("web-0").0, "web-0");
        assert_eq!(plain("isc-dhcpd").0, "isc-dhcpd");
        assert_eq!(plain("shop.v2.example").0, "shop.v2.example");
        assert_eq!(plain("fl-proxy").0, "fl-proxy");
        assert_eq!(plain("redis-server").0, "redis-server");
    }

    #[test]
    fn pods_of_one_deployment_take_each_others_place() {
        let entity = |host: &str, name: &str| {
            let (service, instance) = plain(name);
            Entity {
                host: Some(host.to_owned()),
                service,
                instance,
            }
        };
        let pod = entity("n1", "web-6c5d4f7b9-x2z9k");
        assert!(pod.is_replica_of(&entity("n2", "web-7d9f8b6c5-b2c4d")));
        assert!(!pod.is_replica_of(&entity("n1", "shop-6c5d4f7b9-x2z9k")));
        assert!(!pod.is_replica_of(&entity("n1", "web")));
        let instance = entity("n1", "web@1.service");
        assert!(instance.is_replica_of(&instance));
        assert!(!instance.is_replica_of(&entity("n1", "web@2.service")));
    }

    #[test]
    fn a_cgroup_names_its_unit() {
        assert_eq!(
            unit_of_cgroup("/system.slice/idxd.service"),
            Some("idxd.service")
        );
        assert_eq!(unit_of_cgroup("/"), None);
    }
}
