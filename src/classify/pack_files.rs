/// Name and text of each file.
const FILES: &[(&str, &str)] = &[
    ("ansible.toml", include_str!("../rules/ansible.toml")),
    ("c.toml", include_str!("../rules/c.toml")),
    ("causes.toml", include_str!("../rules/causes.toml")),
    ("config-errors.toml", include_str!("../rules/config-errors.toml")),
    ("deploy.toml", include_str!("../rules/deploy.toml")),
    ("flags.toml", include_str!("../rules/flags.toml")),
    ("go.toml", include_str!("../rules/go.toml")),
    ("kernel.toml", include_str!("../rules/kernel.toml")),
    ("loaded.toml", include_str!("../rules/loaded.toml")),
    ("node.toml", include_str!("../rules/node.toml")),
    ("packages.toml", include_str!("../rules/packages.toml")),
    ("puppet.toml", include_str!("../rules/puppet.toml")),
    ("python.toml", include_str!("../rules/python.toml")),
    ("rust.toml", include_str!("../rules/rust.toml")),
    ("sudo.toml", include_str!("../rules/sudo.toml")),
    ("systemd.toml", include_str!("../rules/systemd.toml")),
];
