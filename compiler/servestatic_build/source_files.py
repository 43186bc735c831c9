"""The one way in which the bytes of sources are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader

from servestatic_build.codecs.decoding import decoded
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError
from servestatic_build.model import SourceFile
from servestatic_build.platform_files import NotAFileError, open_regular

_CHUNK_BYTES = 1024 * 1024


def read_source(file: SourceFile) -> bytes:
    """Return a source's bytes, without its coding if it has one; raise BuildError where they can't be read."""
    if file.coding:
        return b"".join(source_chunks(file))
    with _opened(file) as source:
        return source.read()


def source_chunks(file: SourceFile) -> Iterator[bytes]:
    """Yield a source's bytes piece by piece, without its coding; raise BuildError where they can't be read."""
    if file.coding is None:
        yield from coded_chunks(file)
        return
    try:
        yield from decoded(file.coding, coded_chunks(file))
    except ValueError as error:
        problem, hint = f"this file is not {file.coding}: {error}", "make it again, or correct content-encoding"
        raise BuildError(Code.INVALID_CODING, file.path, problem, hint) from error


def coded_chunks(file: SourceFile) -> Iterator[bytes]:
    """Yield a source's bytes as they lie there, piece by piece; raise BuildError where they can't be read."""
    with _opened(file) as source:
        while chunk := source.read(_CHUNK_BYTES):
            yield chunk


@contextmanager
def _opened(file: SourceFile) -> Iterator[BufferedReader]:
    """Open what the scan has found: not what a link leads to that took its place, and no pipe, which would be waited for."""
    try:
        with open_regular(file.real_path, follow=False) as source:
            yield source
    except NotAFileError as error:
        problem = f"this file became {error.strerror} during the build"
        raise BuildError(Code.FILE_CHANGED, file.path, problem, "compile again") from error
    except OSError as error:
        raise BuildError(Code.FILE_SYSTEM, file.path, f"this file can't be read: {error.strerror}") from error
