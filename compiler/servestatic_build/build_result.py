"""What a build came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from servestatic_build.cache.known_assets import KnownAssets
from servestatic_build.cache.last_outcome import Outcome
from servestatic_build.cache.layered import Uses
from servestatic_build.diagnostics import Diagnostic, Severity
from servestatic_build.model import Asset, CodingTotal, Skipped, SourceFile
from servestatic_build.releases.budgets import WeighedBudget
from servestatic_runtime.format import CODINGS


@dataclass(slots=True)
class BuildResult:
    """What a build made, and what was wrong. ``ok`` says whether DIST now holds the release."""

    assets: Sequence[Asset] = ()
    totals: Sequence[CodingTotal] = ()
    skipped: Sequence[Skipped] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    missing_ignored: int = 0  # references to nothing that the settings pass over
    placeholders: int = 0  # references in pages that a template engine has still to make
    seconds: dict[str, float] = field(default_factory=dict)  # by stage
    new_files: int = 0  # that DIST did not hold before
    up_to_date: bool = False  # DIST held this very release before
    outdated: bool = False  # a check found that DIST does not hold it
    cache: Mapping[str, Uses] = field(default_factory=dict)  # by kind of item
    budgets: tuple[WeighedBudget, ...] = ()

    @property
    def over_budget(self) -> tuple[WeighedBudget, ...]:
        """The budgets that are exceeded."""
        return tuple(each for each in self.budgets if each.is_exceeded)

    @property
    def ok(self) -> bool:
        """Whether no diagnostic is an error."""
        return all(diagnostic.severity is not Severity.ERROR for diagnostic in self.diagnostics)

    def tell(self, outcome: Outcome, sources: Sequence[SourceFile]) -> None:
        """Take what was known before of these files, as link had them, for what this build comes to."""
        self.assets = KnownAssets(sources, outcome.assets)
        self.totals = outcome.totals
        self.missing_ignored = outcome.missing_ignored
        self.placeholders = outcome.placeholders


def coding_totals(assets: Iterable[Asset]) -> tuple[CodingTotal, ...]:
    """Return what a release weighs, by coding."""
    sizes: dict[str, list[tuple[int, int]]] = {}
    for asset in assets:
        for variant in asset.variants:
            sizes.setdefault(variant.coding, []).append((variant.file.size, asset.identity.size))
    return tuple(
        CodingTotal(coding, len(sizes[coding]), *map(sum, zip(*sizes[coding], strict=True)))
        for coding in CODINGS
        if coding in sizes
    )


def changed_totals(
    totals: Iterable[CodingTotal], before: Iterable[Asset], after: Iterable[Asset]
) -> tuple[CodingTotal, ...]:
    """Return what a release weighs when some of its assets have become others."""
    sums = {coding: [0, 0, 0] for coding in CODINGS}
    for sign, part in ((1, totals), (-1, coding_totals(before)), (1, coding_totals(after))):
        for coding, *numbers in part:
            sums[coding] = [old + sign * number for old, number in zip(sums[coding], numbers, strict=True)]
    return tuple(CodingTotal(coding, *numbers) for coding, numbers in sums.items() if numbers[0])
