#!/usr/bin/env bash
# Other readers of EDI on files of orders: run.sh X12 EDIFACT SMALL-EDIFACT, each one interchange.
# Installs them once, EDIReader and StAEDI with Maven and pydifact with pip, into the cache folder.
set -euo pipefail
cache=${XDG_CACHE_HOME:-$HOME/.cache}/touchstone/edi-peers-1
here=$(cd "$(dirname "$0")" && pwd)
runs=${RUNS:-5}
if [ ! -e "$cache/ready" ]; then
  echo "installing EDIReader 4.7.3.1, StAEDI 1.26.0 and pydifact 0.2.3 into $cache" >&2
  rm -rf "$cache"
  mkdir -p "$cache"
  mvn -q -B -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$cache/jars" >&2
  python3 -m venv "$cache/python"
  "$cache/python/bin/pip" install --quiet --disable-pip-version-check pydifact==0.2.3
  touch "$cache/ready"
fi
javac -cp "$cache/jars/*" -d "$cache/classes" "$here/Peers.java"
for peer in edireader staedi; do
  for file in "$1" "$2"; do
    java -Xmx1g -XX:ActiveProcessorCount=1 -cp "$cache/jars/*:$cache/classes" Peers "$peer" "$runs" "$file" || echo "$peer cannot read $file"
  done
done
PYTHONWARNINGS=ignore "$cache/python/bin/python" "$here/peer.py" "$runs" "$3"
