"""Whether DIST holds what its manifest says, and whether that is right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import sample as choose
from typing import NamedTuple

from servestatic_build.diagnostics import Code, Diagnostic, Diagnostics, Severity
from servestatic_build.pipeline import Progress
from servestatic_build.platform_files import cores
from servestatic_build.references.reading import ReadFile
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.verification.bodies import AGAIN, check_bodies, check_sizes
from servestatic_build.verification.deltas import check_deltas, dictionaries
from servestatic_build.verification.header_sets import check_header_sets
from servestatic_build.verification.manifest_bytes import damaged_part
from servestatic_build.verification.published_references import check_references, has_references, published_file
from servestatic_build.verification.unlisted import check_plain_names, tell_unlisted
from servestatic_build.workers import Workers
from servestatic_runtime import Manifest
from servestatic_runtime.records import Asset, RetiredUrl, Variant


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and what is wrong, in the order of the manifest."""

    problems: tuple[Diagnostic, ...]
    assets: int = 0  # and retired URLs
    read: int = 0  # of which every byte was read
    files: int = 0  # that the manifest lists
    bytes_read: int = 0  # without codings

    @property
    def ok(self) -> bool:
        """Whether there is no fault. What the manifest does not list is none."""
        return all(problem.severity is not Severity.ERROR for problem in self.problems)


def verify(dist: str, *, sample: int | None, missing: str, progress: Progress) -> Verification:
    """Return what is wrong with DIST; raise ManifestError for a manifest that can't be opened.

    With a ``sample`` so many assets and retired URLs are read, others each time; of the rest only the sizes are looked at. ``missing`` says
    what a reference to nothing is: ignore, warn or error.
    """
    manifest, diagnostics = Manifest.open(dist), Diagnostics()
    _check_manifest(manifest, diagnostics)
    if diagnostics.failed:  # nothing that it says can be relied on
        return Verification(diagnostics.located())
    assets = [*manifest]
    entries: list[Asset | RetiredUrl] = [*assets, *manifest.retired()]
    numbers = range(len(entries))
    read = frozenset(numbers if sample is None else choose(numbers, min(sample, len(entries))))
    checked = _checked(manifest, entries, read, progress)
    check_header_sets(manifest, assets, diagnostics)
    check_references(manifest, [each.file for each in checked if each.file], missing, diagnostics)
    own = OwnFiles(manifest.root, manifest)
    check_plain_names(manifest, own, diagnostics)
    tell_unlisted(manifest, own, diagnostics)
    return Verification(
        problems=(*(problem for each in checked for problem in each.problems), *diagnostics.located()),
        assets=len(entries),
        read=len(read),
        files=len(own.listed),
        bytes_read=sum(entries[number].variants[0].size for number in read),
    )


def _check_manifest(manifest: Manifest, diagnostics: Diagnostics) -> None:
    with open(manifest.path, "rb") as file:
        part = damaged_part(file.read())
    if part is not None:
        diagnostics.error(Code.DAMAGED_MANIFEST, manifest.path, f"{part} is damaged", AGAIN)


class _Checked(NamedTuple):
    problems: Sequence[Diagnostic]
    file: ReadFile | None  # where it may refer to others


def _checked(
    manifest: Manifest, entries: Sequence[Asset | RetiredUrl], read: frozenset[int], progress: Progress
) -> list[_Checked]:
    advance, earlier = progress.stage("verify", len(entries)), dictionaries(manifest)

    def check(number: int) -> _Checked:
        checked = _check(manifest, entries[number], earlier, read_bytes=number in read)
        advance()
        return checked

    with Workers(cores()) as workers:
        return [*workers.map(check, range(len(entries)))]


def _check(
    manifest: Manifest, entry: Asset | RetiredUrl, earlier: Mapping[str, Variant], *, read_bytes: bool
) -> _Checked:
    diagnostics, file = Diagnostics(), None
    if not read_bytes:
        check_sizes(manifest, entry, diagnostics)
    elif isinstance(entry, Asset):
        reads = has_references(manifest, entry)
        data = check_bodies(manifest, entry, diagnostics, keep=reads or bool(entry.deltas))
        if data is not None:
            check_deltas(manifest, entry, data, earlier, diagnostics)
            file = published_file(manifest, entry, data) if reads else None
    else:  # what it refers to was for the release that it is of
        check_bodies(manifest, entry, diagnostics)
    return _Checked(diagnostics.located(), file)
