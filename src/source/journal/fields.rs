//! Which DATA objects hold a field that matters.
//!
//! In: DATA objects in the file's order ([`Fields::note`]). Out: what an ENTRY's item stands for
//! ([`Fields::known`]). An item is an offset; a table keeps for each that matters its field and, up to a
//! bound, its value, so that a unit or a host that thousands of entries share is read once.

use super::line::{FIELDS, MESSAGE, fit};

/// The most bytes of all values that are kept; others are read again where they are needed.
const ARENA: usize = 24 << 20;
/// The longest value that is kept.
const VALUE: usize = 4096;
/// Marks, in a cell, a value that is not kept; its field stands in its number's place.
const FAR: u32 = 1 << 31;
/// The bits of a cell that hold a number, one more than it is.
const NUMBER: u32 = (1 << 28) - 1;
/// A DATA object has 64 bytes at least, so that no two begin in as many.
const CELL: u64 = 64;
/// Cells of a page: a quarter of a MiB of the file.
const PAGE: usize = 4096;
/// 32 GiB, beyond which no journal reaches.
const PAGES: usize = (32 << 30) / (CELL as usize * PAGE);
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
    /// Pages of cells, by place in the file. A cell tells of the object that begins in its 64 bytes: the
    /// number of its value, and which of its eighths the object begins at; 0 where there is none.
    pages: Vec<Option<Box<[u32; PAGE]>>>,
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
            pages: Vec::new(),
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
        let number = u32::try_from(self.values.len())
            .ok()
            .filter(|n| *n < NUMBER)?;
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
        let (page, cell, eighth) = place_of(at)?;
        let held = self.pages.get(page)?.as_ref()?[cell];
        let number = (held & NUMBER).checked_sub(1)?;
        if held >> 28 & 7 != eighth {
            return None;
        }
        if held & FAR != 0 {
            return Some((number as usize, Known::Far));
        }
        let field = self.values.get(number as usize)?.field;
        Some((usize::from(field), Known::Near(number)))
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

    fn put(&mut self, at: u64, value: u32) {
        let Some((page, cell, eighth)) = place_of(at) else {
            return;
        };
        if self.pages.len() <= page {
            self.pages.resize(page + 1, None);
        }
        let page = self.pages[page].get_or_insert_with(|| Box::new([0; PAGE]));
        // A number is less than its mask, and so is one more.
        page[cell] = (value & FAR) | (eighth << 28) | ((value & NUMBER) + 1);
    }
}

/// An object's page, its cell there, and its eighth of that; `None` where no object can begin.
fn place_of(at: u64) -> Option<(usize, usize, u32)> {
    let cell = usize::try_from(at / CELL).ok()?;
    let page = cell / PAGE;
    let eighth = (at % CELL / 8) as u32;
    (at.is_multiple_of(8) && page < PAGES).then_some((page, cell % PAGE, eighth))
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
                0 => fields.note(n * 72, 7, n.to_string().as_bytes()),
                1 => fields.note(n * 72, MESSAGE, b"text"),
                _ => {}
            }
        }
        for n in 1..50_000_u64 {
            match (n % 3, fields.known(n * 72)) {
                (0, Some((7, Known::Near(v)))) => {
                    assert_eq!(fields.value(v), n.to_string().as_bytes());
                }
                (1, Some((MESSAGE, Known::Far))) | (2, None) => {}
                other => panic!("{n}: {other:?}"),
            }
        }
        assert_eq!(fields.known(68), None);
        assert_eq!(fields.known(80), None);
        assert_eq!(fields.known(u64::MAX - 7), None);
        fields.keep_again(72, MESSAGE, b"a\nb");
        let Some((MESSAGE, Known::Near(v))) = fields.known(72) else {
            panic!()
        };
        assert_eq!(fields.value(v), b"a\nb");
    }
}
