#!/usr/bin/env bash
# Measures crashtrail beside its peers, in paired runs, and writes what it saw to benches/runs/.
#
#   benches/compare.sh [--quick] [--data FOLDER] [--rounds N]
#
# --quick   an eighth of the sizes, few rounds: to see that it works
# --data    where corpora and peers are kept from run to run (default: target/compare)
#
# Needs cargo, hyperfine, zstd, gzip, GNU time and python3; ripgrep 15 and angle-grinder are built with
# cargo where they are missing, lnav is left out where it is. Nothing is timed before crashtrail has
# found the crash loops planted in the corpora, to the last crash.
set -euo pipefail
cd "$(dirname "$0")/.."

quick=
data=target/compare
rounds=11
while (($#)); do
    case $1 in
    --quick) quick=1 rounds=3 ;;
    --data) data=$2 && shift ;;
    --rounds) rounds=$2 && shift ;;
    *) sed -n '2,11s/^# \{0,1\}//p' "$0" && exit 2 ;;
    esac
    shift
done

say() { printf '\n== %s\n' "$*" >&2; }
need() {
    command -v "$1" >/dev/null || { echo "$1 is missing: install the package $2" >&2 && exit 2; }
}
need hyperfine hyperfine
need zstd zstd
need python3 python3
[[ -x /usr/bin/time ]] || { echo "/usr/bin/time is missing: install the package time" >&2 && exit 2; }

mkdir -p "$data"
data=$(realpath "$data")
mib=$((1024 * 1024))
size=1024 # MiB
[[ $quick ]] && size=128
seed=20251118

say "building"
cargo build --release --bins --example generate-corpus
crashtrail=target/release/crashtrail
generate=target/release/examples/generate-corpus

say "peers"
peers=$data/peers
rg=$peers/bin/rg
agrind=$peers/bin/agrind
[[ -x $rg ]] || cargo install ripgrep --version '^15' --locked --root "$peers"
[[ -x $agrind ]] || cargo install ag --locked --root "$peers" || true
$crashtrail rules --literals >"$data/literals"

say "corpora"
# make NAME COMMAND...: the corpus NAME.log with its NAME.truth, unless it is there.
make() {
    local name=$1 kind=$2 bytes=$3
    [[ -e $data/$name.done-$bytes ]] && return
    "$generate" "$kind" "$bytes" --seed $seed --truth "$data/$name.truth" >"$data/$name.log"
    touch "$data/$name.done-$bytes"
}
make syslog rfc3164 $((size * mib))
make syslog-8 rfc3164 $((size * 8 * mib))
make json journal-json $((size * mib))
make crashes crashes $((size / 4 * mib))
make small rfc3164 10000
make peers rfc3164 $((16 * mib))
if [[ ! -e $data/mixed.done-$size ]]; then
    rm -rf "$data/mixed"
    "$generate" mixed $((size * mib)) --seed $seed --truth "$data/mixed.truth" --out "$data/mixed"
    touch "$data/mixed.done-$size"
fi
for kind in zst gz; do
    [[ $data/syslog.log.$kind -nt $data/syslog.log ]] && continue
    case $kind in
    zst) zstd -q -3 -f "$data/syslog.log" -o "$data/syslog.log.zst" ;;
    gz) gzip -6 -c "$data/syslog.log" >"$data/syslog.log.gz" ;;
    esac
done

say "what was planted is found"
scan="$crashtrail scan -q --format json --year 2025"
check() {
    $scan "$2" >"$data/report.json"
    "$generate" check "$data/$1.truth" "$data/report.json"
}
check syslog "$data/syslog.log"
check syslog-8 "$data/syslog-8.log"
check json "$data/json.log"
check crashes "$data/crashes.log"
check mixed "$data/mixed"
check syslog "$data/syslog.log.zst"
check syslog "$data/syslog.log.gz"

say "machine"
model=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
cores=$(nproc)
slug=$(printf '%s-%s-cores' "$model" "$cores" | tr '[:upper:]' '[:lower:]' | tr -cs 'a-z0-9' '-' | sed 's/-*$//')
out=benches/runs/$(date -u +%F)-$slug${quick:+-quick}
rm -rf "$out"
mkdir -p "$out"
first() { "$@" 2>/dev/null | head -n 1 || true; }
{
    echo "machine: $model, $cores cores"
    echo "memory: $(awk '/^MemTotal/ { print int($2 / 1048576 + 0.5) " GiB" }' /proc/meminfo)"
    echo "kernel: $(uname -sr)"
    echo "commit: $(git rev-parse --short HEAD)$(git diff --quiet HEAD -- src Cargo.toml || echo ', with changes')"
    echo "rules: $($crashtrail rules | grep -c . || true), literals: $(wc -l <"$data/literals")"
    echo "sizes: syslog $size MiB, 8 times that, JSON $size MiB, crashes $((size / 4)) MiB, mixed $size MiB"
    for kind in zst gz; do echo "syslog.log.$kind: $(($(stat -c %s "$data/syslog.log.$kind") / mib)) MiB"; done
    first rustc --version
    first $crashtrail --version
    first "$rg" --version
    first grep --version
    first wc --version
    first zstd --version
    first gzip --version
    first hyperfine --version
    first "$agrind" --version
    first lnav -V
} >"$out/versions.txt"
cat "$out/versions.txt" >&2

