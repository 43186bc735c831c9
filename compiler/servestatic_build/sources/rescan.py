"""Scan again where somebody knows what has changed: of files that are all there still, only the dates and sizes are news."""

from __future__ import annotations

import os
import stat
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Signature, SkipReason, SourceFile
from servestatic_build.settings.config import Config
from servestatic_build.sources.scan import Scan, scan
from servestatic_runtime.dates import clamped
from servestatic_runtime.url_reason import UrlReason

_WHATEVER_IS_IN_THEM = frozenset({SkipReason.HIDDEN, SkipReason.LITTER, SkipReason.IGNORED})


class _Known(NamedTuple):
    """A scan, with what it was told and what it told."""

    config: Config
    scan: Scan
    problems: Sequence[Sequence[Any]]
    numbers: Mapping[str, Sequence[int]]  # of the files, by real path
    skipped: Collection[str]  # the paths of files that are left out whatever is in them


class Scanner:
    """Scans the same sources again and again."""

    def __init__(self) -> None:
        self._changed: set[str] = set()
        self._known: _Known | None = None

    def note(self, changed: Collection[str] | None) -> None:
        """Take the real paths of what has changed, None where nobody knows; it counts until the next scan."""
        if changed is None:
            self._known = None
        else:
            self._changed.update(changed)

    def scan(self, config: Config, diagnostics: Diagnostics) -> Scan:
        """Return what ``scan`` would return, and tell the same problems. It walks where more may have changed than bytes."""
        known, changed = self._known, self._changed
        self._known, self._changed = None, set()
        files = _changed_files(known, changed) if known and known.config == config else None
        if known is None or files is None:
            known = _scanned(config, diagnostics)
        else:
            diagnostics.tell_again(known.problems)
            known = known._replace(scan=known.scan._replace(files=files))
        if _is_independent(known):
            self._known = known
        return known.scan


def _scanned(config: Config, diagnostics: Diagnostics) -> _Known:
    told = Diagnostics(strict=config.strict)
    try:
        found = scan(config, told)
    finally:
        diagnostics.tell_again(told.told())
    skipped = {each.path for each in found.skipped if each.reason in _WHATEVER_IS_IN_THEM}
    return _Known(config, found, told.told(), _by_path(found.files), skipped)


def _changed_files(known: _Known, changed: Iterable[str]) -> tuple[SourceFile, ...] | None:
    """Return the files, those that have changed with new dates and sizes; None where one may have come or gone.

    So has one that may have become the manifest of a bundler. What an editor has put there and taken away again has not.
    """
    files = list(known.scan.files)
    for path in changed:
        if path not in known.numbers:
            if (path in known.skipped) is os.path.lexists(path) and not _is_above(path, known.numbers):
                continue
            return None
        status = _status(path)
        if status is None or path.endswith(".json"):
            return None
        for number in known.numbers[path]:
            files[number] = replace(
                files[number], signature=Signature.of(status), modified=clamped(status[stat.ST_MTIME])
            )
    return tuple(files)


def _is_above(path: str, files: Iterable[str]) -> bool:
    return any(file.startswith(path) for file in files)


def _status(path: str) -> os.stat_result | None:
    """Return the status of a regular file, None for what is none."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def _by_path(files: Iterable[SourceFile]) -> Mapping[str, Sequence[int]]:
    numbers: dict[str, list[int]] = defaultdict(list)
    for number, file in enumerate(files):
        numbers[file.real_path].append(number)
    return dict(numbers)


def _is_independent(known: _Known) -> bool:
    """Return whether no file's bytes say anything of its name or another's, to a hook or as a bundler's manifest."""
    config = known.config
    if config.hashed_hook or config.take_variants or config.bundler_manifests:
        return False
    return not any(file.aliases or file.reason is UrlReason.BUNDLER_MANIFEST for file in known.scan.files)
