//! Compressed bytes become plain ones.
//!
//! Owns: the compression formats, how each is told by its first bytes, and how it is taken apart stream
//! by stream ("member", "frame"). In: any reader. Out: a reader of the decompressed bytes that hands out
//! all that can be decoded and then, where the stream is damaged, the same [`io::Error`] on every call.
//!
//! The decoders of the compression crates are driven step by step rather than through their own
//! readers, which drop what they had decoded in the call that meets the damage.

use std::io::{self, ErrorKind, Read};

use liblzma::stream as xz;
use lz4_flex::frame::FrameDecoder;
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, InBuffer, Operation, OutBuffer};

use super::Note;

/// A reader that may move to another thread.
pub(super) type Bytes = Box<dyn Read + Send>;

/// Compressed bytes are read in pieces of this size.
const INPUT: usize = 256 * 1024;
/// The longest sign by which a format is told.
const SIGN: usize = 10;
/// The largest zstd window, as a power of two: what `zstd --long` writes.
const ZSTD_WINDOW_LOG: u32 = 27;
/// The most memory an xz stream may ask for: `xz -9` needs 65 MiB.
const XZ_MEMORY: u64 = 256 << 20;

/// A compression format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    Lz4,
}

impl Codec {
    const ALL: [Self; 5] = [Self::Gzip, Self::Zstd, Self::Xz, Self::Bzip2, Self::Lz4];

    /// The format of bytes that begin with `head`.
    pub(super) fn of(head: &[u8]) -> Option<Self> {
        // pzstd and `lz4` alike may begin with a skippable frame: what follows it tells.
        let head = match skippable(head) {
            Some(length) => head.get(8 + length as usize..).unwrap_or_default(),
            None => return Self::ALL.into_iter().find(|codec| codec.begins(head)),
        };
        [Self::Lz4]
            .into_iter()
            .find(|codec| codec.begins(head))
            .or(Some(Self::Zstd))
    }

    /// The name as in the report.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
            Self::Xz => "xz",
            Self::Bzip2 => "bzip2",
            Self::Lz4 => "lz4",
        }
    }

    /// Decompresses `bytes`; `note` learns of bytes after the end that are none of this format.
    pub(super) fn reader(self, bytes: Bytes, note: Note) -> Bytes {
        let input = Input::new(bytes);
        match self {
            Self::Gzip => members(self, input, note, Gzip::default()),
            Self::Zstd => members(self, input, note, Zstd::default()),
            Self::Xz => members(self, input, note, Xz::default()),
            Self::Bzip2 => members(self, input, note, Bzip2::default()),
            Self::Lz4 => sticky(Lz4 {
                frames: FrameDecoder::new(input),
                between: true,
                note,
            }),
        }
    }

    /// Whether a member of this format begins with `head`.
    fn begins(self, head: &[u8]) -> bool {
        match self {
            Self::Gzip => head.starts_with(&[0x1f, 0x8b, 8]),
            Self::Zstd => head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) || skippable(head).is_some(),
            Self::Xz => head.starts_with(b"\xfd7zXZ\0"),
            Self::Bzip2 => begins_bzip2(head),
            Self::Lz4 => head.starts_with(&[0x04, 0x22, 0x4d, 0x18]),
        }
    }

    fn broken(self, why: &str) -> io::Error {
        io::Error::new(
            ErrorKind::InvalidData,
            format!("{} stream is corrupt: {why}", self.name()),
        )
    }

    fn truncated(self) -> io::Error {
        io::Error::new(
            ErrorKind::UnexpectedEof,
            format!("{} stream ends before its end mark", self.name()),
        )
    }

    /// Names the stream in an error that a decoder or `read_exact` made; one of the reader below, which
    /// has its own text, is left alone.
    fn named(self, error: io::Error) -> io::Error {
        match error.kind() {
            ErrorKind::UnexpectedEof if error.get_ref().is_none() => self.truncated(),
            _ => error,
        }
    }
}

