"""The coded bytes of a file, from the cache where a build has made them before; their size and hash, from the last build."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from servestatic_build.cache.items import Key, key_of
from servestatic_build.cache.last_build import LastBuild
from servestatic_build.cache.layered import Cache
from servestatic_build.codecs import CODECS
from servestatic_build.model import StagedFile
from servestatic_build.render.coding_choice import LEAST_BYTES_SAVED, LEAST_PERCENT_SAVED, gains

_KIND = "coded"
_RULE = f"saves {LEAST_PERCENT_SAVED} % and {LEAST_BYTES_SAVED} bytes"
_DOES_NOT_GAIN = b""  # no coding makes nothing of something
_LEAST_BYTES_SHARED = 4096  # what is smaller is coded faster than it comes over a network


@dataclass(frozen=True, slots=True)
class Coded:
    """What the last build knew of coded bytes: their size and SHA-256; no size where the coding gains nothing."""

    size: int = 0
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class CodedBytes:
    """Codes files with an effort. Thread-safe."""

    effort: str
    cache: Cache
    last_build: LastBuild

    def known(self, file: StagedFile, coding: str) -> Coded | None:
        """Return what the last build knew of a file in a coding, None for nothing."""
        fact = self.last_build.get(_KIND, self._key(file, coding).digest)
        return None if fact is None else Coded(*fact)

    def note(self, file: StagedFile, coding: str, coded: Coded) -> None:
        """Have the next build know of a file in a coding."""
        self.last_build.put(_KIND, self._key(file, coding).digest, (coded.size, coded.digest))

    def expect(self, files: Iterable[tuple[StagedFile, str]]) -> None:
        """Have the cache look for what will be asked for."""
        self.cache.expect(self._key(file, coding) for file, coding in files)

    def of(self, file: StagedFile, coding: str, read: Callable[[], bytes]) -> bytes | None:
        """Return a file's bytes, which ``read`` returns, in a coding, or None where that gains nothing."""
        key = self._key(file, coding)
        coded = self.cache.get(key)
        if coded is None:
            coded = CODECS[coding].encode(read(), self.effort)
            coded = coded if gains(file.size, len(coded)) else _DOES_NOT_GAIN
            self.cache.put(key, coded)
        return None if coded == _DOES_NOT_GAIN else coded

    def _key(self, file: StagedFile, coding: str) -> Key:
        """Return the name under which the coded bytes are kept: all that they depend on."""
        recipe = CODECS[coding].recipe(file.size, self.effort)
        return key_of(_KIND, file.digest, recipe.encode(), _RULE.encode(), shared=file.size >= _LEAST_BYTES_SHARED)
