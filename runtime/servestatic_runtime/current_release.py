"""The release at a path: opened, watched, and kept if the next one can't be read.

Servers and templates of one process share one, and with it one mapping.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from servestatic_runtime.errors import ManifestError, log
from servestatic_runtime.manifest import Manifest, manifest_path
from servestatic_runtime.platform_files import Opener, Signature, file_signature, opener_in


class OpenRelease(NamedTuple):
    """A manifest, and an opener of its files, wherever DIST is moved."""

    manifest: Manifest
    opener: Opener


class CurrentRelease:
    """The release that is at a path now: ``opened``. Thread-safe."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        base_url: str | None = None,
        adapt: Callable[[Manifest], Manifest] = lambda manifest: manifest,
        command: str | None = None,
    ) -> None:
        """Open the release that is there; raise ManifestError.

        ``path`` and ``base_url`` are those of Manifest.open. ``adapt`` returns each manifest as templates should have
        it, ``command`` is the framework's own that compiles, for the hint of an error.
        """
        self.path = manifest_path(path)
        self._base_url = base_url
        self._adapt = adapt
        self._command = command
        self._lock = Lock()
        # Before it is opened: a release that comes in between is seen next time.
        self._signature = file_signature(self.path)
        self._unreadable: int | None = None  # the inode that was logged
        self.opened = self._open()

    @property
    def manifest(self) -> Manifest:
        """The manifest of the release."""
        return self.opened.manifest

    def refresh(self) -> OpenRelease:
        """Return the current release, a new one if there is one; if that can't be read, log it and keep the old one."""
        if file_signature(self.path) != self._signature:
            with self._lock:
                # Until it stays the same: of a DIST that is exchanged halfway, manifest and files would not match.
                while (signature := file_signature(self.path)) != self._signature:
                    if not self._replace(signature):
                        break
        return self.opened

    def _replace(self, signature: Signature) -> bool:
        """Open what is there now; return False if that failed for a reason that may pass, so that it is tried again."""
        try:
            self.opened = self._open()
        except ManifestError as error:
            if signature[0] != self._unreadable:  # a file that is still being copied is one and the same
                log(error)
            self._unreadable = signature[0]
            if error.may_pass:
                return False
        else:
            self._unreadable = None
        self._signature = signature
        return True

    def _open(self) -> OpenRelease:
        try:
            manifest = Manifest.open(self.path, base_url=self._base_url)
        except ManifestError as error:
            raise error.under(self._command) from error.__cause__
        return OpenRelease(self._adapt(manifest), opener_in(manifest.root))
