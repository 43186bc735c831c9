"""What it costs to open a manifest and to look something up in it, at up to a million URLs.

Run ``.venv/bin/python benchmarks/open_and_lookup.py``. ``--urls N`` changes how many the largest manifest has.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter_ns

from measure import SCRATCH, Row, Target, print_table
from servestatic_runtime.manifest import Manifest
from synthetic import PREFIX, URLS_PER_ASSET, logical_names

OPENS = 200
LOOKUPS = 10_000
PROCESSES = 7

UNDER_1_MS = Target("under", 1)
UNDER_1_MIB = Target("under", 1)
UNDER_20_US = Target("under", 20)
UNDER_2_US = Target("under", 2)
AT_MOST_200_BYTES = Target("at most", 200)


def main() -> None:
    """Make the manifests, measure each, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--urls", type=int, default=1_000_000, help="URLs of the largest manifest (%(default)s)")
    largest = parser.parse_args().urls
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=SCRATCH) as scratch:
        rows = [row for urls in (1_000, 100_000, largest) for row in _measured(Path(scratch, str(urls)), urls)]
        rows += _largest_only(Path(scratch, str(largest)), largest)
    print_table("Opening and looking up: synthetic manifests, made with the manifest writer directly", rows)


def _measured(dist: Path, urls: int) -> Iterator[Row]:
    _write_manifest(dist, urls)
    listed = _some_urls(dist, urls)
    yield Row(f"open at {urls:,} URLs", _milliseconds(OPENS, lambda: Manifest.open(dist).close()), "ms", UNDER_1_MS)
    find = Manifest.open(dist).find
    yield Row(f"first lookup at {urls:,} URLs", _microseconds(find, listed), "µs", UNDER_20_US)
    yield Row(f"miss at {urls:,} URLs", _microseconds(find, [f"{url}x" for url in listed]), "µs", UNDER_2_US)
    size = (dist / "manifest.msgpack").stat().st_size
    yield Row(f"manifest at {urls:,} URLs, three codings", [size / urls], "bytes/URL", AT_MOST_200_BYTES)


def _largest_only(dist: Path, urls: int) -> Iterator[Row]:
    """Yield what only a process that has opened nothing else can tell: each value is from a process of its own."""
    listed = _some_urls(dist, urls)[:1_000]
    runs = [_in_fresh_process(dist, listed) for _ in range(PROCESSES)]
    opened, resident, own, all_resident, all_own = zip(*runs, strict=True)
    yield Row(f"open at {urls:,} URLs, a process's first", opened, "ms", UNDER_1_MS)
    yield Row("  memory added by open, resident", resident, "MiB", UNDER_1_MIB)
    yield Row("  of which the process's own", own, "MiB")
    yield Row("  memory added by open and 1,000 lookups, resident", all_resident, "MiB")
    yield Row("  of which the process's own", all_own, "MiB")


def _write_manifest(dist: Path, urls: int) -> None:
    """Write a synthetic manifest from another process, so that this one's heap stays small."""
    code = (
        f"from pathlib import Path; from synthetic import write_manifest; write_manifest(Path({str(dist)!r}), {urls})"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parent, check=True)


def _some_urls(dist: Path, urls: int) -> list[str]:
    """Return different URLs in random order, half of them with a fingerprint: LOOKUPS, or all there are."""
    random, manifest = Random(1), Manifest.open(dist)
    names = random.sample(logical_names(urls), min(LOOKUPS, urls) // URLS_PER_ASSET)
    listed = [url for name in names for url in (manifest.url(name), PREFIX + name)]
    return random.sample(listed, len(listed))


def _milliseconds(times: int, act: Callable[[], object]) -> list[float]:
    return [nanoseconds / 1e6 for nanoseconds in _timed(lambda _: act(), [""] * times)]


def _microseconds(find: Callable[[str], object], paths: Sequence[str]) -> list[float]:
    return [nanoseconds / 1e3 for nanoseconds in _timed(find, paths)]


def _timed(act: Callable[[str], object], arguments: Sequence[str]) -> list[int]:
    """Return the nanoseconds of each call, the clock's own (some 50) included."""
    taken = []
    gc.disable()
    for argument in arguments:
        start = perf_counter_ns()
        act(argument)
        taken.append(perf_counter_ns() - start)
    gc.enable()
    return taken


def _in_fresh_process(dist: Path, listed: list[str]) -> list[float]:
    """Return the milliseconds of the first open; MiB added by it, by it and lookups: resident and own of each."""
    command = [sys.executable, __file__, "--memory", str(dist)]
    run = subprocess.run(command, input=json.dumps(listed), capture_output=True, text=True, check=True)
    numbers: list[float] = json.loads(run.stdout)
    return numbers


def _report_memory(dist: str) -> None:
    """Print what ``_in_fresh_process`` returns."""
    paths = json.load(sys.stdin)
    before = _memory()
    start = perf_counter_ns()
    manifest = Manifest.open(dist)
    opened = (perf_counter_ns() - start) / 1e6
    after_open = _memory()
    for path in paths:
        manifest.find(path)
    added = [now - then for state in (after_open, _memory()) for now, then in zip(state, before, strict=True)]
    print(json.dumps([opened, *added]))


def _memory() -> tuple[float, float]:
    """Return the MiB that are resident, and those of them that no file backs (proc(5), statm)."""
    _, resident, shared, *_ = map(int, Path("/proc/self/statm").read_bytes().split())
    page = os.sysconf("SC_PAGE_SIZE") / 2**20
    return resident * page, (resident - shared) * page


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        _report_memory(sys.argv[2])
    else:
        main()
