//! Which DATA objects hold a field that matters.
//!
//! In: DATA objects in the file's order ([`Fields::note`]). Out: what an ENTRY's item stands for
//! ([`Fields::known`]). An item is an offset; a table keeps for each that matters its field and, up to a
//! bound, its value, so that a unit or a host that thousands of entries share is read once.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::line::{FIELDS, MESSAGE, fit};

/// The most bytes of all values that are kept; others are read again where they are needed.
const ARENA: usize = 24 << 20;
/// The longest value that is kept.
const VALUE: usize = 4096;
/// Marks, in a slot, a value that is not kept.
const FAR: u32 = 1 << 31;
/// Slots at first; a power of two.
const SLOTS: usize = 1 << 12;
/// Slots of the names' table; a power of two, much larger than their number.
const NAMES: usize = 256;

/// What an item stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// A value that is kept, by its number.
    Near(u32),
    /// A value that has to be read.
    Far,
}

struct Value {
    field: u8,
    start: u32,
    length: u32,
}

pub(super) struct Fields {
    names: [u8; NAMES],
    /// Random, so that no file can be made whose offsets all fall into one slot.
    seed: u64,
    /// An offset's eighth, and a value's number or a field with [`FAR`]; no object begins at 0.
    slots: Vec<(u32, u32)>,
    used: usize,
    values: Vec<Value>,
    arena: Vec<u8>,
}

impl Fields {
    pub(super) fn new() -> Self {
        let mut names = [u8::MAX; NAMES];
        for (field, name) in FIELDS.iter().enumerate() {
            let mut slot = slot_of_name(name.as_bytes());
            while names[slot] != u8::MAX {
                slot = (slot + 1) % NAMES;
            }
            names[slot] = field as u8;
        }
        Self {
            names,
            seed: RandomState::new().hash_one(0) | 1,
            slots: vec![(0, 0); SLOTS],
            used: 0,
            values: Vec::new(),
            arena: Vec::new(),
        }
    }

    /// The field that `payload`, of which the first bytes are enough, holds, and where its value begins.
    pub(super) fn field(&self, payload: &[u8]) -> Option<(usize, usize)> {
        let head = &payload[..payload.len().min(32)];
        let equals = head.iter().position(|byte| *byte == b'=')?;
        let name = &head[..equals];
        let mut slot = slot_of_name(name);
        while let Some(known) = FIELDS.get(usize::from(self.names[slot])) {
            if known.as_bytes() == name {
                return Some((usize::from(self.names[slot]), equals + 1));
            }
            slot = (slot + 1) % NAMES;
        }
        None
    }

    /// Notes the object at `at`. Of a message, or where `value` is long, it is kept that it is there.
    pub(super) fn note(&mut self, at: u64, field: usize, value: &[u8]) {
        let known = match self.keep(field, value) {
            Some(number) if field != MESSAGE => number,
            _ => FAR | field as u32,
        };
        self.put(at, known);
    }

    /// Notes an object whose value is not at hand.
    pub(super) fn note_far(&mut self, at: u64, field: usize) {
        self.put(at, FAR | field as u32);
    }

    /// Keeps the value of an object that was asked for a second time.
    pub(super) fn keep_again(&mut self, at: u64, field: usize, value: &[u8]) {
        if let Some(number) = self.store(field, value) {
            self.put(at, number);
        }
    }

    fn keep(&mut self, field: usize, value: &[u8]) -> Option<u32> {
        (field != MESSAGE)
            .then(|| self.store(field, value))
            .flatten()
    }

    fn store(&mut self, field: usize, value: &[u8]) -> Option<u32> {
        let start = self.arena.len();
        if value.len() > VALUE || start + value.len() > ARENA {
            return None;
        }
        let number = u32::try_from(self.values.len()).ok().filter(|n| *n < FAR)?;
        self.arena.extend_from_slice(value);
        if field != MESSAGE {
            fit(&mut self.arena[start..], field);
        }
        self.values.push(Value {
            field: field as u8,
            start: start as u32,
            length: value.len() as u32,
        });
        Some(number)
    }

