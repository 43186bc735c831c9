"""A build, from the source trees to the release in DIST: nothing but a scan where that is all as it was."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from time import time_ns

from servestatic_build.build_result import BuildResult
from servestatic_build.cache.code_digest import code_digest
from servestatic_build.cache.items import key_of
from servestatic_build.cache.known_assets import as_linked
from servestatic_build.cache.last_outcome import LastOutcome, shape_digest
from servestatic_build.cache.layered import Cache
from servestatic_build.cache.location import open_cache
from servestatic_build.codecs import CODECS
from servestatic_build.codes import Code
from servestatic_build.diagnostics import BuildError, Diagnostics
from servestatic_build.garbage import collected_rarely
from servestatic_build.settings.config import SETTINGS, Config
from servestatic_build.settings.hooks import load_hook
from servestatic_build.settings.output import require_own_directory
from servestatic_build.settings.source_date_epoch import source_date_epoch
from servestatic_build.sources.scan import Scan, ScanSources, scan
from servestatic_build.stages import Progress, Silent, Stages


def build(config: Config, progress: Progress | None = None) -> BuildResult:
    """Compile the sources into DIST and return what was made; raise ConfigError for settings that can't be followed.

    With any error among the result's diagnostics, DIST is as it was.
    """
    return build_scanned(config, progress or Silent(), scan)


def build_scanned(config: Config, progress: Progress, scan: ScanSources) -> BuildResult:
    """Do as ``build`` does with what ``scan`` finds in the sources."""
    result, diagnostics = BuildResult(), Diagnostics(strict=config.strict)
    stages = Stages(progress, result.seconds)
    epoch = source_date_epoch()
    try:
        with collected_rarely(), _cache(config, result, diagnostics) as cache:
            _build(config, epoch, cache, scan, stages, result, diagnostics)
    except BuildError as error:
        diagnostics.error(error.code, error.place, error.message, error.hint)
    except OSError as error:
        place = error.filename2 or error.filename or config.out  # of a rename: what it leads to
        message = f"this path can't be read or written: {error.strerror or error}"
        diagnostics.error(Code.FILE_SYSTEM, str(place), message, "look at its permissions and at the room on the disk")
    except MemoryError:
        diagnostics.error(Code.OUT_OF_RESOURCES, config.out, "the build ran out of memory", "lower --jobs")
    result.diagnostics = diagnostics.located()
    return result


def _build(
    config: Config,
    epoch: int | None,
    cache: Cache,
    scan: ScanSources,
    stages: Stages,
    result: BuildResult,
    diagnostics: Diagnostics,
) -> None:
    """Fill the result; raise BuildError, or OSError."""
    require_own_directory(config.sources, config.out)
    if config.headers_hook:
        load_hook("headers-hook", config.headers_hook)  # one that can't be loaded is told before any work is done
    started = time_ns()
    with stages.stage("scan"):
        scanned = scan(config, diagnostics)
        result.skipped = scanned.skipped
    last_outcome = _last_outcome(config, epoch, cache, scanned, started)
    known = last_outcome.read() if last_outcome and not diagnostics.failed else None
    if known and not known.changed:
        diagnostics.tell_again(known.problems)
        result.tell(known.outcome, as_linked(scanned.files, known.outcome.links))
        result.up_to_date = True
        return
    from servestatic_build.compilation import compile_scanned  # noqa: PLC0415 - a third of what is imported
    from servestatic_build.publication import Memory  # noqa: PLC0415
    from servestatic_build.recompilation import recompile  # noqa: PLC0415

    memory = Memory(cache, started, last_outcome)
    if not (known and recompile(scanned, known, config, epoch, memory, stages, result, diagnostics)):
        compile_scanned(scanned, config, epoch, memory, stages, result, diagnostics)


@contextmanager
def _cache(config: Config, result: BuildResult, diagnostics: Diagnostics) -> Iterator[Cache]:
    """Open the cache; behind the block keep it to its size, and tell how it was used and what was wrong with it."""
    cache = Cache() if config.cache is False else open_cache(config.cache, config.cache_size)
    try:
        yield cache
    finally:
        problems = cache.close()
        result.cache = cache.uses
        for problem in problems:
            diagnostics.warning_of_machine(Code.CACHE_UNUSABLE, problem.place, problem.message, problem.hint)


# What says how to build, and nothing of the release; of the sources the scan says more.
_OF_THE_BUILD = frozenset({"sources", "out", "jobs", "cache", "cache_size", "check", "verify_content"})
_ANY_SIZE = (0, 2**62)  # by which a recipe names each library that may have a part in it


def _last_outcome(config: Config, epoch: int | None, cache: Cache, scanned: Scan, started: int) -> LastOutcome | None:
    """Return what the last build of this DIST came to, None where that counts for nothing.

    What a hook answers may follow from anything, other DISTs may have changed, and budgets are
    weighed against the last release.
    """
    if config.verify_content or config.headers_hook or config.previous or config.budgets:
        return None
    sources = [(each.directory, each.url, each.name_prefix, each.fingerprint, each.foreign) for each in config.sources]
    settings = [(row.attribute, getattr(config, row.attribute)) for row in SETTINGS.values()]
    of_release = [(name, value) for name, value in settings if name not in _OF_THE_BUILD]
    recipes = [CODECS[coding].recipe(size, config.effort) for coding in config.codings for size in _ANY_SIZE]
    told = repr((sys.version, epoch, os.environ.get("SERVESTATIC_LABEL"), sources, of_release, recipes))
    shape = shape_digest([code_digest(), os.fsencode(told)], scanned.files, scanned.skipped)
    key = key_of("outcome", os.fsencode(os.path.realpath(config.out)), shared=False)
    return LastOutcome(cache, key, config.out, shape, scanned.files, started)
