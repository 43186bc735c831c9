"""The one way in which the bytes of sources are read."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from servestatic_build.codecs.decoding import decoded
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError
from servestatic_build.model import SourceFile
from servestatic_build.platform_files import NotAFileError, read_regular

_CHUNK_BYTES = 1024 * 1024


def read_source(file: SourceFile) -> bytes:
    """Return a source's bytes, without its coding if it has one; raise BuildError where they can't be read."""
    return b"".join(source_chunks(file, sys.maxsize))


def source_chunks(file: SourceFile, at_once: int = _CHUNK_BYTES) -> Iterator[bytes]:
    """Yield a source's bytes piece by piece, without its coding; raise BuildError where they can't be read."""
    chunks = coded_chunks(file, at_once)
    return chunks if file.coding is None else _decoded(file, file.coding, chunks)


def coded_chunks(file: SourceFile, at_once: int = _CHUNK_BYTES) -> Iterator[bytes]:
    """Yield a source's bytes as they lie there, piece by piece; raise BuildError where they can't be read.

    They are those of what the scan has found: not what a link leads to that took its place, and no pipe, which would be
    waited for.
    """
    try:
        yield from read_regular(file.real_path, at_once, follow=False)
    except NotAFileError as error:
        problem = f"this file became {error.strerror} during the build"
        raise BuildError(Code.FILE_CHANGED, file.path, problem, "compile again") from error
    except OSError as error:
        raise BuildError(Code.FILE_SYSTEM, file.path, f"this file can't be read: {error.strerror}") from error


def _decoded(file: SourceFile, coding: str, chunks: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from decoded(coding, chunks)
    except ValueError as error:
        problem, hint = f"this file is not {coding}: {error}", "make it again, or correct content-encoding"
        raise BuildError(Code.INVALID_CODING, file.path, problem, hint) from error
