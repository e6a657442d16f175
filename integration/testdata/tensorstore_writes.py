"""tensorstore_writes.py FOLDER: zarr arrays as TensorStore writes them, and as it reads them again.

NAME is the dataset, NAME.npy what numpy.save makes of it, NAME.raw its elements in the same order."""
import sys

import numpy as np
import tensorstore as ts

folder = sys.argv[1]
random = np.random.default_rng(1)
METADATA = {
    "default": {"shape": [70, 65, 90], "chunks": [32, 32, 32], "dtype": "<u2"},
    "fortran": {"shape": [33, 40, 50], "chunks": [16, 40, 20], "dtype": "<f4", "order": "F", "compressor": {"id": "zlib", "level": 1}},
    "zstd": {"shape": [200, 300], "chunks": [64, 64], "dtype": ">i4", "compressor": {"id": "zstd", "level": 1}},
}
for name, metadata in METADATA.items():
    spec = {"driver": "zarr", "kvstore": {"driver": "file", "path": f"{folder}/{name}/"}, "metadata": metadata, "create": True}
    array = ts.open(spec).result()
    values = random.integers(0, 1000, metadata["shape"]).astype(array.dtype.numpy_dtype)
    values[:20] = 0  # some chunks are not stored
    array.write(values).result()
    order = metadata.get("order", "C")
    read = np.array(ts.open(spec | {"create": False, "open": True}).result().read().result(), order=order).astype(np.dtype(metadata["dtype"]).newbyteorder("<"))
    np.save(f"{folder}/{name}.npy", np.asarray(read, order=order))
    with open(f"{folder}/{name}.raw", "wb") as f:
        f.write(read.tobytes(order))