say "timing, $rounds rounds"
# round FILE NAME COMMAND NAME COMMAND...: each command once, in turn, so that what slows the machine
# down slows all of them.
round() {
    local file=$1 && shift
    local args=()
    while (($#)); do
        args+=(-n "$1" "$2")
        shift 2
    done
    # Nothing but the numbers: the commands name folders of this machine.
    hyperfine --style none --shell="${shell:-none}" --runs 1 --export-json "$data/round.json" "${args[@]}" >/dev/null
    python3 - "$data/round.json" >>"$out/$file.jsonl" <<'PY'
import json, sys
for r in json.load(open(sys.argv[1]))["results"]:
    print(json.dumps({"name": r["command"], "wall": r["times"][0], "user": r["user"], "system": r["system"]}))
PY
}
repeat() {
    local times=$1 file=$2 && shift 2
    # Once for the page cache.
    round "$file" "$@" && : >"$out/$file.jsonl"
    for ((n = 0; n < times; n++)); do round "$file" "$@"; done
    say "$file: done"
}
log=$data/syslog.log
repeat "$rounds" syslog \
    wc "wc -l $log" \
    full "$scan $log" \
    no-census "$scan --no-census $log" \
    no-inference "$scan --no-inference --without-rule banner.begins --without-rule banner.uptime --without-rule banner.first-number $log" \
    full-1 "$scan -j1 $log" \
    no-census-1 "$scan -j1 --no-census $log" \
    ripgrep "$rg -c -F -f $data/literals $log"
repeat "$rounds" json \
    wc "wc -l $data/json.log" \
    full "$scan $data/json.log" \
    full-1 "$scan -j1 $data/json.log"
shell=sh repeat "$rounds" compressed \
    zstd-wc "zstd -dc $log.zst | wc -l" \
    zstd "$scan $log.zst" \
    gzip-wc "gzip -dc $log.gz | wc -l" \
    gzip "$scan $log.gz"
repeat "$rounds" crashes \
    wc "wc -l $data/crashes.log" \
    full-1 "$scan -j1 $data/crashes.log"
shell=sh repeat "$rounds" mixed \
    wc "cd $data/mixed; { cat *.log *.1 syslog; gzip -dc *.gz; zstd -dcq *.zst; } | wc -l" \
    full "$scan $data/mixed"
repeat 25 small full "$scan $data/small.log"
repeat 3 syslog-8 \
    wc "wc -l $data/syslog-8.log" \
    one "$scan $log" \
    eight "$scan $data/syslog-8.log"
# grep ends with 1 where nothing matches; crashtrail's words for it are those of -F -f.
small=$data/peers.log
others=(
    wc "wc -l $small"
    full "$scan $small"
    grep "env LC_ALL=C grep -c -F -f $data/literals $small"
    ripgrep "$rg -c -F -f $data/literals $small"
)
[[ -x $agrind ]] && others+=(angle-grinder "$agrind -f $small '* | parse \"* * * * *[*]: *\" as m, d, t, host, program, pid, text | count by program'")
command -v lnav >/dev/null &&
    others+=(lnav "lnav -n -N -c ';SELECT log_level, count(*) FROM syslog_log GROUP BY log_level' -c ':write-csv-to -' $small")
shell=sh repeat 3 peers "${others[@]}"

say "memory"
# peak NAME COMMAND...: KiB at the most.
peak() {
    local name=$1 && shift
    /usr/bin/time -f '%M' -o "$data/peak" "$@" >/dev/null
    printf '{"name": "%s", "peak_kib": %s}\n' "$name" "$(tail -n 1 "$data/peak")" >>"$out/memory.jsonl"
}
peak syslog $scan "$log"
peak syslog-8 $scan "$data/syslog-8.log"
peak json $scan "$data/json.log"
peak zstd $scan "$log.zst"
peak gzip $scan "$log.gz"
peak crashes $scan "$data/crashes.log"
peak crashes-1 $scan -j1 "$data/crashes.log"
peak mixed $scan "$data/mixed"

python3 benches/summary.py "$out" "$(stat -c %s "$data/crashes.log")" | tee "$out/summary.md"
