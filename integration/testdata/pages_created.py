"""pages_created.py FOLDER DRIVER=MOUNT...: opens FOLDER/DRIVER with TensorStore and, where it can, with zarr-python,
checks that every element is the fill value, writes elements, and compares MOUNT/array.npy with them."""
import sys

import numpy as np
import tensorstore as ts

try:
    import zarr
except ImportError:
    zarr = None

folder = sys.argv[1]
for argument in sorted(sys.argv[2:]):
    driver, mount = argument.split("=", 1)
    kvstore = {"driver": "file", "path": f"{folder}/{driver}/"}
    array = ts.open({"driver": driver, "kvstore": kvstore}).result()
    before = array.read().result()
    fill = before.flat[0]
    assert (before == fill).all(), (driver, before)
    if zarr is not None and driver in ("zarr", "zarr3"):
        seen = zarr.open_array(f"{folder}/{driver}", mode="r")
        assert seen.shape == array.shape and seen.dtype == before.dtype, (driver, seen)
        assert (seen[...] == fill).all(), (driver, seen[...])
        print(driver, "zarr-python", zarr.__version__)
    values = np.arange(before.size, dtype=before.dtype).reshape(before.shape)
    array.write(values).result()
    shown = np.load(f"{mount}/array.npy")
    assert shown.dtype == values.dtype and (shown == values).all(), (driver, shown)
    print(driver, "tensorstore", int(fill))
