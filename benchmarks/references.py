"""What it costs to find and rewrite references in real modules and style sheets, and to compile long chains and cycles.

Run ``.venv/bin/python benchmarks/references.py``. It needs node and npm, for the packages of tests/oracles.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

from measure import SCRATCH, Row, Target, print_table
from servestatic_build import Config, Source, build
from servestatic_build.model import Reference
from servestatic_build.references.extractors import css, javascript
from servestatic_build.references.notations import rewritten
from servestatic_build.render.splice import Edit, splice

TESTS = Path(__file__).parent.parent / "tests"
PACKAGES = ("@babylonjs/core", "three", "ol", "rxjs", "lodash-es", "@shoelace-style/shoelace")
CSS_PACKAGES = ("flag-icons", "jquery-ui", "katex", "semantic-ui-css", "@fortawesome/fontawesome-free")
EXTRACTORS = {".css": css.extract, ".js": javascript.extract, ".mjs": javascript.extract}
ROUNDS = 5
PROCESSES = 5
BUILDS = 3

AT_LEAST_4_MB = Target("at least", 4)
AT_LEAST_8_MB = Target("at least", 8)
AT_MOST_3_TIMES = Target("at most", 3)
UNDER_60_S = Target("under", 60)
UNDER_10_S = Target("under", 10)


def main() -> None:
    """Measure reading and rewriting, then whole builds, and print the table."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core
    SCRATCH.mkdir(parents=True, exist_ok=True)
    modules = _rewriting("modules", _files(PACKAGES, {".js", ".mjs"}), AT_LEAST_4_MB)
    style_sheets = _rewriting("style sheets", _files(CSS_PACKAGES, {".css"}), AT_LEAST_8_MB)
    title = "References: files of npm packages, and synthetic trees compiled without codings"
    print_table(title, [*modules, *style_sheets, *_builds()])


def _files(packages: Sequence[str], suffixes: set[str]) -> list[Path]:
    """Return the files of the packages, once npm has installed them."""
    command = [sys.executable, "-c", "from support.oracles import install; print(install())"]
    run = subprocess.run(command, cwd=TESTS, capture_output=True, text=True, check=True)
    root = Path(run.stdout.strip(), "node_modules")
    found = [path for package in packages for path in (root / package).rglob("*") if path.suffix in suffixes]
    return sorted(path for path in found if path.is_file())


def _rewriting(what: str, files: list[Path], target: Target) -> Iterator[Row]:
    texts = [(path.suffix, path.read_bytes()) for path in files]
    size = sum(len(text) for _, text in texts)
    speeds = [size / 1e6 / _seconds(texts) for _ in range(ROUNDS)]
    yield Row(f"finding and rewriting, {len(texts):,} {what}", speeds, "MB/CPU s", target)
    largest, smallest = max(files, key=_size), min(files, key=_size)
    added = [(_peak(largest) - _peak(smallest)) / _size(largest) for _ in range(PROCESSES)]
    yield Row(f"  memory for the largest, {_size(largest) / 1e6:.2g} MB", added, "times", AT_MOST_3_TIMES)


def _seconds(texts: list[tuple[str, bytes]]) -> float:
    """Return the processor's seconds, which other load does not change much; nothing here waits."""
    start = process_time()
    for suffix, text in texts:
        _rewrite(suffix, text)
    return process_time() - start


def _rewrite(suffix: str, text: bytes) -> bytes:
    """Return a file with every reference longer by a fingerprint."""
    return splice(text, [_edit(text, reference) for reference in EXTRACTORS[suffix](text).references])


def _edit(text: bytes, reference: Reference) -> Edit:
    start, end = reference.start, reference.end
    return Edit(start, end, rewritten(reference, text[start:end], f"{reference.value}.0123456789ab"))


def _size(path: Path) -> int:
    return path.stat().st_size


def _peak(path: Path) -> int:
    """Return the bytes that were resident at most in a process that rewrites one file."""
    command = [sys.executable, __file__, "--peak", str(path)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _report_peak(path: Path) -> None:
    """Print what ``_peak`` returns. The parsers' memory counts, which tracemalloc does not see (proc(5), status)."""
    _rewrite(path.suffix, path.read_bytes())
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
        _report_peak(Path(sys.argv[2]))
    else:
        main()
