"""Bare specifiers: imports that are no URL, and the files that the settings say they mean."""

from __future__ import annotations

from collections.abc import Mapping

from servestatic_build.model import IMPORTS, Reference
from servestatic_build.references.urls import is_bare, target_path


def is_bare_import(reference: Reference) -> bool:
    """Return whether only an import map can say what a reference means."""
    return reference.kind in IMPORTS and is_bare(reference.value)


class Specifiers:
    """Resolves specifiers as a browser does by an import map that has the settings' entries (HTML, 8.1.6.2).

    ``exact`` holds the entries that are for one specifier each; the others end in a slash. Values are decoded paths.
    """

    def __init__(self, imports: Mapping[str, str], prefix: str) -> None:
        """Take the settings' entries, whose values are logical names, and what those are below."""
        paths = {specifier: name if name.startswith("/") else prefix + name for specifier, name in imports.items()}
        self.exact = {specifier: path for specifier, path in paths.items() if not specifier.endswith("/")}
        directories = [(prefix, path) for prefix, path in paths.items() if prefix.endswith("/")]
        self._directories = sorted(directories, key=lambda entry: len(entry[0]), reverse=True)

    def path(self, specifier: str) -> str | None:
        """Return the decoded URL path that a bare specifier leads to, or None where no entry says."""
        if specifier in self.exact:
            return self.exact[specifier]
        for prefix, directory in self._directories:
            if specifier.startswith(prefix):
                path = target_path(specifier.removeprefix(prefix), directory)
                return path if path and path.startswith(directory) else None
        return None
