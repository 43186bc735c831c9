"""A release made ready to answer: for each path asked before, its answers in the server's own form.

The two tables here are dicts that make what they lack, so that what they hold is found without a call.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias

from servestatic_runtime.conditional import CONDITIONAL_FIELDS, Fields, matches
from servestatic_runtime.errors import ManifestError, log
from servestatic_runtime.format import FallbackRecord
from servestatic_runtime.negotiate import choose
from servestatic_runtime.records import Headers, Variant
from servestatic_runtime.response import FileBody, Native, Response

# Paths kept ready, a few kilobytes each. The oldest is evicted first.
MOST_RESOURCES = 4096

# Accept-Encoding values that a resource remembers the outcome of; a value longer than any browser's is not kept.
MOST_CHOICES = 16
LONGEST_CHOICE = 256

# The request fields that can change an answer, besides the method, the path and Accept-Encoding.
DECIDING_FIELDS = (*CONDITIONAL_FIELDS, "available-dictionary")

AcceptEncoding: TypeAlias = "str | bytes | None"  # as the server's interface gives the field's value, None without it


if TYPE_CHECKING:  # so that no start has to make them

    class Match(Protocol):
        """What a URL path leads to: a file in its codings, with the headers of that URL; or a redirect."""

        @property
        def location(self) -> str | None: ...  # the decoded path that a redirect leads to
        @property
        def variants(self) -> tuple[Variant, ...]: ...  # identity first
        @property
        def deltas(self) -> Mapping[str, Variant]: ...  # by the value of Available-Dictionary
        @property
        def modified(self) -> int: ...  # seconds since 1970
        @property
        def immutable(self) -> bool: ...  # the path never leads to other bytes
        def ok_headers(self, variant: Variant) -> Headers: ...  # a redirect's, too
        def not_modified_headers(self, variant: Variant) -> Headers: ...
        def body_path(self, variant: Variant) -> str: ...

    class ResourceProvider(Protocol):
        """What resources are made of: a manifest, or what replaces it where nothing was compiled."""

        @property
        def prefix(self) -> str: ...
        @property
        def fallbacks(self) -> tuple[FallbackRecord, ...]: ...
        def find(self, path: str) -> Match | None: ...


class Representation(Generic[Native]):
    """One variant under one URL: its validators, its 200 and its 304. Plain attributes, as a Response has, for speed."""

    def __init__(
        self,
        match: Match,
        variant: Variant,
        native: Callable[[Headers], Native],
        instead: Response[Native] | None = None,
    ) -> None:
        self.headers = match.ok_headers(variant)
        self.file_body = FileBody(match.body_path(variant), variant.size, etag=variant.etag)
        names = {name for name, _ in self.headers}
        self.etag = variant.etag if "ETag" in names else None  # None where the rules took the header away
        self.modified = match.modified if "Last-Modified" in names else None
        self.immutable = match.immutable
        self.ok = Response(200, native(self.headers), self.file_body, instead=instead)
        self.not_modified = Response(304, native(match.not_modified_headers(variant)))
        # What stands between several ranges: from the hash of the bytes, so that no file can have it inside.
        self.boundary = variant.etag.strip('"')


class Resource(dict[AcceptEncoding, Representation[Native] | None]):
    """What one URL path leads to: by Accept-Encoding, the representation to send, None where none will do.

    A redirect (``location``) has none.
    """

    def __init__(self, match: Match, native: Callable[[Headers], Native]) -> None:
        super().__init__()
        self._match = match
        self._variants = sorted(match.variants, key=lambda variant: variant.size)
        self._codings = tuple(variant.coding for variant in self._variants)
        self._representations: dict[int, Representation[Native]] = {}
        self._deltas = match.deltas
        self._delta_representations: dict[tuple[str, str], Representation[Native]] = {}
        self.location = match.location
        self.native = native
        self.explanation = ""  # the body of a refusal, where more is to be said than its status
        self.refusal = 406  # what is answered where no representation will do; 500 where the manifest is damaged

    def __missing__(self, accept_encoding: AcceptEncoding) -> Representation[Native] | None:
        """Negotiate, and remember the outcome. A full table is cleared."""
        text = _text(accept_encoding)
        choice = choose(text, self._codings) if self.location is None else None
        try:
            representation = None if choice is None else self._representation(choice)
        except ManifestError as error:
            self._report(error)
            return None  # and is tried again: it may have been copied by halves
        if len(self) >= MOST_CHOICES:
            self.clear()
        if len(text or "") <= LONGEST_CHOICE:
            self[accept_encoding] = representation
        return representation

    def for_fields(self, accept_encoding: AcceptEncoding, fields: Fields) -> Representation[Native] | None:
        """Return the representation for a request that has some of DECIDING_FIELDS.

        That may be what leads from an earlier file to this one (RFC 9842), or the one that the client has, whichever
        coding that was.
        """
        if not self._deltas:
            return self[accept_encoding]
        try:
            return self._held(fields) or self._delta(accept_encoding, fields) or self[accept_encoding]
        except ManifestError as error:
            self._report(error)
            return None

    def _held(self, fields: Fields) -> Representation[Native] | None:
        """Return the representation that If-None-Match names: a new answer's coding need not be that of the last one."""
        tags = fields.get("if-none-match", "*")
        if tags == "*":
            return None
        usual = (self._representation(choice) for choice in range(len(self._variants)))
        deltas = (self._delta_representation(key, self._representation(0)) for key in self._deltas)
        return next((each for each in (*usual, *deltas) if matches(tags, each.etag, weak=True)), None)

    def _delta(self, accept_encoding: AcceptEncoding, fields: Fields) -> Representation[Native] | None:
        """Return what leads from the file that the client has to this one. A range of it would be of use to nobody."""
        dictionary = fields.get("available-dictionary", "")
        if dictionary not in self._deltas or "range" in fields:
            return None
        if choose(_text(accept_encoding), (self._deltas[dictionary].coding, *self._codings)) != 0:
            return None
        return self._delta_representation(dictionary, self[accept_encoding])

    def _delta_representation(self, dictionary: str, usual: Representation[Native] | None) -> Representation[Native]:
        key = (dictionary, usual.file_body.path if usual else "")
        representation = self._delta_representations.get(key)
        if representation is None:
            instead = usual.ok if usual else None
            representation = Representation(self._match, self._deltas[dictionary], self.native, instead)
            self._delta_representations[key] = representation
        return representation

    def headers(self) -> Headers:
        """Return the headers of the identity variant's 200, from which other answers take what they share."""
        try:
            return self._match.ok_headers(self._match.variants[0])
        except ManifestError as error:
            self._report(error)
            return []

    def _report(self, error: ManifestError) -> None:
        if self.refusal != 500:
            self.refusal = 500
            log(error)

    def _representation(self, choice: int) -> Representation[Native]:
        representation = self._representations.get(choice)
        if representation is None:
            representation = Representation(self._match, self._variants[choice], self.native)
            self._representations[choice] = representation
        return representation


def _text(accept_encoding: AcceptEncoding) -> str | None:
    return accept_encoding.decode("latin-1") if isinstance(accept_encoding, bytes) else accept_encoding


class Resources(dict[str, Resource[Native] | None]):
    """The resources of a release by decoded URL path, None for a path that it does not list. Thread-safe."""

    def __init__(self, provider: ResourceProvider, native: Callable[[Headers], Native]) -> None:
        super().__init__()
        self.provider = provider
        self._native = native
        self._is_damaged = False  # and the log says so
        self._lock = Lock()

    def __missing__(self, path: str) -> Resource[Native] | None:
        """Look a path up, and keep its resource. Where the manifest is damaged, nobody knows the path."""
        try:
            match = self.provider.find(path)
        except ManifestError as error:
            if not self._is_damaged:
                self._is_damaged = True
                log(error)
            return None
        if match is None:
            return None
        resource = Resource(match, self._native)
        with self._lock:
            if len(self) >= MOST_RESOURCES:
                del self[next(iter(self))]
            self[path] = resource
        return resource
