"""References to files that do not exist: what the settings say of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cached_property

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.media_types import JAVASCRIPT
from servestatic_build.model import Reference, ReferenceKind, Skipped, SourceFile
from servestatic_build.references.suggestions import Suggestions
from servestatic_build.references.unpublished import Unpublished
from servestatic_build.references.urls import is_bare
from servestatic_build.settings.missing import MissingRules

_REASONS_TO_STAY = {
    ReferenceKind.URL: "an import map leads imports only",
    ReferenceKind.FETCH: "a script asks for it by this URL",
}


def must_be_there(
    source: SourceFile, reference: Reference, path: str, roots: tuple[str, ...], *, in_worker: bool
) -> bool:
    """Return whether a reference of a file to ``path`` is broken where no file of ours is there.

    ``roots`` are what every URL below is ours. ``in_worker`` says whether the file runs in a worker.
    """
    if reference.value.startswith("/"):
        return path.startswith(roots)
    if reference.kind is ReferenceKind.WORKER_SCRIPT:
        return in_worker  # it goes by the worker, which may be another file
    return reference.kind is not ReferenceKind.PAGE_SERVICE_WORKER or source.media_type != JAVASCRIPT


class BrokenReferences:
    """Judges references to files that are not there. ``ignored`` counts those that the settings pass over, by file."""

    def __init__(
        self,
        files: Sequence[SourceFile],
        skipped: Iterable[Skipped],
        rules: MissingRules,
        prefix: str,
        diagnostics: Diagnostics,
    ) -> None:
        self._unpublished = Unpublished(skipped)
        self._rules = rules
        self._prefix = prefix
        self._diagnostics = diagnostics
        self._add = {"warn": diagnostics.warning, "error": diagnostics.error}
        self._files = files
        self.ignored: Counter[str] = Counter()

    def report(self, file: SourceFile, reference: Reference, path: str) -> None:
        """Add a diagnostic for a reference to the decoded URL path ``path``, unless the settings ignore it."""
        if _is_made_by_script(reference) and path in self._directories:
            return  # for new URL("./icons", import.meta.url) it is a base
        add = self._add.get(self._policy(reference, path))
        if add is None:
            self.ignored[file.name] += 1
            return
        message = f"{reference.value!r} resolves to {path}, which does not exist"
        if why := self._unpublished.reason(path):
            problem, hint = why
            message = f"{reference.value!r} resolves to {path}, which is not published: {problem}"
        else:
            hint = self._suggestions.hint(path, reference.kind, file.plain_path)
        add(Code.MISSING_REFERENCE, file.at(reference.start), message, hint)

    def check_reachable(self, file: SourceFile, reference: Reference, target: SourceFile, *, rewritten: bool) -> None:
        """Add a warning for a reference that stays as it is and that no import map leads on to its target."""
        reason = _REASONS_TO_STAY.get(reference.kind)
        if not (rewritten or reason is None or target.plain or file.hashed):
            message = f"{reference.value!r} resolves to {target.plain_path}, which has no plain URL"
            hint = f"{reason}: leave plain URLs on, or name the file in --plain"
            self._diagnostics.warning(Code.NO_PLAIN_URL, file.at(reference.start), message, hint)

    def report_unclear(self, file: SourceFile, reference: Reference, paths: Sequence[str]) -> None:
        """Add a warning for a reference that leads to several of these decoded URL paths, and stays as it is."""
        name = reference.custom_property
        message = f"{reference.value!r} in {name} resolves to {' and '.join(paths)}: it depends on where {name} is used"
        hint = f"begin the URL with a slash, for example {paths[0]}, or use {name} in files of one directory only"
        note = "it is not rewritten"
        self._diagnostics.warning(Code.CUSTOM_PROPERTY_URL, file.at(reference.start), message, hint, note=note)

    def check_worker_import(self, file: SourceFile, reference: Reference, paths: Iterable[str | None]) -> None:
        """Add a warning for a bare specifier in a script that runs in a worker, where no import map resolves it."""
        if reference.kind is ReferenceKind.IMPORT and is_bare(reference.value) and not file.hashed:
            path = next(iter(paths), None)
            message = f"{reference.value!r} is imported in a worker, and workers have no import map to resolve it"
            hint = f"write {path}" if path else "write the URL of a file, or bundle what the worker imports"
            self._diagnostics.warning(Code.WORKER_IMPORT, file.at(reference.start), message, hint)

    def _policy(self, reference: Reference, path: str) -> str:
        name = path.removeprefix(self._prefix)
        for rule in reversed(self._rules.rules):
            if rule.files.match(name):
                return rule.policy
        if reference.kind is ReferenceKind.SOURCE_MAP:
            return "ignore"  # it harms nobody but who debugs; many packages name one and leave it out
        return self._rules.otherwise or ("error" if reference.kind is ReferenceKind.IMPORT else "warn")

    @cached_property
    def _directories(self) -> set[str]:
        paths = (file.plain_path.split("/")[:-1] for file in self._files)
        return {"/".join(parts[:length]) for parts in paths for length in range(1, len(parts) + 1)}

    @cached_property
    def _suggestions(self) -> Suggestions:
        return Suggestions(self._files)  # made only where something is broken


def _is_made_by_script(reference: Reference) -> bool:
    in_script = any(name.startswith("javascript") for name in reference.notations)
    return reference.kind is ReferenceKind.URL and in_script
