"""Why an asset's URL is fingerprinted or not: the compiler decides it, the manifest keeps its number."""

from __future__ import annotations

from enum import IntEnum


class UrlReason(IntEnum):
    """A number never changes its meaning; 0 is what a manifest of before says of all its assets."""

    UNKNOWN = 0
    CONTENT = 1  # fingerprinted: as files are
    CYCLE = 2  # fingerprinted, by the hash of the cycle of files that it is part of
    FINGERPRINT_PATTERN = 3  # fingerprinted, for a pattern of the settings matches its name
    HTML = 4
    SOURCE_URL = 5  # its source is served at a URL of its own
    PLAIN_PATTERN = 6
    HASHED_PATTERN = 7  # named by its content before, as are those that follow
    HASHED_HOOK = 8
    BUNDLER_MANIFEST = 9
    SERVICE_WORKER = 10  # not fingerprinted: browsers look for its next version at its URL
    FOREIGN = 11  # another program wrote it into DIST
    FOREIGN_HASHED = 12  # and named it by its content

    @classmethod
    def of(cls, number: int) -> UrlReason:
        """Return the reason of this number; UNKNOWN for one that only a later version knows."""
        return cls(number) if number in cls.__members__.values() else cls.UNKNOWN

    @property
    def is_fingerprinted(self) -> bool:
        """Whether the build puts a fingerprint into the name."""
        return self in (UrlReason.CONTENT, UrlReason.CYCLE, UrlReason.FINGERPRINT_PATTERN)

    @property
    def is_hashed(self) -> bool:
        """Whether something else named the file by its content before the build."""
        return self in _HASHED

    @property
    def is_foreign(self) -> bool:
        """Whether the file lies in DIST under its plain name because another program wrote it there."""
        return self in (UrlReason.FOREIGN, UrlReason.FOREIGN_HASHED)


_HASHED = frozenset(
    {UrlReason.HASHED_PATTERN, UrlReason.HASHED_HOOK, UrlReason.BUNDLER_MANIFEST, UrlReason.FOREIGN_HASHED}
)
