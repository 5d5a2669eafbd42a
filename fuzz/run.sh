#!/usr/bin/env bash
# Looks for bytes that break the law of one target: fuzz/run.sh otlp_json [SECONDS]
# New inputs go to fuzz/target/corpus/<target>; `fuzz/run.sh --keep <target>` puts the few that matter into fuzz/corpus.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

largest_bytes=16384
most_kept_bytes=100000
keep=
[ "${1:-}" = --keep ] && keep=1 && shift
target=${1:?which target? One of: $(ls fuzz_targets | sed 's/\.rs$//' | tr '\n' ' ')}
seconds=${2:-300}
command -v cargo-fuzz >/dev/null || {
    printf 'cargo-fuzz is missing: cargo install cargo-fuzz --locked (it needs a C++ compiler)\n' >&2
    exit 77
}

# The versions of the product, and what the engine needs beside them.
cp ../Cargo.lock Cargo.lock
found=target/corpus/$target
mkdir -p "$found" "corpus/$target"

# Memory is counted by the laws themselves, so that no sanitizer is needed, nor a nightly compiler.
fuzz() {
    cargo fuzz run --sanitizer none "$target" "$@"
}

if [ -n "$keep" ]; then
    fuzz "corpus/$target" "$found" -- -merge=1 -use_counters=0
    # The largest go again while all together are too many bytes; what has a name of its own stays.
    while [ "$(cat "corpus/$target"/* | wc -c)" -gt "$most_kept_bytes" ]; do
        rm "$(ls -S "corpus/$target"/* | grep -E '/[0-9a-f]{40}$' | head -n 1)"
    done
    exit
fi
fuzz "$found" "corpus/$target" -- -max_total_time="$seconds" -max_len="$largest_bytes" \
    -timeout=25 -rss_limit_mb=2048 -print_final_stats=1
