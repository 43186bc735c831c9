"""Walk the source trees: which files are published, under which names."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.media_types import HTML, decoded_type
from servestatic_build.model import Signature, Skipped, SkipReason, SourceFile
from servestatic_build.names import without_fingerprint
from servestatic_build.platform_files import is_link, is_within
from servestatic_build.settings.config import Config
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.hooks import load_hook
from servestatic_build.settings.output import holds_release
from servestatic_build.settings.source import Source
from servestatic_build.sources.beside import with_codings_beside
from servestatic_build.sources.bundlers import with_bundler_names
from servestatic_build.sources.directories import source_problem
from servestatic_build.sources.hashed_names import note_hashed_names
from servestatic_build.sources.presets import note_presets, plain_by_preset
from servestatic_build.sources.private import PrivateFiles
from servestatic_runtime.dates import clamped
from servestatic_runtime.format import MANIFEST_NAME
from servestatic_runtime.media_types import media_type
from servestatic_runtime.paths import quote_path
from servestatic_runtime.url_reason import UrlReason

# What editors and operating systems leave behind. Dotfiles need no pattern.
_LITTER = Globs.of(
    ("*~", r"\#*#", "*.sw[op]", "Thumbs.db", "ehthumbs.db", "desktop.ini", "__MACOSX/", "__pycache__/", "*.py[co]")
)
_WELL_KNOWN = ".well-known"  # RFC 8615


class Scan(NamedTuple):
    """What the walk found: the files to publish, in order of name, and what it left out."""

    files: tuple[SourceFile, ...]
    skipped: tuple[Skipped, ...]


ScanSources: TypeAlias = Callable[[Config, Diagnostics], Scan]


def scan(config: Config, diagnostics: Diagnostics) -> Scan:
    """Walk every source; a later one's file replaces an earlier one's of the same URL. Problems go to diagnostics."""
    skipped: list[Skipped] = []
    by_path: dict[str, SourceFile] = {}
    for source in config.sources:
        for file in _Walk(config, source, skipped, diagnostics).files():
            replaced = by_path.get(file.plain_path)
            if replaced is not None:
                message = f"this file replaces {replaced.path} at {file.plain_path}"
                diagnostics.note(Code.REPLACED_FILE, file.path, message)
            by_path[file.plain_path] = file
    if not (by_path or diagnostics.failed):
        places = ", ".join(source.directory for source in config.sources)
        diagnostics.warning(Code.NO_FILES, places, "there are no files to publish", "--verbose names what was skipped")
    files = sorted(by_path.values(), key=lambda file: file.name)
    _warn_of_case(files, diagnostics)
    directories = [source.directory for source in config.sources if not source.foreign]
    if config.take_variants:
        files = [*with_codings_beside(files, diagnostics)]
    named = with_bundler_names(files, skipped, directories, config.bundler_manifests, diagnostics)
    note_hashed_names(named, diagnostics)
    note_presets(named, config.presets, diagnostics)
    return Scan(named, tuple(skipped))


def _warn_of_case(files: Iterable[SourceFile], diagnostics: Diagnostics) -> None:
    """Warn of files that can't be side by side where file systems take no notice of case, as on Windows and macOS."""
    by_fold: dict[str, SourceFile] = {}
    for file in files:
        other = by_fold.setdefault(file.plain_path.casefold(), file)
        if other is not file:
            message = f"the URL of this file differs from that of {other.path} only in letter case"
            diagnostics.warning(Code.CASE_COLLISION, file.path, message, "rename one of the two files")


@dataclass(frozen=True, slots=True)
class _Directory:
    path: str
    below: str  # the path from the source, ending in a slash, empty for the source itself
    parents: tuple[str, ...]  # real paths of this directory and those above it