/// A block size digit, then the mark of a first block or, for an empty file, of the end.
fn begins_bzip2(head: &[u8]) -> bool {
    head.len() >= 10
        && head.starts_with(b"BZh")
        && matches!(head[3], b'1'..=b'9')
        && (head[4..10] == *b"1AY&SY" || head[4..10] == [0x17, 0x72, 0x45, 0x38, 0x50, 0x90])
}

/// The length of the skippable frame, of zstd or lz4, that `head` begins with.
fn skippable(head: &[u8]) -> Option<u32> {
    match head {
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, length @ ..] => {
            Some(u32::from_le_bytes(*length.first_chunk()?))
        }
        _ => None,
    }
}

/// A buffer over the compressed bytes that can look ahead over its own edge.
struct Input {
    bytes: Bytes,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Whether a `read` met the end of the bytes.
    starved: bool,
}

impl Input {
    fn new(bytes: Bytes) -> Self {
        Self {
            bytes,
            buffer: vec![0; INPUT],
            start: 0,
            end: 0,
            starved: false,
        }
    }

    /// Nothing, to stand in for a moment.
    fn none() -> Self {
        Self {
            bytes: Box::new(io::empty()),
            buffer: Vec::new(),
            start: 0,
            end: 0,
            starved: false,
        }
    }

    /// What is buffered: `least` bytes or more, fewer only at the end.
    fn ahead(&mut self, least: usize) -> io::Result<&[u8]> {
        while self.end - self.start < least {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            match self.bytes.read(&mut self.buffer[self.end..])? {
                0 => break,
                read => self.end += read,
            }
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Drops `left` bytes.
    fn skip(&mut self, mut left: u64) -> io::Result<()> {
        while left > 0 {
            let have = self.ahead(1)?.len();
            if have == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            let step = have.min(usize::try_from(left).unwrap_or(usize::MAX));
            self.consume(step);
            left -= step as u64;
        }
        Ok(())
    }

    /// Drops all up to and with the next zero byte.
    fn skip_text(&mut self) -> io::Result<()> {
        let mut byte = [1];
        while byte != [0] {
            self.read_exact(&mut byte)?;
        }
        Ok(())
    }

    /// Goes to the next member past zero padding; false at the end, which any other bytes are too.
    fn another(&mut self, codec: Codec, note: &Note) -> io::Result<bool> {
        loop {
            let ahead = self.ahead(SIGN)?;
            if ahead.is_empty() {
                return Ok(false);
            }
            if codec.begins(ahead) {
                return Ok(true);
            }
            match ahead.iter().position(|&byte| byte != 0) {
                None => {
                    let zeros = ahead.len();
                    self.consume(zeros);
                }
                Some(0) => {
                    note.add(format!(
                        "bytes after the end of the {} stream: not read",
                        codec.name()
                    ));
                    return Ok(false);
                }
                Some(zeros) => self.consume(zeros),
            }
        }
    }
}

impl Read for Input {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let ahead = self.ahead(1)?;
        let length = ahead.len().min(out.len());
        out[..length].copy_from_slice(&ahead[..length]);
        self.consume(length);
        self.starved |= length == 0 && !out.is_empty();
        Ok(length)
    }
}

/// What one call of a decoder did.
struct Step {
    consumed: usize,
    produced: usize,
    outcome: Outcome,
}

enum Outcome {
    More,
    Ended,
    Broken(String),
}

impl Step {
    /// From the totals of a decoder before and after the call; they hold after an error, too.
    fn between(before: (u64, u64), after: (u64, u64), outcome: Outcome) -> Self {
        Self {
            consumed: (after.0 - before.0) as usize,
            produced: (after.1 - before.1) as usize,
            outcome,
        }
    }
}

/// A decoder of one member at a time.
trait Decode {
    /// Reads what stands before a member's data.
    fn begin(&mut self, input: &mut Input) -> io::Result<()>;
    /// Decodes some of `input` into `output`; `input` is empty at the end of the bytes only.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step;
    /// Reads and checks what stands after a member's data; `Err` inside says what is wrong.
    fn finish(&mut self, _input: &mut Input) -> io::Result<Result<(), &'static str>> {
        Ok(Ok(()))
    }
}

