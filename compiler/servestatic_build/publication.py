"""The end of a build: from assets to the release in DIST, and what the next build may want to know of it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from servestatic_build.build_result import BuildResult
from servestatic_build.cache.last_outcome import LastOutcome, Outcome
from servestatic_build.cache.layered import Cache
from servestatic_build.carrying.carry import Arrival, CarriedPast, arrival
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.model import Asset, Signature, StagedFile
from servestatic_build.releases.content import ReleaseContent
from servestatic_build.releases.dictionaries import with_patterns
from servestatic_build.releases.headers import AssetHeaders, HeaderPolicy
from servestatic_build.releases.history import Clock, History, Keep, next_history, read_pasts
from servestatic_build.releases.listed_release import ListedRelease, NextRelease
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_build.releases.manifest_writer import manifest_bytes
from servestatic_build.releases.previous import PreviousRelease
from servestatic_build.render.compress import Compressor
from servestatic_build.render.deltas import DeltaMaker, delta_tasks
from servestatic_build.settings.config import Config
from servestatic_build.settings.hooks import load_hook
from servestatic_build.store.layout import Layout
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.store.place import place
from servestatic_build.store.plain_names import PlainNames, names_of_build
from servestatic_build.store.prune import Pruning, next_due
from servestatic_build.store.publish import is_published, publish
from servestatic_build.store.staging import Staging
from servestatic_build.store.succession import succession


class Memory(NamedTuple):
    """What earlier builds have left, from the pipeline for the stages; ``started`` is when this one began, since 1970."""

    cache: Cache
    started: int  # nanoseconds
    last_outcome: LastOutcome | None


class Output(NamedTuple):
    """What DIST holds before the build, where files go in it, and where they wait until then."""

    layout: Layout
    previous: PreviousRelease
    staging: Staging
    carried: tuple[CarriedPast, ...] = ()  # from other DISTs


class Release(Protocol):
    """A release, of which a build has made all assets or some; it is asked about these when they have their places."""

    @property
    def other_files(self) -> Mapping[str, bytes]:
        """What DIST has of the other assets: by name, a signature."""

    @property
    def former_names(self) -> Collection[str] | None:
        """The plain names that these assets have in DIST, None where they are all that are there."""

    def content(
        self, live: ManifestRecords | None, assets: Sequence[Asset], headers: Sequence[AssetHeaders]
    ) -> ReleaseContent:
        """Return what the manifest is to say of the release, where ``live`` is the one in DIST; raise BuildError."""

    def tell(self, result: BuildResult, assets: Sequence[Asset]) -> None:
        """Put into the result what the release comes to."""

    def listed(self, release: ListedRelease) -> ListedRelease:
        """Return what of a release, this or the one before, tells which files it lists."""

    def outcome(self, result: BuildResult, content: ReleaseContent) -> Outcome:
        """Return what the next build may want to know of it."""


@dataclass(frozen=True, slots=True)
class Publication:
    """How a release comes into DIST, whose lock is held."""

    config: Config
    policy: HeaderPolicy
    epoch: int | None
    memory: Memory
    release: Release
    result: BuildResult
    diagnostics: Diagnostics

    def publish(self, assets: Sequence[Asset], compressor: Compressor, output: Output) -> None:
        """Publish assets, unless DIST has this very release, and fill the result; raise StoppedError, BuildError or OSError."""
        config, result, layout = self.config, self.result, output.layout
        placement = place(assets, layout, output.previous, self.diagnostics, verify_content=config.verify_content)
        result.new_files = len(placement.new)
        if config.check:  # nothing will be published
            placement = placement._replace(new=())
        placed, new = compressor.stage_missing(placement)
        assets = with_patterns(placed) if config.deltas else placed
        self.release.tell(result, assets)
        live = ManifestRecords.now(config.out, output.previous.records)
        own_files = OwnFiles(config.out, live and self.release.listed(live))
        plain_names = PlainNames(names_of_build(assets, layout), layout, own_files, self.release.former_names)
        if not config.replace_foreign:
            plain_names.refuse_foreign(self.diagnostics)
        arrived = arrival(output.carried, assets, plain_names.names, layout)
        following, later = self._following(assets, compressor, output, live, arrived)
        manifest = manifest_bytes(following.content, following.history)
        stop_at_errors(self.diagnostics)
        new = (*new, *(file for file in later if file.staged is not None))
        result.new_files = max(result.new_files, len(new))
        is_live = not result.new_files and is_published(manifest, config.out)
        result.up_to_date = is_live and plain_names.are_up_to_date
        result.outdated = config.check and not result.up_to_date
        if result.outdated:
            raise BuildError(Code.OUT_OF_DATE, config.out, "DIST is out of date", "compile without --check")
        if not is_live:
            listed = self.release.listed(following)
            with succession(config.out, own_files, listed, map(layout.name, new), output.staging) as own_files:
                publish(new, manifest, layout, output.staging)
        plain_names.publish(output.staging)
        if not config.check:
            self._prune(own_files, following)
            names = [*map(layout.name, _files(assets, later)), *plain_names.names]
            self._keep_outcome(names, placement.signatures, following)

    def _keep_outcome(self, names: Sequence[str], seen: Mapping[str, Signature], release: NextRelease) -> None:
        """Have the next build know what this one came to, as long as there is nothing in DIST for it to delete."""
        if self.memory.last_outcome:
            until = next_due(OwnFiles(self.config.out, release), self.config.grace_minutes)
            outcome, others = self.release.outcome(self.result, release.content), self.release.other_files
            self.memory.last_outcome.write(outcome, names, seen, until, self.diagnostics, others)

    def _prune(self, own_files: OwnFiles, release: NextRelease) -> None:
        """Delete what no kept release needs. The release is live: what can't be deleted now is left to the next build."""
        out = self.config.out
        try:
            pruning = Pruning(out, own_files, self.config.grace_minutes, publication_ended=True)
            if pruning.due:  # nothing goes that any asset lists
                pruning = Pruning(out, OwnFiles(out, release), self.config.grace_minutes, publication_ended=True)
            pruning.delete()
        except OSError as error:
            place = str(error.filename or out)
            problem = f"a file that no release needs can't be deleted: {error.strerror or error}"
            self.diagnostics.warning_of_machine(Code.UNDELETED_FILE, place, problem, "the next build tries again")

    def _following(
        self,
        assets: Sequence[Asset],
        compressor: Compressor,
        output: Output,
        live: ManifestRecords | None,
        arrived: Arrival,
    ) -> tuple[NextRelease, list[StagedFile]]:
        """Return the release, and the files that it lists beside those of the assets: deltas, and what comes along."""
        config = self.config
        headers = [*map(self.policy.headers_of, assets)]
        content = self.release.content(live, assets, headers)
        history = self._history(content, live, arrived.pasts)
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
        following = NextRelease(content.with_deltas(deltas, header_sets), history)
        return following, [*(delta.file for each in deltas.values() for delta in each), *arrived.needed(history)]

    def _history(self, content: ReleaseContent, live: ManifestRecords | None, others: Sequence[History]) -> History:
        pasts = read_pasts(live, content, self.diagnostics) if any(keep_of(self.config)) else ()
        label = self.config.label or os.environ.get("SERVESTATIC_LABEL")
        return next_history(content, [*pasts, *others], keep_of(self.config), Clock(self.epoch), label)


class StoppedError(Exception):
    """The diagnostics hold an error."""


def stop_at_errors(diagnostics: Diagnostics) -> None:
    """Raise StoppedError where there is an error."""
    if diagnostics.failed:
        raise StoppedError


def header_policy(config: Config) -> HeaderPolicy:
    """Return what the settings say of headers; raise ConfigError."""
    hook = load_hook("headers-hook", config.headers_hook) if config.headers_hook else None
    return HeaderPolicy(config.max_age, config.cross_origin, config.headers, hook)


def keep_of(config: Config) -> Keep:
    """Return what the settings say of earlier releases."""
    return Keep(config.keep_releases, config.keep_days)


def _files(assets: Iterable[Asset], later: Iterable[StagedFile]) -> Iterator[StagedFile]:
    """Yield the files of a release, of which ``later`` are those that are no variants."""
    for asset in assets:
        for variant in asset.variants:
            yield variant.file
    yield from later
