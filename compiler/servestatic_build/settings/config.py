"""What a build is told: settings from a file, overridden by the command line, checked once."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from servestatic_build.codecs import CODECS, EFFORTS
from servestatic_build.diagnostics import ConfigError
from servestatic_build.platform_files import cores, is_within
from servestatic_build.settings.globs import NO_GLOBS, Globs
from servestatic_build.settings.header_rules import HeaderRule, HeadersHook
from servestatic_runtime.format import FILES_DIR

MISSING = ("ignore", "warn", "error")
MODULES = ("rewrite", "importmap")

# (path, plain URL) -> whether the file was named by its content before
HashedHook: TypeAlias = Callable[[str, str], object]

_ORIGIN = re.compile(r"https?://[^/?#@\s]+")


@dataclass(frozen=True, slots=True)
class Source:
    """A source tree. ``url`` is where it is served, ending in a slash, or None for below the prefix.

    Frameworks that look for files in several directories say more: ``name_prefix`` stands before the logical name of
    each file of a tree below the prefix, ``only`` are the files to publish, by their paths from the directory, and
    ``fingerprint`` treats a tree at a URL of its own like those below the prefix.
    """

    directory: str
    url: str | None = None
    name_prefix: str = ""
    only: frozenset[str] | None = None
    fingerprint: bool = False

    @classmethod
    def parse(cls, text: str) -> Source:
        """Return the source that ``DIR`` or ``URL=DIR`` means; raise ConfigError."""
        url, equals, directory = text.partition("=")
        if not (equals and url.startswith("/")) or os.path.isdir(text):
            return cls(text)
        if not directory:
            raise ConfigError(f"{text!r} names no directory", "write URL=DIR, for example /=public")
        return cls(directory, url_directory(url))


@dataclass(frozen=True, slots=True)
class MissingRule:
    """What to do about references to missing files of these names; a later rule goes before an earlier one."""

    files: Globs
    policy: str

    def __post_init__(self) -> None:
        """Raise ConfigError for a policy that there isn't."""
        _one_of("missing", self.policy, MISSING)


@dataclass(frozen=True, slots=True)
class Config:
    """Everything a build is told. Globs are patterns as in .gitignore, matched with logical names."""

    sources: tuple[Source, ...] = ()
    out: str = "dist"
    prefix: str = "/static/"
    codings: tuple[str, ...] = tuple(CODECS)
    effort: str = "default"
    jobs: int = field(default_factory=cores)
    ignore: Globs = NO_GLOBS
    plain: Globs = NO_GLOBS
    fingerprint: Globs = NO_GLOBS
    hashed: Globs = NO_GLOBS
    hashed_hook: str | HashedHook | None = None
    plain_urls: bool = True
    missing: str = "warn"
    missing_rules: tuple[MissingRule, ...] = ()
    modules: str = "rewrite"
    imports: Mapping[str, str] = field(default_factory=dict)
    origins: tuple[str, ...] = ()
    bundler_manifests: tuple[str, ...] = ()
    strict: bool = False
    max_age: int = 60
    index: str = "index.html"
    cross_origin: bool = True
    types: Mapping[str, str] = field(default_factory=dict)
    headers: tuple[HeaderRule, ...] = ()
    headers_hook: str | HeadersHook | None = None
    check: bool = False

    def __post_init__(self) -> None:
        """Raise ConfigError for what no build can follow."""
        if not self.sources:
            raise ConfigError("no source to compile", "name a directory, for example: servestatic-build static -o dist")
        _one_of("effort", self.effort, EFFORTS)
        _one_of("missing", self.missing, MISSING)
        _one_of("modules", self.modules, MODULES)
        for specifier, name in self.imports.items():
            _require(
                f"/{name}".endswith("/") or not specifier.endswith("/"),
                f"imports: {specifier!r} must lead to a directory, {name + '/'!r}",
            )
        for origin in self.origins:
            _require(_ORIGIN.fullmatch(origin), f"{origin!r} is not an origin, such as https://www.example.com")
        for coding in self.codings:
            _require(coding in CODECS, f"codings must be of {', '.join(CODECS)} (or none), not {coding!r}")
        _require(self.jobs >= 1, "jobs must be at least 1")
        _require(self.max_age >= 0, "max-age must be at least 0")
        _require("/" not in self.index, f"index must be the name of a file, not {self.index!r}")
        object.__setattr__(self, "prefix", url_directory(self.prefix))
        object.__setattr__(self, "codings", tuple(dict.fromkeys(self.codings)))
        for source in self.sources:
            _require(
                not _is_output(source.directory, self.out), f"{source.directory} is the output and can't be a source"
            )


def _is_output(directory: str, out: str) -> bool:
    """Return whether a source is what a build writes: DIST itself, or where its files are."""
    real, out = os.path.realpath(directory), os.path.realpath(out)
    files = os.path.join(out, FILES_DIR)
    return real == out or is_within(real, files)


def url_directory(url: str) -> str:
    """Return a URL path that begins and ends in a slash; raise ConfigError for anything but an absolute path."""
    path = url if url.endswith("/") else url + "/"
    _require(path.startswith("/") and "//" not in path, f"{url!r} is not an absolute URL path, such as /static/")
    _require(not {".", ".."} & set(path.split("/")), f"{url!r} has a segment that browsers take away")
    _require(not {"?", "#", "%"} & set(path), f"{url!r}: write the path decoded, without a query or fragment")
    return path


def _one_of(setting: str, value: str, known: tuple[str, ...]) -> None:
    _require(value in known, f"{setting} must be one of {', '.join(known)}, not {value!r}")


def _require(condition: object, message: str) -> None:
    if not condition:
        raise ConfigError(message)