#[derive(Default)]
struct Gzip {
    inflate: Option<flate2::Decompress>,
    crc: flate2::Crc,
}

impl Decode for Gzip {
    /// RFC 1952, section 2.3.
    fn begin(&mut self, input: &mut Input) -> io::Result<()> {
        let mut header = [0; 10];
        input.read_exact(&mut header)?;
        let flags = header[3];
        if flags & 4 != 0 {
            let mut length = [0; 2];
            input.read_exact(&mut length)?;
            input.skip(u64::from(u16::from_le_bytes(length)))?;
        }
        for text in [8, 16] {
            if flags & text != 0 {
                input.skip_text()?;
            }
        }
        if flags & 2 != 0 {
            input.skip(2)?;
        }
        self.crc.reset();
        match &mut self.inflate {
            Some(inflate) => inflate.reset(false),
            None => self.inflate = Some(flate2::Decompress::new(false)),
        }
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let inflate = self
            .inflate
            .get_or_insert_with(|| flate2::Decompress::new(false));
        let before = (inflate.total_in(), inflate.total_out());
        let result = inflate.decompress(input, output, flate2::FlushDecompress::None);
        let outcome = match result {
            Ok(flate2::Status::StreamEnd) => Outcome::Ended,
            Ok(_) => Outcome::More,
            Err(_) => Outcome::Broken("bad deflate data".into()),
        };
        let step = Step::between(before, (inflate.total_in(), inflate.total_out()), outcome);
        self.crc.update(&output[..step.produced]);
        step
    }

    fn finish(&mut self, input: &mut Input) -> io::Result<Result<(), &'static str>> {
        let mut trailer = [0; 8];
        input.read_exact(&mut trailer)?;
        let [a, b, c, d, length @ ..] = trailer;
        let right = u32::from_le_bytes([a, b, c, d]) == self.crc.sum()
            && u32::from_le_bytes(length) == self.crc.amount();
        Ok(if right {
            Ok(())
        } else {
            Err("checksum is wrong")
        })
    }
}

#[derive(Default)]
struct Zstd {
    decoder: Option<ZstdDecoder<'static>>,
    /// How many bytes the decoder asks for: up to the end of the next block. Given no more, it hands a
    /// block out before it meets damage in the next.
    wanted: usize,
}

impl Decode for Zstd {
    fn begin(&mut self, _input: &mut Input) -> io::Result<()> {
        let mut decoder = ZstdDecoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))?;
        self.decoder = Some(decoder);
        self.wanted = 5;
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let mut from = InBuffer::around(&input[..input.len().min(self.wanted.max(1))]);
        let mut to = OutBuffer::around(output);
        let outcome = match self.decoder.as_mut().map(|d| d.run(&mut from, &mut to)) {
            Some(Ok(0)) => Outcome::Ended,
            Some(Ok(wanted)) => {
                self.wanted = wanted;
                Outcome::More
            }
            Some(Err(error)) => Outcome::Broken(zstd_reason(&error)),
            None => Outcome::Broken("no frame".into()),
        };
        Step {
            consumed: from.pos(),
            produced: to.pos(),
            outcome,
        }
    }
}

fn zstd_reason(error: &io::Error) -> String {
    let text = error.to_string();
    if text.contains("too much memory") {
        let limit = (1_u32 << ZSTD_WINDOW_LOG) >> 20;
        return format!("its window is larger than {limit} MiB; recompress it without --long");
    }
    text
}

#[derive(Default)]
struct Xz(Option<xz::Stream>);

impl Decode for Xz {
    fn begin(&mut self, _input: &mut Input) -> io::Result<()> {
        self.0 = Some(xz::Stream::new_stream_decoder(XZ_MEMORY, 0)?);
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let Some(stream) = &mut self.0 else {
            return Step::between((0, 0), (0, 0), Outcome::Broken("no stream".into()));
        };
        let before = (stream.total_in(), stream.total_out());
        let outcome = match stream.process(input, output, xz::Action::Run) {
            Ok(xz::Status::StreamEnd) => Outcome::Ended,
            // `MemNeeded` is "no progress", as on an empty input.
            Ok(_) => Outcome::More,
            Err(xz::Error::MemLimit) => {
                Outcome::Broken(format!("it asks for more than {} MiB", XZ_MEMORY >> 20))
            }
            Err(error) => Outcome::Broken(error.to_string()),
        };
        Step::between(before, (stream.total_in(), stream.total_out()), outcome)
    }
}

