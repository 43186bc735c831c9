"""Where a release may go, and which directories are releases."""

from __future__ import annotations

import os
from collections.abc import Iterable

from servestatic_build.diagnostics import ConfigError
from servestatic_build.platform_files import is_within, open_regular
from servestatic_build.settings.source import Source
from servestatic_runtime.format import FILES_DIR, MAGIC, MANIFEST_NAME


def holds_release(directory: str) -> bool:
    """Return whether a directory is what a build writes: whether it has a manifest that begins like one of ours."""
    return begins_like_manifest(os.path.join(directory, MANIFEST_NAME))


def begins_like_manifest(path: str) -> bool:
    """Return whether there is a file that begins like a manifest, whether or not the rest of it can be read."""
    try:
        with open_regular(path) as file:
            # Another version may have more keys, hence another first byte.
            return file.read(len(MAGIC))[1:] == MAGIC[1:]
    except OSError:
        return False


def require_apart(sources: Iterable[Source], out: str, *, has_files_dir: bool = True) -> None:
    """Raise ConfigError where DIST is in a source, or a source is what the build writes.

    Without ``has_files_dir`` that is all of DIST.
    """
    real_out = os.path.realpath(out)
    written = os.path.join(real_out, FILES_DIR) if has_files_dir else real_out
    for source in sources:
        if source.foreign:
            continue
        real = os.path.realpath(source.directory)
        if real == real_out or is_within(real, written):
            hint = None if real == real_out else f"move it out of {out}"
            raise ConfigError(f"{source.directory} is the output and can't be a source", hint)
        if is_within(real_out, real):
            hint = "choose a DIST outside of all sources, with -o, or a SOURCE that holds static files only"
            raise ConfigError(f"DIST ({out}) lies inside the source {source.directory}", hint)


def require_own_directory(sources: Iterable[Source], out: str) -> None:
    """Raise ConfigError where the files of DIST would be scattered among others: in a project's own directory."""
    real_out = os.path.realpath(out)
    inside = [os.getcwd(), *(source.directory for source in sources if not source.foreign)]
    if holds_release(out) or not any(is_within(os.path.realpath(path), real_out) for path in inside):
        return
    if any(not name.startswith(".") for name in os.listdir(out)):
        message = f"DIST ({out}) holds other files, and the sources or the working directory"
        raise ConfigError(message, "choose a directory of its own, with -o: it is made if it does not exist")
