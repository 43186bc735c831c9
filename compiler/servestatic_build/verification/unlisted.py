"""Files in DIST beside those that the manifest lists: their plain names, and what nobody needs."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterator

from servestatic_build.diagnostics import Code, Diagnostics
from servestatic_build.platform_files import is_same_file
from servestatic_build.store.locks import OURS
from servestatic_build.store.own_files import OwnFiles
from servestatic_runtime import Manifest
from servestatic_runtime.format import MANIFEST_NAME
from servestatic_runtime.platform_files import native_path

_HINT = "nothing serves it; servestatic-manifest prune deletes what no release needs"
_PLAIN_NAME_HINT = "compile again: the build replaces it"


def check_plain_names(manifest: Manifest, own: OwnFiles, diagnostics: Diagnostics) -> None:
    """Add a diagnostic for each plain name that is not the file that it is another name of."""
    filecmp.clear_cache()  # it believes dates
    for name, file in own.plain_names.items():
        path, listed = (native_path(f"{manifest.root}/{each}") for each in (name, file))
        if not os.path.lexists(path):
            diagnostics.error(Code.MISSING_FILE, name, f"this plain name of {file} is missing", _PLAIN_NAME_HINT)
        elif os.path.exists(listed) and not is_same_file(path, listed):
            message = f"this file has other bytes than {file}, whose plain name it is"
            diagnostics.error(Code.DAMAGED_FILE, name, message, _PLAIN_NAME_HINT)


def tell_unlisted(manifest: Manifest, own: OwnFiles, diagnostics: Diagnostics) -> None:
    """Add a note for each file that no entry names. It is no fault: a killed build may leave some, and nothing serves them.

    Where files lie at their URL paths, what others have written is theirs.
    """
    known = {*own.listed, *own.plain_names, MANIFEST_NAME}
    for name in _files(manifest.root):
        if name not in known and (manifest.root_url is None or own.has(name) or own.has_coding(name)):
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
