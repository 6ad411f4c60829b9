#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (default 3s), and those through which strangers' EDI comes in for
# FUZZLONG (default 60s), from its seeds alone: going through what earlier
# runs left in Go's cache would take all of the time. It fails for what was found, and where a
# target cannot be built or run; not for what a slow machine does.
set -uo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
short=${FUZZTIME:-3s} long=${FUZZLONG:-60s} time=

# timeOf FOLDER TARGET is how long a target runs: reader, envelopes, structure, character sets, directories.
timeOf() {
  case "$1 $2" in
  "edi FuzzScanner" | "edi FuzzWalker" | "edi/guide FuzzMatch" | "edi/charset "* | "edi/directory FuzzRead") echo "$long" ;;
  *) echo "$short" ;;
  esac
}

# Inputs that only reach new code are not made small for long: that is what the time would go to.
#
# fuzz FOLDER TARGET runs the folder's test binary once; what it says is left in $work/out.
fuzz() {
  rm -rf "$work/found"
  (cd "$1" && "$work/binary" -test.run '^$' -test.fuzz "^$2\$" -test.fuzztime "$time" -test.fuzzminimizetime 1s -test.fuzzcachedir "$work/found") \
    >"$work/out" 2>&1
}

# expired says whether a run failed with nothing but the end of its time, which Go before 1.27 takes
# for a failure where it comes at the wrong moment (go.dev/issue/75804), mostly on a busy machine.
expired() {
  [ "$(grep -vE '^(fuzz: elapsed: |--- FAIL: |FAIL$|exit status )' "$work/out" | tr -d '[:space:]')" = contextdeadlineexceeded ]
}

# ran says what was done in the time.
ran() {
  grep -oE 'execs: [0-9]+' "$work/out" | tail -1 | grep . ||
    echo "none beyond its seeds: $(grep -oE '[0-9]+/[0-9]+ completed' "$work/out" | tail -1) in $time"
}

status=0 built=
while IFS=: read -r file target; do
  folder=$(dirname "$file")
  if [ "$folder" != "$built" ]; then
    built=$folder
    if ! go test -c -fuzz . -o "$work/binary" "./$folder"; then
      rm -f "$work/binary"
      status=1
    fi
  fi
  [ -x "$work/binary" ] || continue # said already
  time=$(timeOf "$folder" "$target")
  for again in yes no; do
    if fuzz "$folder" "$target"; then
      echo "fuzz ./$folder $target: $(ran)"
    elif ! expired; then
      cat "$work/out"
      status=1
    elif [ $again = yes ]; then
      echo "fuzz ./$folder $target: nothing found, but the run did not end in time: once more"
      continue
    else
      echo "fuzz ./$folder $target: $(ran); nothing found, and the run did not end in time again"
    fi
    break
  done
done < <(git ls-files -co --exclude-standard '*_test.go' | xargs grep -oE '^func Fuzz[A-Za-z0-9_]+' | sed 's/func //')
exit $status