#[derive(Default)]
struct Bzip2(Option<bzip2::Decompress>);

impl Decode for Bzip2 {
    fn begin(&mut self, _input: &mut Input) -> io::Result<()> {
        self.0 = Some(bzip2::Decompress::new(false));
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Step {
        let stream = self.0.get_or_insert_with(|| bzip2::Decompress::new(false));
        let before = (stream.total_in(), stream.total_out());
        let outcome = match stream.decompress(input, output) {
            Ok(bzip2::Status::StreamEnd) => Outcome::Ended,
            Ok(_) => Outcome::More,
            Err(error) => Outcome::Broken(error.to_string()),
        };
        Step::between(before, (stream.total_in(), stream.total_out()), outcome)
    }
}

/// Where a reader stands among the members.
enum State {
    Between,
    Within,
    Finishing,
    Broken(String),
    Done,
}

/// The members of a stream, one after another.
struct Members<D> {
    codec: Codec,
    input: Input,
    note: Note,
    decode: D,
    state: State,
}

fn members<D: Decode + Send + 'static>(codec: Codec, input: Input, note: Note, decode: D) -> Bytes {
    sticky(Members {
        codec,
        input,
        note,
        decode,
        state: State::Between,
    })
}

impl<D: Decode> Members<D> {
    /// Goes one state on; `Some` with the count of bytes to hand out.
    fn advance(&mut self, out: &mut [u8]) -> io::Result<Option<usize>> {
        match &self.state {
            State::Between => self.enter()?,
            State::Within => return self.decode(out),
            State::Finishing => match self.decode.finish(&mut self.input)? {
                Ok(()) => self.state = State::Between,
                Err(why) => return Err(self.codec.broken(why)),
            },
            State::Broken(why) => return Err(self.codec.broken(why)),
            State::Done => return Ok(Some(0)),
        }
        Ok(None)
    }

    fn enter(&mut self) -> io::Result<()> {
        self.state = State::Done;
        if self.input.another(self.codec, &self.note)? {
            self.decode.begin(&mut self.input)?;
            self.state = State::Within;
        }
        Ok(())
    }

    fn decode(&mut self, out: &mut [u8]) -> io::Result<Option<usize>> {
        let input = self.input.ahead(1)?;
        let at_end = input.is_empty();
        let step = self.decode.step(input, out);
        let idle = step.consumed + step.produced == 0;
        self.input.consume(step.consumed);
        match step.outcome {
            Outcome::More if idle && at_end => return Err(self.codec.truncated()),
            Outcome::More if idle => self.state = State::Broken("no progress".into()),
            Outcome::More => {}
            Outcome::Ended => self.state = State::Finishing,
            Outcome::Broken(why) => self.state = State::Broken(why),
        }
        Ok((step.produced > 0).then_some(step.produced))
    }
}

impl<D: Decode> Read for Members<D> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.advance(out) {
                Ok(Some(produced)) => return Ok(produced),
                Ok(None) => {}
                Err(error) => return Err(self.codec.named(error)),
            }
        }
    }
}

/// The frames of an lz4 stream. The crate has no step-by-step decoder of frames, and takes the end of
/// the bytes between two blocks for the end of the frame: so the input tells whether it was starved.
struct Lz4 {
    frames: FrameDecoder<Input>,
    between: bool,
    note: Note,
}

impl Lz4 {
    /// Goes to the next frame, past those to skip. Each has a decoder of its own: one that is used again
    /// expects blocks of the size it first met.
    fn another(&mut self) -> io::Result<bool> {
        let spent = std::mem::replace(&mut self.frames, FrameDecoder::new(Input::none()));
        self.frames = FrameDecoder::new(spent.into_inner());
        let input = self.frames.get_mut();
        while let Some(length) = skippable(input.ahead(SIGN)?) {
            input.skip(8 + u64::from(length))?;
        }
        input.another(Codec::Lz4, &self.note)
    }

