#!/usr/bin/env bash
# Splink with DuckDB on a population: peer.sh people.csv [arguments of peer.py]. Installs it once into
# a virtual environment in the cache folder.
set -euo pipefail
splink=4.0.17
cache=${XDG_CACHE_HOME:-$HOME/.cache}/touchstone/splink-$splink
here=$(cd "$(dirname "$0")" && pwd)

if [ ! -e "$cache/ready" ]; then
  echo "installing Splink $splink into $cache" >&2
  rm -rf "$cache"
  python3 -m venv "$cache"
  "$cache/bin/pip" install --quiet --disable-pip-version-check "splink==$splink"
  touch "$cache/ready"
fi
exec "$cache/bin/python" "$here/peer.py" "$@"
