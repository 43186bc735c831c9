"""Files in DIST that its manifest does not list."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from servestatic_build.diagnostics import Code, Diagnostics
from servestatic_build.store.locks import OURS
from servestatic_runtime.format import MANIFEST_NAME

_HINT = "nothing serves it; servestatic-manifest prune deletes what no release needs"


def tell_unlisted(dist: str, listed: Collection[str], diagnostics: Diagnostics) -> None:
    """Add a note for each file that is not listed. It is no fault: a killed build may leave some, and nothing serves them."""
    for name in _files(dist):
        if name not in listed and name != MANIFEST_NAME:
            diagnostics.note(Code.UNLISTED_FILE, name, "the manifest does not list this file", _HINT)


def _files(dist: str) -> Iterator[str]:
    """Yield the names of all files, relative to DIST and with slashes, but for what builds need while they run."""
    directories = [""]
    for directory in directories:  # which grows
        with os.scandir(os.path.join(dist, directory)) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found if directory else (entry for entry in found if not entry.name.startswith(OURS)):
            if entry.is_dir(follow_symlinks=False):
                directories.append(f"{directory}{entry.name}/")
            else:
                yield directory + entry.name
