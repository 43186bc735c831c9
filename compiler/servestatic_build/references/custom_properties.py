"""Where a URL in a custom property leads: browsers resolve it where var() uses it, not where it is declared.

A declaration of a custom property is tokens without a meaning. They get one, and a URL its base, in the declaration
that var() puts them into (CSS Custom Properties, section 3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from servestatic_build.references.reading import ReadFile


class CustomProperties:
    """Knows which files use which custom property, others that pass it on in their values between them."""

    def __init__(self, files: Iterable[ReadFile], base_of: Callable[[ReadFile], str | None]) -> None:
        self._bases: dict[str, set[str | None]] = defaultdict(set)  # of those that use it outside another's value
        self._passed_on: dict[str, set[str]] = defaultdict(set)  # in the values of these
        for file in files:
            uses = file.found.extraction.property_uses
            base = _directory(base_of(file)) if uses else None
            for use in uses:
                if use.within:
                    self._passed_on[use.name].add(use.within)
                else:
                    self._bases[use.name].add(base)

    def bases(self, name: str) -> set[str | None]:
        """Return the directories that a relative URL in this custom property is resolved in; None is elsewhere."""
        bases: set[str | None] = set()
        names, found = [name], {name}
        while names:
            name = names.pop()
            bases |= self._bases.get(name, set())
            names += self._passed_on.get(name, set()) - found
            found |= self._passed_on.get(name, set())
        return bases


def _directory(base: str | None) -> str | None:
    return base if base is None else base[: base.rfind("/") + 1]
