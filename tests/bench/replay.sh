#!/usr/bin/env bash
# Records a second of a replay through unchanged mappings, on the embedded default, and what it
# leaves: nothing. RECORDS (200000) customers are read from a file first.
set -euo pipefail
cd "$(dirname "$0")/../.."
n=${RECORDS:-200000}
dir=$(mktemp -d)
trap '[ -z "${pid:-}" ] || { kill -INT "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; } || true; rm -rf "$dir"' EXIT

go build -o "$dir/touchstone" ./cmd/touchstone
cp -r tests/bench/endtoend/hub "$dir/hub"
mkdir -p "$dir/hub/in"
go run ./tests/bench/records -n "$n" >"$dir/incoming"
"$dir/touchstone" run "$dir/hub" --log-level warn &
pid=$!
ask() { "$dir/touchstone" "$@" -C "$dir/hub"; }
until ask status >/dev/null 2>&1; do sleep 0.2; done
mv "$dir/incoming" "$dir/hub/in/customers.ndjson"

# at rest: all records are there and nothing waits
resting() { ask status --json | tr -d ' \n' | grep -q "\"crm/customers\":$n[,}].*\"outbox\":0[,}]" && ! ask status --json | tr -d ' \n' | grep -q '"mirror.customers":[1-9][0-9]*},"reviews"'; }
until resting; do sleep 2; done
sleep 2
state() { ask status --json | tr -d ' \n' | grep -o '"customers":[0-9]*'; cksum <"$dir/hub/out.ndjson"; }
before=$(state)
ask replay --system crm | tee "$dir/replay.txt"
sleep 2
took=$(sed -n 's/.*done after //p' "$dir/replay.txt" | awk '{
	if ($1 ~ /ms$/) { sub("ms", "", $1); print $1 / 1000 }
	else if ($1 ~ /m/) { split($1, part, "m"); sub("s", "", part[2]); print part[1] * 60 + part[2] }
	else { sub("s", "", $1); print $1 }
}')
awk -v n="$n" -v t="$took" 'BEGIN { printf "replay: %d records in %s s: %.0f records/s\n", n, t, n / t }'
if [ "$before" != "$(state)" ]; then
	echo "the replay changed something, or wrote to the target" >&2
	exit 1
fi
echo "customers and the target's file are as they were"