    /// The field of the object at `at`, and what of it is known; `None` where it is of no use.
    pub(super) fn known(&self, at: u64) -> Option<(usize, Known)> {
        let key = key_of(at)?;
        let mask = self.slots.len() - 1;
        let mut slot = self.slot_of(key);
        loop {
            let (known, value) = self.slots[slot];
            if known == 0 {
                return None;
            }
            if known == key {
                break Some(if value & FAR != 0 {
                    ((value & !FAR) as usize, Known::Far)
                } else {
                    let field = self.values.get(value as usize)?.field;
                    (usize::from(field), Known::Near(value))
                });
            }
            slot = (slot + 1) & mask;
        }
    }

    /// A value that is kept.
    pub(super) fn value(&self, number: u32) -> &[u8] {
        let value = self.values.get(number as usize);
        value
            .and_then(|v| {
                self.arena
                    .get(v.start as usize..(v.start + v.length) as usize)
            })
            .unwrap_or_default()
    }

    fn slot_of(&self, key: u32) -> usize {
        let hash = u64::from(key).wrapping_mul(self.seed);
        (hash >> (64 - self.slots.len().trailing_zeros())) as usize
    }

    fn put(&mut self, at: u64, value: u32) {
        let Some(key) = key_of(at) else { return };
        if (self.used + 1) * 3 > self.slots.len() * 2 {
            self.grow();
        }
        let mask = self.slots.len() - 1;
        let mut slot = self.slot_of(key);
        while self.slots[slot].0 != 0 && self.slots[slot].0 != key {
            slot = (slot + 1) & mask;
        }
        if self.slots[slot].0 == 0 {
            self.used += 1;
        }
        self.slots[slot] = (key, value);
    }

    fn grow(&mut self) {
        let bigger = vec![(0, 0); self.slots.len() * 2];
        let old = std::mem::replace(&mut self.slots, bigger);
        let mask = self.slots.len() - 1;
        for (key, value) in old.into_iter().filter(|(key, _)| *key != 0) {
            let mut slot = self.slot_of(key);
            while self.slots[slot].0 != 0 {
                slot = (slot + 1) & mask;
            }
            self.slots[slot] = (key, value);
        }
    }
}

/// An object's key: where it begins, in units of eight bytes; `None` where none can begin, and beyond
/// 32 GiB, where no journal reaches.
fn key_of(at: u64) -> Option<u32> {
    (at > 0 && at.is_multiple_of(8))
        .then(|| u32::try_from(at / 8).ok())
        .flatten()
}

fn slot_of_name(name: &[u8]) -> usize {
    let at = |n: usize| usize::from(name.get(n).copied().unwrap_or(0));
    let last = usize::from(name.last().copied().unwrap_or(0));
    (name.len() * 37 + at(1) * 11 + at(4) * 5 + last) % NAMES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name_and_no_other() {
        let fields = Fields::new();
        for (n, name) in FIELDS.iter().enumerate() {
            let payload = format!("{name}=value");
            let expected = Some((n, name.len() + 1));
            assert_eq!(fields.field(payload.as_bytes()), expected);
            let longer = format!("{name}X=value");
            assert_eq!(fields.field(longer.as_bytes()), None, "{longer}");
        }
        assert_eq!(fields.field(b"_UID=0"), None);
        assert_eq!(fields.field(b"MESSAGE"), None);
    }

    #[test]
    fn many_objects_are_told_apart() {
        let mut fields = Fields::new();
        for n in 1..50_000_u64 {
            match n % 3 {
                0 => fields.note(n * 8, 7, n.to_string().as_bytes()),
                1 => fields.note(n * 8, MESSAGE, b"text"),
                _ => {}
            }
        }
        for n in 1..50_000_u64 {
            match (n % 3, fields.known(n * 8)) {
                (0, Some((7, Known::Near(v)))) => {
                    assert_eq!(fields.value(v), n.to_string().as_bytes());
                }
                (1, Some((MESSAGE, Known::Far))) | (2, None) => {}
                other => panic!("{n}: {other:?}"),
            }
        }
        assert_eq!(fields.known(4), None);
        assert_eq!(fields.known(u64::MAX - 7), None);
        fields.keep_again(8, MESSAGE, b"a\nb");
        let Some((MESSAGE, Known::Near(v))) = fields.known(8) else {
            panic!()
        };
        assert_eq!(fields.value(v), b"a\nb");
    }
}
