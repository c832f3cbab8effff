//! Templates of messages: what a program says again and again, numbers and ids left aside.
//!
//! In: messages, one by one. Out: the template of each, by a tree of fixed depth after He et al., "Drain:
//! An Online Log Parsing Approach with Fixed Depth Tree" (ICWS 2017): by the number of words, then by the
//! first word, then the most alike of that leaf. Messages are masked first ([`mask`](super::mask)). The
//! number of templates is bounded; what found no room is counted.

use std::collections::HashMap;

use super::mask;

/// The share of words that a message has in common with its template, at least; what Drain's authors
/// found best for most of their data sets lies between 0.4 and 0.6.
const ALIKE: f64 = 0.5;
/// A leaf has no more templates than this (Drain's `maxChild`).
const LEAF: usize = 100;

/// The templates of a run of messages.
#[derive(Debug)]
pub struct Templates {
    most: usize,
    /// By number of words and first word.
    leaves: HashMap<(usize, Box<str>), Vec<usize>>,
    all: Vec<Template>,
    /// Messages whose template found no room.
    forgotten: u64,
}

/// A template: words, and where they vary, nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Template(Vec<Option<Box<str>>>);

impl Templates {
    /// Keeps so many at most.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            most,
            leaves: HashMap::new(),
            all: Vec::new(),
            forgotten: 0,
        }
    }

    /// The number of a message's template; `None` where it is new and there is no room.
    pub fn add(&mut self, message: &str) -> Option<usize> {
        let masked = mask(message);
        let words: Vec<&str> = masked.split(' ').collect();
        // A first word that varies would lead each message to a leaf of its own.
        let first = words.first().filter(|word| !word.contains('#'));
        let key = (words.len(), first.copied().unwrap_or("#").into());
        let leaf = self.leaves.entry(key).or_default();
        let alike = |n: &usize| (self.all[*n].alike(&words), std::cmp::Reverse(*n));
        let best = leaf.iter().map(alike).max();
        if let Some((same, std::cmp::Reverse(n))) = best
            && same as f64 >= ALIKE * words.len() as f64
        {
            self.all[n].take(&words);
            return Some(n);
        }
        if self.all.len() >= self.most || leaf.len() >= LEAF {
            self.forgotten += 1;
            return None;
        }
        leaf.push(self.all.len());
        let words = words.into_iter().map(|word| Some(word.into()));
        self.all.push(Template(words.collect()));
        Some(self.all.len() - 1)
    }

    /// A template in words, `#` and `*` where it varies.
    #[must_use]
    pub fn text(&self, n: usize) -> String {
        let words = self.all.get(n).map_or(&[][..], |t| &t.0);
        let words: Vec<&str> = words.iter().map(|w| w.as_deref().unwrap_or("*")).collect();
        words.join(" ")
    }

    /// How many messages found no room.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }
}

impl Template {
    /// How many words agree.
    fn alike(&self, words: &[&str]) -> usize {
        let pairs = self.0.iter().zip(words);
        pairs.filter(|(a, b)| a.as_deref() == Some(**b)).count()
    }

    /// Leaves open what differs.
    fn take(&mut self, words: &[&str]) {
        for (own, word) in self.0.iter_mut().zip(words) {
            if own.as_deref() != Some(*word) {
                *own = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_left_open() {
        let mut templates = Templates::new(10);
        let a = templates.add("user alice logged in from 10.0.0.1");
        let b = templates.add("user bob logged in from 10.0.0.2");
        assert_eq!((a, b), (Some(0), Some(0)));
        assert_eq!(templates.add("cache miss for key alice"), Some(1));
        // One word less is another template.
        assert_eq!(templates.add("user bob logged in"), Some(2));
        assert!(templates.text(0).starts_with("user * logged in from"));
    }

    #[test]
    fn what_found_no_room_is_counted() {
        let mut templates = Templates::new(2);
        for message in ["alpha one", "beta two", "gamma three", "alpha one"] {
            templates.add(message);
        }
        assert_eq!(templates.forgotten(), 1);
        assert_eq!(templates.add("beta two"), Some(1));
        assert_eq!(templates.add("gamma three"), None);
    }
}
