"""Output of a bundler in a source tree: the files that it named by their content, and the names it knows them by.

A file that a bundler hashed must keep its bytes and its name. Its neighbours name it in text that no reader sees through
(Vite's lists of what to preload, webpack's table of chunks), and named anew it would be loaded under two URLs, as two
modules. It may be cached for ever already: its name changes with its content.

That holds for hashed files only, and each bundler can be told not to hash. A manifest doesn't say so; ``hashes`` tells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import Skipped, SourceFile
from servestatic_build.sources.bundlers.hashes import hashed_files
from servestatic_build.sources.bundlers.locate import Locator
from servestatic_build.sources.bundlers.manifests import BundlerManifest, manifests_of
from servestatic_runtime.url_reason import UrlReason


def with_bundler_names(
    files: Sequence[SourceFile],
    skipped: Sequence[Skipped],
    directories: Sequence[str],
    named: Sequence[str],
    diagnostics: Diagnostics,
) -> tuple[SourceFile, ...]:
    """Return the files with what the manifests of bundlers say of them: hashed or not, and their aliases.

    A manifest lies among them, or is named by the settings. Raises BuildError for one that can't be read.
    """
    found = (each.path for group in (files, skipped) for each in group)
    manifests = tuple(manifests_of(found, directories, named))
    if not manifests:
        return tuple(files)
    hashed: set[str] = set()
    paths: dict[str, str] = {}  # of the files, by alias
    locator = Locator(files, skipped, directories, diagnostics)
    for manifest in manifests:
        published = locator.published(manifest)
        hashed |= {published[file] for file in hashed_files(manifest) if file in published}
        for output in manifest.outputs:
            if output.alias and output.file in published:
                _name(output.alias, published[output.file], paths, manifest, diagnostics)
    aliases = _aliases(files, paths, diagnostics)
    return tuple(_told(file, tuple(aliases.get(file.path, ())), hashed=file.path in hashed) for file in files)


def _told(file: SourceFile, aliases: tuple[str, ...], *, hashed: bool) -> SourceFile:
    if (
        not hashed or file.reason.is_foreign or file.reason is UrlReason.FINGERPRINT_PATTERN
    ):  # who asks for a fingerprint gets it
        return replace(file, aliases=aliases)
    return replace(file, aliases=aliases, reason=UrlReason.BUNDLER_MANIFEST, plain=True)


def _name(alias: str, path: str, paths: dict[str, str], manifest: BundlerManifest, diagnostics: Diagnostics) -> None:
    """Let an alias lead to a file; what an earlier manifest says of it no longer counts."""
    replaced = paths.get(alias, path)
    if replaced != path:
        message = f"the name {alias!r} now means {path}, and no longer {replaced}"
        diagnostics.note(Code.ALIAS_CONFLICT, manifest.path, message)
    paths[alias] = path


def _aliases(files: Iterable[SourceFile], paths: Mapping[str, str], diagnostics: Diagnostics) -> dict[str, list[str]]:
    """Return the aliases of each path, in order. The name of a file leads to that file and no other."""
    owners = {file.name: file.path for file in files}
    aliases: dict[str, list[str]] = defaultdict(list)
    for alias, path in sorted(paths.items()):
        if alias not in owners:
            aliases[path].append(alias)
        elif owners[alias] != path:
            message = f"this file keeps its name, which a bundler's manifest gives to {path}"
            diagnostics.note(Code.ALIAS_CONFLICT, owners[alias], message)
    return aliases
