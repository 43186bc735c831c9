"""A release of one file whose brotli variant has about 4 kB, and what a bare application needs to send the same."""

from __future__ import annotations

from random import Random
from shutil import rmtree
from typing import NamedTuple

from measure import SCRATCH
from servestatic_build import Config, Source, build
from servestatic_runtime.manifest import Headers, Manifest

DIST = SCRATCH / "one_file"
SERVESTATIC_ROOT = DIST / "files" / "static"  # where ServeStatic finds the file with its variants beside it

_SOURCE = SCRATCH / "one_file_source"
_NAME = "app.js"
_RANDOM_BYTES = 4_000  # as hexadecimal digits they take twice as much, which brotli takes back


class Answer(NamedTuple):
    """The 200 that a browser gets which accepts brotli."""

    url: str
    headers: Headers
    body: bytes


def compile_one_file() -> None:
    """Compile the release into DIST, from nothing: what another version of the compiler left is no help."""
    rmtree(DIST, ignore_errors=True)
    _SOURCE.mkdir(parents=True, exist_ok=True)
    (_SOURCE / _NAME).write_text(f'export default "{Random(4).randbytes(_RANDOM_BYTES).hex()}";\n')
    result = build(Config(sources=(Source(str(_SOURCE)),), out=str(DIST)))
    if not result.ok:
        raise SystemExit("\n".join(f"{problem.place}: {problem.message}" for problem in result.diagnostics))


def answer() -> Answer:
    """Read the compiled release."""
    manifest = Manifest.open(DIST)
    asset = manifest.asset(_NAME)
    variant = next(variant for variant in asset.variants if variant.coding == "br")
    headers = manifest.ok_headers(asset.headers, asset, variant)
    return Answer(manifest.url(_NAME), headers, (DIST / variant.file).read_bytes())
