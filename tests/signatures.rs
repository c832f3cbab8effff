//! Signatures against groups that were made by hand.

use std::collections::BTreeMap;

use crashtrail::{RuleSet, explain};
use serde::Deserialize;

#[derive(Deserialize)]
struct Groups {
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    name: String,
    records: Vec<String>,
}

#[test]
fn a_crash_keeps_its_signature_and_shares_it_with_no_other() {
    let text = include_str!("../testdata/signatures.toml");
    let groups: Groups = toml::from_str(text).unwrap();
    let rules = RuleSet::builtin().unwrap();
    let mut wrong = Vec::new();
    let mut of: BTreeMap<String, &str> = BTreeMap::new();
    for group in &groups.group {
        assert!(group.records.len() > 1, "{}", group.name);
        let mut found = Vec::new();
        for record in &group.records {
            let told = explain(&rules, record.as_bytes(), None).told;
            found.push(told.into_iter().find_map(|reading| reading.signature));
        }
        found.dedup();
        match &found[..] {
            [Some(one)] => {
                if let Some(other) = of.insert(one.clone(), &group.name) {
                    wrong.push(format!("{} and {other}: {one}", group.name));
                }
            }
            _ => wrong.push(format!("{}: {found:#?}", group.name)),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
