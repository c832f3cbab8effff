#!/usr/bin/env bash
# Reads binary journals beside journalctl, in paired runs, and prints a table (docs/journals.md holds one).
#
#   benches/journal.sh [--data FOLDER] [--rounds N] [--mib N]
#
# --data    where the journals are kept from run to run (default: target/journals)
# --mib     how much export text becomes journals (default: 256, some 400,000 records)
#
# Needs cargo, hyperfine, GNU time, python3, journalctl and systemd-journal-remote, which makes the
# journals. Nothing is timed before crashtrail has found the crash loops planted in them.
set -euo pipefail
cd "$(dirname "$0")/.."

data=target/journals
rounds=9
mib=256
while (($#)); do
    case $1 in
    --data) data=$2 && shift ;;
    --rounds) rounds=$2 && shift ;;
    --mib) mib=$2 && shift ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" && exit 2 ;;
    esac
    shift
done

need() {
    command -v "$1" >/dev/null || { echo "$1 is missing: install the package $2" >&2 && exit 2; }
}
need hyperfine hyperfine
need python3 python3
need journalctl systemd
[[ -x /usr/bin/time ]] || { echo "/usr/bin/time is missing: install the package time" >&2 && exit 2; }
for remote in /lib/systemd/systemd-journal-remote /usr/lib/systemd/systemd-journal-remote; do
    [[ -x $remote ]] && break
done
need "$remote" systemd-journal-remote

mkdir -p "$data"
data=$(realpath "$data")
cargo build --release --bins --example generate-corpus
crashtrail=target/release/crashtrail
generate=target/release/examples/generate-corpus

# Three files, as a folder of archived ones has them; each with a seed of its own.
journals=$data/$mib
if [[ ! -e $journals/done ]]; then
    rm -rf "$journals"
    mkdir -p "$journals"
    for n in 1 2 3; do
        "$generate" journal-export $((mib * 1024 * 1024 / 3)) --seed $n --truth "$data/$n.truth" >"$data/export"
        "$remote" --output "$journals/$n.journal" "$data/export"
    done
    rm "$data/export"
    touch "$journals/done"
fi

scan="$crashtrail scan -q --format json"
for n in 1 2 3; do
    $scan "$journals/$n.journal" >"$data/report.json"
    "$generate" check "$data/$n.truth" "$data/report.json"
done
records=$(journalctl --quiet --no-pager -o cat --output-fields=PRIORITY --file "$journals/*.journal" | wc -l)

: >"$data/rounds.jsonl"
round() {
    hyperfine --style none --shell=none --runs 1 --export-json "$data/round.json" \
        -n json "journalctl -o json --no-pager --file $journals/*.journal" \
        -n cat "journalctl -o cat --no-pager --file $journals/*.journal" \
        -n scan "$scan $journals" \
        -n scan-1 "$scan -j1 $journals" >/dev/null
    python3 -c 'import json, sys; print(json.dumps({r["command"]: r["times"][0] for r in json.load(open(sys.argv[1]))["results"]}))' \
        "$data/round.json" >>"$data/rounds.jsonl"
}
round && : >"$data/rounds.jsonl"
for ((n = 0; n < rounds; n++)); do round; done
/usr/bin/time -f '%M' -o "$data/peak" $scan "$journals" >/dev/null

python3 - "$data/rounds.jsonl" "$records" "$(tail -n 1 "$data/peak")" "$(du -cm "$journals"/*.journal | tail -n 1 | cut -f 1)" <<'PY'
import json, statistics, sys

rounds = [json.loads(line) for line in open(sys.argv[1])]
records, peak, size = int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
print(f"{records} records in three files of {size} MiB in all, {len(rounds)} paired rounds; medians (least to most)\n")
print("| against | all threads | one thread |\n| --- | --- | --- |")
for peer in ["json", "cat"]:
    cells = []
    for ours in ["scan", "scan-1"]:
        ratios = [r[peer] / r[ours] for r in rounds]
        cells.append(f"{statistics.median(ratios):.1f} x ({min(ratios):.1f} to {max(ratios):.1f})")
    print(f"| `journalctl -o {peer}` | {cells[0]} | {cells[1]} |")
print(f"\nPeak memory {peak / 1024:.0f} MiB.")
PY
