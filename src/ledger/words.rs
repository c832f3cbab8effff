//! Names and paths, taken apart for comparison.

/// The last component of a path.
#[must_use]
pub fn base_name(path: &str) -> &str {
    path.trim_end_matches('/')
        .rsplit('/')
        .next()
        .unwrap_or(path)
}

/// The parts of a path or a name between slashes and dots: `/etc/nginx/conf.d/x.conf` has `etc`,
/// `nginx`, `conf.d`, `conf`, `d`, `x.conf`, `x`.
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
            all.retain(|p| !known.contains(&p.as_str()));
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

#[cfg(test)]
mod tests {
    use super::*;

    fn named_by(path: &str, service: &str) -> bool {
        parts(path).any(|part| names(&part, service))
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