class _Walk:
    """One source's walk. Links are followed as long as they stay inside the source and don't run in circles."""

    def __init__(self, config: Config, source: Source, skipped: list[Skipped], diagnostics: Diagnostics) -> None:
        self._config = config
        self._source = source
        self._skipped = skipped
        self._diagnostics = diagnostics
        self._root = os.path.realpath(source.directory)
        self._hashed_hook = load_hook("hashed-hook", config.hashed_hook) if config.hashed_hook else None
        self._plain_by_preset = plain_by_preset(config.presets)
        self._private = PrivateFiles(source, config.publish, diagnostics)

    def files(self) -> Iterator[SourceFile]:
        if not self._source.foreign and (problem := source_problem(self._source.directory)):
            self._diagnostics.error(Code.INVALID_SOURCE, self._source.directory, *problem)
            return
        directories = [_Directory(os.path.abspath(self._source.directory), "", (self._root,))]
        while directories:
            directory = directories.pop()
            entries = self._entries(directory)
            if self._is_other_release(directory, entries):
                self._skipped.append(self._left_out(directory.path, directory.below.rstrip("/"), SkipReason.RELEASE))
                continue
            above = os.path.join(directory.parents[-1], "")
            for entry in entries:
                below, link = directory.below + entry.name, is_link(entry)
                real = os.path.realpath(entry.path) if link else above + entry.name
                reason = self._unwanted(entry, below, real if link else None, directory)
                if reason:
                    self._skipped.append(self._left_out(entry.path, below, reason))
                elif entry.is_dir():
                    directories.append(_Directory(entry.path, below + "/", (*directory.parents, real)))
                elif not self._private.refuses(below, entry.path):
                    yield from self._file(entry, below, real)
        self._private.tell_folders()

    def _left_out(self, path: str, below: str, reason: SkipReason) -> Skipped:
        return Skipped(path, reason, self._name_and_plain_path(below)[1])

    def _name_and_plain_path(self, below: str) -> tuple[str, str]:
        url = self._source.url
        name = self._source.name_prefix + below if url is None else url + below
        return name, self._config.prefix + name if url is None else name

    def _is_other_release(self, directory: _Directory, entries: list[os.DirEntry[str]]) -> bool:
        if self._source.foreign and not directory.below:
            return False
        return any(entry.name == MANIFEST_NAME for entry in entries) and holds_release(directory.path)

    def _entries(self, directory: _Directory) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(directory.path) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            message = f"this directory can't be read: {error.strerror}"
            self._diagnostics.error(Code.FILE_SYSTEM, directory.path, message)
            return []

    def _unwanted(
        self, entry: os.DirEntry[str], below: str, target: str | None, directory: _Directory
    ) -> SkipReason | None:
        """Return why an entry is not published, or None when it is. ``target`` is what a link leads to."""
        if entry.name.startswith(".") and entry.name != _WELL_KNOWN:
            return SkipReason.HIDDEN
        if target is not None and (reason := self._unwanted_link(target, directory)):
            return reason
        if entry.is_dir():
            return self._unwanted_name(below + "/")
        if not entry.is_file():
            return SkipReason.NO_FILE
        if self._source.only is not None and below not in self._source.only:
            return SkipReason.NOT_ASKED_FOR
        return self._unwanted_name(below)

    def _unwanted_link(self, real: str, directory: _Directory) -> SkipReason | None:
        if not is_within(real, self._root):
            return SkipReason.LINK_OUT
        if not os.path.exists(real):
            return SkipReason.DEAD_LINK
        return SkipReason.LINK_UP if real in directory.parents else None

    def _unwanted_name(self, name: str) -> SkipReason | None:
        if _LITTER.match(name):
            return SkipReason.LITTER
        return SkipReason.IGNORED if self._config.ignore.match(name) else None

    def _file(self, entry: os.DirEntry[str], below: str, real: str) -> Iterator[SourceFile]:
        try:
            below.encode()
        except UnicodeEncodeError:
            place, message = ascii(entry.path)[1:-1], "this file's name is not UTF-8"
            self._diagnostics.error(Code.INVALID_NAME, place, message, "rename it, or name it in --ignore")
            return
        try:
            status = entry.stat()
        except OSError as error:
            self._diagnostics.error(Code.FILE_SYSTEM, entry.path, f"this file can't be read: {error.strerror}")
            return
        yield self._published(entry.path, real, below, status)

    def _published(self, path: str, real: str, below: str, status: os.stat_result) -> SourceFile:
        config = self._config
        name, plain_path = self._name_and_plain_path(below)
        coding = config.content_encoding.coding_of(name)
        kind = media_type(name, config.types) if coding is None else decoded_type(name, config.types)
        reason = self._reason(path, name, plain_path, kind)
        return SourceFile(
            name=name,
            path=path,
            plain_path=plain_path,
            signature=Signature.of(status),
            modified=clamped(status[stat.ST_MTIME]),
            media_type=kind,
            reason=reason,
            plain=config.plain_urls or not reason.is_fingerprinted,
            real_path=path if real == path else real,  # one string for nearly all
            coding=coding,
        )

    def _reason(self, path: str, name: str, plain_path: str, kind: str) -> UrlReason:
        """Return why a file's URL is to be fingerprinted or not. Who asks for a fingerprint gets it."""
        if self._source.foreign:
            is_hashed = without_fingerprint(name) or self._config.hashed.match(name)
            return UrlReason.FOREIGN_HASHED if is_hashed else UrlReason.FOREIGN
        if self._config.fingerprint.match(name):
            return UrlReason.FINGERPRINT_PATTERN
        if self._config.hashed.match(name):
            return UrlReason.HASHED_PATTERN
        if self._hook_says_hashed(path, name, plain_path):
            return UrlReason.HASHED_HOOK
        if kind in HTML:
            return UrlReason.HTML
        if self._source.url is not None and not self._source.fingerprint:
            return UrlReason.SOURCE_URL
        is_plain = self._config.plain.match(name) or self._plain_by_preset.match(name)
        return UrlReason.PLAIN_PATTERN if is_plain else UrlReason.CONTENT

    def _hook_says_hashed(self, path: str, name: str, plain_path: str) -> bool:
        try:
            return self._hashed_hook is not None and bool(self._hashed_hook(path, quote_path(plain_path)))
        except Exception as error:
            hint = "mend the function that hashed-hook names"
            raise BuildError(Code.HOOK_FAILED, name, f"the hashed-hook raised {error!r}", hint) from error
