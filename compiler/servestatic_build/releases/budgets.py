"""Whether a release keeps the budgets of the settings, and which of its files weigh most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Asset, Graph, ReferenceKind
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.settings.budgets import Budget
from servestatic_runtime.format import IDENTITY

# What a page that loads does not download: what a person or a script may ask for later.
_LATER = frozenset(
    {
        ReferenceKind.DYNAMIC_IMPORT,
        ReferenceKind.LINK,
        ReferenceKind.PAGE_SERVICE_WORKER,
        ReferenceKind.SERVICE_WORKER,
        ReferenceKind.SOURCE_MAP,
        ReferenceKind.SPECIFIER,
    }
)


class WeighedFile(NamedTuple):
    """A file as a budget counts it; ``growth`` is by how much it outgrew the last release, None where that had none."""

    name: str
    size: int
    growth: int | None


@dataclass(frozen=True, slots=True)
class WeighedBudget:
    """A budget and what it is for, from check_budgets for the report: the files that count, the largest first.

    ``size`` is that of all together, or of the largest where each counts by itself: then, of one that is exceeded, only those
    are here that exceed it.
    """

    budget: Budget
    size: int
    files: tuple[WeighedFile, ...]

    @property
    def is_exceeded(self) -> bool:
        """Whether they weigh more than the budget allows."""
        return self.size > self.budget.most


def check_budgets(
    budgets: Sequence[Budget],
    assets: Sequence[Asset],
    graph: Graph,
    previous: PreviousRelease,
    diagnostics: Diagnostics,
) -> tuple[WeighedBudget, ...]:
    """Return the budgets with what they are for; one that is exceeded is an error, one for nothing a warning and left out."""
    weighed = []
    for budget in budgets:
        counted = [*_counted(budget, assets, graph)]
        if not counted:
            hint = "correct its pattern or its name"
            diagnostics.warning(Code.UNUSED_BUDGET, budget.name, "this budget is for no file of the release", hint)
            continue
        files = sorted((_weighed(asset, budget.coding, previous) for asset in counted), key=lambda f: (-f.size, f.name))
        weighed.append(_budget(budget, tuple(files)))
        if weighed[-1].is_exceeded:
            problem, hint = _message(weighed[-1]), "make them smaller, or raise the budget"
            diagnostics.error(Code.OVER_BUDGET, budget.name, problem, hint)
    return tuple(weighed)


def _budget(budget: Budget, files: tuple[WeighedFile, ...]) -> WeighedBudget:
    if budget.files is None or budget.scope == "total":
        return WeighedBudget(budget, sum(file.size for file in files), files)
    heavy = tuple(file for file in files if file.size > budget.most)
    return WeighedBudget(budget, files[0].size, heavy or files)


def _message(over: WeighedBudget) -> str:
    coding = f" as {over.budget.coding}" if over.budget.coding else ""
    files = "1 file has" if len(over.files) == 1 else f"{len(over.files):,} files have"
    if over.budget.files is None or over.budget.scope == "total":
        what = f"{files} {over.size:,} bytes{coding} in total"
    else:
        what = f"{files} too many bytes{coding}, up to {over.size:,}"
    return f"{what}, and the budget is {over.budget.most:,}; the largest is {over.files[0].name}"


def _counted(budget: Budget, assets: Sequence[Asset], graph: Graph) -> Iterator[Asset]:
    """Yield the files that a budget is for."""
    if budget.files is not None:
        yield from (asset for asset in assets if budget.files.match(asset.source.name))
        return
    start = budget.page or budget.entry
    numbers = [number for number, asset in enumerate(assets) if start in {asset.source.name, *asset.source.aliases}]
    targets = _loaded(graph) if budget.page else {number: asset.imports for number, asset in enumerate(assets)}
    yield from (assets[number] for number in sorted(_reached(numbers, targets)))


def _loaded(graph: Graph) -> Mapping[int, Sequence[int]]:
    """Return what each file has a browser load with it, by numbers."""
    return {
        number: [link.target for link in file.links if link.reference.kind not in _LATER]
        for number, file in enumerate(graph.files)
    }


def _reached(numbers: Iterable[int], targets: Mapping[int, Sequence[int]]) -> set[int]:
    reached: set[int] = set()
    waiting = [*numbers]
    while waiting:
        number = waiting.pop()
        if number not in reached:
            reached.add(number)
            waiting += targets[number]
    return reached


def _weighed(asset: Asset, coding: str, previous: PreviousRelease) -> WeighedFile:
    size = _size({variant.coding: variant.file.size for variant in asset.variants}, coding)
    before = previous.sizes(asset.source.name)
    return WeighedFile(asset.source.name, size, size - _size(before, coding) if before else None)


def _size(sizes: Mapping[str, int], coding: str) -> int:
    return sizes.get(coding, sizes[IDENTITY]) if coding else min(sizes.values())
