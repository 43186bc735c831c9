"""Which codings are tried on which files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from servestatic_build.codecs import CODECS
from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.media_types import compresses, is_random_access
from servestatic_build.model import Asset
from servestatic_build.settings.compress_rules import CompressRules
from servestatic_build.settings.globs import Globs

# A variant must save this much over identity, which is what a client that takes no other coding would get.
LEAST_PERCENT_SAVED = 1
LEAST_BYTES_SAVED = 20


@dataclass(frozen=True, slots=True)
class CodingChoice:
    """What the settings say: ``codings`` at most, by ``rules``, none for files of ``without`` and above ``limit`` bytes."""

    codings: tuple[str, ...]
    rules: CompressRules
    without: Globs
    limit: int

    def tasks(self, assets: Sequence[Asset], diagnostics: Diagnostics) -> list[tuple[int, str]]:
        """Return what to compress as (number, coding), the largest first, so that no core ends on a long one."""
        numbers: Iterable[int] = range(len(assets))
        if not self.codings:  # but for those that were made before the build
            numbers = (number for number in numbers if assets[number].source.coded or assets[number].source.coding)
        numbers = sorted(numbers, key=lambda number: -assets[number].identity.size)
        return [(number, coding) for number in numbers for coding in self._codings(assets[number], diagnostics)]

    def _codings(self, asset: Asset, diagnostics: Diagnostics) -> Sequence[str]:
        tried, before = self._tried(asset, diagnostics), asset.source.coded_before
        return tuple(coding for coding in CODECS if coding in tried or coding in before) if before else tried

    def _tried(self, asset: Asset, diagnostics: Diagnostics) -> Sequence[str]:
        size, name = asset.identity.size, asset.source.name
        if size <= LEAST_BYTES_SAVED:
            return ()
        wanted = tuple(self._wanted(asset))
        if wanted and size > self.limit:
            problem = f"this file has {size:,} bytes and is not compressed: compress-limit is {self.limit:,}"
            hint = "raise compress-limit, or set compress to false for the file"
            diagnostics.note(Code.NOT_COMPRESSED, name, problem, hint)
            return ()
        return wanted

    def _wanted(self, asset: Asset) -> Iterator[str]:
        name = asset.source.name
        rule = self.rules.rule_for(name)
        if self.without.match(name):
            return
        if rule is None:
            worth = compresses(asset.source.media_type) and not is_random_access(name)
            yield from self.codings if worth else ()
        else:
            yield from (coding for coding in self.codings if rule.codings is None or coding in rule.codings)


def gains(size: int, coded: int) -> bool:
    """Return whether a variant of so many bytes pays, beside a file of ``size``."""
    return coded * 100 <= size * (100 - LEAST_PERCENT_SAVED) and coded <= size - LEAST_BYTES_SAVED
