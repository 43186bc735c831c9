"""References that lead to nothing: what the settings say of them, and what was probably meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from difflib import get_close_matches

from servestatic_build.diagnostics import Code, Diagnostics
from servestatic_build.model import Reference, ReferenceKind, SourceFile
from servestatic_build.settings.config import Config


class BrokenReferences:
    """Judges references to files that are not there. ``ignored`` counts those that the settings pass over."""

    def __init__(self, files: Sequence[SourceFile], config: Config, diagnostics: Diagnostics) -> None:
        self._config = config
        self._diagnostics = diagnostics
        self._add = {"warn": diagnostics.warning, "error": diagnostics.error}
        self._files = files
        self._by_directory: dict[str, list[str]] = {}
        self.ignored = 0

    def report(self, file: SourceFile, reference: Reference, path: str) -> None:
        """Add a diagnostic for a reference to the decoded URL path ``path``, unless the settings ignore it."""
        add = self._add.get(self._policy(reference, path))
        if add is None:
            self.ignored += 1
            return
        message = f"{reference.value!r} leads to {path}, which is not there"
        nearest = self._nearest(path)
        hint = f"did you mean {nearest}?" if nearest else None
        add(Code.MISSING_REFERENCE, file.at(reference.start), message, hint)

    def check_reachable(self, file: SourceFile, reference: Reference, target: SourceFile, *, rewritten: bool) -> None:
        """Add a warning for a reference that stays as it is and that no import map leads on to its target."""
        if not (rewritten or reference.kind is not ReferenceKind.URL or target.plain or file.hashed):
            message = f"{reference.value!r} leads to {target.plain_path}, which has no plain URL"
            hint = "an import map leads imports only: leave plain URLs on, or name the file in --plain"
            self._diagnostics.warning(Code.NO_PLAIN_URL, file.at(reference.start), message, hint)

    def _policy(self, reference: Reference, path: str) -> str:
        name = path.removeprefix(self._config.prefix)
        for rule in reversed(self._config.missing_rules):
            if rule.files.match(name):
                return rule.policy
        # A map that was not shipped harms nobody but who debugs; many packages name one and leave it out.
        return "ignore" if reference.kind is ReferenceKind.SOURCE_MAP else self._config.missing

    def _nearest(self, path: str) -> str | None:
        """Return the path that a missing one is most like: of the same name elsewhere, or beside it."""
        if not self._by_directory:
            self._index()
        directory, _, name = path.rpartition("/")
        beside = get_close_matches(name, self._by_directory.get(directory, ()), n=1)
        elsewhere = [other for other in self._by_directory if name in self._by_directory[other]]
        if beside:
            return f"{directory}/{beside[0]}"
        return f"{min(elsewhere)}/{name}" if elsewhere else None

    def _index(self) -> None:
        by_directory: dict[str, list[str]] = defaultdict(list)
        for file in self._files:
            directory, _, name = file.plain_path.rpartition("/")
            by_directory[directory].append(name)
        self._by_directory = dict(by_directory)
