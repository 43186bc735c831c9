"""The stages behind the scan: from the files that it found to the release in DIST."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import partial

from servestatic_build.build_result import BuildResult
from servestatic_build.cache.code_digest import code_digest
from servestatic_build.cache.items import key_of
from servestatic_build.cache.last_build import LastBuild
from servestatic_build.carrying.carry import CarriedPast, carry
from servestatic_build.carrying.given import GivenDist, latest_release, open_given
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.model import Asset, Graph
from servestatic_build.publication import Memory, Output, Publication, StoppedError, keep_of, stop_at_errors
from servestatic_build.references.link import link
from servestatic_build.references.specifiers import Specifiers
from servestatic_build.releases.budgets import check_budgets
from servestatic_build.releases.content import ReleaseContent, Site, content_of_build
from servestatic_build.releases.fallbacks import fallback_records
from servestatic_build.releases.headers import AssetHeaders, HeaderPolicy
from servestatic_build.releases.import_map import import_map
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.render.coded_bytes import CodedBytes
from servestatic_build.render.coding_choice import CodingChoice
from servestatic_build.render.compress import Compressor
from servestatic_build.render.fingerprint import fingerprint
from servestatic_build.render.hash_lists import warn_of_stale_hashes
from servestatic_build.render.renderer import Renderer
from servestatic_build.settings.config import Config
from servestatic_build.settings.hooks import load_hook
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
    policy = _header_policy(config)
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
            assets, compressor = self._render(graph, staging, last)
            self.result.budgets = check_budgets(config.budgets, assets, graph, last, self.diagnostics)
            stop_at_errors(self.diagnostics)
            carried = self._carry(given, assets, staging)
            output = Output(Layout(config.out, config.root_url), previous, staging, carried)
            content = partial(self._content, graph, config.root_url)
            publication = Publication(
                config, self.policy, self.epoch, self.memory, content, self.result, self.diagnostics
            )
            # Where a file goes depends on what DIST has: nobody else may bring in or take out any until the manifest is there.
            with self.stages.stage("publish"), nullcontext() if config.check else locked_output(config.out):
                publication.publish(assets, compressor, output)

    def _link(self, scanned: Scan) -> Graph:
        with self.stages.stage("link", len(scanned.files)) as advance:
            graph = link(scanned.files, scanned.skipped, self.config, self.last_build, self.diagnostics, advance)
            self.result.missing_ignored, self.result.placeholders = graph.ignored, graph.placeholders
        stop_at_errors(self.diagnostics)
        return graph

    def _render(self, graph: Graph, staging: Staging, last: PreviousRelease) -> tuple[tuple[Asset, ...], Compressor]:
        config, diagnostics = self.config, self.diagnostics
        renderer = Renderer(graph, staging, self.last_build, diagnostics)
        with self.stages.stage("fingerprint", len(graph.files)) as advance:
            assets = fingerprint(graph, renderer, last, self.epoch, advance)
            warn_of_stale_hashes(graph.files, assets, renderer.hashes, self.last_build, diagnostics)
        choice = CodingChoice(config.codings, config.compress, config.no_compress, config.compress_limit)
        tasks = choice.tasks(assets, diagnostics)
        with self.stages.stage("compress", len(tasks)) as advance:
            coded = CodedBytes(config.effort, self.memory.cache, self.last_build)
            compressor = Compressor(coded, renderer, staging, config.jobs)
            return compressor.compress(assets, tasks, advance), compressor

    def _carry(self, given: Sequence[GivenDist], assets: Sequence[Asset], staging: Staging) -> tuple[CarriedPast, ...]:
        if not (given and any(keep_of(self.config))):
            return ()
        with self.stages.stage("previous", len(given)) as advance:
            return carry(given, assets, staging, self.config.jobs, advance)

    def _content(
        self, graph: Graph, root_url: str | None, assets: Sequence[Asset], headers: Sequence[AssetHeaders]
    ) -> ReleaseContent:
        config = self.config
        specifiers = Specifiers(config.imports, config.prefix)
        imports = import_map(assets, graph, specifiers, of_all_modules=config.modules == "importmap")
        fallbacks = fallback_records(config.spa, config.not_found, assets, self.diagnostics)
        site = Site(config.prefix, config.index, self.policy.redirect(), imports, root_url, fallbacks)
        return content_of_build(site, assets, headers)


@contextmanager
def _last_build(config: Config, memory: Memory) -> Iterator[LastBuild]:
    """Read what the last build with these sources and this code knew; behind the block keep what this one knows."""
    sources = (f"{os.path.realpath(source.directory)}\0{source.url}\0{source.name_prefix}" for source in config.sources)
    coded = repr([(files.patterns, coding) for files, coding in config.content_encoding.rules])  # decides what is read
    settings = (config.prefix, config.modules, config.effort, ",".join(config.codings), coded, *sources)
    key = key_of("last-build", code_digest(), *(setting.encode() for setting in settings), shared=False)
    last_build = LastBuild.read(memory.cache, key, memory.started, verify_content=config.verify_content)
    try:
        yield last_build
    except BuildError as error:
        if error.code is Code.FILE_CHANGED:  # since the last build, maybe, in a way that only its bytes tell
            last_build.forget_sources()
        raise
    finally:
        last_build.write(memory.cache, key)


def _header_policy(config: Config) -> HeaderPolicy:
    hook = load_hook("headers-hook", config.headers_hook) if config.headers_hook else None
    return HeaderPolicy(config.max_age, config.cross_origin, config.headers, hook)
