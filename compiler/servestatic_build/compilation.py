"""The stages behind the scan: from the files that it found to the release in DIST."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from typing import NamedTuple

from servestatic_build.build_result import BuildResult, coding_totals
from servestatic_build.cache.code_digest import code_digest
from servestatic_build.cache.items import key_of
from servestatic_build.cache.last_build import LastBuild
from servestatic_build.cache.last_outcome import LastOutcome
from servestatic_build.cache.layered import Cache
from servestatic_build.carrying.carry import Arrival, CarriedPast, arrival, carry
from servestatic_build.carrying.given import GivenDist, latest_release, open_given
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.model import Asset, Graph, StagedFile
from servestatic_build.references.link import link
from servestatic_build.references.specifiers import Specifiers
from servestatic_build.releases.budgets import check_budgets
from servestatic_build.releases.content import ReleaseContent, Site, content_of_build
from servestatic_build.releases.dictionaries import with_patterns
from servestatic_build.releases.fallbacks import fallback_records
from servestatic_build.releases.headers import HeaderPolicy
from servestatic_build.releases.history import Clock, History, Keep, next_history, read_pasts
from servestatic_build.releases.import_map import import_map
from servestatic_build.releases.manifest_writer import manifest_bytes
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.render.coded_bytes import CodedBytes
from servestatic_build.render.coding_choice import CodingChoice
from servestatic_build.render.compress import Compressor
from servestatic_build.render.deltas import DeltaMaker, delta_tasks
from servestatic_build.render.fingerprint import fingerprint
from servestatic_build.render.hash_lists import warn_of_stale_hashes
from servestatic_build.render.renderer import Renderer
from servestatic_build.settings.config import Config
from servestatic_build.settings.hooks import load_hook
from servestatic_build.sources.scan import Scan
from servestatic_build.stages import Stages
from servestatic_build.store.layout import Layout
from servestatic_build.store.locks import locked_output
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.store.place import place
from servestatic_build.store.plain_names import PlainNames, names_of_build
from servestatic_build.store.prune import Pruning, next_due
from servestatic_build.store.publish import is_published, publish
from servestatic_build.store.staging import Staging, scratch, staging_in
from servestatic_build.store.succession import succession


class Memory(NamedTuple):
    """What earlier builds have left, from the pipeline for the stages; ``started`` is when this one began, since 1970."""

    cache: Cache
    started: int  # nanoseconds
    last_outcome: LastOutcome | None


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
    with suppress(_StoppedError), _last_build(config, memory) as last_build:
        _Compilation(config, policy, epoch, memory, last_build, stages, result, diagnostics).run(scanned)


class _Output(NamedTuple):
    """What DIST holds before the build, where files go in it, and where they wait until then."""

    layout: Layout
    previous: PreviousRelease
    staging: Staging
    carried: tuple[CarriedPast, ...] = ()  # from other DISTs


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
            self._stop_at_errors()
            self._compile(scanned, given)

    def _compile(self, scanned: Scan, given: Sequence[GivenDist]) -> None:
        config = self.config
        graph = self._link(scanned)
        previous = PreviousRelease.read(config.out, self.diagnostics)
        last = previous if previous.manifest else latest_release(given)
        with scratch() if config.check else staging_in(config.out, config.modes) as staging:
            assets, compressor = self._render(graph, staging, last)
            self.result.budgets = check_budgets(config.budgets, assets, graph, last, self.diagnostics)
            self._stop_at_errors()
            carried = self._carry(given, assets, staging)
            output = _Output(Layout(config.out, config.root_url), previous, staging, carried)
            # Where a file goes depends on what DIST has: nobody else may bring in or take out any until the manifest is there.
            with self.stages.stage("publish"), nullcontext() if config.check else locked_output(config.out):
                self._publish(graph, assets, compressor, output)

    def _link(self, scanned: Scan) -> Graph:
        with self.stages.stage("link", len(scanned.files)) as advance:
            graph = link(scanned.files, scanned.skipped, self.config, self.last_build, self.diagnostics, advance)
            self.result.missing_ignored, self.result.placeholders = graph.ignored, graph.placeholders
        self._stop_at_errors()
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
        if not (given and any(self._keep)):
            return ()
        with self.stages.stage("previous", len(given)) as advance:
            return carry(given, assets, staging, self.config.jobs, advance)

    def _publish(self, graph: Graph, assets: Sequence[Asset], compressor: Compressor, output: _Output) -> None:
        config, result, layout = self.config, self.result, output.layout
        placement = place(assets, layout, output.previous, self.diagnostics, verify_content=config.verify_content)
        result.new_files = len(placement.new)
        if config.check:  # nothing will be published
            placement = placement._replace(new=())
        placed, new = compressor.stage_missing(placement)
        result.assets = with_patterns(placed) if config.deltas else placed
        result.totals = coding_totals(result.assets)
        own_files = OwnFiles.of_dist(config.out)  # another build may have published since this one began
        plain_names = PlainNames(names_of_build(result.assets, layout), layout, own_files)
        if not config.replace_foreign:
            plain_names.refuse_foreign(self.diagnostics)
        arrived = arrival(output.carried, result.assets, plain_names.names, layout)
        manifest, later = self._manifest(graph, compressor, output, arrived)
        self._stop_at_errors()
        new = (*new, *(file for file in later if file.staged is not None))
        result.new_files = max(result.new_files, len(new))
        is_live = not result.new_files and is_published(manifest, config.out)
        result.up_to_date = is_live and plain_names.are_up_to_date
        result.outdated = config.check and not result.up_to_date
        if result.outdated:
            raise BuildError(Code.OUT_OF_DATE, config.out, "DIST is out of date", "compile without --check")
        if not is_live:
            with succession(config.out, own_files, manifest, map(layout.name, new), output.staging) as own_files:
                publish(new, manifest, layout, output.staging)
        plain_names.publish(output.staging)
        if not config.check:
            self._prune(own_files)
            self._keep_outcome([*map(layout.name, _files(result.assets, later)), *plain_names.names])

    def _keep_outcome(self, names: list[str]) -> None:
        """Have the next build know what this one came to, as long as there is nothing in DIST for it to delete."""
        if self.memory.last_outcome:
            until = next_due(OwnFiles.of_dist(self.config.out), self.config.grace_minutes)
            self.memory.last_outcome.write(self.result.outcome, names, until, self.diagnostics)

    def _prune(self, own_files: OwnFiles) -> None:
        """Delete what no kept release needs. The release is live: what can't be deleted now is left to the next build."""
        out = self.config.out
        try:
            Pruning(out, own_files, self.config.grace_minutes, publication_ended=True).delete()
        except OSError as error:
            place = str(error.filename or out)
            problem = f"a file that no release needs can't be deleted: {error.strerror or error}"
            self.diagnostics.warning_of_machine(Code.UNDELETED_FILE, place, problem, "the next build tries again")

    def _manifest(
        self, graph: Graph, compressor: Compressor, output: _Output, arrived: Arrival
    ) -> tuple[bytes, list[StagedFile]]:
        """Return the manifest, and the files that it lists beside those of the assets: deltas, and what comes along."""
        config, assets = self.config, self.result.assets
        headers = [*map(self.policy.headers_of, assets)]
        content = content_of_build(self._site(graph, output.layout), assets, headers)
        history = self._history(content, arrived.pasts)
        arrived.tell_lost(history, self.diagnostics)
        maker = DeltaMaker(
            output.layout,
            config.effort,
            config.jobs,
            self.memory.cache,
            output.staging,
            output.previous,
            arrived.files,
            compressor.identity_bytes,
            self.diagnostics,
        )
        deltas = maker.make(assets, delta_tasks(assets, history, config.deltas))
        header_sets = {number: headers[number].of_deltas(public=config.public_deltas) for number in deltas}
        manifest = manifest_bytes(content.with_deltas(deltas, header_sets), history)
        return manifest, [*(delta.file for each in deltas.values() for delta in each), *arrived.needed(history)]

    def _site(self, graph: Graph, layout: Layout) -> Site:
        config, assets = self.config, self.result.assets
        specifiers = Specifiers(config.imports, config.prefix)
        imports = import_map(assets, graph, specifiers, of_all_modules=config.modules == "importmap")
        fallbacks = fallback_records(config.spa, config.not_found, assets, self.diagnostics)
        return Site(config.prefix, config.index, self.policy.redirect(), imports, layout.root_url, fallbacks)

    def _history(self, content: ReleaseContent, others: Sequence[History]) -> History:
        pasts = read_pasts(self.config.out, content.id, self.diagnostics) if any(self._keep) else ()
        label = self.config.label or os.environ.get("SERVESTATIC_LABEL")
        return next_history(content, [*pasts, *others], self._keep, Clock(self.epoch), label)

    @property
    def _keep(self) -> Keep:
        return Keep(self.config.keep_releases, self.config.keep_days)

    def _stop_at_errors(self) -> None:
        if self.diagnostics.failed:
            raise _StoppedError


def _files(assets: Iterable[Asset], later: Iterable[StagedFile]) -> Iterator[StagedFile]:
    """Yield the files of a release, of which ``later`` are those that are no variants."""
    for asset in assets:
        for variant in asset.variants:
            yield variant.file
    yield from later


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


class _StoppedError(Exception):
    """The diagnostics hold an error."""


def _header_policy(config: Config) -> HeaderPolicy:
    hook = load_hook("headers-hook", config.headers_hook) if config.headers_hook else None
    return HeaderPolicy(config.max_age, config.cross_origin, config.headers, hook)
