//! Where things stand in a journal file.
//!
//! Owns: the header, the head of an object, and an entry's fixed part, all of them bounds-checked. In:
//! bytes. Out: [`Header`], [`Head`], [`Entry`]; `None` for what cannot be one. Numbers are little-endian
//! and objects begin at multiples of eight (systemd's `JOURNAL_FILE_FORMAT`; `journal-def.h`).

/// The first bytes of a journal.
pub(in crate::source) const MAGIC: [u8; 8] = *b"LPKSHHRH";
/// The header of the first version; later ones are longer and say how long.
pub(super) const HEADER_LEAST: usize = 208;
/// The head of any object.
pub(super) const HEAD: usize = 16;
/// An entry without its items.
pub(super) const ENTRY: usize = 64;
/// Features that a reader has to know: XZ, LZ4, keyed hash, ZSTD, compact.
const KNOWN_FEATURES: u32 = 0b1_1111;
const COMPACT: u32 = 1 << 4;
/// `HEADER_SIZE` is 272 bytes as of systemd 254; one that says much more is damaged.
const HEADER_MOST: u64 = 4096;
/// Times beyond are none (`VALID_REALTIME` of systemd's `time-util.h`).
const TIME_MOST: u64 = 1 << 55;

/// What the header tells.
#[derive(Debug, Clone)]
pub(in crate::source) struct Header {
    /// The file's own id; a copy has the same.
    pub(in crate::source) file_id: [u8; 16],
    /// The id of the numbers that its entries bear.
    pub(super) seqnum_id: [u8; 16],
    /// Whether a writer had it open when it was last seen alive.
    pub(super) is_online: bool,
    /// Whether offsets within objects have 32 bits.
    pub(super) is_compact: bool,
    /// Features that a reader of this version does not know.
    pub(super) unknown_features: u32,
    /// Where the first object begins.
    pub(super) start: u64,
    /// Where the space for objects ends.
    pub(super) end: u64,
    /// Where the last object begins; 0 where there is none.
    pub(super) tail: u64,
    /// How many entries there are.
    pub(in crate::source) entries: u64,
}

impl Header {
    /// Reads the header that `bytes` begin with; `None` where they are too few, or no journal's.
    pub(in crate::source) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes
            .get(..HEADER_LEAST)
            .filter(|b| b.starts_with(&MAGIC))?;
        let features = u32_at(bytes, 12)?;
        let size = u64_at(bytes, 88)?;
        let is_sane = size >= HEADER_LEAST as u64 && size <= HEADER_MOST && size % 8 == 0;
        let start = if is_sane { size } else { HEADER_LEAST as u64 };
        Some(Self {
            file_id: *bytes.get(24..)?.first_chunk()?,
            seqnum_id: *bytes.get(72..)?.first_chunk()?,
            is_online: bytes.get(16) == Some(&1),
            is_compact: features & COMPACT != 0,
            unknown_features: features & !KNOWN_FEATURES,
            start,
            end: start.saturating_add(u64_at(bytes, 96)?),
            tail: u64_at(bytes, 136)?,
            entries: u64_at(bytes, 152)?,
        })
    }
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Data,
    Entry,
    /// Of no use for reading in order: fields' names, hash tables, arrays, seals, what is to come.
    Other,
}

/// How an object's payload is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Plain,
    Xz,
    Lz4,
    Zstd,
}

/// The head of an object.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) kind: Kind,
    pub(super) packing: Packing,
    /// Of the whole object, in bytes.
    pub(super) size: u64,
}

impl Head {
    /// Reads the head that `bytes` begin with; `None` where no object begins so.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEAD] = bytes.first_chunk()?;
        let [kind, flags, reserved @ .., _, _, _, _, _, _, _, _] = *bytes;
        if reserved != [0; 6] {
            return None;
        }
        let size = u64_at(bytes, 8)?;
        // The least size of each type, in their order: an object of a type to come has a head.
        let least = match kind {
            0 => return None,
            1 => 64,
            2 => 40,
            3 => ENTRY as u64,
            6 => 24,
            7 => 64,
            _ => HEAD as u64,
        };
        let packing = match (kind, flags) {
            (_, 0) => Packing::Plain,
            (1, 1) => Packing::Xz,
            (1, 2) => Packing::Lz4,
            (1, 4) => Packing::Zstd,
            _ => return None,
        };
        let kind = match kind {
            1 => Kind::Data,
            3 => Kind::Entry,
            _ => Kind::Other,
        };
        (size >= least).then_some(Self {
            kind,
            packing,
            size,
        })
    }

    /// Where the next object begins after this one at `at`; `None` beyond all bounds.
    pub(super) fn next(&self, at: u64) -> Option<u64> {
        at.checked_add(self.size)?.checked_next_multiple_of(8)
    }
}

/// Where a DATA object's payload begins.
pub(super) fn payload_start(is_compact: bool) -> usize {
    if is_compact { 72 } else { 64 }
}

/// An entry's fixed part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) seqnum: u64,
    /// Microseconds since 1970.
    pub(super) realtime: u64,
    /// Microseconds since the boot began.
    pub(super) monotonic: u64,
    pub(super) boot: [u8; 16],
    pub(super) hash: u64,
}

impl Entry {
    /// Reads the fixed part of the ENTRY object that `bytes` begin with; `None` where it tells no
    /// number or no time, as no writer leaves it.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let entry = Self {
            seqnum: u64_at(bytes, 16)?,
            realtime: u64_at(bytes, 24)?,
            monotonic: u64_at(bytes, 32)?,
            boot: *bytes.get(40..)?.first_chunk()?,
            hash: u64_at(bytes, 56)?,
        };
        let is_time = (1..TIME_MOST).contains(&entry.realtime) && entry.monotonic < TIME_MOST;
        (is_time && entry.seqnum > 0).then_some(entry)
    }
}

/// The offsets of the DATA objects of the ENTRY object `bytes`.
pub(super) fn items(bytes: &[u8], is_compact: bool) -> impl Iterator<Item = u64> + '_ {
    let items = bytes.get(ENTRY..).unwrap_or_default();
    items
        .chunks_exact(if is_compact { 4 } else { 16 })
        .filter_map(move |item| {
            if is_compact {
                u32_at(item, 0).map(u64::from)
            } else {
                u64_at(item, 0)
            }
        })
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
