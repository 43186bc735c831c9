"""The types on the boundaries between the stages, in the order in which a build makes them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from servestatic_runtime.media_types import UTF_8
from servestatic_runtime.url_reason import UrlReason


class Position(NamedTuple):
    """A byte of a source file, from any stage for the diagnostics, which make a line and a column of it."""

    name: str
    path: str
    offset: int


_LOWEST_64_BITS = 2**64 - 1  # what MessagePack has for an integer


class Signature(NamedTuple):
    """What tells without reading whether a file has changed since the last build."""

    size: int
    modified_ns: int  # since 1970
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Signature:
        """Return the signature of a file. Of a date, or a number of Windows, that 64 bits don't hold the lowest tell."""
        return cls(status.st_size, status.st_mtime_ns & _LOWEST_64_BITS, status.st_ino & _LOWEST_64_BITS)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to publish, from scan for link."""

    name: str  # the logical name
    path: str  # where it lies, absolute
    plain_path: str  # the decoded URL path without a fingerprint
    signature: Signature
    modified: int  # seconds since 1970
    media_type: str
    reason: UrlReason  # why its URL is fingerprinted or not; that it is in a cycle comes out later
    plain: bool  # answers under its plain URL
    real_path: str  # where its bytes are read: the same path without a link in it
    aliases: tuple[str, ...] = ()  # more logical names, in order
    scope: str | None = None  # of a service worker: the path that needs leave, "" for none; None for any other file
    coding: str | None = None  # that its bytes are in, None for none
    coded: tuple[CodedSource, ...] = ()  # its bytes in other files

    @property
    def fingerprinted(self) -> bool:
        """Whether it answers under a fingerprinted URL."""
        return self.reason.is_fingerprinted

    @property
    def hashed(self) -> bool:
        """Whether something named it by its content before: its bytes and its plain URL stay for ever."""
        return self.reason.is_hashed

    @property
    def coded_before(self) -> dict[str, SourceFile]:
        """By coding, the files that have this one's bytes in it."""
        beside = {each.coding: each.file for each in self.coded}
        return {self.coding: self, **beside} if self.coding else beside

    def at(self, offset: int) -> Position:
        """Return the position of a byte of this file."""
        return Position(self.name, self.real_path, offset)


@dataclass(frozen=True, slots=True)
class CodedSource:
    """A file that lies beside another and decodes to its bytes, from scan for compress."""

    coding: str
    file: SourceFile


class SkipReason(StrEnum):
    """Why a file is not published."""

    HIDDEN = "a hidden file"
    LITTER = "left behind by an editor or the system"
    IGNORED = "ignored by a pattern"
    RELEASE = "a release of servestatic-build"
    NO_FILE = "not a regular file"
    NOT_ASKED_FOR = "not one of the files asked for"
    LINK_OUT = "a symlink out of its source"
    DEAD_LINK = "a broken symlink"
    LINK_UP = "a symlink to a directory above it"


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file or directory that is not published, from scan for link and the report."""

    path: str
    reason: SkipReason
    plain_path: str = ""  # the decoded URL path that it would have


class ReferenceKind(StrEnum):
    """How a file needs what it refers to."""

    URL = "url"
    IMPORT = "import"  # a module that must be there before this one runs
    DYNAMIC_IMPORT = "dynamic import"  # a module that this one may ask for later
    SOURCE_MAP = "source map"
    LINK = "link"  # for a person to follow, or a program that needs no browser
    FETCH = "fetch"  # what a script will ask for, by this very URL
    WEB_MANIFEST = "web manifest"  # of a page, whatever the name of the file says
    SPECIFIER = "specifier"  # what modules call it, in a page's import map
    WORKER = "worker"  # a script that runs beside the page, without its import map
    WORKER_SCRIPT = "worker script"  # a script that a worker runs, by a URL relative to the worker
    SERVICE_WORKER = "service worker"  # a script that browsers update by its URL, which must stay
    PAGE_SERVICE_WORKER = "service worker of a page"  # the same, by a URL relative to the page that runs this script


IMPORTS = frozenset({ReferenceKind.IMPORT, ReferenceKind.DYNAMIC_IMPORT})  # what an import map applies to
SERVICE_WORKERS = frozenset({ReferenceKind.SERVICE_WORKER, ReferenceKind.PAGE_SERVICE_WORKER})
STARTED = SERVICE_WORKERS | {ReferenceKind.WORKER}  # what begins to run beside a page


@dataclass(frozen=True, slots=True)
class WrittenText:
    """A text in a file, from an extractor.

    ``start`` to ``end`` are byte offsets of the text without its quotes, ``value`` is that text with its escapes
    undone, and ``notations`` names how it is written (``references.notations``), the innermost first: a URL in a style
    sheet in an attribute is written as in CSS, and what that makes as in HTML.
    """

    start: int
    end: int
    value: str
    notations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference(WrittenText):
    """A text that may name another file, from an extractor for link.

    ``integrity``, where the file has one, says which bytes the other must have (Subresource Integrity).
    ``custom_property`` is the one of CSS whose value the text stands in: it counts where var() brings it. ``scope`` is
    what a service worker is registered for, as it is written there.
    """

    kind: ReferenceKind = ReferenceKind.URL
    integrity: WrittenText | None = None
    custom_property: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A part of a file that an extractor could not read, from byte ``start`` on; what is in it stays as it is."""

    start: int
    message: str


@dataclass(frozen=True, slots=True)
class ImportMapPrefix:
    """An entry of a page's import map whose specifier ends in a slash, and the byte offset behind the entry."""

    specifier: str
    address: str
    end: int


@dataclass(frozen=True, slots=True, order=True)
class PropertyUse:
    """A var() in a style sheet: the custom property that it names, and the one whose value it stands in, "" for none."""

    name: str
    within: str


