"""Random arrays of all four drivers, as TensorStore has them and as a mount shows them.

    random_arrays.py make SEED COUNT FOLDER      TensorStore creates FOLDER/NAME and writes a random part of each
    random_arrays.py check SEED FOLDER MOUNT     compares all files of MOUNT/NAME, writes to them, and compares again
"""

import json
import os
import random
import sys

import numpy as np
import tensorstore as ts


class Dice:
    """Random specs; one seed gives one sequence."""

    def __init__(self, seed):
        self.r, self.rng = random.Random(seed), np.random.default_rng(seed)

    def shape(self, rank, most=9):
        return [self.r.randint(1, 30 if rank < 3 else most) for _ in range(rank)]

    def spec(self):
        return self.r.choice([self.zarr, self.zarr3, self.zarr3, self.n5, self.precomputed])()

    def blosc(self, **more):
        return {"cname": self.r.choice(["blosclz", "lz4", "lz4hc", "zlib", "zstd"]), "clevel": self.r.randint(0, 9), **more}

    def zarr(self):
        r = self.r
        dtype = r.choice(["|b1", "|i1", "|u1"] + [e + k for e in "<>" for k in "i2 u2 i4 u4 i8 u8 f2 f4 f8 c8 c16".split()])
        shape = self.shape(r.choice([0, 1, 1, 2, 2, 3, 3, 4, 5]))
        compressor = r.choice([
            None, {"id": "zlib", "level": r.randint(0, 9)}, {"id": "gzip", "level": r.randint(0, 9)}, {"id": "bz2", "level": r.randint(1, 9)},
            {"id": "zstd", "level": r.choice([-5, 1, 3, 9, 19])},
            {"id": "blosc", **self.blosc(shuffle=r.choice([-1, 0, 1, 2]), blocksize=r.choice([0, 0, 16, 256, 1000, 4096]))}])
        fill = {"b": [True, False], "i": [0, -1], "u": [0, 3], "f": [0, 1.5, "NaN", "-Infinity"], "c": [[1.5, -2]]}[np.dtype(dtype).kind]
        return {"driver": "zarr", "metadata": {
            "dtype": dtype, "shape": shape, "chunks": [r.randint(1, n + 3) for n in shape], "order": r.choice("CF") if len(shape) > 1 else "C",
            "compressor": compressor, "fill_value": r.choice([None, *fill]), "dimension_separator": r.choice("./")}}

    def zarr3(self):
        r = self.r
        dtype = r.choice("bool int8 uint8 int16 uint16 int32 uint32 int64 uint64 float16 float32 float64 complex64 complex128 "
                         "bfloat16 float8_e4m3fn float8_e5m2 int4".split())
        shape = self.shape(r.choice([0, 1, 2, 2, 3, 3, 4]), 10)
        chunk = [r.choice([1, 2, 3, 4, 6, 8, 12]) for _ in shape]
        fill = [True, False] if dtype == "bool" else [[0, 0], [1.5, "NaN"]] if "complex" in dtype else [0, 1.5] if "float" in dtype else [0, 7]
        return {"driver": "zarr3", "metadata": {
            "data_type": dtype, "shape": shape, "fill_value": r.choice(fill), "codecs": self.codecs(chunk, dtype, 0),
            "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}},
            "chunk_key_encoding": {"name": r.choice(["default", "v2"]), "configuration": {"separator": r.choice("./")}},
            **({"dimension_names": [r.choice([f"d{i}", None]) for i in range(len(shape))]} if r.random() < 0.4 else {})}}

    def codecs(self, chunk, dtype, depth):
        r, chain = self.r, []
        bytes_codec = lambda endian: {"name": "bytes", "configuration": {"endian": endian}}
        if len(chunk) > 1 and r.random() < 0.4:
            order = r.sample(range(len(chunk)), len(chunk))
            chain.append({"name": "transpose", "configuration": {"order": order}})
            chunk = [chunk[i] for i in order]
        if depth < 2 and chunk and r.random() < 0.45:
            inner = [r.choice([d for d in range(1, n + 1) if n % d == 0]) for n in chunk]
            index = [bytes_codec(r.choice(["little", "big"]))] + r.choice([[], [{"name": "crc32c"}]])
            return chain + [{"name": "sharding_indexed", "configuration": {
                "chunk_shape": inner, "codecs": self.codecs(inner, dtype, depth + 1), "index_codecs": index,
                "index_location": r.choice(["start", "end"])}}]
        chain.append({"name": "bytes"} if "8" in dtype and "1" not in dtype or dtype in ("bool", "int4") else bytes_codec(r.choice(["little", "big"])))
        return chain + r.choice([
            [], [{"name": "gzip", "configuration": {"level": r.randint(0, 9)}}], [{"name": "crc32c"}],
            [{"name": "zstd", "configuration": {"level": r.choice([1, 3, 10]), "checksum": r.random() < 0.5}}, {"name": "crc32c"}],
            [{"name": "blosc", "configuration": self.blosc(shuffle=r.choice(["noshuffle", "shuffle", "bitshuffle"]), typesize=r.choice([1, 2, 4]),
                                                           blocksize=r.choice([0, 0, 512]))}]])

    def n5(self):
        r = self.r
        shape = self.shape(r.choice([1, 2, 3, 3, 4]), 10)
        compression = r.choice([
            {"type": "raw"}, {"type": "gzip", "level": r.choice([-1, 1, 6]), "useZlib": r.random() < 0.5}, {"type": "bzip2", "blockSize": r.randint(1, 9)},
            {"type": "xz", "preset": r.randint(0, 6)}, {"type": "blosc", **self.blosc(shuffle=r.choice([0, 1, 2]))}, {"type": "zstd", "level": 3}])
        named = {"axes": [f"a{i}" for i in range(len(shape))], "units": [r.choice(["nm", "s", ""]) for _ in shape],
                 "resolution": [r.choice([1, 4, 2.5]) for _ in shape]}
        return {"driver": "n5", "metadata": {
            "dataType": r.choice("uint8 uint16 uint32 uint64 int8 int16 int32 int64 float32 float64".split()), "dimensions": shape,
            "blockSize": [r.randint(1, n + 2) for n in shape], "compression": compression, **(named if r.random() < 0.4 else {})}}

    def precomputed(self):
        r = self.r
        encoding = r.choice(["raw", "raw", "png", "compressed_segmentation"])
        dtype = r.choice({"png": ["uint8", "uint16"], "compressed_segmentation": ["uint32", "uint64"]}.get(
            encoding, "uint8 int8 uint16 int16 uint32 int32 uint64 float32".split()))
        scale = {"size": self.shape(3, 25), "chunk_size": [r.choice([2, 4, 5, 8, 16]) for _ in range(3)], "encoding": encoding,
                 "resolution": [r.choice([1, 8, 32.5]) for _ in range(3)], "voxel_offset": [r.choice([0, 0, -7, 13]) for _ in range(3)]}
        if encoding == "compressed_segmentation":
            scale["compressed_segmentation_block_size"] = [r.choice([2, 4, 8]) for _ in range(3)]
        if r.random() < 0.5:
            bits = {name: r.randint(0, 4) for name in ("preshift_bits", "minishard_bits", "shard_bits")}
            scale["sharding"] = {"@type": "neuroglancer_uint64_sharded_v1", "hash": r.choice(["identity", "murmurhash3_x86_128"]), **bits,
                                 "minishard_index_encoding": r.choice(["raw", "gzip"]), "data_encoding": r.choice(["raw", "gzip"])}
        volume = {"type": "image" if encoding in ("raw", "png") else "segmentation", "data_type": dtype,
                  "num_channels": r.choice([1, 1, 2] if encoding == "compressed_segmentation" else [1, 1, 2, 3])}
        return {"driver": "neuroglancer_precomputed", "multiscale_metadata": volume, "scale_metadata": scale}

    def values(self, dtype, shape):
        if dtype.kind == "b":
            return self.rng.integers(0, 2, shape).astype(dtype)
        if dtype.kind in "iu" and self.r.random() < 0.4:
            return np.frombuffer(self.rng.bytes(int(np.prod(shape)) * dtype.itemsize), dtype).reshape(shape).copy()
        if dtype.kind in "fc":
            return (self.rng.standard_normal(shape) + (1j * self.rng.standard_normal(shape) if dtype.kind == "c" else 0)).astype(dtype)
        return self.rng.integers(0, 6, shape).astype(dtype)

    def part(self, box):
        """A random box inside, as slices."""
        starts = [self.r.choice([lo, self.r.randrange(lo, hi)]) for lo, hi in box]
        return tuple(slice(lo, self.r.choice([hi, self.r.randint(lo + 1, hi)])) for lo, (_, hi) in zip(starts, box))


