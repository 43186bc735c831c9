"""A release of two files: one whose brotli variant has about 4 kB, and one of 20 MB that no coding makes smaller."""

from __future__ import annotations

from random import Random
from shutil import rmtree
from typing import NamedTuple

from measure import SCRATCH
from servestatic_build import Config, Source, build
from servestatic_runtime.manifest import AssetMatch, Manifest
from servestatic_runtime.records import Headers

DIST = SCRATCH / "two_files"
PLAIN_ROOT = DIST / "files" / "static"  # where the peers find the files, with their variants beside them
PREFIX = "/static/"

_SOURCE = SCRATCH / "two_files_source"
_SMALL, _LARGE = "app.js", "film.mp4"
_RANDOM_BYTES = 4_000  # as hexadecimal digits they take twice as much, which brotli takes back
_LARGE_BYTES = 20_000_000


class File(NamedTuple):
    """A file as the manifest lists it: its URL, and the variant that a browser gets which accepts brotli."""

    url: str
    headers: Headers
    not_modified: Headers
    path: str
    size: int


def compile_two_files() -> None:
    """Compile the release into DIST, from nothing: what another version of the compiler left is no help."""
    rmtree(DIST, ignore_errors=True)
    _SOURCE.mkdir(parents=True, exist_ok=True)
    random = Random(4)
    (_SOURCE / _SMALL).write_text(f'export default "{random.randbytes(_RANDOM_BYTES).hex()}";\n')
    (_SOURCE / _LARGE).write_bytes(random.randbytes(_LARGE_BYTES))
    result = build(Config(sources=(Source(str(_SOURCE)),), out=str(DIST)))
    if not result.ok:
        raise SystemExit("\n".join(f"{problem.place}: {problem.message}" for problem in result.diagnostics))


def small() -> File:
    """Read what the compiled release says of the small file."""
    return _file(_SMALL, "br")


def large() -> File:
    """Read what the compiled release says of the large file."""
    return _file(_LARGE, "identity")


def _file(name: str, coding: str) -> File:
    manifest = Manifest.open(DIST)
    asset = manifest.asset(name)
    match = AssetMatch(manifest, asset, asset.headers)
    variant = next(variant for variant in asset.variants if variant.coding == coding)
    return File(
        manifest.url(name),
        match.ok_headers(variant),
        match.not_modified_headers(variant),
        manifest.body_path(variant),
        variant.size,
    )
