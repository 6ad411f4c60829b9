#!/usr/bin/env bash
# Lookups over HTTP at a constant rate, with many customers in the hub: by phone, mail address,
# identifier, name and any words (BY says which). Without KEEP the hub loads CUSTOMERS records itself,
# into SQLite. With KEEP=folder the customers stand in a store in that folder, PostgreSQL or
# STORE=sqlite, which is filled directly the first time and stays.
set -euo pipefail
cd "$(dirname "$0")/../.."
rate=${RATE:-1000}
length=${LENGTH:-10s}
by=${BY:-phone,email,identifier,name,q}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

go build -o "$dir/touchstone" ./cmd/touchstone
go build -o "$dir/lookup" ./tests/bench/lookup
ask=("$dir/lookup" -touchstone "$dir/touchstone" -hub tests/bench/lookup/hub -by "$by" -rate "$rate" -for "$length")
if [ -n "${KEEP:-}" ]; then
	n=${CUSTOMERS:-1000000}
	echo "lookup: $n customers, $rate/s for $length each, embedded broker and ${STORE:-postgres}"
	"${ask[@]}" -keep "$KEEP" -store "${STORE:-postgres}" -n "$n"
	exit
fi
n=${CUSTOMERS:-100000}
go run ./tests/population/generate -n "$n" -format ndjson -out "$dir/in.ndjson"
echo "lookup: $n records, $rate/s for $length each, embedded broker and SQLite"
"${ask[@]}" -input "$dir/in.ndjson" -limit "${LIMIT:-30m}"
