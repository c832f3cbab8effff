#!/usr/bin/env python3
"""What restarts that nobody announces cost a scan: paired runs with and without, on logs of your own.

    cargo build --release
    benches/inference.py [--pipe] [--pairs N] FILE...

For each file: the median ratio of wall and CPU time with its range, and the median difference of peak memory. The two of a
pair are first in turn. With --pipe the files are piped in.
"""

import argparse
import os
import statistics
import subprocess
import time
from pathlib import Path

PROGRAM = Path(__file__).parent.parent / "target/release/crashtrail"
RULES = ["banner.begins", "banner.uptime", "banner.first-number"]
WITHOUT = ["--no-inference", *(arg for rule in RULES for arg in ("--without-rule", rule))]


def run(path, pipe, more):
    """Seconds of wall and CPU time, and MiB at the most."""
    feeder = subprocess.Popen(["cat", path], stdout=subprocess.PIPE) if pipe else None
    args = [PROGRAM, "scan", "--quiet", "--year", "2025", *more, "-" if pipe else path]
    begin = time.monotonic()
    scan = subprocess.Popen(
        args,
        stdin=feeder.stdout if feeder else None,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    if feeder:
        feeder.stdout.close()
    _, _, used = os.wait4(scan.pid, 0)
    wall = time.monotonic() - begin
    if feeder:
        feeder.wait()
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pipe", action="store_true")
    parser.add_argument("--pairs", type=int, default=13)
    parser.add_argument("files", nargs="+")
    args = parser.parse_args()
    for path in args.files:
        run(path, args.pipe, []), run(path, args.pipe, WITHOUT)  # Once for the page cache.
        pairs = []
        for n in range(args.pairs):
            first, second = ([], WITHOUT) if n % 2 else (WITHOUT, [])
            a, b = run(path, args.pipe, first), run(path, args.pipe, second)
            pairs.append((a, b) if n % 2 else (b, a))
        wall, cpu = ([a[k] / b[k] for a, b in pairs] for k in (0, 1))
        memory = statistics.median(a[2] - b[2] for a, b in pairs)
        mid = statistics.median
        print(
            f"{os.path.basename(path)}: wall {mid(wall):.2f} x ({min(wall):.2f} to {max(wall):.2f}), "
            f"CPU {mid(cpu):.2f} x, memory {memory:+.0f} MiB",
            flush=True,
        )


if __name__ == "__main__":
    main()
