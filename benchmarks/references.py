"""What it costs to find and rewrite references in real modules, and to compile long chains and large cycles.

Run ``.venv/bin/python benchmarks/references.py``. It needs node and npm, for the packages of tests/oracles.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from measure import SCRATCH, Row, Target, print_table
from servestatic_build import Config, Source, build
from servestatic_build.model import Reference
from servestatic_build.references.extractors.javascript import extract
from servestatic_build.references.notations import rewritten
from servestatic_build.render.splice import Edit, splice

TESTS = Path(__file__).parent.parent / "tests"
PACKAGES = ("@babylonjs/core", "three", "ol", "rxjs", "lodash-es", "@shoelace-style/shoelace")
ROUNDS = 5
PROCESSES = 5
BUILDS = 3

AT_LEAST_4_MB = Target("at least", 4)
AT_MOST_3_TIMES = Target("at most", 3)
UNDER_60_S = Target("under", 60)
UNDER_10_S = Target("under", 10)


def main() -> None:
    """Measure reading and rewriting, then whole builds, and print the table."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core
    SCRATCH.mkdir(parents=True, exist_ok=True)
    rows = [*_rewriting(_modules()), *_builds()]
    print_table("References: modules of npm packages, and synthetic trees compiled without codings", rows)


def _modules() -> list[Path]:
    """Return the modules of the packages, once npm has installed them."""
    command = [sys.executable, "-c", "from support.oracles import install; print(install())"]
    run = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=True)
    root = Path(run.stdout.strip(), "node_modules")
    modules = [path for package in PACKAGES for path in (root / package).rglob("*") if path.suffix in {".js", ".mjs"}]
    return sorted(path for path in modules if path.is_file())


def _rewriting(modules: list[Path]) -> Iterator[Row]:
    texts = [path.read_bytes() for path in modules]
    size = sum(map(len, texts))
    speeds = [size / 1e6 / _seconds(texts) for _ in range(ROUNDS)]
    yield Row(f"finding and rewriting, {len(texts):,} modules", speeds, "MB/CPU s", AT_LEAST_4_MB)
    largest, smallest = max(modules, key=_size), min(modules, key=_size)
    added = [(_peak(largest) - _peak(smallest)) / _size(largest) for _ in range(PROCESSES)]
    yield Row(f"  memory for the largest, {_size(largest) / 1e6:.2g} MB", added, "times", AT_MOST_3_TIMES)


def _seconds(texts: list[bytes]) -> float:
    """Return the processor's seconds, which other load does not change much; nothing here waits."""
    start = process_time()
    for text in texts:
        _rewrite(text)
    return process_time() - start


def _rewrite(text: bytes) -> bytes:
    """Return a module with every reference longer by a fingerprint."""
    return splice(text, [_edit(text, reference) for reference in extract(text).references])


def _edit(text: bytes, reference: Reference) -> Edit:
    start, end = reference.start, reference.end
    return Edit(start, end, rewritten(reference, text[start:end], f"{reference.value}.0123456789ab"))


def _size(path: Path) -> int:
    return path.stat().st_size


def _peak(module: Path) -> int:
    """Return the bytes that were resident at most in a process that rewrites one module."""
    command = [sys.executable, __file__, "--peak", str(module)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _report_peak(module: str) -> None:
    """Print what ``_peak`` returns. The parsers' memory counts, which tracemalloc does not see (proc(5), status)."""
    _rewrite(Path(module).read_bytes())
    (peak,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    print(int(peak.split()[1]) * 1024)


def _builds() -> Iterator[Row]:
    chain, cycle = [_compiled(100_000, last="") for _ in range(BUILDS)], [_compiled(2_000) for _ in range(BUILDS)]
    yield Row("compiling 100,000 modules in one chain of imports", chain, "s", UNDER_60_S)
    yield Row("compiling 2,000 modules in one cycle", cycle, "s", UNDER_10_S)


def _compiled(count: int, last: str = "import './0.js';\n") -> float:
    """Return the seconds of a build of modules of which each imports the next; ``last`` is the last one's text."""
    with TemporaryDirectory(dir=SCRATCH) as scratch:
        source = Path(scratch, "src")
        source.mkdir()
        for number in range(count):
            text = last if number == count - 1 else f"import './{number + 1}.js';\n"
            (source / f"{number}.js").write_text(text)
        config = Config(sources=(Source(str(source)),), out=str(Path(scratch, "dist")), codings=(), jobs=1)
        start = perf_counter()
        result = build(config)
        taken = perf_counter() - start
    if not result.ok or len(result.assets) != count:
        raise SystemExit(f"the build failed: {result.diagnostics[:3]}")
    return taken


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peak"]:
        _report_peak(sys.argv[2])
    else:
        main()
