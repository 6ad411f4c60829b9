#!/usr/bin/env bash
# Processor time for one customer record, file → map → file, beside Benthos doing the same job.
set -euo pipefail
cd "$(dirname "$0")/../.."
n=${RECORDS:-500000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

go build -o "$dir/touchstone" ./cmd/touchstone
(cd tests/bench/peers && go build -o "$dir/benthos" ./benthos)
go run ./tests/bench/records -n "$n" >"$dir/in.ndjson"
export INPUT=$dir/in.ndjson OUTPUT=$dir/benthos.ndjson
ours="$dir/touchstone translate -C tests/bench/mapping --mapping customer --quiet $INPUT > $dir/ours.ndjson"
theirs="$dir/benthos run tests/bench/mapping/benthos.yaml"

echo "mapping: $n records of $(($(stat -c %s "$INPUT") / n)) B, 10 fields and 3 contacts, file to file"

go run ./tests/bench/measure -records "$n" -runs "${RUNS:-3}" -most 5us -ratio 6 \
  "touchstone=$ours" "benthos=rm -f $OUTPUT; $theirs"

go run ./tests/bench/same "$dir/ours.ndjson" "$OUTPUT"
