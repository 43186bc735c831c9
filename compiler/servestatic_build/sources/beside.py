"""Codings that something made before the build, beside the files they are of: ``app.js.gz`` beside ``app.js``."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from servestatic_build.codecs import CODECS
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.model import CodedSource, SourceFile
from servestatic_build.source_files import source_chunks
from servestatic_runtime.format import FILE_SUFFIXES


def with_codings_beside(files: Sequence[SourceFile], diagnostics: Diagnostics) -> tuple[SourceFile, ...]:
    """Return the files, those that are a coding of another as that one's. What decodes to other bytes stays a file."""
    by_path = {file.plain_path: file for file in files}
    taken: set[str] = set()
    told = []
    for file in files:
        coded = [] if file.coding else [each for each in _beside(file, by_path) if _is_of(file, each, diagnostics)]
        taken |= {file.plain_path + FILE_SUFFIXES[each.coding] for each in coded}
        told.append(replace(file, coded=tuple(coded)) if coded else file)
    return tuple(file for file in told if file.plain_path not in taken)


def _beside(file: SourceFile, by_path: dict[str, SourceFile]) -> list[CodedSource]:
    found = ((coding, by_path.get(file.plain_path + FILE_SUFFIXES[coding])) for coding in CODECS)
    return [CodedSource(coding, replace(other, coding=coding)) for coding, other in found if other and not other.coding]


def _is_of(file: SourceFile, coded: CodedSource, diagnostics: Diagnostics) -> bool:
    """Return whether a file decodes to another's bytes; warn if not: a server that took it by its name would be wrong."""
    try:
        if _digest(coded.file) == _digest(file):
            return True
        problem = f"this file does not decode to the bytes of {file.path}, so it is no variant of that"
    except BuildError as error:
        if error.code is not Code.INVALID_CODING:
            raise
        problem = f"{error.message}, so it is no variant of {file.path}"
    diagnostics.warning(Code.INVALID_CODING, coded.file.path, problem, "make it again, or ignore it")
    return False


def _digest(file: SourceFile) -> bytes:
    digest = hashlib.sha256()
    for chunk in source_chunks(file):
        digest.update(chunk)
    return digest.digest()