    fn advance(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.between && !self.another()? {
                return Ok(0);
            }
            self.between = false;
            match self.frames.read(out)? {
                0 if self.frames.get_ref().starved => return Err(Codec::Lz4.truncated()),
                0 => self.between = true,
                read => return Ok(read),
            }
        }
    }
}

impl Read for Lz4 {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.advance(out).map_err(|error| {
            let inner = error.get_ref().map(|e| e.is::<lz4_flex::frame::Error>());
            match (inner, self.frames.get_ref().starved) {
                (_, true) => Codec::Lz4.truncated(),
                (Some(true), _) => Codec::Lz4.broken(&error.to_string()),
                _ => Codec::Lz4.named(error),
            }
        })
    }
}

/// Gives an error again on every later call: a decoder is not to be driven past one, and a reader that
/// was peeked at has to fail for the next one, too.
struct Sticky<R> {
    inner: R,
    fault: Option<(ErrorKind, String)>,
}

fn sticky(inner: impl Read + Send + 'static) -> Bytes {
    Box::new(Sticky { inner, fault: None })
}

impl<R: Read> Read for Sticky<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        if let Some((kind, text)) = &self.fault {
            return Err(io::Error::new(*kind, text.clone()));
        }
        let result = self.inner.read(out);
        if let Err(error) = &result
            && error.kind() != ErrorKind::Interrupted
        {
            self.fault = Some((error.kind(), error.to_string()));
        }
        result
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;

    use super::*;

    /// `text` compressed by each codec.
    pub(in super::super) fn packed(codec: Codec, text: &[u8]) -> Vec<u8> {
        match codec {
            Codec::Gzip => {
                let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                to.write_all(text).unwrap();
                to.finish().unwrap()
            }
            Codec::Zstd => {
                let mut to = zstd::Encoder::new(Vec::new(), 1).unwrap();
                to.include_checksum(true).unwrap();
                to.write_all(text).unwrap();
                to.finish().unwrap()
            }
            Codec::Xz => liblzma::encode_all(text, 1).unwrap(),
            Codec::Bzip2 => {
                let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
                to.write_all(text).unwrap();
                to.finish().unwrap()
            }
            Codec::Lz4 => {
                let info = lz4_flex::frame::FrameInfo::new()
                    .block_size(lz4_flex::frame::BlockSize::Max64KB)
                    .content_checksum(true);
                let mut to = lz4_flex::frame::FrameEncoder::with_frame_info(info, Vec::new());
                to.write_all(text).unwrap();
                to.finish().unwrap()
            }
        }
    }

    /// Lines that do not compress too well.
    pub(in super::super) fn lines(count: u64) -> Vec<u8> {
        (0..count)
            .flat_map(|n| format!("{:x}\n", n.wrapping_mul(0x9e37_79b9_7f4a_7c15)).into_bytes())
            .collect()
    }

    fn unpacked(codec: Codec, packed: Vec<u8>) -> (Vec<u8>, Option<String>, Note) {
        let note = Note::default();
        let mut text = Vec::new();
        let mut reader = codec.reader(Box::new(io::Cursor::new(packed)), note.clone());
        let error = reader.read_to_end(&mut text).err();
        (text, error.map(|e| e.to_string()), note)
    }

    #[test]
    fn several_members_are_one_text() {
        let text = lines(60_000);
        for codec in Codec::ALL {
            let two = [
                packed(codec, &text),
                packed(codec, b""),
                packed(codec, b"end\n"),
            ]
            .concat();
            assert_eq!(Codec::of(&two), Some(codec));
            let (got, error, note) = unpacked(codec, two);
            assert_eq!((error, note.text()), (None, None), "{codec:?}");
            assert!(got == [&text[..], b"end\n"].concat(), "{codec:?}");
        }
    }

    #[test]
    fn padding_is_silent_and_garbage_is_noted() {
        for codec in Codec::ALL {
            let padded = [packed(codec, b"text\n"), vec![0; 700_000]].concat();
            let (got, error, note) = unpacked(codec, padded.clone());
            assert_eq!((&got[..], error, note.text()), (&b"text\n"[..], None, None));
            let (got, error, note) = unpacked(codec, [padded, b"garbage".to_vec()].concat());
            assert_eq!((&got[..], error), (&b"text\n"[..], None));
            assert!(note.text().unwrap().contains("not read"));
        }
    }

    #[test]
    fn truncated_stream_yields_its_prefix_then_an_error() {
        let text = lines(300_000);
        for codec in Codec::ALL {
            let whole = packed(codec, &text);
            for cut in [whole.len() - 1, whole.len() - 9, whole.len() / 2] {
                let (got, error, _) = unpacked(codec, whole[..cut].to_vec());
                let expected = format!("{} stream ends before its end mark", codec.name());
                assert_eq!(error, Some(expected), "{cut}");
                assert!(text.starts_with(&got), "{codec:?}");
                // One block of bzip2 (level 1) or lz4 may be lost.
                let least = (text.len() * cut / whole.len()).saturating_sub(300_000);
                assert!(got.len() >= least, "{codec:?} {} < {least}", got.len());
            }
        }
    }

    #[test]
    fn cut_at_any_byte_is_an_error_and_never_a_panic() {
        for codec in Codec::ALL {
            let whole = packed(codec, b"one line\n");
            for cut in SIGN..whole.len() {
                let (_, error, _) = unpacked(codec, whole[..cut].to_vec());
                assert!(error.is_some(), "{codec:?} {cut}");
            }
        }
    }

    #[test]
    fn corrupt_middle_yields_what_came_before() {
        let text = lines(300_000);
        for codec in Codec::ALL {
            let mut whole = packed(codec, &text);
            let middle = whole.len() / 2;
            whole[middle..middle + 64].fill(0xa5);
            let (got, error, _) = unpacked(codec, whole);
            let error = error.unwrap_or_default();
            assert!(error.contains("corrupt"), "{codec:?} {error}");
            assert!(got.len() > text.len() / 3, "{codec:?} {}", got.len());
            assert!(text.starts_with(&got[..text.len() / 3]), "{codec:?}");
        }
    }

    #[test]
    fn error_is_given_again() {
        let whole = packed(Codec::Gzip, b"text");
        let cut = io::Cursor::new(whole[..whole.len() - 4].to_vec());
        let mut reader = Codec::Gzip.reader(Box::new(cut), Note::default());
        let mut text = Vec::new();
        assert!(reader.read_to_end(&mut text).is_err());
        assert_eq!(text, b"text");
        assert!(reader.read(&mut [0]).is_err());
    }

    #[test]
    fn skippable_frames_are_skipped() {
        let skip = [&[0x51, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
        for codec in [Codec::Zstd, Codec::Lz4] {
            let one = packed(codec, b"text");
            let all = [&skip[..], &one, &skip, &one, &skip].concat();
            assert_eq!(Codec::of(&all), Some(codec));
            let (got, error, note) = unpacked(codec, all);
            assert_eq!(
                (&got[..], error, note.text()),
                (&b"texttext"[..], None, None)
            );
        }
    }

    #[test]
    fn window_beyond_the_limit_is_told() {
        // Magic, a frame header that asks for a window of 2^31 bytes, an empty last block.
        let frame = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 21 << 3, 1, 0, 0];
        let (_, error, _) = unpacked(Codec::Zstd, frame);
        assert!(error.unwrap().contains("larger than 128 MiB"));
    }

    #[test]
    fn gzip_header_with_name_is_passed() {
        let mut to = flate2::GzBuilder::new()
            .filename("app.log")
            .comment("x")
            .extra(vec![1, 2, 3])
            .write(Vec::new(), flate2::Compression::fast());
        to.write_all(b"text").unwrap();
        let (got, error, _) = unpacked(Codec::Gzip, to.finish().unwrap());
        assert_eq!((&got[..], error), (&b"text"[..], None));
    }
}
