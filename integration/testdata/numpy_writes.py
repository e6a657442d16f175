"""numpy_writes.py MOUNT OUT SHAPE: writes elements of the array (uint16, C order) as NumPy programs do, and saves what it must hold."""
import sys

import numpy as np

mount, out, shape = sys.argv[1:]
shape = tuple(int(n) for n in shape.split(","))
want = np.load(f"{mount}/array.npy")
assert want.shape == shape

memory = np.memmap(f"{mount}/array.raw", "<u2", "r+", shape=shape)
memory[2:5, ::3] = 7
want[2:5, ::3] = 7
memory[:, :, -1] += 1
want[:, :, -1] += 1
memory.flush()
del memory

memory = np.lib.format.open_memmap(f"{mount}/array.npy", "r+")
memory[1] = np.arange(memory[1].size).reshape(memory[1].shape)
want[1] = np.arange(want[1].size).reshape(want[1].shape)
memory.flush()
del memory
assert (np.load(f"{mount}/array.npy") == want).all(), "after np.memmap and open_memmap"

np.save(f"{mount}/slices/0/3.npy", want[4])  # truncates and writes the header anew
want[3] = want[4]
want[0].tofile(f"{mount}/slices/0/2.raw")
want[2] = want[0]
with open(f"{mount}/at/5,:,2:4.npy", "r+b") as f:
    np.save(f, want[6, :, 2:4])
want[5, :, 2:4] = want[6, :, 2:4]
assert (np.load(f"{mount}/array.npy") == want).all(), "after np.save and tofile"
want.tofile(out)
