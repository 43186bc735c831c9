"""Virtual trees: ``{path: text}`` in, a compiled release out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servestatic_build import BuildResult, Config, Source, build
from servestatic_runtime import Manifest

Tree = Mapping[str, str | bytes]

MODIFIED = 1_700_000_000  # every file's date unless a test sets another: Tue, 14 Nov 2023 22:13:20 GMT

FORGETTING: dict[str, Any] = {"keep_releases": 0, "keep_days": 0}  # for a build that keeps nothing of earlier releases


def write_tree(root: Path, files: Tree) -> Path:
    """Write the files below ``root`` and return it."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        os.utime(path, (MODIFIED, MODIFIED))
    return root


@dataclass(frozen=True)
class Compiled:
    """A compiled tree: what the build said, and DIST to look into."""

    result: BuildResult
    dist: Path

    @property
    def manifest(self) -> Manifest:
        return Manifest.open(self.dist)

    def url(self, name: str) -> str:
        return self.manifest.url(name)

    def read(self, name: str, coding: str = "identity") -> bytes:
        """Return the bytes of a logical name in a coding, as they lie in DIST."""
        variants = {variant.coding: variant for variant in self.manifest.asset(name).variants}
        return (self.dist / variants[coding].file).read_bytes()

    def messages(self) -> list[str]:
        """Return the diagnostics as ``severity place: message``."""
        return [f"{d.severity} {d.place}: {d.message}" for d in self.result.diagnostics]


def compile_tree(tmp_path: Path, files: Tree, **settings: Any) -> Compiled:
    """Compile a tree served below /static/ (codings none unless set, effort fast, no cache) and return the release."""
    source = write_tree(tmp_path / "src", files)
    return compile_sources(tmp_path, Source(str(source)), **settings)


def compile_sources(tmp_path: Path, *sources: Source, **settings: Any) -> Compiled:
    """Compile sources into ``tmp_path/dist``."""
    dist = tmp_path / "dist"
    settings = {"codings": (), "effort": "fast", "jobs": 2, "cache": False, "out": str(dist), **settings}
    return Compiled(build(Config(sources=sources, **settings)), dist)
