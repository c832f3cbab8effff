//! Kubernetes objects as `kubectl get ... -o json --show-managed-fields` exports them.
//!
//! In: an object, or a list of objects. Out: the changes that they tell of, as [`Export`]s: when a rollout's
//! replica set or revision was made, when a release of Helm was, when who last changed which fields of an object
//! (`metadata.managedFields`). Objects that tell of no change are passed over.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::Told;

/// Who numbers the revisions of a Deployment (kubernetes pkg/controller/deployment/util).
const REVISION: &str = "deployment.kubernetes.io/revision";
/// What `kubectl rollout history` shows.
const CAUSE: &str = "kubernetes.io/change-cause";
/// Labels that name the application an object belongs to, the plainest first (kubernetes.io, "Recommended
/// Labels").
const APPLICATION: [&str; 4] = [
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app",
    "k8s-app",
];
/// Objects that come and go by themselves, or are records.
const NO_CHANGE: [&str; 9] = [
    "Pod",
    "Node",
    "Event",
    "Endpoints",
    "EndpointSlice",
    "Lease",
    "Job",
    "PodMetrics",
    "NodeMetrics",
];
/// Managers of fields that only follow what others asked for.
const FOLLOWERS: [&str; 4] = [
    "kube-controller-manager",
    "kubelet",
    "kube-scheduler",
    "cloud-controller-manager",
];

/// A change that an object tells of.
pub(super) struct Export {
    /// Which of the objects.
    pub(super) object: usize,
    /// When, as the object has it.
    pub(super) time: String,
    /// What, but for the time.
    pub(super) told: Told,
}

