"""Scripts that run beside a page: service workers, whose URLs must stay, and workers, which have no import map.

A browser asks for a service worker's next version at the URL of the one that it has (Service Workers, "Update"). Under a
fingerprinted URL there never is one, and who has the first version keeps it for good.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from urllib.parse import quote, unquote, urljoin, urlsplit

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.media_types import HTML, JAVASCRIPT
from servestatic_build.model import IMPORTS, SERVICE_WORKERS, STARTED, Reference, ReferenceKind
from servestatic_build.references.reading import ReadFile
from servestatic_build.references.resolver import Resolver
from servestatic_runtime.url_reason import UrlReason

_RUN = IMPORTS | {ReferenceKind.WORKER_SCRIPT}


def with_service_workers(files: Sequence[ReadFile], resolver: Resolver, diagnostics: Diagnostics) -> list[ReadFile]:
    """Return the files, service workers among them by their plain URLs only; warn of what only looks like one."""
    scopes = _scopes(files, resolver)
    suspects = [number for number, file in enumerate(files) if file.found.extraction.may_be_service_worker]
    for number in _unused(suspects, files, resolver) if suspects else ():
        source = files[number].source
        if number not in scopes and not source.fingerprinted and not source.hashed:
            scopes[number] = ""
        elif number not in scopes and source.reason is UrlReason.CONTENT:
            problem = "this script listens as service workers do, and its URL changes with its bytes"
            hint = "if it is one, name it in --plain: browsers look for a new version at the old URL only"
            diagnostics.warning(Code.SERVICE_WORKER, source.name, problem, hint)
    return [_service_worker(file, scopes.get(number)) for number, file in enumerate(files)]


def worker_scripts(files: Sequence[ReadFile], resolver: Resolver) -> frozenset[int]:
    """Return the numbers of the scripts that run in workers: what is started as one, and all that those import."""
    found: set[int] = set()
    numbers = _targets(files, resolver, lambda _, reference: reference.kind in STARTED)
    while numbers:
        found |= numbers
        numbers = _targets((files[n] for n in numbers), resolver, lambda _, reference: reference.kind in _RUN) - found
    return frozenset(found)


def _targets(
    files: Iterable[ReadFile], resolver: Resolver, condition: Callable[[ReadFile, Reference], bool]
) -> set[int]:
    return {
        target
        for file in files
        for reference in file.found.extraction.references
        if condition(file, reference)
        for target in resolver.targets(file, reference)
    }


def _unused(suspects: Iterable[int], files: Sequence[ReadFile], resolver: Resolver) -> list[int]:
    """Return those that no script imports and no page runs: that is done with libraries."""
    used = _targets(
        files,
        resolver,
        lambda file, reference: (
            reference.kind in _RUN or (reference.kind is ReferenceKind.URL and file.source.media_type in HTML)
        ),
    )
    return [number for number in suspects if number not in used]


def _service_worker(file: ReadFile, scope: str | None) -> ReadFile:
    if scope is None:
        return file
    return replace(file, source=replace(file.source, reason=UrlReason.SERVICE_WORKER, plain=True, scope=scope))


def _scopes(files: Sequence[ReadFile], resolver: Resolver) -> dict[int, str]:
    """Return, for each file that is registered as a service worker, the scope that it needs leave for."""
    scopes: dict[int, list[str]] = {}
    for file in files:
        for reference in file.found.extraction.references:
            if reference.kind in SERVICE_WORKERS:
                for target in resolver.targets(file, reference):
                    scopes.setdefault(target, []).extend(_scope(file, reference, resolver))
    return {number: _needed(files[number].source.plain_path, found) for number, found in scopes.items()}


def _scope(file: ReadFile, reference: Reference, resolver: Resolver) -> list[str]:
    """Return the path of a registration's scope, if it has one: in a script a relative one is the page's to resolve."""
    try:
        path = urlsplit(reference.scope).path
    except ValueError:  # brackets that hold no address
        return []
    base = "/" if file.source.media_type == JAVASCRIPT else resolver.base(file)
    if not path or base is None or (file.source.media_type == JAVASCRIPT and not path.startswith("/")):
        return []
    return [unquote(urljoin(quote(base), path))]


def _needed(path: str, scopes: Iterable[str]) -> str:
    """Return what all the scopes beyond a script's own directory have in common, "" where there is none."""
    directory = path[: path.rfind("/") + 1]
    beyond = {scope for scope in scopes if not scope.startswith(directory)}
    return posixpath.commonpath(beyond) if len(beyond) > 1 else "".join(beyond)
