#!/usr/bin/env bash
# Runs every test, then the fuzz targets for a bounded time, and closes with the counts.
set -uo pipefail
cd "$(dirname "$0")/../.."

export TOUCHSTONE_DATA=${TOUCHSTONE_DATA:-$(pwd)/../shared/data}
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT

go run gotest.tools/gotestsum@v1.13.0 --format pkgname --hide-summary=output --jsonfile "$log" -- \
  -count=1 -timeout 20m ${TESTFLAGS:-} ./...
failed=$?

tests/setup/fuzz.sh || failed=1

count() { grep -c "\"Action\":\"$1\".*\"Test\":" "$log"; }
skipped=$(count skip)
if [ "$skipped" -gt 0 ]; then
  echo "skipped:"
  grep -o '"Output":"    [^"]*_test.go:[0-9]*: [^"]*"' "$log" | grep -i skip | sort -u | cut -c11- || true
fi
echo "$(count pass) passed, $(count fail) failed, $skipped skipped"
exit "$failed"
