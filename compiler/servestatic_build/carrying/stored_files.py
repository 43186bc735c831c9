"""Bring files of another DIST into a build's staging directory: those that its manifest lists, by their names there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple, Protocol

from servestatic_build.carrying.members import Member, UnreadableError, chunks_of, members
from servestatic_build.platform_files import open_regular
from servestatic_build.store.listed_files import NotAsListedError, check_size
from servestatic_build.store.staging import Staging
from servestatic_runtime.platform_files import native_path
from servestatic_runtime.records import Variant


class Fetched(NamedTuple):
    """The files that were found, by name: where they are staged, and why others can't be. Each is written once at most."""

    paths: dict[str, str]
    problems: dict[str, str]

    def copy(self, member: Member, variant: Variant, staging: Staging) -> None:
        """Stage a file if it has the size that the manifest says; raise OSError where it can't be written."""
        if member.name in self.paths:
            return
        try:
            check_size(variant, member.size)
            self.paths[member.name] = staging.write(member.chunks()).path
            self.problems.pop(member.name, None)
        except NotAsListedError as error:
            self.problems.setdefault(member.name, error.message)
        except UnreadableError as error:
            self.problems.setdefault(member.name, f"this file can't be read: {error}")


class StoredFiles(Protocol):
    """The files of a DIST, in a directory or in an archive."""

    def fetch(self, wanted: Mapping[str, Variant], staging: Staging) -> Fetched:
        """Stage the files of these names; raise OSError where they can't be written."""


class DirectoryFiles(NamedTuple):
    """Those of a directory: each is given another name if the file system can do that, else copied."""

    root: str

    def fetch(self, wanted: Mapping[str, Variant], staging: Staging) -> Fetched:
        """Stage the files of these names; raise OSError where they can't be written."""
        fetched = Fetched({}, {})
        for name, variant in wanted.items():
            path = os.path.join(self.root, native_path(name))
            linked = staging.link(path)
            if linked is not None:
                fetched.paths[name] = linked
            elif os.path.exists(path):
                fetched.copy(_file(name, path), variant, staging)
        return fetched


class ArchiveFiles(NamedTuple):
    """Those of an archive, below ``root``, which is empty or ends in a slash."""

    path: str
    root: str

    def fetch(self, wanted: Mapping[str, Variant], staging: Staging) -> Fetched:
        """Stage the files of these names; raise OSError where they can't be written."""
        inside = {self.root + name: variant for name, variant in wanted.items()}
        fetched, links = self._read(inside, staging)
        if links:  # files of two names, of which the archive has the bytes under the other one
            first_names, _ = self._read({other: inside[name] for name, other in links.items()}, staging)
            for name, other in links.items():
                if path := first_names.paths.get(other):
                    fetched.copy(_file(name, path), inside[name], staging)
                elif other in first_names.problems:
                    fetched.problems.setdefault(name, first_names.problems[other])
        return Fetched(*({name.removeprefix(self.root): value for name, value in each.items()} for each in fetched))

    def _read(self, wanted: Mapping[str, Variant], staging: Staging) -> tuple[Fetched, dict[str, str]]:
        """Stage members of the archive; return those whose bytes are another's, too, with its name."""
        fetched, links = Fetched({}, {}), {}
        with suppress(UnreadableError):  # what lies behind the damage is missing
            for member in members(self.path):
                if member.name in wanted and member.other_name is not None:
                    links[member.name] = member.other_name
                elif member.name in wanted:
                    fetched.copy(member, wanted[member.name], staging)
        return fetched, links


def _file(name: str, path: str) -> Member:
    return Member(name, os.stat(path).st_size, partial(chunks_of, partial(open_regular, path)))
