"""Reads a file with pydifact, several times: peer.py RUNS FILE."""

import os
import sys
import time

from pydifact.segmentcollection import RawSegmentCollection

runs, name = int(sys.argv[1]), sys.argv[2]
with open(name, encoding="latin-1") as f:
    text = f.read()
size, rates, found = os.path.getsize(name), [], 0
for _ in range(runs):
    begin = time.perf_counter()
    found = sum(1 for _ in RawSegmentCollection.from_str(text).segments)
    rates.append(size / 1e6 / (time.perf_counter() - begin))
rates.sort()
print(f"{'pydifact':<12} {os.path.basename(name):<24} {rates[len(rates) // 2]:6.2f} MB/s ({rates[0]:.2f}…{rates[-1]:.2f}); {found} segments")
