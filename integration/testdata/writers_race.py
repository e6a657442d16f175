"""writers_race.py DRIVER PATH START DATA: with TensorStore, writes every other element of an array, one at a time and in parts of
rows, while another program writes the others. It begins when the file START exists. DATA holds the elements as the array has them
in memory (C order, uint16)."""
import os
import sys
import time

import numpy as np
import tensorstore as ts

driver, path, begin, data = sys.argv[1:]
array = ts.open({"driver": driver, "kvstore": {"driver": "file", "path": path}, "open": True}).result()
values = np.fromfile(data, "<u2").reshape(array.shape)
flat = np.arange(values.size).reshape(array.shape)
print("ready", flush=True)
while not os.path.exists(begin):
    time.sleep(0.001)
pending = []
for row in np.ndindex(array.shape[:2]):
    # Odd elements of a row: those whose third index makes the sum of all indices odd.
    first = (1 + sum(row)) % 2
    for at in (row + (slice(first, None, 2),),):
        pending.append(array[at].write(values[at]))
    if len(pending) > 4:
        pending.pop(0).result()
for p in pending:
    p.result()
