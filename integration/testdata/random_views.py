"""Random views of arrays, as TensorStore's operations make them and as mounts of their specs show them.

    random_views.py make SEED COUNT FOLDER      makes arrays in FOLDER, and FOLDER/specs.json, the specs of views of them
    random_views.py check SEED FOLDER MOUNTS    compares MOUNTS/N with view N, writes to those that show no element twice, compares again
"""

import json
import os
import random
import sys

import numpy as np
import tensorstore as ts

from random_arrays import content, main, same


def arrays(r, folder):
    for i in range(6):
        shape = [r.randint(3, 12) for _ in range(r.choice([1, 2, 3, 3, 4]))]
        chunk = [r.randint(1, 6) for _ in shape]
        spec = r.choice([
            {"driver": "zarr", "metadata": {"dtype": "<i4", "shape": shape, "chunks": chunk, "order": r.choice("CF") if len(shape) > 1 else "C"}},
            {"driver": "zarr3", "metadata": {"data_type": "int32", "shape": shape,
                                             "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunk}}}},
            {"driver": "n5", "metadata": {"dataType": "int32", "dimensions": shape, "blockSize": chunk, "compression": {"type": "raw"}}}])
        spec["kvstore"] = {"driver": "file", "path": os.path.join(folder, f"array{i}") + "/"}
        array = ts.open(spec, create=True).result()
        array.write(np.arange(np.prod(shape), dtype="i4").reshape(shape)).result()
        yield array


def turned(r, v):
    """The view after one operation of TensorStore's indexing."""
    if v.rank == 0:
        return v[ts.d[0][ts.newaxis]]
    d = r.randrange(v.rank)
    lo, hi = v.domain.inclusive_min[d], v.domain.exclusive_max[d]
    first = r.randrange(lo, hi)
    some = lambda n, lo=lo, hi=hi: [r.randrange(lo, hi) for _ in range(n)]
    two = r.sample(range(v.rank), 2) if v.rank > 1 else [d]
    return r.choice([
        lambda: v[ts.d[d][first:r.randint(first + 1, hi)]],
        lambda: v[ts.d[d][first:r.randint(first + 1, hi)]],
        lambda: v[ts.d[d].stride[r.choice([2, 3, -1, -2])]],
        lambda: v[ts.d[d][first]],
        lambda: v[ts.d[d].translate_by[r.randint(-9, 9)]],
        lambda: v[ts.d[d].translate_to[r.randint(-3, 3)]],
        lambda: v[ts.d[r.sample(range(v.rank), v.rank)].transpose[list(range(v.rank))]],
        lambda: v[ts.d[d][some(r.randint(1, 5))]],
        lambda: v[ts.d[d].label[f"d{r.randint(0, 99)}"]],
        lambda: v[ts.d[d][ts.newaxis]],
        lambda: v[ts.d[two].diagonal],
        lambda: v[ts.d[two].vindex[tuple(some(3, v.domain.inclusive_min[a], v.domain.exclusive_max[a]) for a in two)]],
        lambda: v[ts.d[d].mark_bounds_implicit[False]],
    ])()


def make(seed, count, folder):
    r, specs = random.Random(seed), []
    sources = list(arrays(r, folder))
    while len(specs) < count:
        view = r.choice(sources)
        try:
            for _ in range(r.randint(1, 5)):
                view = turned(r, view)
        except (ValueError, IndexError):  # a combination that does not exist
            continue
        if 0 not in view.shape:
            specs.append(view.spec().to_json())
    return specs


def selection(r, view):
    """A random selection as the name of a file in at/, and as an index into the view's elements."""
    text, index = [], []
    for lo, n in zip(view.domain.inclusive_min, view.shape):
        first = r.randrange(n)
        last = r.randint(first + 1, n)
        name, at = r.choice([(str(lo + first), first), (f"{lo + first}:{lo + last}", slice(first, last)), (":", slice(None))])
        text.append(name)
        index.append(at)
    return ",".join(text), tuple(index)


def store(path, values):
    """Writes all elements of the npy file at path."""
    header = content(path)[:-values.nbytes]
    with open(path, "wb") as f:
        f.write(header + values.tobytes("F" if b"'fortran_order': True" in header else "C"))


def check_view(r, rng, view, at):
    read = lambda: np.asarray(view.read().result())
    npy, want = os.path.join(at, "array.npy"), read()
    assert same(np.load(npy), want), "array.npy differs"
    with open(os.path.join(at, "info.json")) as f:
        info = json.load(f)
    assert info["origin"] == list(view.domain.inclusive_min) and info["labels"] == list(view.domain.labels), "the domain differs"
    text, index = selection(r, view)
    part = os.path.join(at, "at", text + ".npy") if text else npy
    assert same(np.load(part), want[index]), f"at/{text}.npy differs"
    if np.unique(want).size < want.size:
        return
    new = rng.permutation(want.ravel()).reshape(want.shape)
    store(npy, new)
    assert same(read(), new), "TensorStore does not find what was written"
    new[index] = want[index]
    store(part, np.asarray(new[index]))
    assert same(read(), new), f"TensorStore does not find what was written to at/{text}.npy"
    store(npy, want)  # unique for the views that come


def check(seed, specs, mounts):
    r, rng, bad = random.Random(seed + 1000), np.random.default_rng(seed), 0
    for i, spec in enumerate(specs):
        try:
            check_view(r, rng, ts.open(spec).result(), os.path.join(mounts, str(i)))
        except Exception as e:
            bad += 1
            print(f"view {i}: {type(e).__name__}: {e}\n  {json.dumps(spec)}", file=sys.stderr)
    print(f"{len(specs)} views, {bad} differ")
    return bad


if __name__ == "__main__":
    sys.exit(main(make, check, *sys.argv[1:]))
