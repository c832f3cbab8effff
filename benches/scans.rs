//! Whole scans of files: formats, few and many hits, long lines, one thread and all, decompressors.
//!
//! `cargo bench --bench scans`. The floor is reading a file and counting its newlines.

#![allow(missing_docs, reason = "criterion's macro makes a public function")]

use std::fs::{self, File};
use std::hint::black_box;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crashtrail::{Quiet, ScanOptions, scan};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

#[allow(dead_code, reason = "each program uses a part")]
mod corpus;

use corpus::Kind;
use corpus::shape::Shape;

const BYTES: u64 = 32 << 20;
const SEED: u64 = 20_251_118;

fn write(kind: Kind, path: &Path) -> u64 {
    let mut file = File::create(path).expect("a folder of its own");
    corpus::write(kind, BYTES, SEED, &mut file).expect("room on the disk");
    file.metadata().expect("just written").len()
}

fn options(threads: Option<usize>) -> ScanOptions {
    let mut options = ScanOptions::new().expect("the tests rule it out");
    options.time.year = Some(2025);
    if let Some(threads) = threads {
        options.threads = threads;
    }
    options
}

/// Reads a file by the block and counts its newlines.
fn count(path: &Path) -> usize {
    let mut file = File::open(path).expect("just written");
    let mut block = vec![0; 1 << 20];
    let mut lines = 0;
    loop {
        match file.read(&mut block).expect("just written") {
            0 => return lines,
            n => lines += memchr::memchr_iter(b'\n', &block[..n]).count(),
        }
    }
}

fn formats(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut group = c.benchmark_group("scan");
    let kinds = Shape::ALL
        .iter()
        .map(|shape| (shape.name(), Kind::Ordinary(*shape)))
        .chain([
            ("every line a crash", Kind::Crashes),
            ("long lines", Kind::LongLines),
        ]);
    for (name, kind) in kinds {
        let path = folder.path().join(format!("{name}.log"));
        group.throughput(Throughput::Bytes(write(kind, &path)));
        group.bench_function(format!("{name}, floor"), |b| {
            b.iter(|| count(black_box(&path)));
        });
        for (threads, number) in [("one thread", Some(1)), ("all threads", None)] {
            let options = options(number);
            let paths: [PathBuf; 1] = [path.clone()];
            group.bench_function(format!("{name}, {threads}"), |b| {
                b.iter(|| scan(black_box(&paths), &options, &Quiet).expect("it can be read"));
            });
        }
        fs::remove_file(&path).expect("just written");
    }
}

fn compressed(c: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut text = Vec::new();
    corpus::write(Kind::Ordinary(Shape::Rfc3164), BYTES, SEED, &mut text)
        .expect("a Vec takes whatever is written");
    let mut group = c.benchmark_group("decompression");
    group.sample_size(10);
    group.throughput(Throughput::Bytes(text.len() as u64));
    for name in ["none", "gzip", "zstd", "xz", "bzip2", "lz4"] {
        let path = folder.path().join(format!("{name}.log"));
        let packed = pack(name, &text);
        fs::write(&path, packed.expect("compression of what lies in memory")).expect("room");
        let (options, paths) = (options(None), [path]);
        group.bench_function(name, |b| {
            b.iter(|| scan(black_box(&paths), &options, &Quiet).expect("it can be read"));
        });
    }
}

fn pack(name: &str, text: &[u8]) -> std::io::Result<Vec<u8>> {
    match name {
        "gzip" => {
            let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
            to.write_all(text)?;
            to.finish()
        }
        "zstd" => zstd::encode_all(text, 3),
        "xz" => {
            let mut to = liblzma::write::XzEncoder::new(Vec::new(), 3);
            to.write_all(text)?;
            to.finish()
        }
        "bzip2" => {
            let mut to = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::new(6));
            to.write_all(text)?;
            to.finish()
        }
        "lz4" => {
            let mut to = lz4_flex::frame::FrameEncoder::new(Vec::new());
            to.write_all(text)?;
            to.finish().map_err(std::io::Error::other)
        }
        _ => Ok(text.to_vec()),
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(12)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = formats, compressed
}
criterion_main!(benches);
