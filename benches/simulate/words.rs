//! The vocabulary: `words.toml`, by half.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fastrand::Rng;

/// Lists of texts by name.
pub(crate) type Words = BTreeMap<String, Vec<String>>;

static ALL: LazyLock<BTreeMap<String, Words>> =
    LazyLock::new(|| toml::from_str(include_str!("words.toml")).expect("the file is TOML"));

/// Which wordings and parameters are drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Half {
    Train,
    Check,
}

impl Half {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "train" => Some(Self::Train),
            "check" => Some(Self::Check),
            _ => None,
        }
    }

    fn words(self) -> &'static Words {
        &ALL[match self {
            Self::Train => "train",
            Self::Check => "check",
        }]
    }
}

/// One of the texts of this name.
pub(crate) fn one(half: Half, name: &str, random: &mut Rng) -> &'static str {
    let list = &half.words()[name];
    &list[random.usize(..list.len())]
}

/// Puts values into a text's places.
pub(crate) fn fill(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    for (name, value) in values {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled.replace('\u{1}', "{").replace('\u{2}', "}")
}
