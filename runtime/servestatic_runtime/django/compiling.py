"""Compile what the finders find. Nothing else here needs the compiler, and nothing needs it before it is asked to."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit
from wsgiref.headers import Headers

from django.contrib.staticfiles.finders import get_finders
from django.core.management.base import CommandError, OutputWrapper
from django.core.management.color import color_style

from servestatic_runtime.django import conf, opened
from servestatic_runtime.django.keys import Table
from servestatic_runtime.django.trees import Collected, by_logical_name, local_path, trees
from servestatic_runtime.manifest import manifest_path
from servestatic_runtime.platform_files import with_slashes

if TYPE_CHECKING:
    from servestatic_build import BuildResult, Config, ConfigError
    from servestatic_build.diagnostics import Diagnostic
    from servestatic_build.model import SkipReason


class Output(NamedTuple):
    """Where a command talks to, and how much."""

    stdout: Any  # OutputWrapper, as stderr is
    stderr: Any
    verbosity: int = 1

    @classmethod
    def of_process(cls) -> Output:
        """Return the process's own."""
        return cls(OutputWrapper(sys.stdout), OutputWrapper(sys.stderr))

    def say(self, text: str) -> None:
        """Print a line, unless the command is to be quiet."""
        if self.verbosity:
            self.stdout.write(text)

    def print(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Print problems, many of one kind as one unless the command is verbose; a quiet one prints errors only."""
        from servestatic_build.report.digest import digest

        shown = [each for each in diagnostics if self.verbosity or each.severity == "error"]
        for diagnostic in shown if self.verbosity > 1 else digest(shown, "--verbosity 2 names them all"):
            self._print(diagnostic)

    def _print(self, diagnostic: Diagnostic) -> None:
        from servestatic_runtime.printable import printable

        style = color_style()
        paint = {"error": style.ERROR, "warning": style.WARNING}.get(diagnostic.severity)
        place, message = printable(diagnostic.place), printable(diagnostic.message)
        self.stderr.write(f"{place}: {diagnostic.severity}: {message} [{diagnostic.code}]", paint)
        for label, text in (("note", diagnostic.note), ("hint", diagnostic.hint)):
            if text:
                self.stderr.write(f"  {label}: {printable(text)}")


def found_files(ignore_patterns: list[str], say: Callable[[str], None]) -> Collected:
    """Return what the finders find: of files with one name the first, as collectstatic takes it."""
    collected: dict[str, tuple[Any, str]] = {}
    for finder in get_finders():
        for path, storage in finder.list(ignore_patterns):
            name = with_slashes(os.path.join(getattr(storage, "prefix", None) or "", path))
            if collected.setdefault(name, (storage, path)) != (storage, path):
                where = local_path(storage, path) or storage
                say(f"{name}: found once more, as {where}, and left out: the first one counts.")
    return collected


def compile_files(collected: Collected, output: Output, *, dry_run: bool = False, **options: Any) -> dict[str, str]:
    """Compile into DIST and return, by name, what the URL of each file has below the prefix.

    ``options`` are keywords of the compiler's Config, which go before the settings. Raises CommandError after any
    error, with DIST as it was. A dry run compiles, and writes nothing.
    """
    settings, collected = checked_settings(), by_logical_name(collected)
    with tempfile.TemporaryDirectory(prefix="servestatic-") as scratch:
        options["check"] = dry_run or options.get("check", False)
        result = _build(collected, settings, scratch, output, options)
        unpublished = tuple(_unpublished(collected, result))
    output.print(unpublished)
    _report(result, dist_of(settings), output, dry_run=dry_run)
    opened.invalidate()
    names = ((asset.source.name, asset.path.removeprefix(settings.prefix)) for asset in result.assets)
    return {name: stored_name for name, stored_name in names if name in collected}


def prune(dist: str) -> int:
    """Delete what the release in DIST does not list and return how many files; raise CommandError."""
    from servestatic_build.store import prune as store

    try:
        return len(store.prune(dist, grace_minutes=0))
    except OSError as error:
        raise CommandError(f"{error.filename or dist}: {error.strerror or error}") from error


def settings_problems() -> Iterator[str]:
    """Yield all that is wrong with the settings; what the compiler will not take only where there is one to say it."""
    yield from conf.problems()
    build, places = conf.build_settings()
    if not places:
        return
    try:
        from servestatic_build import ConfigError
    except ImportError:
        return
    for name in places:
        try:
            _keywords({name: build[name]}, places)
        except ConfigError as error:
            yield _sentence(error)


def checked_settings() -> conf.Settings:
    """Return the settings; raise CommandError with all that is wrong with them."""
    problems = [*settings_problems()]
    if problems:
        raise CommandError("\n".join(f"{problem}." for problem in problems))
    return conf.read()


def header_rules(settings: conf.Settings) -> Callable[[Headers, str], None]:
    """Return what the settings' rules do to the headers of a logical name. Without any, no compiler is needed."""
    if not settings.build.get("headers"):
        return lambda _headers, _name: None
    rules = _keywords({"headers": settings.build["headers"]}, settings.places)["headers"]

    def apply(headers: Headers, name: str) -> None:
        for rule in rules:
            if rule.files.match(name):
                rule.apply(headers)

    return apply


def fallback_settings(settings: conf.Settings) -> Iterator[tuple[str, str, int]]:
    """Yield the URL, the file and the status of each page for unknown paths, in the order in which they count."""
    given = {name: settings.build[name] for name in ("spa", "not-found") if name in settings.build}
    pages = _keywords(given, settings.places) if given else {}
    with_status = [
        (*page, status) for name, status in (("spa", 200), ("not_found", 404)) for page in pages.get(name, ())
    ]
    yield from sorted(with_status, key=lambda page: -len(page[0]))


def dist_of(settings: conf.Settings) -> str:
    """Return the directory that a release goes into; raise CommandError."""
    if settings.dist is None:
        raise CommandError("Where should the release go? Set STATIC_ROOT to a directory of its own.")
    return os.path.dirname(manifest_path(settings.dist))


def _build(
    collected: Collected, settings: conf.Settings, scratch: str, output: Output, options: Mapping[str, Any]
) -> BuildResult:
    try:
        from servestatic_build import ConfigError, build
        from servestatic_build.report.console import stderr_console
        from servestatic_build.report.progress import shown_progress
        from servestatic_build.stages import Silent
    except ImportError as error:
        raise CommandError(str(error)) from error
    try:
        config = _config(collected, settings, scratch, output, options)
        with nullcontext(Silent()) if not output.verbosity else shown_progress(stderr_console()) as progress:
            return build(config, progress)
    except ConfigError as error:
        raise CommandError(_sentence(error)) from error
    except OSError as error:
        place = error.filename or dist_of(settings)
        raise CommandError(f"{place} can't be read: {error.strerror or error}. Nothing was compiled.") from error


def _sentence(error: ConfigError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message


def _keywords(build: Table, places: Mapping[str, str]) -> dict[str, Any]:
    """Return settings for the compiler as keywords of its Config; raise its ConfigError."""
    from servestatic_build.extra import extra_needed

    with extra_needed():
        from servestatic_build.settings.files import keywords
    return keywords(build, places)


def _config(
    collected: Collected, settings: conf.Settings, scratch: str, output: Output, options: Mapping[str, Any]
) -> Config:
    from servestatic_build import Config, Source

    dist = dist_of(settings)
    foreign = _foreign(dist) - collected.keys() if settings.is_static_root else frozenset()
    sources = [Source(tree.directory, None, tree.name_prefix, tree.only) for tree in trees(collected, scratch)]
    if foreign:
        output.say(
            f"{len(foreign)} files that others wrote into STATIC_ROOT are published, too: {min(foreign)} for one."
        )
        sources.insert(0, Source(dist, only=foreign, foreign=True))
    if settings.root:
        sources.append(Source(settings.root, "/"))
    if not sources:
        raise CommandError("The finders find no file. Look at STATICFILES_DIRS and STATICFILES_FINDERS.")
    given = {
        "out": dist,
        "prefix": settings.prefix,
        **_place(settings),
        **_keywords(settings.build, settings.places),
        **options,
    }
    given["origins"] = (*given.get("origins", ()), *_origins(settings.base_url))
    return Config(sources=tuple(sources), **given)


def _place(settings: conf.Settings) -> Table:
    """Return where files lie in DIST and who may read them, as keywords of Config."""
    layout = "prefix" if settings.is_static_root else "files"
    return {"layout": layout, "file_mode": settings.modes.file, "directory_mode": settings.modes.directory}


def _foreign(dist: str) -> frozenset[str]:
    """Return the names of the files that others have written into DIST."""
    from servestatic_build.store.own_files import OwnFiles

    if not os.path.isdir(dist):
        return frozenset()
    return frozenset(OwnFiles.of_dist(dist).foreign())  # of a manifest that can't be read the build says so


def _origins(base_url: str | None) -> Iterator[str]:
    """Yield the origin of a base URL, so that references to full URLs there are followed, where it is just that."""
    parts = urlsplit(base_url or "")
    if parts.scheme and not parts.path.strip("/"):
        yield f"{parts.scheme}://{parts.netloc}"


def _report(result: BuildResult, dist: str, output: Output, *, dry_run: bool) -> None:
    """Print what the build says, and its end in a sentence; raise CommandError after an error."""
    from servestatic_build.codes import Code

    expected = Code.OUT_OF_DATE if dry_run else None  # it is what a dry run is to find out
    problems = [each for each in result.diagnostics if each.code is not expected]
    output.print(problems)
    if any(problem.severity == "error" for problem in problems):
        raise CommandError(f"Nothing was compiled: {dist} is as it was.")
    if result.up_to_date:
        output.say(f"{dist} is up to date: {len(result.assets)} files.")
    elif result.outdated:
        output.say(f"Pretending to compile: {dist} would change, {result.new_files} new files.")
    else:
        output.say(f"{dist} is compiled: {len(result.assets)} files, {result.new_files} new on disk.")


def _unpublished(collected: Collected, result: BuildResult) -> Iterator[Diagnostic]:
    """Yield a warning for each file that the finders find and no build publishes, unless that is meant to be so."""
    from servestatic_build.codes import Code
    from servestatic_build.diagnostics import Diagnostic, Severity
    from servestatic_build.model import SkipReason

    deliberate = {SkipReason.IGNORED, SkipReason.LITTER}  # the settings say so, or nobody means such files
    hints = {SkipReason.LINK_OUT: "add the directory that it leads to to STATICFILES_DIRS"}
    published = {asset.source.name for asset in result.assets}
    reasons = {skipped.path: skipped.reason for skipped in result.skipped}
    for name, (storage, path) in collected.items() if published else ():
        reason = None if name in published else _reason(local_path(storage, path), reasons)
        if reason and reason not in deliberate:
            message = f"Django finds this file, but it is not published: {reason}"
            yield Diagnostic(Severity.WARNING, Code.UNPUBLISHED_FILE, name, message, hints.get(reason))


def _reason(path: str | None, reasons: Mapping[str, SkipReason]) -> SkipReason | None:
    """Return why a file was skipped: itself, or a directory that it is in."""
    while path and path not in reasons and path != os.path.dirname(path):
        path = os.path.dirname(path)
    return reasons.get(path or "")
