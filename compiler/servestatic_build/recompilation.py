"""The stages behind the scan where few files have changed: these and those that refer to them are made, all else stays.

It comes to what a whole build comes to, or to nothing: where more may follow from a change, or there is a problem to tell, the
whole build is done.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from servestatic_build.build_result import BuildResult, changed_totals
from servestatic_build.cache.known_assets import KnownAssets, as_linked, asset_row
from servestatic_build.cache.last_build import LastBuild
from servestatic_build.cache.last_outcome import KnownBuild, Outcome
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.model import Asset, Graph, Position, SourceFile
from servestatic_build.publication import Memory, Output, Publication, StoppedError, header_policy
from servestatic_build.references.relink import PartialGraph, relink, with_part
from servestatic_build.releases.changed_content import ChangedContent, LiveRelease, may_change_alone
from servestatic_build.releases.content import ReleaseContent, asset_record
from servestatic_build.releases.headers import AssetHeaders
from servestatic_build.releases.import_map import with_assets
from servestatic_build.releases.listed_release import ListedRelease, PartOfRelease
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.render.hash_lists import may_be_listed
from servestatic_build.rendering import Rendered, Rendering
from servestatic_build.settings.config import Config
from servestatic_build.sources.scan import Scan
from servestatic_build.stages import Stages
from servestatic_build.store.layout import Layout
from servestatic_build.store.locks import locked_output
from servestatic_build.store.plain_names import names_of_build
from servestatic_build.store.staging import Staging, staging_in


def recompile(
    scanned: Scan,
    known: KnownBuild,
    config: Config,
    epoch: int | None,
    memory: Memory,
    stages: Stages,
    result: BuildResult,
    diagnostics: Diagnostics,
) -> bool:
    """Compile what has changed since a build, fill the result, and return whether that was all there was to do."""
    if config.check or config.deltas or not config.plain_urls:
        return False
    with suppress(_WholeBuildError):
        _Recompilation(scanned, known, config, epoch, memory, stages, result, diagnostics).run()
        return True
    return False


class _WholeBuildError(Exception):
    """More may follow from the changes than has been made."""


@dataclass(frozen=True, slots=True)
class _Recompilation:
    """The stages in their order for the files that have changed."""

    scanned: Scan
    known: KnownBuild
    config: Config
    epoch: int | None
    memory: Memory
    stages: Stages
    result: BuildResult
    diagnostics: Diagnostics

    def run(self) -> None:
        """Compile; raise _WholeBuildError or, for a problem that the whole build has as well, BuildError or OSError."""
        config, layout = self.config, Layout(self.config.out, self.config.root_url)
        part = self._linked()
        previous = PreviousRelease.read(config.out, self.diagnostics, part.numbers)
        _require(previous.records, self.known)
        with staging_in(config.out, config.modes) as staging:
            rendered = self._rendered(part, previous, staging)
            release = _Changed(self.known, part, layout, config.index, self.diagnostics)
            policy = header_policy(config)
            publication = Publication(config, policy, self.epoch, self.memory, release, self.result, self.diagnostics)
            with suppress(StoppedError), self.stages.stage("publish"), locked_output(config.out):
                publication.publish(rendered.assets, rendered.compressor, Output(layout, previous, staging))

    def _linked(self) -> _Part:
        """Return the files that are to be made; raise _WholeBuildError."""
        links, diagnostics = self.known.outcome.links, Diagnostics()
        sources, changed = as_linked(self.scanned.files, links), self.known.changed
        with self.stages.stage("link", len(changed)) as advance:
            linked = relink(sources, changed, links, self.config, self._last_build, diagnostics, advance)
        if linked is None or diagnostics.count or _had_problems(linked.sources, self.known.problems):
            raise _WholeBuildError
        return _Part(linked, KnownAssets(sources, self.known.outcome.assets))

    def _rendered(self, part: _Part, previous: PreviousRelease, staging: Staging) -> Rendered:
        """Return what is made of them; raise _WholeBuildError."""
        diagnostics, listed = Diagnostics(), self.known.outcome.hashes
        rendering = Rendering(self.config, self.epoch, self.memory.cache, self._last_build, self.stages, diagnostics)
        with suppress(BuildError):
            rendered = rendering.render(part.graph, staging, previous)
            is_clear = not (diagnostics.count or rendered.hashes)
            if is_clear and not any(may_be_listed(asset, listed) for asset in (*part.formers, *rendered.assets)):
                return rendered
        raise _WholeBuildError

    @property
    def _last_build(self) -> LastBuild:
        """Facts of the files that are made: none, and to find them is less than to read those of all."""
        return LastBuild({}, 0, self.memory.started)


def _require(live: ManifestRecords | None, known: KnownBuild) -> ManifestRecords:
    """Return the manifest in DIST; raise _WholeBuildError where it is not the known one: another build may have published."""
    if live is None or hashlib.sha256(live.data).digest() != known.manifest:
        raise _WholeBuildError
    return live


def _had_problems(sources: Collection[SourceFile], problems: Iterable[Sequence[Any]]) -> bool:
    """Return whether the last build told a problem of these, or one that may be of any file."""
    names = {name for source in sources for name in (source.name, source.path, source.real_path)}
    return any(
        code == Code.STALE_HASH or (place if isinstance(place, str) else Position(*place).name) in names
        for _, code, place, *_ in problems
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """The files that are made anew, among all of the last build."""

    linked: PartialGraph
    assets: KnownAssets

    @property
    def numbers(self) -> Sequence[int]:
        """Their numbers."""
        return self.linked.numbers[: self.linked.size]

    @property
    def graph(self) -> Graph:
        """Their graph, with the assets of what they refer to and stays."""
        settled = [self.assets[number] for number in self.linked.numbers[self.linked.size :]]
        return replace(self.linked.graph, settled=settled)

    @property
    def formers(self) -> Sequence[Asset]:
        """What the last build made of them."""
        return [self.assets[number] for number in self.numbers]

    def numbered(self, assets: Iterable[Asset]) -> Mapping[int, Asset]:
        """Return what is made of them by number among all, and with such numbers."""
        numbers = self.linked.numbers
        return {
            number: replace(
                asset,
                references=tuple(sorted(numbers[place] for place in asset.references)),
                imports=tuple(numbers[place] for place in asset.imports),
            )
            for number, asset in zip(numbers, assets, strict=False)
        }


@dataclass(frozen=True, slots=True)
class _Changed:
    """A release of which few assets are made."""

    known: KnownBuild
    part: _Part
    layout: Layout
    index: str
    diagnostics: Diagnostics

    @property
    def other_files(self) -> Mapping[str, bytes]:
        """What DIST has of the other assets."""
        variants = (variant for asset in self.part.formers for variant in asset.variants)
        names = {*self.former_names, *(self.layout.name(variant.file) for variant in variants)}
        return {name: signature for name, signature in self.known.files().items() if name not in names}

    @property
    def former_names(self) -> Collection[str]:
        """The plain names that the assets have in DIST."""
        return names_of_build(self.part.formers, self.layout).keys()

    def content(
        self, live: ManifestRecords | None, assets: Sequence[Asset], headers: Sequence[AssetHeaders]
    ) -> ReleaseContent:
        """Return what the manifest is to say; raise _WholeBuildError where that does not follow from ``live``, the one in DIST."""
        live, changed = _require(live, self.known), {}
        release = LiveRelease(live, self.known.outcome.content)
        for (number, asset), pair in zip(self.part.numbered(assets).items(), headers, strict=True):
            before = live.asset_record(number)
            changed[number] = asset_record(asset, (before.headers, before.plain_headers), self.index)
            if release.headers_of(before) != pair or not may_change_alone(release, before, changed[number]):
                raise _WholeBuildError
        self.diagnostics.tell_again(self.known.problems)  # the whole build would have to tell them itself
        text = with_assets(live.manifest.import_map().text, zip(self.part.formers, assets, strict=True))
        return ChangedContent.of(release, changed, [source.name for source in self.part.assets.sources], text)

    def tell(self, result: BuildResult, assets: Sequence[Asset]) -> None:
        """Put into the result what the release comes to."""
        outcome, part = self.known.outcome, self.part
        rows = list(outcome.assets)
        for number, asset in part.numbered(assets).items():
            rows[number] = asset_row(asset)
        names = {source.name for source in part.linked.sources}
        before = sum(count for name, count in outcome.links.ignored.items() if name in names)
        result.assets = KnownAssets(part.assets.sources, rows)
        result.totals = changed_totals(outcome.totals, part.formers, assets)
        result.missing_ignored = outcome.missing_ignored - before + sum(part.linked.graph.ignored.values())
        result.placeholders = outcome.placeholders

    def listed(self, release: ListedRelease) -> ListedRelease:
        """Return the part of a release that has changed. Where others write into DIST, its list names all files.

        Raises _WholeBuildError where the one in DIST is not the known one.
        """
        if release.root_url is not None:
            return release
        if isinstance(release, ManifestRecords):
            _require(release, self.known)
        return PartOfRelease(release, release.some_assets(self.part.numbers))

    def outcome(self, result: BuildResult, content: ReleaseContent) -> Outcome:
        """Return what the next build may want to know of it."""
        known = self.known.outcome
        rows = result.assets.rows if isinstance(result.assets, KnownAssets) else ()
        return known._replace(
            assets=rows,
            totals=result.totals,
            missing_ignored=result.missing_ignored,
            content=content.facts,
            links=with_part(known.links, self.part.linked),
        )
