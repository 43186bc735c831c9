"""What a build came to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from servestatic_build.cache.last_outcome import Outcome
from servestatic_build.cache.layered import Uses
from servestatic_build.diagnostics import Diagnostic, Severity
from servestatic_build.model import Asset, CodingTotal, Skipped
from servestatic_build.releases.budgets import WeighedBudget


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

    @property
    def outcome(self) -> Outcome:
        """What the next build may want to know of this one."""
        return Outcome(self.assets, self.totals, self.missing_ignored, self.placeholders)

    def tell(self, outcome: Outcome) -> None:
        """Take what the last build came to for what this one does."""
        self.assets, self.totals, self.missing_ignored, self.placeholders = outcome


def coding_totals(assets: Iterable[Asset]) -> tuple[CodingTotal, ...]:
    """Return what a release weighs, by coding."""
    sizes: dict[str, list[tuple[int, int]]] = {}
    for asset in assets:
        for variant in asset.variants:
            sizes.setdefault(variant.coding, []).append((variant.file.size, asset.identity.size))
    return tuple(
        CodingTotal(coding, len(pairs), *map(sum, zip(*pairs, strict=True))) for coding, pairs in sizes.items()
    )
