"""Many problems of one kind, in few lines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from servestatic_build.diagnostics import Diagnostic

_MANY = 10
_IN_FULL = 3
_NAMED = 3


def digest(diagnostics: Sequence[Diagnostic], how_to_see_all: str) -> Iterator[Diagnostic]:
    """Yield the problems in order; of many of one severity and code the first few, then one that sums up the rest."""
    alike: dict[object, list[Diagnostic]] = defaultdict(list)
    for diagnostic in diagnostics:
        alike[diagnostic.severity, diagnostic.code].append(diagnostic)
    seen: Counter[object] = Counter()
    for diagnostic in diagnostics:
        kind = diagnostic.severity, diagnostic.code
        seen[kind] += 1
        if len(alike[kind]) <= _MANY or seen[kind] <= _IN_FULL:
            yield diagnostic
        elif seen[kind] == _IN_FULL + 1:
            yield _summed_up(alike[kind][_IN_FULL:], how_to_see_all)


def _summed_up(alike: Sequence[Diagnostic], how_to_see_all: str) -> Diagnostic:
    places = ", ".join(dict.fromkeys(diagnostic.place for diagnostic in alike[:_NAMED]))
    message = f"{len(alike):,} more problems of this kind"
    return replace(alike[0], name=f"{places}, ...", line=None, message=message, note=None, hint=how_to_see_all)
