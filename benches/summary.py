"""The table of a run of compare.sh: `summary.py FOLDER BYTES-OF-CRASHES`. Medians of paired ratios."""

import json
import statistics
import sys
from pathlib import Path

folder, crash_bytes = Path(sys.argv[1]), int(sys.argv[2])


def read(name):
    path = folder / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def samples(file, name, what):
    value = {"wall": lambda r: r["wall"], "cpu": lambda r: r["user"] + r["system"]}[what]
    return [value(r) for r in read(file) if r["name"] == name]


def ratio(file, name, base, what="wall"):
    """The median, lowest and highest ratio of runs of the same round."""
    pairs = list(zip(samples(file, name, what), samples(file, base, what)))
    ratios = [a / b for a, b in pairs if b > 0]
    return statistics.median(ratios), min(ratios), max(ratios)


def verdict(value, bar):
    return "met" if value <= bar else "missed"


rows = []


def against(work, file, name, base, bar, what="wall"):
    mid, low, high = ratio(file, name, base, what)
    rows.append((work, f"{bar} x", f"{mid:.2f} x ({low:.2f} to {high:.2f})", verdict(mid, bar)))


against("syslog, all threads, wall, against `wc -l`", "syslog", "full", "wc", 2.5)
against("the same without the census", "syslog", "no-census", "wc", 1.8)
against("full, against the same without inference", "syslog", "full", "no-inference", 1.15)
against("the same, full, against ripgrep with the pack's literals", "syslog", "full", "ripgrep", 0.5)
against("syslog, one thread, CPU, against `wc -l`", "syslog", "full-1", "wc", 4.5, "cpu")
against("the same without the census", "syslog", "no-census-1", "wc", 3.2, "cpu")
against("journal JSON, all threads, wall, against `wc -l`", "json", "full", "wc", 1.5)
against("zstd, against `zstd -dc` piped to `wc -l`", "compressed", "zstd", "zstd-wc", 1.1)
against("gzip, against `gzip -dc` piped to `wc -l`", "compressed", "gzip", "gzip-wc", 0.45)
speed = crash_bytes / 1e6 / statistics.median(samples("crashes", "full-1", "cpu"))
rows.append(
    ("every line a crash record, one thread, CPU", "150 MB/s", f"{speed:.0f} MB/s", "met" if speed >= 150 else "missed")
)
against("8 times the syslog, against once", "syslog-8", "eight", "one", 8.4)
peaks = {r["name"]: r["peak_kib"] for r in read("memory")}
growth = peaks["syslog-8"] / peaks["syslog"]
rows.append(("its peak memory, against once", "1.2 x", f"{growth:.2f} x", verdict(growth, 1.2)))
most = max(peaks, key=peaks.get)
rows.append(("peak memory of any", "64 MiB", f"{peaks[most] / 1024:.0f} MiB ({most})", verdict(peaks[most] / 1024, 64)))
small = statistics.median(samples("small", "full", "wall")) * 1000
rows.append(("start to end on a 10 KB file", "12 ms", f"{small:.1f} ms", verdict(small, 12)))

print("| work | bar | median (lowest to highest) | |\n| --- | --- | --- | --- |")
for row in rows:
    print("| " + " | ".join(row) + " |")

print("\n| beside, on a small file or a folder | against `wc -l` |\n| --- | --- |")
beside = dict.fromkeys(r["name"] for r in read("peers") if r["name"] != "wc")
for name in beside:
    print(f"| {name}, 16 MiB of syslog, wall | {ratio('peers', name, 'wc')[0]:.0f} |")
mixed = ratio("mixed", "full", "wc")
print(f"| crashtrail, the mixed folder, against unpacking it to `wc -l` | {mixed[0]:.2f} |")

print("\n| peak memory | MiB |\n| --- | --- |")
for name, kib in peaks.items():
    print(f"| {name} | {kib / 1024:.0f} |")