def make(seed, count, folder):
    dice, made = Dice(seed), {}
    while len(made) < count:
        name = f"a{len(made):04}"
        spec = {**dice.spec(), "kvstore": {"driver": "file", "path": os.path.join(folder, name) + "/"}}
        try:
            array = ts.open(spec, create=True).result()
        except ValueError:  # a combination that does not exist
            continue
        box = list(zip(array.domain.inclusive_min, array.domain.exclusive_max))
        view = array[dice.part(box)] if box else array
        view.write(dice.values(view.dtype.numpy_dtype, view.shape)).result()
        made[name] = spec
    return made


def stored(spec):
    array = ts.open({"driver": spec["driver"], "kvstore": spec["kvstore"]}).result()
    data = np.asarray(array.read().result())
    return data.astype(np.int8) if data.dtype.name == "int4" else data  # files hold whole bytes with their sign


def directory(top):
    """Where the array is: precomputed volumes have one for each scale."""
    for path in [top, *(os.path.join(top, name) for name in sorted(os.listdir(top)))]:
        if os.path.exists(os.path.join(path, "array.raw")):
            return path
    raise FileNotFoundError(f"no array in {top}: {os.listdir(top)}")


def content(path):
    with open(path, "rb") as f:
        return f.read()


def same(a, b):
    return a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")


