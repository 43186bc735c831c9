"""Where in DIST the files of a release lie."""

from __future__ import annotations

import os
from typing import NamedTuple

from servestatic_build.model import StagedFile
from servestatic_runtime.format import file_name
from servestatic_runtime.platform_files import native_path


class Layout(NamedTuple):
    """DIST and the URL path that it stands for, or None where all files lie below files/, from settings for the store."""

    out: str
    root_url: str | None = None

    def name(self, file: StagedFile) -> str:
        """Return a file's path from DIST, with slashes on every platform."""
        return file_name(f"/{file.target}", self.root_url)

    def path(self, file: StagedFile) -> str:
        """Return where a file goes."""
        return self.path_of(self.name(file))

    def path_of(self, name: str) -> str:
        """Return where a name in DIST is on this platform."""
        return os.path.join(self.out, native_path(name))
