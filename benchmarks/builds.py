"""What builds take, cold and warm, beside the command lines of ServeStatic and WhiteNoise on the same files.

Run ``.venv/bin/python benchmarks/builds.py`` on an idle machine; ``--parts`` and ``--rounds`` make it shorter. Each value is
of a process of its own.
"""

from __future__ import annotations

import argparse
import gzip
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from operator import truediv
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter, process_time, sleep
from typing import TypeAlias

from servestatic.compress import Compressor

from measure import SCRATCH, Row, Target, print_table
from processes import BIN, Taken, await_change, compiled, identity, run, watching
from servestatic_build.codecs import CODECS
from servestatic_build.media_types import compresses
from servestatic_build.platform_files import cores
from servestatic_runtime import Manifest
from servestatic_runtime.format import MANIFEST_NAME
from servestatic_runtime.media_types import media_type
from trees import real_trees

Part: TypeAlias = Callable[[Path, int], Iterator[Row]]

SMALL_FILES = 20_000
WATCHED_FILES = 5_000
VIDEO_BYTES = 2 * 10**9
_SETTLED_SECONDS = 3  # a build is over by then, and what it has read is no longer too young to be believed


def main() -> None:
    """Measure the parts, one after another, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=[*PARTS], help="what to measure (all)")
    parser.add_argument("--rounds", type=int, default=5, help="times that each thing is measured (%(default)s)")
    options = parser.parse_args()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    rows: list[Row] = []
    for part in options.parts:
        with TemporaryDirectory(dir=SCRATCH) as scratch:
            rows += PARTS[part](Path(scratch), options.rounds)
    print_table("Builds, in new processes", rows)


def _monaco(scratch: Path, rounds: int) -> Iterator[Row]:
    """Compile 1,610 modules of 32 MB, all codings."""
    tree = real_trees()["monaco-editor esm"]
    cold, fast, bare, same, other = [], [], [], [], []
    peers: dict[str, list[float]] = {name: [] for name in PEERS}
    for _ in range(rounds):
        with TemporaryDirectory(dir=scratch) as directory:
            place = Path(directory)
            cache = ("--cache", place / "cache")
            cold.append(compiled(tree, place / "dist", *cache))
            bare.append(_bare_codecs(place / "dist"))
            same.append(compiled(tree, place / "dist", *cache).seconds)
            other.append(compiled(tree, place / "other", *cache).seconds)
            fast.append(compiled(tree, place / "fast", "--effort=fast", "--no-cache").seconds)
            for name, peer in PEERS.items():
                peers[name].append(peer(tree, place / name))
    walls = [taken.seconds for taken in cold]
    yield Row("monaco-editor esm, cold", walls, "s")
    yield Row("  over the codecs' CPU / cores", [*map(truediv, walls, bare)], "times", Target("at most", 1.05))
    yield Row("  peak memory", [taken.peak for taken in cold], "MB", Target("at most", 250))
    yield Row("  nothing changed, same DIST", same, "s", Target("at most", 1))
    yield Row("  nothing changed, another DIST", other, "s", Target("at most", 2.5))
    yield Row("  effort fast, cold", fast, "s")
    yield Row("  default over fast", [*map(truediv, walls, fast)], "times", Target("at least", 10))
    for name, seconds in peers.items():
        yield Row(f"  {name}", seconds, "s")


def _bare_codecs(dist: Path) -> float:
    """Return the CPU seconds of the codecs alone, on all cores at once, for each of these."""
    codecs, texts = CODECS.values(), [*_texts(dist)]
    start = process_time()
    with ThreadPoolExecutor(cores()) as threads:
        list(threads.map(lambda task: len(task[0].encode(task[1], "default")), product(codecs, texts)))
    return (process_time() - start) / cores()


def _texts(dist: Path) -> Iterator[bytes]:
    """Yield the content of each file that compresses, the largest first."""
    assets = sorted(Manifest.open(dist), key=lambda asset: -asset.variants[0].size)
    for asset in assets:
        if compresses(media_type(asset.name, {})):
            yield (dist / asset.variants[0].file).read_bytes()


def _small(scratch: Path, rounds: int) -> Iterator[Row]:
    """Compile 20,000 small files, of which each refers to another."""
    tree = _small_tree(scratch / "src")
    cold, same, changed, coded, servestatic = [], [], [], [], []
    options = ("--codings=none", "--cache", scratch / "cache")
    all_codings = ("--effort=fast", "--cache", scratch / "cache")
    compiled(tree, scratch / "coded", *all_codings)
    for number in range(rounds):
        with TemporaryDirectory(dir=scratch) as directory:
            cold.append(compiled(tree, Path(directory, "dist"), "--codings=none", "--cache", Path(directory, "cache")))
            servestatic.append(run(BIN / "servestatic", "--hash", "--manifest", tree, Path(directory, "peer")))
        compiled(tree, scratch / "dist", *options)
        same.append(compiled(tree, scratch / "dist", *options))
        coded.append(compiled(tree, scratch / "coded", *all_codings))
        (tree / "0/0.css").write_text(f"a {{ color: #{number:06x} }}")
        changed.append(compiled(tree, scratch / "dist", *options))
        compiled(tree, scratch / "coded", *all_codings)
    yield Row(f"{SMALL_FILES:,} small files, codings none, cold", _seconds(cold), "s", Target("at most", 4))
    yield Row("  nothing changed", _seconds(same), "s", Target("at most", 1.2))
    yield Row("  one file changed", _seconds(changed), "s", Target("at most", 1.5))
    yield Row("  all codings, nothing changed", _seconds(coded), "s", Target("at most", 2))
    yield Row("  ServeStatic --hash", _seconds(servestatic), "s")


def _watch(scratch: Path, rounds: int) -> Iterator[Row]:
    """Change one file of 5,000 while ``--watch`` runs, and wait until it is published."""
    tree, dist = _small_tree(scratch / "src", WATCHED_FILES), scratch / "dist"
    published = []
    with watching(tree, dist, "--cache", scratch / "cache"):
        await_change(dist / MANIFEST_NAME, None)
        for number in range(rounds):
            sleep(_SETTLED_SECONDS)
            before, start = identity(dist / MANIFEST_NAME), perf_counter()
            (tree / "0/1.css").write_text(f"a {{ color: #{number:06x} }}")
            await_change(dist / MANIFEST_NAME, before)
            published.append(1000 * (perf_counter() - start))
    yield Row(f"--watch, one of {WATCHED_FILES:,} files changed, published", published, "ms", Target("at most", 150))


def _memory(scratch: Path, _rounds: int) -> Iterator[Row]:
    """Compile a video beside small files."""
    tree = _small_tree(scratch / "src")
    with (tree / "video.mp4").open("wb") as video:
        video.truncate(VIDEO_BYTES)
    taken = compiled(tree, scratch / "dist", "--effort=fast", "--cache", scratch / "cache")
    title = f"{SMALL_FILES:,} small files and a video of {VIDEO_BYTES / 1e9:g} GB, peak memory"
    yield Row(title, [taken.peak], "MB", Target("at most", 300))


def _bytes(scratch: Path, _rounds: int) -> Iterator[Row]:
    """Compare bytes with gzip -9, and with what ServeStatic's codec makes of the same files."""
    gzip_9, br_peer, ours = 0, 0, Counter[str]()
    for name, tree in real_trees().items():
        dist = scratch / name
        compiled(tree, dist)
        for asset in Manifest.open(dist):
            sizes = {variant.coding: variant.size for variant in asset.variants}
            data = (dist / asset.variants[0].file).read_bytes()
            if "gzip" in sizes and "br" in sizes:
                ours.update(sizes)
                gzip_9 += len(gzip.compress(data, 9))
                br_peer += len(Compressor.compress_brotli(data))
    yield Row("gzip, less than gzip -9", [100 - 100 * ours["gzip"] / gzip_9], "%", Target("at least", 5))
    yield Row("br, of ServeStatic's", [100 * ours["br"] / br_peer], "%", Target("at most", 100))


