//! A compressed field becomes plain.
//!
//! In: a DATA object's payload. Out: its text, up to a bound: what a field holds beyond it nobody reads,
//! and a small object may claim to be a huge one.

use liblzma::stream as xz;
use zstd::stream::raw::{Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

use super::layout::{Packing, u64_at};

/// The most bytes of a field that are read; a longer line would be cut at this length anyway.
pub(super) const MOST: usize = 1 << 20;
/// An LZ4 block is unpacked whole or not at all.
const LZ4_MOST: u64 = 64 << 20;
/// systemd packs with LZMA2's smallest dictionaries, of a few MiB at most.
const XZ_MEMORY: u64 = 64 << 20;

/// Unpacks payloads, one after the other.
#[derive(Default)]
pub(super) struct Unpacker {
    /// Made once: making one costs more than most payloads.
    zstd: Option<ZstdDecoder<'static>>,
}

impl Unpacker {
    /// Replaces `out` by the plain text of `packed`, its first [`MOST`] bytes; `None` where it is damaged.
    pub(super) fn unpack(
        &mut self,
        packing: Packing,
        packed: &[u8],
        out: &mut Vec<u8>,
    ) -> Option<()> {
        out.clear();
        match packing {
            Packing::Plain => out.extend_from_slice(packed),
            Packing::Xz => unpack_xz(packed, out)?,
            Packing::Lz4 => unpack_lz4(packed, out)?,
            Packing::Zstd => self.unpack_zstd(packed, out)?,
        }
        out.truncate(MOST);
        Some(())
    }

    fn unpack_zstd(&mut self, packed: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let decoder = match &mut self.zstd {
            Some(decoder) => {
                decoder.reinit().ok()?;
                decoder
            }
            none => none.insert(ZstdDecoder::new().ok()?),
        };
        let mut input = InBuffer::around(packed);
        let mut size = (packed.len() * 4).clamp(4096, MOST);
        let mut filled = 0;
        loop {
            out.resize(size, 0);
            let mut output = OutBuffer::around_pos(out.as_mut_slice(), filled);
            let rest = decoder.run(&mut input, &mut output).ok()?;
            filled = output.pos();
            if rest == 0 || filled >= MOST {
                out.truncate(filled);
                return Some(());
            }
            if filled < size {
                // It wants more than there is.
                return None;
            }
            size = (size * 2).min(MOST);
        }
    }
}

/// The size in 64 bits, then one block.
fn unpack_lz4(packed: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let size = u64_at(packed, 0).filter(|size| *size <= LZ4_MOST)?;
    out.resize(usize::try_from(size).ok()?, 0);
    let filled = lz4_flex::block::decompress_into(packed.get(8..)?, out).ok()?;
    out.truncate(filled);
    Some(())
}

/// An .xz stream without a checksum.
fn unpack_xz(packed: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut stream = xz::Stream::new_stream_decoder(XZ_MEMORY, 0).ok()?;
    let mut size = (packed.len() * 4).clamp(4096, MOST);
    let mut filled = 0;
    loop {
        out.resize(size, 0);
        let from = usize::try_from(stream.total_in()).ok()?;
        let status = stream
            .process(packed.get(from..)?, &mut out[filled..], xz::Action::Run)
            .ok()?;
        filled = usize::try_from(stream.total_out()).ok()?;
        if status == xz::Status::StreamEnd || filled >= MOST {
            out.truncate(filled);
            return Some(());
        }
        if filled < size {
            return None;
        }
        size = (size * 2).min(MOST);
    }
}
