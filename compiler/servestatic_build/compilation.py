"""The stages behind the scan: from the files that it found to the release in DIST."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass

from servestatic_build.build_result import BuildResult, coding_totals
from servestatic_build.cache.code_digest import code_digest
from servestatic_build.cache.items import Key, key_of
from servestatic_build.cache.known_assets import asset_row
from servestatic_build.cache.last_build import LastBuild
from servestatic_build.cache.last_outcome import Outcome
from servestatic_build.carrying.carry import CarriedPast, carry
from servestatic_build.carrying.given import GivenDist, latest_release, open_given
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.model import Asset, Graph, SourceFile
from servestatic_build.publication import (
    Memory,
    Output,
    Publication,
    StoppedError,
    header_policy,
    keep_of,
    stop_at_errors,
)
from servestatic_build.references.link import link
from servestatic_build.references.relink import known_links
from servestatic_build.references.specifiers import Specifiers
from servestatic_build.releases.budgets import check_budgets
from servestatic_build.releases.content import ReleaseContent, Site, content_of_build
from servestatic_build.releases.fallbacks import fallback_records
from servestatic_build.releases.headers import AssetHeaders, HeaderPolicy
from servestatic_build.releases.import_map import import_map
from servestatic_build.releases.listed_release import ListedRelease
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.render.hash_lists import Hashes, listed_digests, warn_of_stale_hashes
from servestatic_build.rendering import Rendered, Rendering
from servestatic_build.settings.config import Config
from servestatic_build.sources.scan import Scan
from servestatic_build.stages import Stages
from servestatic_build.store.layout import Layout
from servestatic_build.store.locks import locked_output
from servestatic_build.store.staging import Staging, scratch, staging_in


def compile_scanned(
    scanned: Scan,
    config: Config,
    epoch: int | None,
    memory: Memory,
    stages: Stages,
    result: BuildResult,
    diagnostics: Diagnostics,
) -> None:
    """Compile what the scan has found, and fill the result; raise ConfigError, BuildError or OSError."""
    policy = header_policy(config)
    with suppress(StoppedError), _last_build(config, memory) as last_build:
        _Compilation(config, policy, epoch, memory, last_build, stages, result, diagnostics).run(scanned)


@dataclass(frozen=True, slots=True)
class _Compilation:
    """The stages in their order, and what each of them is told."""

    config: Config
    policy: HeaderPolicy
    epoch: int | None
    memory: Memory
    last_build: LastBuild
    stages: Stages
    result: BuildResult
    diagnostics: Diagnostics

    def run(self, scanned: Scan) -> None:
        """Compile; raise BuildError, or OSError."""
        with open_given(self.config.previous, self.diagnostics) as given:
            stop_at_errors(self.diagnostics)
            self._compile(scanned, given)

    def _compile(self, scanned: Scan, given: Sequence[GivenDist]) -> None:
        config = self.config
        graph = self._link(scanned)
        previous = PreviousRelease.read(config.out, self.diagnostics)
        last = previous if previous.records else latest_release(given)
        with scratch() if config.check else staging_in(config.out, config.modes) as staging:
            assets, hashes, compressor = self._render(graph, staging, last)
            self.result.budgets = check_budgets(config.budgets, assets, graph, last, self.diagnostics)
            stop_at_errors(self.diagnostics)
            carried = self._carry(given, assets, staging)
            output = Output(Layout(config.out, config.root_url), previous, staging, carried)
            release = _Whole(graph, scanned.files, hashes, config, self.policy, self.diagnostics)
            publication = Publication(
                config, self.policy, self.epoch, self.memory, release, self.result, self.diagnostics
            )
            # Where a file goes depends on what DIST has: nobody else may bring in or take out any until the manifest is there.
            with self.stages.stage("publish"), nullcontext() if config.check else locked_output(config.out):
                publication.publish(assets, compressor, output)

    def _link(self, scanned: Scan) -> Graph:
        with self.stages.stage("link", len(scanned.files)) as advance:
            graph = link(scanned.files, scanned.skipped, self.config, self.last_build, self.diagnostics, advance)
            self.result.missing_ignored = sum(graph.ignored.values())
            self.result.placeholders = graph.placeholders
        stop_at_errors(self.diagnostics)
        return graph

    def _render(self, graph: Graph, staging: Staging, last: PreviousRelease) -> Rendered:
        rendering = Rendering(
            self.config, self.epoch, self.memory.cache, self.last_build, self.stages, self.diagnostics
        )
        rendered = rendering.render(graph, staging, last)
        warn_of_stale_hashes(graph.files, rendered.assets, rendered.hashes, self.last_build, self.diagnostics)
        return rendered

    def _carry(self, given: Sequence[GivenDist], assets: Sequence[Asset], staging: Staging) -> tuple[CarriedPast, ...]:
        if not (given and any(keep_of(self.config))):
            return ()
        with self.stages.stage("previous", len(given)) as advance:
            return carry(given, assets, staging, self.config.jobs, advance)


@dataclass(frozen=True, slots=True)
class _Whole:
    """A release of which all assets are made."""

    graph: Graph
    files: Sequence[SourceFile]  # as the scan has found them
    hashes: Hashes
    config: Config
    policy: HeaderPolicy
    diagnostics: Diagnostics

    @property
    def other_files(self) -> Mapping[str, bytes]:
        """What DIST has of other assets: there are none."""
        return {}

    @property
    def former_names(self) -> None:
        """All plain names in DIST are those of earlier assets."""

    def content(
        self, _live: ManifestRecords | None, assets: Sequence[Asset], headers: Sequence[AssetHeaders]
    ) -> ReleaseContent:
        """Return what the manifest is to say of the release; raise BuildError."""
        config = self.config
        specifiers = Specifiers(config.imports, config.prefix)
        imports = import_map(assets, self.graph, specifiers, of_all_modules=config.modules == "importmap")
        fallbacks = fallback_records(config.spa, config.not_found, assets, self.diagnostics)
        site = Site(config.prefix, config.index, self.policy.redirect(), imports, config.root_url, fallbacks)
        return content_of_build(site, assets, headers)

    def tell(self, result: BuildResult, assets: Sequence[Asset]) -> None:
        """Put into the result what the release comes to."""
        result.assets, result.totals = assets, coding_totals(assets)

    def listed(self, release: ListedRelease) -> ListedRelease:
        """Return what of a release, this or the one before, tells which files it lists."""
        return release

    def outcome(self, result: BuildResult, content: ReleaseContent) -> Outcome:
        """Return what the next build may want to know of it."""
        rows = [*map(asset_row, result.assets)]
        links, listed = known_links(self.graph, self.files), listed_digests(self.hashes)
        return Outcome(rows, result.totals, result.missing_ignored, result.placeholders, links, listed, content.facts)


@contextmanager
def _last_build(config: Config, memory: Memory) -> Iterator[LastBuild]:
    """Read what the last build with these sources and this code knew; behind the block keep what this one knows."""
    keys = _last_build_keys(config)
    last_build = LastBuild.read(memory.cache, keys, memory.started, verify_content=config.verify_content)
    try:
        yield last_build
    except BuildError as error:
        if error.code is Code.FILE_CHANGED:  # since the last build, maybe, in a way that only its bytes tell
            last_build.forget_sources()
        raise
    finally:
        last_build.write(memory.cache, keys)


def _last_build_keys(config: Config) -> tuple[Key, Key]:
    """Return under which keys the cache keeps a build: of these sources, and of sources of the same names at any path."""
    coded = repr([(files.patterns, coding) for files, coding in config.content_encoding.rules])  # decides what is read
    settings = (config.prefix, config.modules, config.effort, ",".join(config.codings), coded)

    def key(place: Callable[[str], str]) -> Key:
        sources = (f"{place(source.directory)}\0{source.url}\0{source.name_prefix}" for source in config.sources)
        return key_of("last-build", code_digest(), *map(os.fsencode, (*settings, *sources)), shared=False)

    return key(os.path.realpath), key(lambda directory: os.path.basename(os.path.realpath(directory)))
