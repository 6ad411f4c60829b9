#!/usr/bin/env bash
# Lookups by phone over HTTP at a constant rate, with many customers in the hub.
set -euo pipefail
cd "$(dirname "$0")/../.."
n=${CUSTOMERS:-100000}
rate=${RATE:-1000}
length=${LENGTH:-10s}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

go build -o "$dir/touchstone" ./cmd/touchstone
go build -o "$dir/lookup" ./tests/bench/lookup
go run ./tests/bench/records -n "$n" >"$dir/in.ndjson"
echo "lookup by phone: $n records, $rate/s for $length, embedded broker and SQLite"
"$dir/lookup" -touchstone "$dir/touchstone" -hub tests/bench/endtoend/hub -input "$dir/in.ndjson" -rate "$rate" -for "$length"
