#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (default 3s) from its seeds.
set -uo pipefail
cd "$(dirname "$0")/../.."

status=0
while IFS=: read -r file target; do
  package=./$(dirname "$file")
  if ! out=$(go test "$package" -run '^$' -fuzz "^$target\$" -fuzztime "${FUZZTIME:-3s}" 2>&1); then
    echo "$out"
    status=1
  else
    echo "fuzz $package $target: $(echo "$out" | grep -o 'execs: [0-9]*' | tail -1)"
  fi
done < <(git ls-files -co --exclude-standard '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' | sed 's/func //')
exit $status
