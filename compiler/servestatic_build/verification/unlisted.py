"""Files in DIST beside those that the manifest lists: their plain names, and what nobody needs."""

from __future__ import annotations

import filecmp
import os
from collections.abc import Iterator

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.names import OURS
from servestatic_build.platform_files import is_same_file
from servestatic_build.store.own_files import OwnFiles
from servestatic_runtime import Manifest
from servestatic_runtime.format import MANIFEST_NAME
from servestatic_runtime.platform_files import native_path

_OUR_HINT = "nothing serves it; a build, or servestatic-manifest prune, deletes it when no process can read it any more"
_FOREIGN_HINT = "nothing serves it; no release has listed it, so no build deletes it"
_PLAIN_NAME_HINT = "compile again: the build replaces it"
_UNFINISHED_HINT = "compile again, or roll back again"
_UNFINISHED = "a build was killed before it had this plain name of"


def check_plain_names(manifest: Manifest, own: OwnFiles, diagnostics: Diagnostics) -> None:
    """Add a diagnostic for each plain name that is not the file that it is another name of."""
    filecmp.clear_cache()  # it believes dates
    for name, file in own.plain_names.items():
        path, listed = (native_path(f"{manifest.root}/{each}") for each in (name, file))
        if own.is_publication_under_way:
            if not is_same_file(path, listed):
                diagnostics.warning(Code.DAMAGED_FILE, name, f"{_UNFINISHED} {file}", _UNFINISHED_HINT)
        elif not os.path.lexists(path):
            diagnostics.error(Code.MISSING_FILE, name, f"this plain name of {file} is missing", _PLAIN_NAME_HINT)
        elif os.path.exists(listed) and not is_same_file(path, listed):
            message = f"this file has other bytes than {file}, whose plain name it is"
            diagnostics.error(Code.DAMAGED_FILE, name, message, _PLAIN_NAME_HINT)


def tell_unlisted(manifest: Manifest, own: OwnFiles, diagnostics: Diagnostics) -> None:
    """Add a note for each file that no entry names. It is no fault: a killed build may leave some, and nothing serves them.

    Where files lie at their URL paths, what others have written is theirs.
    """
    known = {*own.listed, *own.plain_names, *own.kept, MANIFEST_NAME}
    for name in _files(manifest.root):
        is_ours = name not in known and (own.has(name) or own.has_coding(name))
        if is_ours or (name not in known and manifest.root_url is None):
            hint = _OUR_HINT if is_ours else _FOREIGN_HINT
            diagnostics.note(Code.UNLISTED_FILE, name, "the manifest does not list this file", hint)


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
