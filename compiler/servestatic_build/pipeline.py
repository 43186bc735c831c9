"""A build, from the source trees to the release in DIST."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

from servestatic_build.cache.code_digest import code_digest
from servestatic_build.cache.items import key_of
from servestatic_build.cache.last_build import LastBuild
from servestatic_build.cache.layered import Cache, Uses
from servestatic_build.cache.location import open_cache
from servestatic_build.carrying.carry import Arrival, CarriedPast, arrival, carry
from servestatic_build.carrying.given import GivenDist, latest_release, open_given
from servestatic_build.diagnostics import BuildError, Code, Diagnostic, Diagnostics, Severity
from servestatic_build.garbage import collected_rarely
from servestatic_build.model import Asset, Graph, Skipped, StagedFile
from servestatic_build.references.link import link
from servestatic_build.references.specifiers import Specifiers
from servestatic_build.releases.budgets import WeighedBudget, check_budgets
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
from servestatic_build.settings.output import require_own_directory
from servestatic_build.settings.source_date_epoch import source_date_epoch
from servestatic_build.sources.scan import scan
from servestatic_build.stages import Progress, Silent, Stages
from servestatic_build.store.layout import Layout
from servestatic_build.store.locks import locked_output
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.store.place import place
from servestatic_build.store.plain_names import PlainNames, names_of_build
from servestatic_build.store.prune import Pruning
from servestatic_build.store.publish import is_published, publish
from servestatic_build.store.staging import Staging, scratch, staging_in
from servestatic_build.store.succession import succession


@dataclass(slots=True)
class BuildResult:
    """What a build made, and what was wrong. ``ok`` says whether DIST now holds the release."""

    assets: tuple[Asset, ...] = ()
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


def build(config: Config, progress: Progress | None = None) -> BuildResult:
    """Compile the sources into DIST and return what was made; raise ConfigError for settings that can't be followed.

    With any error among the result's diagnostics, DIST is as it was.
    """
    result, diagnostics = BuildResult(), Diagnostics(strict=config.strict)
    stages = Stages(progress or Silent(), result.seconds)
    policy, epoch = _header_policy(config), source_date_epoch()
    try:
        with (
            collected_rarely(),
            _cache(config, result, diagnostics) as cache,
            _last_build(config, cache) as last_build,
        ):
            _Compilation(config, policy, epoch, cache, last_build, stages, result, diagnostics).run()
    except BuildError as error:
        diagnostics.error(error.code, error.place, error.message, error.hint)
    except OSError as error:
        place = error.filename2 or error.filename or config.out  # of a rename: what it leads to
        message = f"this path can't be read or written: {error.strerror or error}"
        diagnostics.error(Code.FILE_SYSTEM, str(place), message, "look at its permissions and at the room on the disk")
    except MemoryError:
        diagnostics.error(Code.OUT_OF_RESOURCES, config.out, "the build ran out of memory", "lower --jobs")
    except _StoppedError:
        pass
    result.diagnostics = diagnostics.located()
    return result


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
    cache: Cache
    last_build: LastBuild
    stages: Stages
    result: BuildResult
    diagnostics: Diagnostics

    def run(self) -> None:
        """Compile; raise BuildError, or OSError."""
        require_own_directory(self.config.sources, self.config.out)
        with open_given(self.config.previous, self.diagnostics) as given:
            self._stop_at_errors()
            self._compile(given)

    def _compile(self, given: Sequence[GivenDist]) -> None:
        config = self.config
        graph = self._link()
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

    def _link(self) -> Graph:
        with self.stages.stage("scan"):
            scanned = scan(self.config, self.diagnostics)
            self.result.skipped = scanned.skipped
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
            coded = CodedBytes(config.effort, self.cache, self.last_build)
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
            with succession(config.out, own_files, manifest, map(layout.name, new), output.staging):
                publish(new, manifest, layout, output.staging)
        plain_names.publish(output.staging)
        if not config.check:
            self._prune()

    def _prune(self) -> None:
        """Delete what no kept release needs. The release is live: what can't be deleted now is left to the next build."""
        out = self.config.out
        try:
            Pruning(out, OwnFiles.of_dist(out), self.config.grace_minutes, publication_ended=True).delete()
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
            self.cache,
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


@contextmanager
def _cache(config: Config, result: BuildResult, diagnostics: Diagnostics) -> Iterator[Cache]:
    """Open the cache; behind the block keep it to its size, and tell how it was used and what was wrong with it."""
    cache = Cache() if config.cache is False else open_cache(config.cache, config.cache_size)
    try:
        yield cache
    finally:
        problems = cache.close()
        result.cache = cache.uses
        for problem in problems:
            diagnostics.warning_of_machine(Code.CACHE_UNUSABLE, problem.place, problem.message, problem.hint)


@contextmanager
def _last_build(config: Config, cache: Cache) -> Iterator[LastBuild]:
    """Read what the last build with these sources and this code knew; behind the block keep what this one knows."""
    sources = (f"{os.path.realpath(source.directory)}\0{source.url}\0{source.name_prefix}" for source in config.sources)
    coded = repr([(files.patterns, coding) for files, coding in config.content_encoding.rules])  # decides what is read
    settings = (config.prefix, config.modules, config.effort, ",".join(config.codings), coded, *sources)
    key = key_of("last-build", code_digest(), *(setting.encode() for setting in settings), shared=False)
    last_build = LastBuild.read(cache, key, verify_content=config.verify_content)
    try:
        yield last_build
    except BuildError as error:
        if error.code is Code.FILE_CHANGED:  # since the last build, maybe, in a way that only its bytes tell
            last_build.forget_sources()
        raise
    finally:
        last_build.write(cache, key)


class _StoppedError(Exception):
    """The diagnostics hold an error."""


def _header_policy(config: Config) -> HeaderPolicy:
    hook = load_hook("headers-hook", config.headers_hook) if config.headers_hook else None
    return HeaderPolicy(config.max_age, config.cross_origin, config.headers, hook)
