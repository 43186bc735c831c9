"""How each bundler writes its manifest: the files in it, what they were made from, their logical names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from servestatic_runtime.platform_files import with_slashes


class Output(NamedTuple):
    """A file that a manifest speaks of, as it writes its path; what it was made from; its logical name.

    ``is_hashed`` is for manifests that say themselves that the name holds a hash.
    """

    file: str
    origins: tuple[str, ...] = ()
    alias: str | None = None
    is_hashed: bool = False


class Shape(NamedTuple):
    """How one bundler writes its manifest, and a hash in a name if nobody tells it otherwise."""

    recognises: Callable[[Mapping[str, Any]], bool]
    read: Callable[[Mapping[str, Any]], Iterator[Output]]
    own_hash: re.Pattern[str]


def _is_vite(document: Mapping[str, Any]) -> bool:
    """Return whether it is Vite's (https://vite.dev/guide/backend-integration)."""
    return all(isinstance(entry, dict) and isinstance(entry.get("file"), str) for entry in document.values())


def _vite(document: Mapping[str, Any]) -> Iterator[Output]:
    """Yield the files of each entry, and the style sheets and assets that go with it. They are named after it."""
    for key, entry in document.items():
        file = entry["file"]
        is_shared = key == f"_{_basename(file)}"  # the key of a chunk that was made from no one file
        names = (*(() if is_shared else (key,)), *_strings((entry.get("src"), entry.get("name"))))
        yield Output(file, names, None if is_shared else key)
        for other in (*_strings(entry.get("css")), *_strings(entry.get("assets"))):
            yield Output(other, names)


def _strings(value: Any) -> tuple[str, ...]:
    items = value if isinstance(value, list | tuple) else ()
    return tuple(item for item in items if isinstance(item, str))


def _is_esbuild(document: Mapping[str, Any]) -> bool:
    """Return whether it is esbuild's metafile (https://esbuild.github.io/api/#metafile)."""
    outputs = document.get("outputs")
    return isinstance(outputs, dict) and all(isinstance(output, dict) for output in outputs.values())


def _esbuild(document: Mapping[str, Any]) -> Iterator[Output]:
    for file, output in document["outputs"].items():
        entry_point = output.get("entryPoint")
        yield Output(file, (entry_point,), entry_point) if isinstance(entry_point, str) else Output(file)


def _is_webpack(document: Mapping[str, Any]) -> bool:
    return bool(_webpack_values(document))


def _webpack(document: Mapping[str, Any]) -> Iterator[Output]:
    for key, value in (_webpack_values(document) or {}).items():
        file = re.split("[?#]", _ORIGIN.sub("", value, count=1))[0]
        # A plugin that knows no other name writes the file's own, and that says nothing.
        says_nothing = _basename(key) == _basename(file)
        yield Output(file, () if says_nothing else (key,), key)


def _webpack_values(document: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the URLs or paths by name, or None where it is not one of these.

    webpack-manifest-plugin writes strings; create-react-app has them under "files", webpack-assets-manifest may write
    ``{"src": …, "integrity": …}``. Both may add entry points, which name the same files again.
    """
    values: dict[str, str] = {}
    for key, value in document.items():
        source = value.get("src") if isinstance(value, dict) else value
        if isinstance(source, str):
            values[key] = source
        elif key in {"files", "assets"} and isinstance(value, dict) and (nested := _webpack_values(value)) is not None:
            values |= nested
        elif key != "entrypoints":
            return None
    return values


def _basename(path: str) -> str:
    return posixpath.basename(with_slashes(path))


_ORIGIN = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:)?//[^/]*")

VITE = Shape(_is_vite, _vite, re.compile(r"(?:^|[-.])([A-Za-z0-9_-]{8})(?=\.|$)"))
ESBUILD = Shape(_is_esbuild, _esbuild, re.compile(r"(?:^|[-.])([A-Z0-9]{8})(?=\.|$)"))
WEBPACK = Shape(_is_webpack, _webpack, re.compile(r"(?:^|[-.])([0-9a-f]{16,})(?=\.|$)"))
