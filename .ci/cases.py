"""cases.py FIXTURES TABLE: the names of the cases whose formats exist, one per line.

Which formats exist is read from the imports of TABLE (drivers/all/all.go). A case needs the formats that its specs
name and those that lie in its data: a folder of arrays shows all of them, and detection must know what it tells apart.
"""
import json
import pathlib
import re
import sys

DRIVERS = {"zarr": "zarr", "zarr3": "zarr3", "n5": "n5", "precomputed": "neuroglancer_precomputed"}  # by package
DOCUMENTS = {".zarray": "zarr", ".zgroup": "zarr", "zarr.json": "zarr3", "attributes.json": "n5", "info": "neuroglancer_precomputed"}


def existing(table):
    return {DRIVERS[name] for name in re.findall(r'"tsmount/drivers/(\w+)"', table.read_text())}


def named(case):
    """The drivers that a case, or an array in it, names."""
    for described in [case, *case.get("members", {}).values()]:
        for name in (described.get("driver"), described.get("spec", {}).get("driver")):
            if name in DRIVERS.values():
                yield name


def stored(data):
    return {DOCUMENTS[path.name] for path in data.rglob("*") if path.name in DOCUMENTS}


def main(fixtures, table):
    have = existing(pathlib.Path(table))
    for path in sorted(pathlib.Path(fixtures).glob("*/case.json")):
        case = json.loads(path.read_text())
        needed = set(named(case))
        if len(needed) != 1 or case["kind"] == "group" or case.get("driver") in (None, "auto"):
            needed |= stored(path.parent / "data")
        if needed and needed <= have:
            print(case["name"])


if __name__ == "__main__":
    main(*sys.argv[1:])
