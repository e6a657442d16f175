"""numpy_reads.py MOUNT EXPECTED DTYPE SHAPE: compares the npy files of an array with its elements."""
import sys

import numpy as np

mount, expected, dtype, shape = sys.argv[1:]
want = np.fromfile(expected, dtype).reshape([int(n) for n in shape.split(",")])


def same(what, got, want):
    got = np.asarray(got)
    assert got.dtype == want.dtype, f"{what}: dtype {got.dtype}, expected {want.dtype}"
    assert got.shape == want.shape, f"{what}: shape {got.shape}, expected {want.shape}"
    assert got.tobytes() == want.tobytes(), f"{what}: other elements"


same("np.load", np.load(f"{mount}/array.npy"), want)
mapped = np.load(f"{mount}/array.npy", mmap_mode="r")
same("np.load, mapped", mapped, want)
for axis, size in enumerate(want.shape):
    for index in {0, size // 2, size - 1}:
        same(f"slice {index} of {axis}", np.load(f"{mount}/slices/{axis}/{index}.npy"), want.take(index, axis))
        same(f"mapped slice {index} of {axis}", mapped.take(index, axis), want.take(index, axis))
same("at", np.load(f"{mount}/at/...,{want.shape[-1] // 2}:.npy"), want[..., want.shape[-1] // 2:])
same("np.memmap", np.memmap(f"{mount}/array.raw", dtype, "r", shape=want.shape, order="F" if np.isfortran(mapped) else "C"), want)
with open(f"{mount}/array.npy", "rb") as f:
    same("np.load of an open file", np.load(f), want)
print("NumPy", np.__version__, "reads", want.dtype, want.shape)
