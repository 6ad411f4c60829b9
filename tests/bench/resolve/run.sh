#!/usr/bin/env bash
# Matching: a made-up population of RECORDS (100000; see tests/population) with SEED (1)
#   online   as records arrive, in batches, into PostgreSQL and SQLite: records/s, one record's p50 and p99, memory, F1;
#            parameters are learnt once, from the first 100,000 records
#   load     the first load: all of them at once into an empty PostgreSQL, survivorship included, step by step
#   bulk     the file all at once: training, matching, clustering, F1
#   chinese  F1 on CHINESE (3000) records of Chinese customers
#   peer     Splink with DuckDB on the same file
# PARTS (online load bulk chinese peer) says which; PROFILE=folder keeps processor profiles of online and load and
# tells where the time goes; LOADS (postgres) says into which stores load goes, PARAMS by which trained parameters; MARKS (100000) at which sizes online's rate is told too.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../../.."
n=${RECORDS:-100000}
seed=${SEED:-1}
parts=" ${PARTS:-online load bulk chinese peer} "
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

go build -o "$dir/generate" ./tests/population/generate
go build -o "$dir/online" ./tests/bench/resolve/online
go build -o "$dir/load" ./tests/bench/resolve/load
go build -o "$dir/touchstone" ./cmd/touchstone
people=$dir/people.csv
"$dir/generate" -n "$n" -seed "$seed" -out "$people"
echo "matching: $n records of a population with households and firms, $(($(stat -c %s "$people") / n)) B each"

if [[ $parts == *" online "* ]]; then
  for store in postgres sqlite; do
    echo
    echo "online into $store, batches of ${BATCH:-2000}"
    profile=()
    [ -z "${PROFILE:-}" ] || profile=(-cpuprofile "$PROFILE/online-$store.pprof")
    "$dir/online" -store "$store" -ruleset "$here/hub/golden.yaml" -params "$dir/golden.params" -n "$n" -seed "$seed" -batch "${BATCH:-2000}" -marks "$(awk -v n="$n" -v m="${MARKS:-100000}" 'BEGIN { print (m < n) ? m : int(n / 10) }')" "${profile[@]}"
    [ -z "${PROFILE:-}" ] || go tool pprof -top -cum -nodecount=40 -focus 'Resolver..Resolve|ParseIncoming' "$dir/online" "$PROFILE/online-$store.pprof" 2>/dev/null
  done
fi

if [[ $parts == *" load "* ]]; then
  for store in ${LOADS:-postgres}; do
    echo
    echo "first load into $store"
    profile=()
    [ -z "${PROFILE:-}" ] || profile=(-cpuprofile "$PROFILE/load-$store.pprof")
    "$dir/load" -store "$store" -n "$n" -seed "$seed" -ruleset "$here/hub/golden.yaml" -params "${PARAMS:-}" "${profile[@]}"
    [ -z "${PROFILE:-}" ] || go tool pprof -top -cum -nodecount=60 "$dir/load" "$PROFILE/load-$store.pprof" 2>/dev/null
  done
fi

# evaluate FILE MAPPING HUB: train, match and cluster a file in bulk, in an empty store, and tell F1.
evaluate() {
  local records
  records=$(($(wc -l <"$1") - 1))
  go run ./tests/bench/measure -records "$records" -warm 0 -runs "${RUNS:-1}" \
    "bulk=$dir/touchstone match eval $1 --hub $3 --mapping $2 --truth cluster --sweep=false --mistakes 0 --json > $dir/eval.json"
  cat "$dir/eval.json"
}

if [[ $parts == *" bulk "* ]]; then
  echo
  echo "bulk"
  evaluate "$people" population "$here/hub"
fi

if [[ $parts == *" chinese "* ]]; then
  "$dir/generate" -kind chinese -n "${CHINESE:-3000}" -seed "$seed" -out "$dir/chinese.csv"
  echo
  echo "Chinese names: ${CHINESE:-3000} records"
  evaluate "$dir/chinese.csv" chinese examples/match/chinese
fi

if [[ $parts == *" peer "* ]]; then
  echo
  "$here/peer.sh" "$people" --threads "${THREADS:-2}"
fi
