#!/usr/bin/env bash
# From a source's webhook to the arrival at an HTTP target, on the embedded default, at a constant rate.
set -euo pipefail
cd "$(dirname "$0")/../.."
rates=${RATES:-500,1000}
length=${LENGTH:-20s}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

go build -o "$dir/touchstone" ./cmd/touchstone
go build -o "$dir/latency" ./tests/bench/latency
echo "source to target: webhook in, HTTP out, $length at each rate, embedded broker and SQLite"
"$dir/latency" -touchstone "$dir/touchstone" -hub tests/bench/latency/hub -rates "$rates" -for "$length"
