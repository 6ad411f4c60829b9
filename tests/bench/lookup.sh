#!/usr/bin/env bash
# Lookups over HTTP at a constant rate, with many customers in the hub: by phone, mail address,
# identifier and name (BY says which).
set -euo pipefail
cd "$(dirname "$0")/../.."
n=${CUSTOMERS:-100000}
rate=${RATE:-1000}
length=${LENGTH:-10s}
by=${BY:-phone,email,identifier,name}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

go build -o "$dir/touchstone" ./cmd/touchstone
go build -o "$dir/lookup" ./tests/bench/lookup
go run ./tests/population/generate -n "$n" -format ndjson -out "$dir/in.ndjson"
echo "lookup: $n records, $rate/s for $length each, embedded broker and SQLite"
"$dir/lookup" -touchstone "$dir/touchstone" -hub tests/bench/lookup/hub -input "$dir/in.ndjson" -by "$by" -rate "$rate" -for "$length" -limit "${LIMIT:-30m}"
