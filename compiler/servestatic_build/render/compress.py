"""Make the variants: every coding of every asset that gains by it, on all cores."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from threading import Lock

from servestatic_build.codecs import CODECS
from servestatic_build.model import Asset, SourceFile, StagedFile, Variant
from servestatic_build.render.coded_bytes import Coded, CodedBytes
from servestatic_build.render.renderer import Renderer
from servestatic_build.source_files import coded_chunks, source_chunks
from servestatic_build.store.place import Placement
from servestatic_build.store.staging import Staging
from servestatic_build.workers import Workers
from servestatic_runtime.format import FILE_SUFFIXES, IDENTITY

Task = tuple[int, str]  # the number of an asset, and a coding
_Variants = dict[Task, Variant | None]


@dataclass(frozen=True, slots=True)
class Compressor:
    """Makes variants on so many threads. The codecs release the GIL, so that they use every core."""

    coded: CodedBytes
    renderer: Renderer
    staging: Staging
    jobs: int

    def compress(
        self, assets: Sequence[Asset], tasks: Sequence[Task], advance: Callable[[], None]
    ) -> tuple[Asset, ...]:
        """Return the assets with their variants, those of the tasks; raise BuildError."""
        variants = self._known(assets, tasks)
        left = [task for task in tasks if task not in variants]
        for _ in variants:
            advance()
        variants |= self._made(assets, left, advance)
        return tuple(_with_variants(asset, tuple(_ordered(variants, number))) for number, asset in enumerate(assets))

    def stage_missing(self, placement: Placement) -> tuple[tuple[Asset, ...], tuple[StagedFile, ...]]:
        """Return the assets, and the files that DIST lacks, the bytes of these staged; raise BuildError."""
        assets = list(placement.assets)
        left = [
            (number, place) for number, place in placement.new if assets[number].variants[place].file.staged is None
        ]
        self._expect((assets[number], assets[number].variants[place].coding) for number, place in left)
        files: dict[tuple[int, int], StagedFile] = {}

        def stage(missing: tuple[int, int]) -> None:
            number, place = missing
            files[missing] = self._with_bytes(assets[number], number, place)

        with Workers(self.jobs) as workers:
            workers.each(stage, left)
        for number, staged in groupby(left, itemgetter(0)):
            assets[number] = _with_files(assets[number], {place: files[number, place] for _, place in staged})
        return tuple(assets), tuple(assets[number].variants[place].file for number, place in placement.new)

    def _known(self, assets: Sequence[Asset], tasks: Sequence[Task]) -> _Variants:
        """Return what the last build knew, which takes no thread."""
        variants: _Variants = {}
        for number, coding in tasks:
            identity = assets[number].identity
            if coding in assets[number].source.coded_before:
                continue  # what was coded before the build may have changed
            coded = self.coded.known(identity, coding)
            if coded is not None:
                file = StagedFile(None, _target(identity, coding), coded.size, coded.digest)
                variants[number, coding] = Variant(coding, file) if coded.size else None
        return variants

    def _made(self, assets: Sequence[Asset], tasks: Sequence[Task], advance: Callable[[], None]) -> _Variants:
        self._expect((assets[number], coding) for number, coding in tasks)
        variants: _Variants = {}
        lock = Lock()

        def make(task: Task) -> None:
            variant = self._variant(assets[task[0]], *task)
            with lock:
                variants[task] = variant
                advance()

        with Workers(self.jobs) as workers:
            workers.each(make, tasks)
        return variants

    def _variant(self, asset: Asset, number: int, coding: str) -> Variant | None:
        before = asset.source.coded_before.get(coding)
        if before is not None and (taken := self._taken(asset.identity, coding, before)):
            return Variant(coding, taken)
        file = self._staged(asset, number, coding, _target(asset.identity, coding))
        self.coded.note(asset.identity, coding, Coded(file.size, file.digest) if file else Coded())
        return Variant(coding, file) if file else None

    def _taken(self, identity: StagedFile, coding: str, before: SourceFile) -> StagedFile | None:
        """Return what something has coded before the build, None where the file's own bytes are rewritten."""
        digest = hashlib.sha256()
        for chunk in source_chunks(before):
            digest.update(chunk)
        if digest.digest() != identity.digest:
            return None
        written = self.staging.write(coded_chunks(before))
        return StagedFile(written.path, _target(identity, coding), written.size, written.sha256)

    def _staged(self, asset: Asset, number: int, coding: str, target: str) -> StagedFile | None:
        coded = self.coded.of(asset.identity, coding, lambda: self.identity_bytes(asset, number))
        if coded is None:
            return None
        written = self.staging.write([coded])
        return StagedFile(written.path, target, written.size, written.sha256)

    def _with_bytes(self, asset: Asset, number: int, place: int) -> StagedFile:
        """Return the file of a variant, staged: what was known by its hash is made again."""
        variant = asset.variants[place]
        if variant.coding == IDENTITY:
            return replace(variant.file, staged=self.renderer.stage(number))
        file = self._staged(asset, number, variant.coding, variant.file.target)
        assert file is not None, "the coding has gained something before"
        return file

    def identity_bytes(self, asset: Asset, number: int) -> bytes:
        """Return an asset's bytes without a coding."""
        with open(asset.identity.staged or self.renderer.stage(number), "rb") as file:
            return file.read()

    def _expect(self, wanted: Iterator[tuple[Asset, str]]) -> None:
        self.coded.expect((asset.identity, coding) for asset, coding in wanted if coding != IDENTITY)


def _target(identity: StagedFile, coding: str) -> str:
    return identity.target + FILE_SUFFIXES[coding]


def _with_variants(asset: Asset, variants: tuple[Variant, ...]) -> Asset:
    return replace(asset, variants=(*asset.variants, *variants)) if variants else asset


def _with_files(asset: Asset, files: Mapping[int, StagedFile]) -> Asset:
    """Return an asset with these files in place of those of its variants, by the variants' numbers."""
    variants = (Variant(variant.coding, files.get(place, variant.file)) for place, variant in enumerate(asset.variants))
    return replace(asset, variants=tuple(variants))


def _ordered(variants: Mapping[Task, Variant | None], number: int) -> Iterator[Variant]:
    """Yield an asset's variants in the order of the table of codecs, whatever order they were made in."""
    return (variant for coding in CODECS if (variant := variants.get((number, coding))))
