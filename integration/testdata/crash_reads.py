"""crash_reads.py DRIVER PATH EXPECTED: reads an array with TensorStore and compares it with its elements (C order, uint16)."""
import sys

import numpy as np
import tensorstore as ts

driver, path, expected = sys.argv[1:]
array = ts.open({"driver": driver, "kvstore": {"driver": "file", "path": path}, "open": True}).result()
got = array.read().result()
want = np.fromfile(expected, "<u2").reshape(got.shape)
assert (got == want).all(), f"{(got != want).sum()} elements differ, the first at {np.argwhere(got != want)[0]}"
