"""What an archive holds, piece by piece and in its order: tar in any compression that Python reads, and zip.

An archive is read, never extracted: who asks gets the bytes of a member by its name, and decides what becomes of them.
Links are no members of their own, but for those that tar makes of a file's second name: they name the first one.
"""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from lzma import LZMAError
from typing import IO, NamedTuple, Self

_CHUNK_BYTES = 2**20
# A header of tar that speaks of the next one, a long name for example, is read whole.
_EXTENDED = frozenset(
    {
        tarfile.GNUTYPE_LONGNAME,
        tarfile.GNUTYPE_LONGLINK,
        tarfile.XHDTYPE,
        tarfile.XGLTYPE,
        tarfile.SOLARIS_XHDTYPE,
    }
)
_MOST_HEADER_BYTES = 2**20


class UnreadableError(Exception):
    """What can't be read, of a file or of an archive; the text says why."""


class Member(NamedTuple):
    """A regular file in an archive. ``chunks`` yields its bytes at once, before the next member is asked for."""

    name: str
    size: int
    chunks: Callable[[], Iterator[bytes]]  # raises UnreadableError
    other_name: str | None = None  # of the member whose bytes it has: then it has no chunks of its own


def is_archive(path: str) -> bool:
    """Return whether a file is a tar or zip archive; raise UnreadableError."""
    return _is_tar(path) or zipfile.is_zipfile(path)


def members(path: str) -> Iterator[Member]:
    """Yield the regular files in an archive; raise UnreadableError where it is damaged, behind those before the damage."""
    with _readable():
        yield from _tar_members(path) if _is_tar(path) else _zip_members(path)


def chunks_of(opened: Callable[[], IO[bytes]]) -> Iterator[bytes]:
    """Yield what is in a file; raise UnreadableError."""
    with _readable(), opened() as file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


@contextmanager
def _readable() -> Iterator[None]:
    """Raise UnreadableError for all that reading an archive may raise."""
    try:
        yield
    except OSError as error:
        raise UnreadableError(error.strerror or str(error)) from error
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, LZMAError, EOFError, RecursionError) as error:
        raise UnreadableError(f"the archive is damaged: {error}") from error
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or of a compression that this Python lacks
        raise UnreadableError(str(error)) from error


class _BoundedTarInfo(tarfile.TarInfo):
    """A header that makes nobody read more than it may be long, or go back."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        info = super().frombuf(buf, encoding, errors)
        if info.size < 0 or (info.type in _EXTENDED and info.size > _MOST_HEADER_BYTES):
            raise UnreadableError("the archive is damaged: a header says an impossible size")
        return info


def _is_tar(path: str) -> bool:
    """Return whether a file is a tar archive. It is asked first: the last member of one may be a zip archive."""
    with _readable():
        try:
            tarfile.open(path, tarinfo=_BoundedTarInfo).close()
        except tarfile.TarError:
            return False
        return True


def _tar_members(path: str) -> Iterator[Member]:
    with tarfile.open(path, tarinfo=_BoundedTarInfo) as archive:
        offset = -1
        while info := archive.next():
            if info.offset <= offset:  # old versions of Python go back if a header says so
                raise UnreadableError("the archive is damaged: its headers lead in a circle")
            offset = info.offset
            archive.members.clear()  # type: ignore[attr-defined]  # or it would remember each
            if info.islnk():
                yield Member(_plain(info.name), 0, lambda: iter(()), _plain(info.linkname))
            elif info.isreg():
                yield Member(_plain(info.name), info.size, partial(chunks_of, partial(_opened, archive, info)))


def _opened(archive: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    file = archive.extractfile(info)
    if file is None:
        raise UnreadableError("it is no regular file")
    return file


def _zip_members(path: str) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16  # of the system that made it, 0 for one that has none
            if not info.is_dir() and (stat.S_IFMT(mode) in {0, stat.S_IFREG}):
                yield Member(_plain(info.filename), info.file_size, partial(chunks_of, partial(archive.open, info)))


def _plain(name: str) -> str:
    """Return a name without the dot that many put in front of each."""
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return name
