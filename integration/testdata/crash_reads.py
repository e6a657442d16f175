"""crash_reads.py [DRIVER PATH EXPECTED]...: reads arrays with TensorStore and compares them with their elements (C order, uint16)."""
import sys

import numpy as np
import tensorstore as ts

for driver, path, expected in zip(*[iter(sys.argv[1:])] * 3):
    array = ts.open({"driver": driver, "kvstore": {"driver": "file", "path": path}, "open": True}).result()
    got = array.read().result()
    want = np.fromfile(expected, "<u2").reshape(got.shape)
    assert (got == want).all(), f"{driver}: {(got != want).sum()} elements differ, the first at {np.argwhere(got != want)[0]}"