def compare(spec, here):
    """Returns the elements, and whether the files have the last dimension slowest; None where npy has no such type."""
    data, raw, npy = stored(spec), content(os.path.join(here, "array.raw")), os.path.join(here, "array.npy")
    if not os.path.exists(npy):
        assert raw in (data.tobytes("C"), data.tobytes("F")), "array.raw differs"
        return data, None
    assert same(np.load(npy), data), "array.npy differs"
    turned = np.load(npy, mmap_mode="r").flags.f_contiguous and data.ndim > 1 and b"'fortran_order': True" in content(npy)[:300]
    assert raw == data.tobytes("F" if turned else "C"), "array.raw differs"
    return data, turned


def write(dice, here, data, turned):
    """Writes through the mount in one of three ways and returns what the elements are to be."""
    order, npy, raw = "F" if turned else "C", os.path.join(here, "array.npy"), os.path.join(here, "array.raw")
    how = dice.r.choice(["mapping", "whole", "bytes"])
    if how == "mapping" and data.ndim > 0:
        at = dice.part([(0, n) for n in data.shape])
        data[at] = dice.values(data.dtype, data[at].shape)
        mapped = np.load(npy, mmap_mode="r+")
        mapped[at] = data[at]
        mapped.flush()
    elif how == "bytes" and data.dtype.kind in "iu":
        flat = bytearray(data.tobytes(order))
        lo = dice.r.randrange(len(flat))
        patch = dice.rng.bytes(dice.r.randint(1, len(flat) - lo))
        flat[lo:lo + len(patch)] = patch
        with open(raw, "r+b", buffering=0) as f:
            f.seek(lo)
            f.write(patch)
        data = np.frombuffer(bytes(flat), data.dtype).reshape(data.shape, order=order).copy(order)
    else:
        data = dice.values(data.dtype, data.shape)
        with open(raw, "wb") as f:
            f.write(data.tobytes(order))
    return data


def check(seed, specs, mount):
    dice, bad = Dice(seed + 1000), 0
    for name, spec in specs.items():
        try:
            here = directory(os.path.join(mount, name))
            data, turned = compare(spec, here)
            if turned is None:
                continue
            for _ in range(dice.r.randint(1, 4)):
                data = write(dice, here, data, turned)
            assert same(stored(spec), data), "TensorStore does not find what was written"
            compare(spec, here)
        except Exception as e:
            bad += 1
            print(f"{name}: {type(e).__name__}: {e}\n  {json.dumps(spec)}", file=sys.stderr)
    print(f"{len(specs)} arrays, {bad} differ")
    return bad


def main(make, check, command, seed, *more):
    """make SEED COUNT FOLDER keeps what make returns in FOLDER; check SEED FOLDER MOUNT hands it to check, which returns how many differ."""
    folder = more[1] if command == "make" else more[0]
    path = os.path.join(folder, "specs.json")
    if command == "make":
        with open(path, "w") as f:
            json.dump(make(int(seed), int(more[0]), folder), f)
        return 0
    with open(path) as f:
        return check(int(seed), json.load(f), more[1]) > 0


if __name__ == "__main__":
    sys.exit(main(make, check, *sys.argv[1:]))
