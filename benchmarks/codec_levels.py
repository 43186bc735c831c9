"""Bytes and CPU by codec and level on three real trees, from which the efforts are chosen (docs/reference/codecs.md).

Run ``.venv/bin/python benchmarks/codec_levels.py [TREE]...`` on an idle machine. It takes half an hour, most of it zopfli's.
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from time import process_time
from typing import TypeAlias

import brotli
import deflate
import zopfli.gzip
import zstandard

from servestatic_build.codecs import CODECS, EFFORTS
from servestatic_build.media_types import compresses
from servestatic_runtime.media_types import media_type
from trees import real_trees

Encode: TypeAlias = Callable[[bytes], bytes]


def _libdeflate(level: int, data: bytes) -> bytes:
    return bytes(deflate.gzip_compress(data, level))


def _zstd(level: int, data: bytes) -> bytes:
    return zstandard.compress(data, level)


# By coding, what its sizes are compared with, then the levels that could be chosen.
LEVELS: Mapping[str, Mapping[str, Encode]] = {
    "gzip": {
        "gzip -9": partial(gzip.compress, compresslevel=9, mtime=0),
        **{f"libdeflate {level}": partial(_libdeflate, level) for level in (6, 9, 10, 11, 12)},
        "zopfli 15, one block": partial(zopfli.gzip.compress, numiterations=15, blocksplitting=0),
        **{f"zopfli {count}": partial(zopfli.gzip.compress, numiterations=count) for count in (5, 15)},
    },
    "br": {f"brotli {quality}": partial(brotli.compress, quality=quality, lgwin=24) for quality in (11, 10, 9, 8, 5)},
    "zstd": {f"zstd {level}": partial(_zstd, level) for level in (19, 17, 15, 12, 9, 5)},
}
# Files of different sizes want different levels.
SIZES = {
    "up to 16 KiB": range(2**14 + 1),
    "up to 2 MiB": range(2**14 + 1, 2**21 + 1),
    "larger": range(2**21 + 1, 2**63),
}


def main() -> None:
    """Measure the levels, then the efforts, on each tree or those that are named."""
    trees = {name: tree for name, tree in real_trees().items() if name in sys.argv[1:] or not sys.argv[1:]}
    for name, tree in trees.items():
        contents = _contents(tree)
        print(f"\n{name}: {len(contents):,} files that compress, {sum(map(len, contents)):,} bytes")
        for size, lengths in SIZES.items():
            _print_levels(size, [data for data in contents if len(data) in lengths])
        _print_efforts(contents)


def _contents(tree: Path) -> list[bytes]:
    files = sorted(path for path in tree.rglob("*") if path.is_file() and compresses(media_type(path.name, {})))
    return [path.read_bytes() for path in files]


def _print_levels(size: str, contents: Sequence[bytes]) -> None:
    for coding, levels in LEVELS.items() if contents else ():
        print(f"  {size}, {len(contents):,} files, {sum(map(len, contents)):,} bytes: {coding}")
        _print(levels, contents)


def _print_efforts(contents: Sequence[bytes]) -> None:
    for coding, codec in CODECS.items():
        print(f"  all: {coding} by effort")
        first = {"gzip -9": LEVELS["gzip"]["gzip -9"]} if coding == "gzip" else {}
        _print({**first, **{effort: partial(codec.encode, effort=effort) for effort in reversed(EFFORTS)}}, contents)


def _print(levels: Mapping[str, Encode], contents: Sequence[bytes]) -> None:
    """Print each level's bytes, what they are of the first one's, and its time."""
    first = 0
    for level, encode in levels.items():
        start = process_time()
        size = sum(min(len(encode(data)), len(data)) for data in contents)
        seconds = process_time() - start
        first = first or size
        print(f"    {level:22}{size:12,}{size / first:8.2%}{seconds:9.2f} s", flush=True)


if __name__ == "__main__":
    main()
