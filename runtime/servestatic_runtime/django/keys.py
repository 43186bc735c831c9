"""The keys of the settings: what each means to the compiler, and what old ones are here.

Here stand names. What a build's values may be the compiler's table says, where it is installed, when it compiles.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

Table: TypeAlias = Mapping[str, Any]


class Key(NamedTuple):
    """A key of SERVESTATIC: which kinds of values it has, and the compiler's settings that it makes, if it is for a build.

    Without ``kinds`` the value is the compiler's as it is, and its table of settings says which there are.
    """

    kinds: tuple[Any, ...] | None  # classes, as isinstance takes them
    build: Callable[[Any], Table] | None = None


def _setting(name: str) -> Key:
    return Key(None, lambda value: {name: value})


def _index(value: str | bool) -> Table:  # noqa: FBT001 - as the setting has it
    """Return the name of the index file: True is the usual one; an empty one is no file's."""
    return {"index": "index.html" if value is True else value or ""}


def _types(value: Mapping[str, str]) -> Table:
    """Return the types by suffix; those of a whole name, such as apple-app-site-association, are rules."""
    by_suffix = {key: kind for key, kind in value.items() if key.startswith(".")}
    whole = {key: kind for key, kind in value.items() if key not in by_suffix}
    return {"types": by_suffix, "headers": [_type_rule(name, kind) for name, kind in whole.items()]}


def _type_rule(name: str, kind: str) -> Table:
    is_bare_text = kind.startswith("text/") and ";" not in kind
    return {"for": name, "set": {"Content-Type": f"{kind}; charset=utf-8" if is_bare_text else kind}}


def _hook(value: Callable[..., Any] | str) -> Table:
    """Return a function, or its dotted path as the compiler writes it: ``module:function``."""
    if isinstance(value, str) and ":" not in value:
        return {"headers-hook": ":".join(value.rsplit(".", 1))}
    return {"headers-hook": value}


def _immutable(value: Callable[[str, str], bool] | str) -> Table:
    """Return a test of (path, URL) for files that were named by their content before we saw them."""
    if not isinstance(value, str):
        return {"hashed-hook": value}
    search = re.compile(value).search
    return {"hashed-hook": lambda _path, url: search(url) is not None}


_PATH = (str, os.PathLike)
_FUNCTION: tuple[Any, ...] = (str, Callable)

# Keys that ServeStatic and WhiteNoise have as settings, under their prefixes and with the same meaning.
OLD_KEYS: dict[str, Key] = {
    "ROOT": Key(_PATH),
    "STATIC_PREFIX": Key((str,)),
    "MANIFEST_STRICT": Key((bool,)),
    "MAX_AGE": _setting("max-age"),
    "INDEX_FILE": Key((str, bool), _index),
    "ALLOW_ALL_ORIGINS": _setting("cross-origin"),
    "MIMETYPES": Key((dict,), _types),
    "ADD_HEADERS_FUNCTION": Key(_FUNCTION, _hook),
    "IMMUTABLE_FILE_TEST": Key(_FUNCTION, _immutable),
    "KEEP_ONLY_HASHED_FILES": Key((bool,), lambda value: {"plain-urls": not value}),
}
KEYS: dict[str, Key] = {
    **OLD_KEYS,
    "MANIFEST": Key(_PATH),
    "BASE_URL": Key((str,)),
    "CLAIM_PREFIX": Key((bool,)),
    "CACHE_BYTES": Key((int,)),
    "RELOAD": Key((bool,)),
    "CODINGS": _setting("codings"),
    "EFFORT": _setting("effort"),
    "JOBS": _setting("jobs"),
    "COMPRESS": _setting("compress"),
    "CONTENT_ENCODING": _setting("content-encoding"),
    "TAKE_VARIANTS": _setting("take-variants"),
    "COMPRESS_LIMIT": _setting("compress-limit"),
    "CACHE": _setting("cache"),
    "CACHE_SIZE": _setting("cache-size"),
    "IGNORE": _setting("ignore"),
    "PUBLISH": _setting("publish"),
    "PLAIN": _setting("plain"),
    "FINGERPRINT": _setting("fingerprint"),
    "PRESETS": _setting("presets"),
    "HASHED": _setting("hashed"),
    "MISSING": _setting("missing"),
    "MODULES": _setting("modules"),
    "IMPORTS": _setting("imports"),
    "ORIGINS": _setting("origins"),
    "BUNDLER_MANIFESTS": _setting("bundler-manifests"),
    "HEADERS": Key((list, tuple), lambda value: {"headers": [*value]}),  # rules of MIMETYPES come before them
    "SPA": _setting("spa"),
    "NOT_FOUND": _setting("not-found"),
    "BUDGETS": _setting("budgets"),
    "STRICT": _setting("strict"),
    "KEEP_RELEASES": _setting("keep-releases"),
    "KEEP_DAYS": _setting("keep-days"),
    "GRACE_MINUTES": _setting("grace-minutes"),
    "PREVIOUS": _setting("previous"),
    "DELTAS": _setting("deltas"),
    "PUBLIC_DELTAS": _setting("public-deltas"),
}

# ServeStatic's switches, false for a coding that is not wanted; CODINGS says it here.
CODING_SWITCHES = {"USE_GZIP": "gzip", "USE_BROTLI": "br", "USE_ZSTD": "zstd"}

# What has no meaning here, by the old name without its prefix, and what to do instead.
REMOVED_SETTINGS = {
    "AUTOREFRESH": "runserver serves files as they are now, once the app is first in INSTALLED_APPS; "
    "RELOAD has a process notice a new release",
    "USE_FINDERS": "runserver serves from the finders, once the app is first in INSTALLED_APPS",
    "USE_MANIFEST": "the manifest is always used; MANIFEST says where it is",
    "USE_STATIC_ROOT": "only what was compiled is served; a build takes all that the finders find",
    "CHARSET": "text is UTF-8; MIMETYPES may say another charset: {'.txt': 'text/plain; charset=latin-1'}",
    "SKIP_COMPRESS_EXTENSIONS": "a coding is kept where it makes a file smaller, and formats that are compressed "
    "already are not tried",
    "MINIFY": "minify where you bundle; what the sources hold is served as it is, but for the references",
    "ZSTD_DICTIONARY": "no browser takes zstd with a dictionary under Content-Encoding: zstd",
    "ZSTD_DICTIONARY_IS_RAW": "no browser takes zstd with a dictionary under Content-Encoding: zstd",
    "ZSTD_LEVEL": "EFFORT ('fast', 'default' or 'best') is for all codings",
    "ALLOW_UNSAFE_SYMLINKS": "a link out of a static directory is not followed; add the directory that it leads to "
    "to STATICFILES_DIRS",
}
