"""What the last build of the same sources knew of them, so that this one need not read what has not changed.

All of it is one item of the cache, for a file of its own for each fact would cost more than to find most facts again.
Facts are plain values by kind and key. Those that a build asks for or adds are what the next one knows: what no source
needs any longer is forgotten. But for the sources' dates they are keyed by content, so that a checkout at another path,
whose files are all read, can use them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Any, TypeAlias

import msgpack

from servestatic_build.cache.items import Key
from servestatic_build.cache.layered import Cache
from servestatic_build.model import SourceFile

Facts: TypeAlias = "dict[str, dict[Any, Any]]"

_SOURCES = "sources"
_ODD_TEXT = "surrogatepass"  # what is no UTF-8 in a source
# A file that was written again right after it was read may keep its date: clocks of file systems tick slowly, FAT's
# every two seconds. So a date counts only where it is older than the last build by more than that.
TICK_NS = 2_000_000_000


class LastBuild:
    """The facts of the last build, and those of this one for the next. Thread-safe.

    With ``verify_content`` nothing is believed of a source that its bytes don't say.
    """

    def __init__(self, known: Facts, before: int, started: int, *, verify_content: bool = False) -> None:
        """Take the facts, and when that build and this one have started, in nanoseconds since 1970."""
        self._known = {} if verify_content else known.get(_SOURCES, {})
        self._facts = known
        self._settled = before - TICK_NS
        self._learned: Facts = defaultdict(dict)
        self._started = started
        self._is_news = False  # whether there is anything that the last build did not know

    @classmethod
    def read(cls, cache: Cache, keys: Sequence[Key], started: int, *, verify_content: bool = False) -> LastBuild:
        """Return what the cache has under the first key that has something; what can't be read counts as nothing."""
        item = cache.get(*keys)
        try:
            before, known = msgpack.unpackb(item or b"", use_list=False, strict_map_key=False, unicode_errors=_ODD_TEXT)
            return cls({**known}, int(before), started, verify_content=verify_content)
        except (ValueError, TypeError, msgpack.UnpackException):
            return cls({}, 0, started)

    def write(self, cache: Cache, keys: Iterable[Key]) -> None:
        """Keep what this build knows for the next one, unless that is what the last one knew."""
        if self._is_news:
            item = msgpack.packb((self._started, self._learned), unicode_errors=_ODD_TEXT)
            for key in keys:
                cache.put(key, item)

    def digest(self, file: SourceFile) -> bytes | None:
        """Return the SHA-256 of a source: one that this build has read, or that has not changed since the last did."""
        learned = self._learned[_SOURCES].get(file.real_path)
        if learned is None:
            learned = self._known.get(file.real_path)
            if learned is None or learned[:-1] != file.signature or file.signature.modified_ns >= self._settled:
                return None
            self._learned[_SOURCES][file.real_path] = learned
        digest: bytes = learned[-1]
        return digest

    def note_digest(self, file: SourceFile, digest: bytes) -> None:
        """Have the next build know the SHA-256 of a source."""
        self._is_news = True
        self._learned[_SOURCES][file.real_path] = (*file.signature, digest)

    def forget_sources(self) -> None:
        """Have the next build read every source."""
        self._is_news = True
        self._learned.pop(_SOURCES, None)

    def get(self, kind: str, key: bytes) -> Any:
        """Return the fact under a key, None where there is none; the next build will know it, too."""
        fact = self._facts.get(kind, {}).get(key)
        if fact is not None:
            self._learned[kind][key] = fact
        return fact

    def keys(self, kind: str) -> Collection[bytes]:
        """Return the keys of all facts of a kind that the last build knew."""
        keys: Collection[bytes] = self._facts.get(kind, {}).keys()
        return keys

    def put(self, kind: str, key: bytes, fact: Any) -> None:
        """Have the next build know a fact: a plain value that is not None."""
        self._is_news = True
        self._learned[kind][key] = fact
