"""Whether DIST holds what its manifest says, and whether that is right."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import sample as choose
from typing import NamedTuple

from servestatic_build.diagnostics import Diagnostic, Diagnostics, Severity
from servestatic_build.platform_files import cores
from servestatic_build.references.reading import ReadFile
from servestatic_build.stages import Progress
from servestatic_build.store.own_files import OwnFiles
from servestatic_build.verification.bodies import AGAIN, check_bodies, check_sizes, read_body
from servestatic_build.verification.deltas import check_deltas, dictionaries
from servestatic_build.verification.header_sets import check_header_sets
from servestatic_build.verification.kept import check_kept
from servestatic_build.verification.manifest_bytes import check_manifest
from servestatic_build.verification.possible_references import ReleasePaths
from servestatic_build.verification.published_references import (
    check_references,
    depend_on_others,
    has_references,
    media_type_of,
    published_file,
)
from servestatic_build.verification.unlisted import check_plain_names, tell_unlisted
from servestatic_build.workers import Workers
from servestatic_runtime import Manifest, ManifestError
from servestatic_runtime.errors import Hint
from servestatic_runtime.manifest import manifest_path
from servestatic_runtime.platform_files import file_signature
from servestatic_runtime.records import Asset, RetiredUrl

_MOST_ROUNDS = 5


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
    for _ in range(_MOST_ROUNDS):
        signature = file_signature(manifest_path(dist))
        verification = _verified(dist, sample, missing, progress)
        if verification.ok or file_signature(manifest_path(dist)) == signature:
            return verification
        # Another release took the place of this one, and what nobody needed any more may be gone.
    problem = f"the manifest was replaced {_MOST_ROUNDS} times while it was verified"
    raise ManifestError(manifest_path(dist), problem, Hint("verify again when no build publishes"))


def _verified(dist: str, sample: int | None, missing: str, progress: Progress) -> Verification:
    manifest, diagnostics = Manifest.open(dist), Diagnostics()
    if not check_manifest(manifest, diagnostics, AGAIN):  # nothing that it says can be relied on
        return Verification(diagnostics.located())
    assets = [*manifest]
    entries: list[Asset | RetiredUrl] = [*assets, *manifest.retired()]
    numbers = range(len(entries))
    read = frozenset(numbers if sample is None else choose(numbers, min(sample, len(entries))))
    checked = _checked(manifest, entries, read, progress)
    check_header_sets(manifest, assets, diagnostics)
    check_references(manifest, assets, _files_to_judge(manifest, checked), missing, diagnostics)
    own = OwnFiles.of_dist(manifest.root)
    check_plain_names(manifest, own, diagnostics)
    tell_unlisted(manifest, own, diagnostics)
    check_kept(manifest, own.listed.keys(), diagnostics, reads=sample is None)
    return Verification(
        problems=(*(problem for each in checked for problem in each.problems), *diagnostics.located()),
        assets=len(entries),
        read=len(read),
        files=len(own.listed),
        bytes_read=sum(entries[number].variants[0].size for number in read),
    )


class _Checked(NamedTuple):
    problems: Sequence[Diagnostic]
    file: ReadFile | None = None  # with its references, where one of them may be broken
    whole: Asset | None = None  # where none is: all that may be one leads to files


def _checked(
    manifest: Manifest, entries: Sequence[Asset | RetiredUrl], read: frozenset[int], progress: Progress
) -> list[_Checked]:
    advance, check = progress.stage("verify", len(entries)), _Check(manifest, entries)

    def checked(number: int) -> _Checked:
        result = check(entries[number]) if number in read else check.sizes(entries[number])
        advance()
        return result

    with Workers(cores()) as workers:
        return [*workers.map(checked, range(len(entries)))]


class _Check:
    """Checks entries, one by one, in any number of threads."""

    def __init__(self, manifest: Manifest, entries: Sequence[Asset | RetiredUrl]) -> None:
        self._manifest = manifest
        self._earlier = dictionaries(manifest)
        self._paths = ReleasePaths(entries, json.loads(manifest.import_map().text)["imports"])

    def sizes(self, entry: Asset | RetiredUrl) -> _Checked:
        """Look at the sizes of an entry's files."""
        diagnostics = Diagnostics()
        check_sizes(self._manifest, entry, diagnostics)
        return _Checked(diagnostics.located())

    def __call__(self, entry: Asset | RetiredUrl) -> _Checked:
        """Read all of an entry's files."""
        diagnostics = Diagnostics()
        if isinstance(entry, RetiredUrl):  # what it refers to was for the release that it is of
            check_bodies(self._manifest, entry, diagnostics)
            return _Checked(diagnostics.located())
        reads = has_references(self._manifest, entry)
        data = check_bodies(self._manifest, entry, diagnostics, keep=reads or bool(entry.deltas))
        if data is not None:
            check_deltas(self._manifest, entry, data, self._earlier, diagnostics)
        return self._with_references(entry, data if reads else None, diagnostics.located())

    def _with_references(self, asset: Asset, data: bytes | None, problems: Sequence[Diagnostic]) -> _Checked:
        if data is None:
            return _Checked(problems)
        if self._paths.have_all_of(data, media_type_of(self._manifest, asset), asset.url):
            return _Checked(problems, whole=asset)
        return _Checked(problems, published_file(self._manifest, asset, data))


def _files_to_judge(manifest: Manifest, checked: Sequence[_Checked]) -> list[ReadFile]:
    """Return the files of which a reference may be broken, or all that have any, if one may depend on what others say."""
    doubtful = [each.file for each in checked if each.file]
    if not depend_on_others(doubtful):
        return doubtful
    files = (each.file or (each.whole and _read_again(manifest, each.whole)) for each in checked)
    return [file for file in files if file]


def _read_again(manifest: Manifest, asset: Asset) -> ReadFile | None:
    body = read_body(manifest, asset.variants[0], Diagnostics(), keep=True)
    return None if body is None or body.data is None else published_file(manifest, asset, body.data)
