//! Writes binary journals, in every way that journald does: a small writer for tests.
//!
//! Hash tables stay empty, as no reader of whole files looks into them; all else is as journald has it
//! (systemd's `JOURNAL_FILE_FORMAT`), arrays of entries included, so that journalctl reads it too.

use std::collections::HashMap;

/// How fields are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Packing {
    Plain,
    Xz,
    Lz4,
    Zstd,
}

/// Which way a journal is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    pub(crate) compact: bool,
    pub(crate) keyed: bool,
    pub(crate) packing: Packing,
    /// 0 offline, 1 online, 2 archived.
    pub(crate) state: u8,
}

impl Style {
    pub(crate) const USUAL: Self = Self {
        compact: true,
        keyed: true,
        packing: Packing::Zstd,
        state: 0,
    };

    /// Every way.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for packing in [Packing::Plain, Packing::Xz, Packing::Lz4, Packing::Zstd] {
            for (compact, keyed, state) in [(false, false, 0), (false, true, 2), (true, true, 1)] {
                all.push(Self {
                    compact,
                    keyed,
                    packing,
                    state,
                });
            }
        }
        all
    }
}

/// When an entry was written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct When {
    pub(crate) realtime: u64,
    pub(crate) monotonic: u64,
    pub(crate) boot: [u8; 16],
}

pub(crate) struct Journal {
    style: Style,
    bytes: Vec<u8>,
    data: HashMap<Vec<u8>, u64>,
    fields: HashMap<Vec<u8>, u64>,
    entries: u64,
    objects: u64,
    tail: u64,
    last: Option<When>,
    first: Option<When>,
    /// The array of entries that is being filled: where it is, its room, and what is filled.
    array: (u64, u64, u64),
    first_array: u64,
    arrays: u64,
}

const HEADER: usize = 272;
/// Fields of fewer bytes are not compressed.
const THRESHOLD: usize = 64;
const FILE_ID: [u8; 16] = *b"an id of a file.";
const SEQNUM_ID: [u8; 16] = *b"numbers' own id.";

impl Journal {
    pub(crate) fn new(style: Style) -> Self {
        let mut journal = Self {
            style,
            bytes: vec![0; HEADER],
            data: HashMap::new(),
            fields: HashMap::new(),
            entries: 0,
            objects: 0,
            tail: 0,
            last: None,
            first: None,
            array: (0, 0, 0),
            first_array: 0,
            arrays: 0,
        };
        // The two hash tables, fields' first.
        journal.object(5, 0, &[0; 16 * 16]);
        journal.object(4, 0, &[0; 16 * 64]);
        journal
    }

    fn object(&mut self, kind: u8, flags: u8, payload: &[u8]) -> u64 {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let at = self.bytes.len() as u64;
        self.bytes
            .extend_from_slice(&[kind, flags, 0, 0, 0, 0, 0, 0]);
        let size = 16 + payload.len() as u64;
        self.bytes.extend_from_slice(&size.to_le_bytes());
        self.bytes.extend_from_slice(payload);
        self.tail = at;
        self.objects += 1;
        at
    }

