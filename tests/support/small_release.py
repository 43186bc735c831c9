"""A small release, and the two ways to open its manifest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from servestatic_build import Source
from servestatic_runtime import Manifest
from servestatic_runtime.document import Document
from support.trees import Compiled, compile_sources, write_tree

APP = "body { color: red }\n" * 99
FILES = {
    "css/app.css": f'@import "base.css";\n{APP}',
    "css/base.css": APP,
    "docs/index.html": "<h1>Docs</h1>",
    "é 😀.txt": "odd",
}
# No names and no paths of it.
MISSING = ("", "/", "css", "css/app.css ", "/css/app.css", "/static/css/nothing.css", "/static/docs//", "\0", "\udcff")
Opener = Callable[[Path], Manifest]


def compile_small(root: Path) -> Compiled:
    """Compile FILES, and a robots.txt at the root of the site."""
    static, public = write_tree(root / "static", FILES), write_tree(root / "public", {"robots.txt": "User-agent: *\n"})
    return compile_sources(root, Source(str(static)), Source(str(public), "/"), codings=("gzip", "br"))


def _read(path: Path) -> Manifest:
    return Manifest(Document(path.read_bytes(), str(path)))


OPENERS: dict[str, Opener] = {"mmap": Manifest.open, "bytes": _read}
