"""Which files references lead to: by a URL and what it is relative to, or by what the settings say of a specifier."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cached_property

from servestatic_build.media_types import HTML, JAVASCRIPT
from servestatic_build.model import STARTED, Reference, ReferenceKind
from servestatic_build.references.custom_properties import CustomProperties
from servestatic_build.references.reading import ReadFile
from servestatic_build.references.specifiers import Specifiers, is_bare_import
from servestatic_build.references.urls import base_path, target_path


class Resolver:
    """Resolves the references of all files. Paths are decoded URL paths, plain ones; None is what is no file of ours."""

    def __init__(self, files: Sequence[ReadFile], specifiers: Specifiers, origins: Collection[str]) -> None:
        self._files = files
        self._numbers = {file.source.plain_path: number for number, file in enumerate(files)}
        self._specifiers = specifiers
        self._origins = origins
        self._custom_properties = CustomProperties(files, self.base)

    def base(self, file: ReadFile) -> str | None:
        """Return the path that a file's references are relative to, None for elsewhere."""
        return base_path(file.found.extraction.base, file.source.plain_path, self._origins)

    def number(self, path: str | None) -> int | None:
        """Return the number of the file at a path."""
        return None if path is None else self._numbers.get(path)

    def paths(self, file: ReadFile, reference: Reference) -> set[str | None]:
        """Return where a reference leads: to several paths where it depends on who uses it."""
        if is_bare_import(reference):
            return {self._specifiers.path(reference.value)}
        return {self.path(reference.value, base) for base in self._bases(file, reference)}

    def path(self, value: str, base: str | None) -> str | None:
        """Return the path that a URL relative to a base leads to."""
        return target_path(value, base, self._origins)

    def targets(self, file: ReadFile, reference: Reference) -> list[int]:
        """Return the numbers of the files that a reference leads to, in order."""
        numbers = map(self.number, self.paths(file, reference))
        return sorted(number for number in numbers if number is not None)

    def _bases(self, file: ReadFile, reference: Reference) -> Collection[str | None]:
        if reference.custom_property:
            return self._custom_properties.bases(reference.custom_property) or (self.base(file),)
        if reference.kind is ReferenceKind.WORKER_SCRIPT:
            return self._workers.get(file.source.plain_path) or (self.base(file),)
        if reference.kind is ReferenceKind.PAGE_SERVICE_WORKER and file.source.media_type == JAVASCRIPT:
            return self._pages
        return (self.base(file),)

    @cached_property
    def _pages(self) -> set[str | None]:
        """The bases of the pages that may run a script: those of the release, and the application's at the root."""
        return {"/"}.union(self.base(file) for file in self._files if file.source.media_type in HTML)

    @cached_property
    def _workers(self) -> dict[str, set[str | None]]:
        """The workers that run a script, by paths: importScripts() goes by the worker, wherever it is called."""
        started = (
            self.number(path)
            for file in self._files
            for reference in file.found.extraction.references
            if reference.kind in STARTED
            for path in self.paths(file, reference)
        )
        found: dict[str, set[str | None]] = {}
        calls = [(number, self._files[number].source.plain_path) for number in started if number is not None]
        while calls:
            number, worker = calls.pop()
            script = self._files[number]
            if worker in found.setdefault(script.source.plain_path, set()):
                continue
            found[script.source.plain_path].add(worker)
            for reference in script.found.extraction.references:
                if reference.kind is ReferenceKind.WORKER_SCRIPT:
                    target = self.number(self.path(reference.value, worker))
                    calls += [(target, worker)] if target is not None else []
        return found
