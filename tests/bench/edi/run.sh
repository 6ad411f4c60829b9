#!/usr/bin/env bash
# How fast interchanges are read: tokenised with places, walked with envelopes checked, and validated
# against their guides and acknowledged, on one core and on two, beside other readers on the same
# orders. Files of BYTES (100 MB) and LARGE (1 GB; 0 leaves it out) are made in a temporary folder.
set -euo pipefail
cd "$(dirname "$0")/../../.."
bytes=${BYTES:-100000000} large=${LARGE:-1000000000} runs=${RUNS:-5}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
go build -o "$dir/" ./tests/bench/edi/orders ./tests/bench/edi/speed

echo "edi: 850s of 004010 and ORDERS of D.96A, 60 segments a set, median of $runs runs, files in the page cache"
for standard in x12 edifact; do
  "$dir/orders" -standard $standard -bytes "$bytes" -interchanges 4 "$dir/$standard.edi" >/dev/null
  "$dir/orders" -standard $standard -bytes "$bytes" "$dir/$standard-single.edi" >/dev/null
done
files=("$dir"/x12.edi "$dir"/edifact.edi "$dir"/x12-single.edi "$dir"/edifact-single.edi)
echo "one core"
GOMAXPROCS=1 "$dir/speed" -do tokenise -runs "$runs" -least 600 "${files[@]}"
GOMAXPROCS=1 "$dir/speed" -do walk -runs "$runs" "${files[@]}"
GOMAXPROCS=1 "$dir/speed" -do acknowledge -runs "$runs" -least 120 "${files[@]}"
echo "two cores"
GOMAXPROCS=2 "$dir/speed" -do acknowledge -workers 2 -runs "$runs" "${files[@]}"

if [ "$large" != 0 ]; then
  echo "$((large / 1000000)) MB"
  for standard in x12 edifact; do
    "$dir/orders" -standard $standard -bytes "$large" "$dir/large.edi" >/dev/null
    mv "$dir/large.edi" "$dir/$standard-large.edi"
    GOMAXPROCS=1 "$dir/speed" -do tokenise -runs 1 "$dir/$standard-large.edi"
    GOMAXPROCS=1 "$dir/speed" -do acknowledge -runs 1 "$dir/$standard-large.edi"
    rm "$dir/$standard-large.edi"
  done
fi

echo "others, on the same orders cut to what they can take"
"$dir/orders" -standard x12 -bytes $((bytes / 5)) "$dir/x12-cut.edi" >/dev/null
"$dir/orders" -standard edifact -bytes $((bytes / 5)) "$dir/edifact-cut.edi" >/dev/null
"$dir/orders" -standard edifact -bytes $((bytes / 100)) "$dir/edifact-small.edi" >/dev/null
RUNS=$runs tests/bench/edi/peers/run.sh "$dir/x12-cut.edi" "$dir/edifact-cut.edi" "$dir/edifact-small.edi"
