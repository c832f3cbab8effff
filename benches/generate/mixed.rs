//! A folder as servers have it: several programs' logs, and their rotations, most of them compressed.
//!
//! One file in four bytes of text is syslog with what was planted; the others are programs' own.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::corpus::random::Random;
use crate::corpus::shape::Shape;
use crate::corpus::story::Planted;
use crate::corpus::{Kind, write as write_text};

/// Programs' own logs.
const OWN: [(&str, Shape); 3] = [
    ("api.json.log", Shape::JsonLines),
    ("gateway.log", Shape::Logfmt),
    ("access.log", Shape::Access),
];
/// Files of each log: the newest, and rotations.
const ROTATIONS: u64 = 4;

/// Writes text of `bytes` in all, before compression; only the first of the logs holds loops.
pub fn write(bytes: u64, seed: u64, folder: &Path) -> Result<Vec<Planted>> {
    fs::create_dir_all(folder)?;
    let mut random = Random(seed);
    let of_log = bytes / (OWN.len() as u64 + 1);
    let mut name = folder.join("syslog");
    let planted = one(Kind::Ordinary(Shape::Rfc3164), of_log, seed, &name)?;
    for (log, shape) in OWN {
        for n in 0..ROTATIONS {
            name.set_file_name(match n {
                0 => log.to_owned(),
                1 => format!("{log}.1"),
                2 => format!("{log}.{n}.gz"),
                _ => format!("{log}.{n}.zst"),
            });
            let seed = random.below(u64::MAX);
            one(Kind::Ordinary(shape), of_log / ROTATIONS, seed, &name)?;
        }
    }
    Ok(planted)
}

/// Writes a file, compressed as its name says.
fn one(kind: Kind, bytes: u64, seed: u64, path: &Path) -> Result<Vec<Planted>> {
    let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    Ok(match path.extension().and_then(|e| e.to_str()) {
        Some("gz") => {
            let mut out = GzEncoder::new(file, Compression::new(6));
            let planted = write_text(kind, bytes, seed, &mut out)?;
            out.finish()?.flush()?;
            planted
        }
        Some("zst") => {
            let mut out = zstd::Encoder::new(file, 3)?;
            let planted = write_text(kind, bytes, seed, &mut out)?;
            out.finish()?.flush()?;
            planted
        }
        _ => {
            let mut out = file;
            let planted = write_text(kind, bytes, seed, &mut out)?;
            out.flush()?;
            planted
        }
    })
}
