//! Names and paths, taken apart for comparison.

/// The last component of a path.
#[must_use]
pub fn base_name(path: &str) -> &str {
    path.trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(path)
}

/// Folders that say how a system is laid out, and nothing of whose they are (hier(7)).
const LAYOUT: [&str; 44] = [
    "etc",
    "var",
    "usr",
    "opt",
    "srv",
    "bin",
    "sbin",
    "lib",
    "lib64",
    "libexec",
    "share",
    "local",
    "home",
    "root",
    "run",
    "tmp",
    "log",
    "logs",
    "cache",
    "spool",
    "data",
    "conf",
    "config",
    "conf.d",
    "system",
    "systemd",
    "default",
    "init.d",
    "cron.d",
    "cron",
    "sites-enabled",
    "sites-available",
    "www",
    "html",
    "web",
    "src",
    "dev",
    "proc",
    "sys",
    "mnt",
    "media",
    "app",
    "apps",
    "current",
];

/// The parts of a path or a name between slashes and dots that may name a service:
/// `/etc/nginx/conf.d/x.conf` has `nginx`, `x.conf` and `x`.
pub fn parts(text: &str) -> impl Iterator<Item = String> {
    text.split(['/', ' ', '=', ','])
        .filter(|part| !part.is_empty())
        .flat_map(|part| {
            let stem = part.split('.').next().unwrap_or(part);
            let known = [
                "service", "socket", "timer", "conf", "cfg", "json", "yml", "yaml", "toml",
            ];
            let mut all = vec![part.to_lowercase()];
            if stem != part && !stem.is_empty() {
                all.push(stem.to_lowercase());
            }
            // A drop-in folder: `geod.service.d`.
            if let Some((unit, _)) = part.split_once(".service") {
                all.push(unit.to_lowercase());
            }
            all.retain(|p| !known.contains(&p.as_str()) && !LAYOUT.contains(&p.as_str()));
            all
        })
}

/// Whether a part of a path names a service: the same name, or the name's first word (`redis` of
/// `redis-server`).
#[must_use]
pub fn names(part: &str, service: &str) -> bool {
    part.len() >= 3
        && (part == service
            || service
                .strip_prefix(part)
                .is_some_and(|rest| rest.starts_with(['-', '_']))
            || part.strip_suffix(".service").is_some_and(|p| p == service))
}

/// The parts of paths that name a service (see [`names`]).
pub fn parts_that_name(service: &str) -> impl Iterator<Item = String> + '_ {
    let first_words = service
        .match_indices(['-', '_'])
        .map(|(n, _)| &service[..n]);
    let names = first_words.chain([service]).filter(|part| part.len() >= 3);
    names
        .map(str::to_owned)
        .chain([format!("{service}.service")])
}

/// Who a record speaks of by a label before its text: `shop: HEAD is now at ..`, `[shop] deployed`.
pub(super) fn label(message: &str) -> Option<&str> {
    let name = match message.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => message.split_once(": ")?.0,
    };
    let is_name = name.len() >= 3
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && (name.bytes()).all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named_by(path: &str, service: &str) -> bool {
        parts(path).any(|part| names(&part, service))
    }

    #[test]
    fn the_parts_that_name_a_service_are_those_that_do() {
        for service in ["redis-server", "a_b-c", "geod", "ab", "x-ray-d"] {
            for part in parts_that_name(service) {
                assert!(names(&part, service), "{part} of {service}");
            }
        }
        let all: Vec<String> = parts_that_name("redis-server_x").collect();
        for part in ["redis", "redis-server", "redis-server_x"] {
            assert!(names(part, "redis-server_x") && all.contains(&part.to_owned()));
        }
    }

    #[test]
    fn paths_name_services() {
        assert!(named_by("/etc/nginx/conf.d/shop.conf", "nginx"));
        assert!(named_by(
            "/etc/systemd/system/geod.service.d/override.conf",
            "geod"
        ));
        assert!(named_by("/etc/redis/redis.conf", "redis-server"));
        assert!(named_by("/var/lib/botd/features.conf", "botd"));
        assert!(!named_by("/etc/nginx/conf.d/gz.conf", "pricer"));
        assert!(!named_by("/etc/feature-gen.conf", "feature"));
    }
}