    fn set(&mut self, at: u64, bytes: &[u8]) {
        let at = at as usize;
        self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn field(&mut self, name: &[u8]) {
        if !self.fields.contains_key(name) {
            let payload = [&[0; 24][..], name].concat();
            let at = self.object(2, 0, &payload);
            self.fields.insert(name.to_vec(), at);
        }
    }

    /// The DATA object of the field, a new one unless it was written before.
    fn data(&mut self, name: &str, value: &[u8]) -> u64 {
        let payload = [name.as_bytes(), b"=", value].concat();
        if let Some(at) = self.data.get(&payload) {
            return *at;
        }
        let (flags, packed) = if payload.len() < THRESHOLD {
            (0, payload.clone())
        } else {
            pack(self.style.packing, &payload)
        };
        // Hash, three offsets for look-ups, two for arrays, a count, and in compact files two more.
        let mut object = vec![0; if self.style.compact { 56 } else { 48 }];
        object.extend_from_slice(&packed);
        let at = self.object(1, flags, &object);
        self.data.insert(payload, at);
        self.field(name.as_bytes());
        at
    }

    /// Where the DATA object of a field that was written begins.
    pub(crate) fn place_of(&self, name: &str, value: &[u8]) -> u64 {
        self.data[&[name.as_bytes(), b"=", value].concat()]
    }

    /// Adds an entry; returns where it begins.
    pub(crate) fn entry(&mut self, when: When, fields: &[(&str, &[u8])]) -> u64 {
        let mut items: Vec<u64> = fields.iter().map(|(n, v)| self.data(n, v)).collect();
        items.sort_unstable();
        items.dedup();
        self.entries += 1;
        let mut object = Vec::new();
        for number in [self.entries, when.realtime, when.monotonic] {
            object.extend_from_slice(&number.to_le_bytes());
        }
        object.extend_from_slice(&when.boot);
        object.extend_from_slice(&(self.entries.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_le_bytes());
        for item in items {
            if self.style.compact {
                object.extend_from_slice(&(item as u32).to_le_bytes());
            } else {
                object.extend_from_slice(&item.to_le_bytes());
                object.extend_from_slice(&[0; 8]);
            }
        }
        let at = self.object(3, 0, &object);
        self.link(at);
        self.last = Some(when);
        self.first.get_or_insert(when);
        at
    }

    /// Adds the entry at `at` to the arrays of entries.
    fn link(&mut self, at: u64) {
        let width = if self.style.compact { 4 } else { 8 };
        let (array, room, filled) = self.array;
        if filled == room {
            let room = (room * 2).max(4);
            let next = self.object(6, 0, &vec![0; (8 + room * width) as usize]);
            if array == 0 {
                self.first_array = next;
            } else {
                self.set(array + 16, &next.to_le_bytes());
            }
            self.array = (next, room, 0);
            self.arrays += 1;
        }
        let (array, room, filled) = self.array;
        let at_item = array + 24 + filled * width;
        if self.style.compact {
            self.set(at_item, &(at as u32).to_le_bytes());
        } else {
            self.set(at_item, &at.to_le_bytes());
        }
        self.array = (array, room, filled + 1);
    }

    /// Adds bytes that are no object, where the next one would begin.
    pub(crate) fn garbage(&mut self, bytes: &[u8]) {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        self.bytes.extend_from_slice(bytes);
    }

    /// The file, with room for more objects at its end.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let length = (self.bytes.len() + 4096).next_multiple_of(4096);
        self.bytes.resize(length, 0);
        let packing = match self.style.packing {
            Packing::Plain => 0,
            Packing::Xz => 1,
            Packing::Lz4 => 2,
            Packing::Zstd => 8,
        };
        let features = packing
            | if self.style.keyed { 4 } else { 0_u32 }
            | if self.style.compact { 16 } else { 0 };
        self.set(0, b"LPKSHHRH");
        self.set(8, &2_u32.to_le_bytes());
        self.set(12, &features.to_le_bytes());
        self.set(16, &[self.style.state]);
        self.set(24, &FILE_ID);
        self.set(40, b"a machine's  id.");
        let last = self.last.unwrap_or(When {
            realtime: 0,
            monotonic: 0,
            boot: [0; 16],
        });
        self.set(56, &last.boot);
        self.set(72, &SEQNUM_ID);
        let first = self.first.map_or(0, |when| when.realtime);
        let tables = HEADER as u64 + 16;
        let numbers = [
            HEADER as u64,
            (length - HEADER) as u64,
            tables + 16 * 16 + 16,
            16 * 64,
            tables,
            16 * 16,
            self.tail,
            self.objects,
            self.entries,
            self.entries,
            u64::from(self.entries > 0),
            self.first_array,
            first,
            last.realtime,
            last.monotonic,
            self.data.len() as u64,
            self.fields.len() as u64,
            0,
            self.arrays,
        ];
        for (n, number) in numbers.iter().enumerate() {
            self.set(88 + 8 * n as u64, &number.to_le_bytes());
        }
        self.bytes
    }
}

/// The flag and the packed payload.
fn pack(packing: Packing, payload: &[u8]) -> (u8, Vec<u8>) {
    match packing {
        Packing::Plain => (0, payload.to_vec()),
        Packing::Xz => {
            let options = liblzma::stream::LzmaOptions::new_preset(0).unwrap();
            let mut filters = liblzma::stream::Filters::new();
            filters.lzma2(&options);
            let check = liblzma::stream::Check::None;
            let stream = liblzma::stream::Stream::new_stream_encoder(&filters, check).unwrap();
            let mut packed = liblzma::write::XzEncoder::new_stream(Vec::new(), stream);
            std::io::Write::write_all(&mut packed, payload).unwrap();
            (1, packed.finish().unwrap())
        }
        Packing::Lz4 => {
            let mut packed = (payload.len() as u64).to_le_bytes().to_vec();
            packed.extend_from_slice(&lz4_flex::block::compress(payload));
            (2, packed)
        }
        Packing::Zstd => (4, zstd::bulk::compress(payload, 3).unwrap()),
    }
}
