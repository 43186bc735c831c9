"""What is hardly ever meant for the Web: a program's source code, databases, keys, and the packages it depends on.

A build that is given a whole project would publish them with the rest. They are told by their names, and an error unless
the setting ``publish`` allows them.
"""

from __future__ import annotations

import os
from functools import lru_cache

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.source import Source

_CODE, _DATABASE, _KEY = "a program's source code", "a database", "a private key or a certificate"
_BY_SUFFIX = {
    "py": _CODE,
    "rb": _CODE,
    "php": _CODE,
    "db": _DATABASE,
    "sqlite": _DATABASE,
    "sqlite3": _DATABASE,
    "sqlite3-journal": _DATABASE,
    "sqlite3-wal": _DATABASE,
    "jks": _KEY,
    "key": _KEY,
    "keystore": _KEY,
    "p12": _KEY,
    "pem": _KEY,
    "pfx": _KEY,
}
_BY_NAME = dict.fromkeys(("id_dsa", "id_ecdsa", "id_ed25519", "id_rsa"), _KEY)
_FOLDERS = frozenset({"bower_components", "node_modules", "site-packages", "venv"})
_HINT = "name a SOURCE that holds static files only, or ignore it; {option} publishes it all the same"


class PrivateFiles:
    """Tells the private files of one source from the others, and those of a folder of packages as one."""

    def __init__(self, source: Source, allowed: Globs, diagnostics: Diagnostics) -> None:
        # Who names each file means it, where it is code: Django's finders do, and packages run Python in browsers.
        self._are_named = source.only is not None or source.foreign
        self._allowed = allowed
        self._root = source.directory
        self._diagnostics = diagnostics
        self._by_folder: dict[str, int] = {}  # how many files there are in it, by its path from the source

    def refuses(self, below: str, path: str) -> bool:
        """Return whether a file is private; ``below`` is its path from the source. What it is, is an error."""
        folder, kind = _folder(below), _kind(below)
        if self._are_named:
            folder, kind = None, None if kind is _CODE else kind
        if (folder is None and kind is None) or self._allowed.match(below):
            return False
        if folder is not None:
            self._by_folder[folder] = self._by_folder.get(folder, 0) + 1
            return True
        hint = _HINT.format(option=f"--publish {below}")
        self._diagnostics.error(Code.PRIVATE_FILE, path, f"this file seems to be {kind}, and is not published", hint)
        return True

    def tell_folders(self) -> None:
        """Tell the folders of packages that held files."""
        for folder, count in self._by_folder.items():
            message = f"this folder holds installed packages ({count:,} files), which are not published"
            hint = _HINT.format(option=f"--publish {folder}/")
            self._diagnostics.error(Code.PRIVATE_FILE, os.path.join(self._root, folder), message, hint)


def _folder(below: str) -> str | None:
    """Return the path of the outermost folder of packages that a file is in."""
    return _outermost(below.rpartition("/")[0])


@lru_cache(maxsize=64)  # a directory's files are asked for one after the other
def _outermost(directory: str) -> str | None:
    names = directory.lower().split("/")
    depth = next((depth for depth, name in enumerate(names, 1) if name in _FOLDERS), None)
    return None if depth is None else "/".join(directory.split("/")[:depth])


def _kind(below: str) -> str | None:
    name = below.rpartition("/")[2].lower()
    stem, _, suffix = name.rpartition(".")
    return _BY_NAME.get(name) or (_BY_SUFFIX.get(suffix) if stem.strip(".") else None)
