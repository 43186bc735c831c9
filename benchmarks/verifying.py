"""How fast ``servestatic-manifest verify`` reads releases of real trees, beside what no way to verify can do without.

Run ``.venv/bin/python benchmarks/verifying.py``. It needs node and npm, for the packages.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

from measure import SCRATCH, Row, Target, print_table
from processes import compiled
from servestatic_build.stages import Silent
from servestatic_build.verification.decoders import DECODERS
from servestatic_build.verification.verify import verify
from servestatic_runtime import Manifest
from trees import real_trees

ROUNDS = 9
# A release of large files and three codings; where files are small, to open each costs more than to read it.
TARGETS = {"bootstrap": Target("at least", 80)}


def main() -> None:
    """Measure each tree, and print the table."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core
    SCRATCH.mkdir(parents=True, exist_ok=True)
    print_table("Verifying: identity bytes of releases with three codings", _rows())


def _rows() -> Iterator[Row]:
    for name, tree in real_trees().items():
        with TemporaryDirectory(dir=SCRATCH) as scratch:
            dist = Path(scratch, "dist")
            compiled(tree, dist, "--effort=fast", "--no-cache")
            manifest = Manifest.open(dist)
            megabytes = sum(asset.variants[0].size for asset in manifest) / 1e6
            speeds = [(_speed(megabytes, _verify, manifest), _speed(megabytes, _read, manifest)) for _ in range(ROUNDS)]
        whole, read = zip(*speeds, strict=True)
        yield Row(f"{name}, {len(manifest):,} files, {megabytes:.1f} MB", whole, "MB/CPU s", TARGETS.get(name))
        yield Row("  its files read, hashed and decoded, and nothing else", read, "MB/CPU s")


def _speed(megabytes: float, work: Callable[[Manifest], None], manifest: Manifest) -> float:
    start = process_time()
    work(manifest)
    return megabytes / (process_time() - start)


def _verify(manifest: Manifest) -> None:
    if not verify(manifest.path, sample=None, missing="ignore", progress=Silent()).ok:
        raise SystemExit("the release is not what was compiled")


def _read(manifest: Manifest) -> None:
    for asset in manifest:
        for variant in asset.variants:
            data = Path(manifest.body_path(variant)).read_bytes()
            hashlib.sha256(data).digest()
            if variant.coding in DECODERS:
                DECODERS[variant.coding](data, asset.variants[0].size)
            else:
                hashlib.sha384(data).digest()


if __name__ == "__main__":
    main()
