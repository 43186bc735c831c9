"""Whether a directory can be a source, and which one was meant."""

from __future__ import annotations

import os
from difflib import get_close_matches

from servestatic_build.settings.output import holds_release


def source_problem(path: str) -> tuple[str, str | None] | None:
    """Return what is wrong with a source, and what to do; None where it is a directory to compile."""
    if not os.path.isdir(path):
        near = None if os.path.exists(path) else _nearest(os.path.normpath(path))
        return (
            "this source is not a directory",
            f"did you mean {near}?" if near else "correct its path, or make the directory before the build",
        )
    if holds_release(path):
        return "this source is a release of servestatic-build", "name the directories that it was compiled from"
    return None


def _nearest(path: str) -> str | None:
    """Return the directory whose name is most like the first part of a path that does not exist."""
    above, name = os.path.split(path)
    if above and not os.path.isdir(above):
        return _nearest(above) if above != path else None
    try:
        with os.scandir(above or os.curdir) as entries:
            names = [entry.name for entry in entries if entry.is_dir()]
    except OSError:
        return None
    near = get_close_matches(name, names, n=1)
    return os.path.join(above, near[0]) if near else None
