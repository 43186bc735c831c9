"""References of published files: whether the release has what they lead to, with the bytes that they say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Reference, ReferenceKind, Signature, SourceFile
from servestatic_build.references.broken import BrokenReferences, must_be_there
from servestatic_build.references.extractors import EXTRACTORS
from servestatic_build.references.found import found_in
from servestatic_build.references.reading import ReadFile
from servestatic_build.references.resolver import Resolver
from servestatic_build.references.specifiers import Specifiers, is_bare_import
from servestatic_build.references.workers import worker_scripts
from servestatic_build.render.integrity import renewed
from servestatic_build.settings.missing import MissingRules
from servestatic_build.verification.bodies import AGAIN
from servestatic_runtime import Manifest
from servestatic_runtime.manifest import AssetMatch
from servestatic_runtime.paths import quote_path
from servestatic_runtime.records import Asset, integrity_value
from servestatic_runtime.url_reason import UrlReason

_NEVER_MISSING = frozenset({ReferenceKind.LINK})


def has_references(manifest: Manifest, asset: Asset) -> bool:
    """Return whether an asset's content may refer to files, and the release is to blame where one is missing."""
    return media_type_of(manifest, asset) in EXTRACTORS and not UrlReason.of(asset.reason).is_hashed


def published_file(manifest: Manifest, asset: Asset, data: bytes) -> ReadFile:
    """Return an asset with what its content refers to, as if it were a source at its URL."""
    source = _source(manifest, asset)
    return ReadFile(source, found_in(data, source.media_type), asset.digest)


def depend_on_others(files: Iterable[ReadFile]) -> bool:
    """Return whether where some reference leads depends on what other files say: who runs a script, who uses a property."""
    references = (reference for file in files for reference in file.found.extraction.references)
    return any(each.kind is ReferenceKind.WORKER_SCRIPT or each.custom_property for each in references)


def check_references(
    manifest: Manifest, assets: Sequence[Asset], files: Sequence[ReadFile], missing: str, diagnostics: Diagnostics
) -> None:
    """Add a diagnostic for each reference of the files to nothing, as ``missing`` says, and each wrong integrity value.

    ``assets`` are all of the manifest.
    """
    checker = _Checker(manifest, assets, files, missing, diagnostics)
    checker.check_import_map()
    for number, file in enumerate(files):
        for reference in file.found.extraction.references:
            checker.check(number, file, reference)


class _Checker:
    def __init__(
        self,
        manifest: Manifest,
        assets: Sequence[Asset],
        files: Sequence[ReadFile],
        missing: str,
        diagnostics: Diagnostics,
    ) -> None:
        self._manifest = manifest
        self._assets = assets
        self._diagnostics = diagnostics
        self._resolver = Resolver(files, Specifiers({}, manifest.prefix), ())
        self._in_workers = worker_scripts(files, self._resolver)
        self._policy = MissingRules(missing)
        self._import_map: Mapping[str, Mapping[str, str]] = json.loads(manifest.import_map().text)
        self._found: dict[str, AssetMatch | None] = {}

    @cached_property
    def _missing(self) -> BrokenReferences:
        sources = [_source(self._manifest, asset) for asset in self._assets]
        return BrokenReferences(sources, (), self._policy, self._manifest.prefix, self._diagnostics)

    def check_import_map(self) -> None:
        """Check that the release's import map leads to its files, with the bytes that it says."""
        by_url = {quote_path(asset.url): asset for asset in self._assets}
        for specifier, url in self._import_map["imports"].items():
            if url not in by_url:
                self._wrong_import_map(f"the import map leads {specifier!r} to {url}, which the release does not have")
        for url, value in self._import_map["integrity"].items():
            if url in by_url and value != integrity_value(by_url[url]):
                self._wrong_import_map(f"the import map has another integrity value for {url} than its bytes")

    def check(self, number: int, file: ReadFile, reference: Reference) -> None:
        """Check one reference of a file."""
        paths = self._resolver.paths(file, reference)
        if is_bare_import(reference) or len(paths) != 1:  # only a page's own import map, or who uses it, can tell
            return
        (path,) = paths
        match = None if path is None else self._find(path)
        if match is not None:
            if isinstance(match.asset, Asset):  # and no URL of an earlier release, whose bytes are what they were
                self._check_integrity(file, reference, match.asset)
        elif path is not None and self._is_missing(number, file, reference, path):
            self._missing.report(file.source, reference, path)

    def _find(self, path: str) -> AssetMatch | None:
        if path not in self._found:
            self._found[path] = self._manifest.find(path)
        return self._found[path]

    def _is_missing(self, number: int, file: ReadFile, reference: Reference, path: str) -> bool:
        if reference.kind in _NEVER_MISSING or quote_path(path) in self._import_map["imports"]:
            return False
        roots = (self._manifest.prefix,)
        return must_be_there(file.source, reference, path, roots, in_worker=number in self._in_workers)

    def _check_integrity(self, file: ReadFile, reference: Reference, target: Asset) -> None:
        if reference.integrity is None:
            return
        digest = self._digests(target)
        if renewed(reference.integrity.value, digest, digest) is None:
            place = file.source.at(reference.integrity.start)
            message = f"the integrity value here is not that of {target.variants[0].file}: browsers refuse to load it"
            self._diagnostics.error(Code.WRONG_INTEGRITY, place, message, AGAIN)

    def _digests(self, asset: Asset) -> Callable[[str], bytes]:
        known = {"sha256": asset.digest, "sha384": asset.integrity}

        def digest(algorithm: str) -> bytes:
            if algorithm not in known:
                with open(self._manifest.body_path(asset.variants[0]), "rb") as file:
                    known[algorithm] = hashlib.file_digest(file, algorithm).digest()
            return known[algorithm]

        return digest

    def _wrong_import_map(self, message: str) -> None:
        self._diagnostics.error(Code.DAMAGED_MANIFEST, self._manifest.path, message, AGAIN)


def _source(manifest: Manifest, asset: Asset) -> SourceFile:
    identity = asset.variants[0]
    path = manifest.body_path(identity)
    return SourceFile(
        name=identity.file,
        path=path,
        plain_path=asset.url,
        signature=Signature(identity.size, 0, 0),
        modified=asset.modified,
        media_type=media_type_of(manifest, asset),
        reason=UrlReason.of(asset.reason),
        plain=asset.plain_url is not None,
        real_path=path,
    )


def media_type_of(manifest: Manifest, asset: Asset) -> str:
    """Return the type that an asset is served as, without its parameters."""
    headers = manifest.header_set(asset.headers).ok
    value = next((value for name, value in headers if name.lower() == "content-type"), None)
    return (value or "").partition(";")[0].strip().lower()