#[derive(Debug, Deserialize)]
struct Object {
    kind: String,
    #[serde(default, rename = "type")]
    sort: String,
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    revision: Option<u64>,
    #[serde(default)]
    spec: Value,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: Option<String>,
    creation_timestamp: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    owner_references: Vec<Owner>,
    managed_fields: Vec<Managed>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Owner {
    kind: String,
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Managed {
    manager: String,
    time: Option<String>,
    subresource: String,
    fields_v1: Value,
}

/// Whether a JSON object is one of Kubernetes', or a list of such.
pub(super) fn is_object(value: &serde_json::Map<String, Value>) -> bool {
    value.contains_key("apiVersion")
        && value.contains_key("kind")
        && (value.contains_key("metadata") || value.contains_key("items"))
}

/// The changes of the objects of one export, in their order.
///
/// # Errors
///
/// For an object that cannot be understood: which, and why.
pub(super) fn changes(objects: &[&RawValue]) -> Result<Vec<Export>, (usize, String)> {
    let parsed: Vec<Object> = objects
        .iter()
        .enumerate()
        .map(|(n, object)| serde_json::from_str(object.get()).map_err(|err| (n, err.to_string())))
        .collect::<Result<_, _>>()?;
    let revisions = Revisions::of(&parsed);
    let mut all = Vec::new();
    for (n, object) in parsed.iter().enumerate() {
        let found = match object.kind.as_str() {
            kind if NO_CHANGE.contains(&kind) => Vec::new(),
            "ReplicaSet" => Vec::from_iter(rollout(object, &revisions)),
            "ControllerRevision" => Vec::from_iter(revision(object)),
            "Secret" if object.sort == "helm.sh/release.v1" => Vec::from_iter(release(object)),
            "Deployment" if revisions.has(object) => Vec::new(),
            _ => edits(object),
        };
        let export = |(time, told)| Export {
            object: n,
            time,
            told,
        };
        all.extend(found.into_iter().map(export));
    }
    Ok(all)
}

/// When, as the object has it, and what, but for the time.
type Timed = (String, Told);

/// The images of each revision of each Deployment.
struct Revisions(BTreeMap<(Option<String>, String), BTreeMap<u64, String>>);

impl Revisions {
    fn of(objects: &[Object]) -> Self {
        let mut all: BTreeMap<_, BTreeMap<u64, String>> = BTreeMap::new();
        for object in objects.iter().filter(|object| object.kind == "ReplicaSet") {
            if let (Some(owner), Some(number)) = (object.owner(), object.number()) {
                let key = (object.metadata.namespace.clone(), owner.to_owned());
                all.entry(key)
                    .or_default()
                    .insert(number, images(&object.spec));
            }
        }
        Self(all)
    }

    fn has(&self, deployment: &Object) -> bool {
        let metadata = &deployment.metadata;
        self.0
            .contains_key(&(metadata.namespace.clone(), metadata.name.clone()))
    }

    /// The images of the revision before.
    fn before(&self, object: &Object, owner: &str, number: u64) -> Option<&str> {
        let key = (object.metadata.namespace.clone(), owner.to_owned());
        let (_, images) = self.0.get(&key)?.range(..number).next_back()?;
        Some(images)
    }
}

impl Object {
    fn owner(&self) -> Option<&str> {
        let owners = &self.metadata.owner_references;
        owners.first().map(|owner| owner.name.as_str())
    }

    fn number(&self) -> Option<u64> {
        self.metadata.annotations.get(REVISION)?.parse().ok()
    }

    /// What it is called in a report: `configmap shop/limits`.
    fn title(&self) -> String {
        let kind = self.kind.to_ascii_lowercase();
        match &self.metadata.namespace {
            Some(namespace) => format!("{kind} {namespace}/{}", self.metadata.name),
            None => format!("{kind} {}", self.metadata.name),
        }
    }

    /// The application that it belongs to.
    fn application(&self) -> Option<&str> {
        let labels = &self.metadata.labels;
        let found = APPLICATION.iter().find_map(|label| labels.get(*label));
        found.map(String::as_str)
    }

    fn told(&self, kind: &'static str, target: Option<&str>) -> Told {
        let mut told = Told {
            kind: Some(kind),
            targets: target.map(str::to_owned).into_iter().collect(),
            ..Told::default()
        };
        if let Some(namespace) = &self.metadata.namespace {
            told.more.insert("namespace".to_owned(), namespace.clone());
        }
        told
    }
}

/// The images of a pod template, in one text.
fn images(spec: &Value) -> String {
    let containers = spec.pointer("/template/spec/containers");
    let containers = containers.and_then(Value::as_array).into_iter().flatten();
    let images: Vec<&str> = containers
        .filter_map(|container| container.get("image")?.as_str())
        .collect();
    images.join(", ")
}

/// A replica set is made when its Deployment's template is changed: to other images, or in its settings.
fn rollout(object: &Object, revisions: &Revisions) -> Option<Timed> {
    let (owner, number) = (object.owner()?, object.number()?);
    let to = images(&object.spec);
    let from = revisions.before(object, owner, number);
    let kind = if from == Some(to.as_str()) {
        "config"
    } else {
        "image"
    };
    let mut told = object.told(kind, Some(owner));
    told.subject = Some(format!("revision {number} of {owner}"));
    told.from = from.map(str::to_owned);
    told.to = Some(to).filter(|images| !images.is_empty());
    told.summary = object.metadata.annotations.get(CAUSE).cloned();
    Some((object.metadata.creation_timestamp.clone()?, told))
}

/// The template of a StatefulSet or DaemonSet, as it was from then on.
fn revision(object: &Object) -> Option<Timed> {
    let owner = object.owner()?;
    let mut told = object.told("config", Some(owner));
    let number = object
        .revision
        .map(|n| format!("revision {n}"))
        .unwrap_or_default();
    let kind = object.metadata.owner_references.first()?;
    told.subject = Some(format!(
        "{number} of {} {owner}",
        kind.kind.to_ascii_lowercase()
    ));
    Some((object.metadata.creation_timestamp.clone()?, told))
}

/// Helm keeps each release in a secret (helm pkg/storage/driver/secrets.go).
fn release(object: &Object) -> Option<Timed> {
    let label = |name: &str| object.metadata.labels.get(name).map(String::as_str);
    let name = label("name")?;
    let mut told = object.told("code", Some(name));
    told.subject = Some(format!("release {name}"));
    told.to = label("version").map(|version| format!("revision {version}"));
    told.summary = label("status").map(|status| format!("helm release {name}, {status}"));
    Some((object.metadata.creation_timestamp.clone()?, told))
}

/// Who last changed which fields, and when; that it was made, where that is not told.
fn edits(object: &Object) -> Vec<Timed> {
    let metadata = &object.metadata;
    let mut all = Vec::new();
    for managed in &metadata.managed_fields {
        let follows = FOLLOWERS.contains(&managed.manager.as_str());
        let Some(time) = managed.time.as_ref().filter(|_| !follows) else {
            continue;
        };
        let fields = changed(&managed.fields_v1);
        if managed.subresource == "status" || fields.is_empty() {
            continue;
        }
        let mut told = object.told(
            kind(object, &fields),
            object.application().or_else(|| workload(object)),
        );
        told.subject = Some(object.title());
        told.actor = Some(managed.manager.clone()).filter(|name| !name.is_empty());
        if matches!(object.kind.as_str(), "ConfigMap" | "Secret") {
            let keys = fields.iter().filter_map(|field| {
                let key = field.strip_prefix("data.");
                key.or_else(|| field.strip_prefix("stringData."))
            });
            told.paths = keys.map(str::to_owned).collect();
        }
        if fields.iter().any(|field| field.contains("restartedAt")) {
            told.action = Some("restart");
        }
        told.summary = Some(format!("{}: {}", object.title(), fields.join(", ")));
        all.push((time.clone(), told));
    }
    if let (true, Some(time)) = (
        metadata.managed_fields.is_empty(),
        &metadata.creation_timestamp,
    ) {
        let mut told = object.told(
            kind(object, &[]),
            object.application().or_else(|| workload(object)),
        );
        told.subject = Some(object.title());
        told.summary = Some(format!("{} made", object.title()));
        all.push((time.clone(), told));
    }
    all
}

/// The object itself, where it is what runs.
fn workload(object: &Object) -> Option<&str> {
    let runs = matches!(
        object.kind.as_str(),
        "Deployment" | "StatefulSet" | "DaemonSet" | "CronJob" | "Rollout"
    );
    runs.then_some(object.metadata.name.as_str())
}

fn kind(object: &Object, fields: &[String]) -> &'static str {
    let only = |part: &str| !fields.is_empty() && fields.iter().all(|field| field.contains(part));
    match object.kind.as_str() {
        "Secret" if object.sort == "kubernetes.io/tls" => "certificate",
        "Certificate" | "Issuer" | "ClusterIssuer" => "certificate",
        "Role" | "ClusterRole" | "RoleBinding" | "ClusterRoleBinding" | "ServiceAccount" => {
            "permission"
        }
        "NetworkPolicy"
        | "Ingress"
        | "Service"
        | "PersistentVolumeClaim"
        | "ResourceQuota"
        | "LimitRange"
        | "HorizontalPodAutoscaler"
        | "PodDisruptionBudget" => "infrastructure",
        "Deployment" | "StatefulSet" | "DaemonSet" if only("replicas") => "infrastructure",
        "Deployment" | "StatefulSet" | "DaemonSet" | "CronJob" | "Rollout"
            if fields.iter().any(|field| field.ends_with("image")) =>
        {
            "image"
        }
        _ => "config",
    }
}

/// The most fields that are named.
const FIELDS: usize = 12;

/// The fields of a `fieldsV1`, by their paths: `data.limits.json`, `spec.template.spec.containers.image`. Names
/// of list items are left out (kubernetes.io, "Server-Side Apply", `f:` and `k:`); labels and annotations of the
/// object itself change nothing that runs.
fn changed(fields: &Value) -> Vec<String> {
    fn walk(fields: &Value, path: &str, found: &mut Vec<String>) {
        let Value::Object(fields) = fields else {
            return;
        };
        let inner: Vec<(&String, &Value)> = fields.iter().filter(|(key, _)| *key != ".").collect();
        if inner.is_empty() && !path.is_empty() {
            found.push(path.to_owned());
        }
        for (key, value) in inner {
            match key.strip_prefix("f:") {
                Some("metadata" | "status") if path.is_empty() => {}
                Some(name) if path.is_empty() => walk(value, name, found),
                Some(name) => walk(value, &format!("{path}.{name}"), found),
                None => walk(value, path, found),
            }
        }
    }
    let mut found = Vec::new();
    walk(fields, "", &mut found);
    found.sort();
    found.dedup();
    found.truncate(FIELDS);
    found
}