def _small_tree(directory: Path, files: int = SMALL_FILES) -> Path:
    """Write small style sheets, scripts and images, 50 in a directory."""
    random = Random(5)
    for number in range(files):
        suffix, text = _small_file(number)
        path = directory / str(number // 50) / f"{number}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n/* {random.randbytes(200).hex()} */")
    return directory


def _small_file(number: int) -> tuple[str, str]:
    """Return a suffix and a text, which refers to a neighbour that refers to nothing."""
    first = number // 50 * 50
    if number == first or number % 4 == 1:
        return "css", f"a {{ color: #{number:06x} }}"
    if number % 4 == 2:
        return "css", f"@import '{first}.css';"
    if number % 4 == 3:
        return "js", f"export const value = {number};"
    return "js", f"const style = new URL('{first}.css', import.meta.url);"


def _seconds(taken: Sequence[Taken]) -> list[float]:
    return [each.seconds for each in taken]


def _servestatic(tree: Path, place: Path) -> float:
    return run(BIN / "servestatic", "--hash", "--manifest", "--compress", tree, place).seconds


def _whitenoise(tree: Path, place: Path) -> float:
    shutil.copytree(tree, place)
    return run(sys.executable, "-m", "whitenoise.compress", "--quiet", place).seconds


PEERS: Mapping[str, Callable[[Path, Path], float]] = {
    "ServeStatic --hash --compress": _servestatic,
    "WhiteNoise's compress": _whitenoise,
}
PARTS: Mapping[str, Part] = {"monaco": _monaco, "small": _small, "watch": _watch, "memory": _memory, "bytes": _bytes}

if __name__ == "__main__":
    main()
