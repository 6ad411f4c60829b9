#!/usr/bin/env bash
# make bench: what is claimed of speed, measured on this machine.
set -euo pipefail
cd "$(dirname "$0")"
echo "$(nproc) cores, $(go version | cut -d' ' -f3-)"
echo
./mapping.sh
echo
./endtoend.sh
echo
./latency.sh
echo
./lookup.sh
echo
./resolve/run.sh
echo
./edi/run.sh
