#!/usr/bin/env bash
# Records a second and resident memory end to end on the embedded default: NDJSON file → golden
# store → NDJSON target, every write durable.
set -euo pipefail
cd "$(dirname "$0")/../.."
n=${RECORDS:-100000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

go build -o "$dir/touchstone" ./cmd/touchstone
go build -o "$dir/endtoend" ./tests/bench/endtoend
go run ./tests/bench/records -n "$n" >"$dir/in.ndjson"
echo "end to end: $n records, embedded broker and SQLite"
"$dir/endtoend" -touchstone "$dir/touchstone" -hub tests/bench/endtoend/hub -input "$dir/in.ndjson" -records "$n"