@dataclass(frozen=True, slots=True)
class PagePolicy:
    """What a page's own Content-Security-Policy says of the scripts and styles that are written in the page.

    ``hashes`` stand in the policy; ``texts``, whose ``value`` is left out, hold a reference and may be what one is of.
    """

    hashes: tuple[WrittenText, ...] = ()
    texts: tuple[WrittenText, ...] = ()


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that an extractor found in one file.

    ``base`` is the URL that the references are relative to, where that is not the file's own (HTML's ``<base>``).
    ``property_uses`` are in order, each once. ``may_be_service_worker`` says that a script listens as only those do.
    """

    references: tuple[Reference, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    base: str | None = None
    import_map_prefixes: tuple[ImportMapPrefix, ...] = ()
    property_uses: tuple[PropertyUse, ...] = ()
    placeholders: int = 0  # references left out because a template engine will put others in their place
    may_be_service_worker: bool = False
    sought_scripts: tuple[WrittenText, ...] = ()  # names by which a script looks for script elements
    policy: PagePolicy = PagePolicy()


@dataclass(frozen=True, slots=True)
class Link:
    """A reference that leads to another file of the release (``target``, by number), from link for fingerprint.

    Where it is not ``rewritten``, its text stays: it is the target's URL as it is, or the import map leads there. One
    with a ``new_specifier`` is not in the file: at its place the page's import map gets an entry for that specifier.
    """

    reference: Reference
    target: int
    rewritten: bool = True
    new_specifier: str | None = None


@dataclass(frozen=True, slots=True)
class LinkedFile:
    """A source file and what it refers to, from link for fingerprint.

    ``digest`` is the SHA-256 of the bytes that the spans belong to, None where nobody had to know it; ``inline_map`` is
    the span of the data: URL that is its source map.
    """

    source: SourceFile
    links: tuple[Link, ...] = ()
    digest: bytes | None = None
    inline_map: tuple[int, int] | None = None
    policy: PagePolicy = PagePolicy()


@dataclass(frozen=True, slots=True)
class Graph:
    """The files in order of name, and their components (numbers of files) in dependency order.

    ``contexts`` hold, for each file, a hash of what other files' links may follow from in it, and ``apart`` the numbers of
    files whose own links follow from what is in others.
    """

    files: tuple[LinkedFile, ...]
    components: tuple[tuple[int, ...], ...]
    ignored: Mapping[str, int] = field(
        default_factory=dict
    )  # by file, references to nothing that the settings pass over
    placeholders: int = 0  # references that a template engine has still to make
    contexts: tuple[bytes, ...] = ()
    apart: frozenset[int] = frozenset()
    settled: Sequence[Asset] = ()  # of the last files, where those are only referred to


class KnownLinks(NamedTuple):
    """What link found in all files, from one build for the next; files are numbers.

    ``sources`` are those of which link has found more than scan: their reason, plain, scope and media type. ``targets`` holds
    whose names stand in each file, ``maps`` the source maps that move along with one, ``ignored`` how many of its references
    lead to nothing, by name. For ``contexts`` and ``apart`` see Graph.
    """

    sources: Mapping[int, tuple[int, bool, str | None, str]]
    targets: Sequence[Sequence[int]]
    maps: Mapping[int, Sequence[int]]
    contexts: Sequence[bytes]
    apart: Sequence[int]
    ignored: Mapping[str, int]


class ContentFacts(NamedTuple):
    """What a manifest says, from one build for the next: how many assets and header sets there are without those of the past.

    Of the first segments of URL paths there are no more than a manifest tells, and one.
    """

    assets: int
    header_sets: int
    first_segments: Sequence[str]
    modified: int  # the latest date of a file


@dataclass(frozen=True, slots=True)
class StagedFile:
    """A file of the release, for publish: ``target`` is where it goes below files/, ``staged`` where its bytes lie aside.

    That is None where the last build knew them by their hash, and nobody has needed them again.
    """

    staged: str | None
    target: str
    size: int
    digest: bytes  # SHA-256


@dataclass(frozen=True, slots=True)
class Variant:
    """One coding of an asset, from compress (identity: from fingerprint) for the manifest and publish."""

    coding: str
    file: StagedFile


@dataclass(frozen=True, slots=True)
class Delta:
    """What leads from an earlier file to an asset's, from deltas for the manifest and publish.

    ``dictionary`` is the SHA-256 of the earlier file.
    """

    dictionary: bytes
    file: StagedFile


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it will be served, from fingerprint and compress for the headers, the manifest and publish."""

    source: SourceFile
    path: str  # the decoded URL path to link to
    modified: int  # seconds since 1970
    integrity: bytes  # SHA-384 of the identity bytes
    references: tuple[int, ...]  # numbers of assets, ascending
    variants: tuple[Variant, ...]  # identity first
    imports: tuple[int, ...] = ()  # those of the references that this module imports statically, in order of the text
    in_cycle: bool = False  # its fingerprint is the hash of a cycle of files
    charset: str = UTF_8  # of a text, "" where nobody knows
    dated: bool = True  # its date tells its bytes from others that had its name
    pattern: str | None = None  # for which URLs in its directory it is a dictionary (RFC 9842)

    @property
    def reason(self) -> UrlReason:
        """Why its URL is fingerprinted or not."""
        is_cycle = self.in_cycle and self.source.reason is UrlReason.CONTENT
        return UrlReason.CYCLE if is_cycle else self.source.reason

    @property
    def identity(self) -> StagedFile:
        """The file without a coding."""
        return self.variants[0].file


class CodingTotal(NamedTuple):
    """How many files of a release are in a coding, and their bytes in it and without it, from the pipeline for the report."""

    coding: str
    files: int
    bytes: int
    identity_bytes: int
