"""The settings: one dictionary SERVESTATIC, and what ServeStatic's and WhiteNoise's own still mean."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.urls import get_script_prefix

from servestatic_runtime.bodies import DEFAULT_CACHE_BYTES
from servestatic_runtime.django.keys import CODING_SWITCHES, KEYS, OLD_KEYS, Table
from servestatic_runtime.manifest import manifest_path
from servestatic_runtime.paths import quote_path

DICTIONARY = "SERVESTATIC"
OLD_PREFIXES = ("SERVESTATIC_", "WHITENOISE_")  # the first goes before the second

# As with ServeStatic and WhiteNoise, no file answers for its directory unless the settings name it: the index.html of a
# ROOT would take the application's front page.
_BUILD_DEFAULTS = {"index": ""}


class Settings(NamedTuple):
    """What a project says, from here for the storage, the middleware and the compiler."""

    dist: str | None  # DIST or its manifest.msgpack; None where nothing says where that is
    prefix: str  # the decoded URL path that static files are served below, with a slash at both ends
    follows_script_name: (
        bool  # STATIC_URL is relative: links begin with where the request at hand finds the site mounted
    )
    base_url: str | None  # the host in URLs to link to, with a path or not
    strict: bool  # an unknown name is an error, and not a URL that leads to nothing
    claim_prefix: bool
    cache_bytes: int
    reload: bool
    root: str | None  # a directory whose files are served at "/"
    is_static_root: bool  # whether DIST is the STATIC_ROOT, which others read and write, too
    modes: Modes
    build: Table  # the compiler's other settings, under their names in its settings file
    places: Mapping[str, str]  # where the project gives each of them, by the same names


class Modes(NamedTuple):
    """The permissions of a release's files and directories, None where they are the compiler's to say."""

    file: int | None
    directory: int | None


class Given(NamedTuple):
    """A value that the project gives, and where: ``SERVESTATIC['MAX_AGE']`` or ``WHITENOISE_MAX_AGE``."""

    place: str
    value: Any


@lru_cache(maxsize=1)
def read() -> Settings:
    """Return the settings; raise ImproperlyConfigured with all that have a value of the wrong kind."""
    given = given_keys()
    wrong = _problems(given)
    if wrong:
        raise ImproperlyConfigured("; ".join(wrong.values()))
    build, places = _build(given)
    values = {key: each.value for key, each in given.items()}
    static_url = _given_static_url() or "/static/"
    is_relative = _is_relative(static_url)
    prefix = _with_slashes(values.get("STATIC_PREFIX") or unquote(urlsplit(static_url).path))
    dist, static_root = (_path(path) for path in (values.get("MANIFEST"), django_settings.STATIC_ROOT))
    return Settings(
        dist=dist or static_root,
        prefix=prefix,
        follows_script_name=is_relative,
        base_url=values.get("BASE_URL", base_url(static_url, prefix)),
        strict=values.get("MANIFEST_STRICT", True),
        claim_prefix=values.get("CLAIM_PREFIX", False),
        cache_bytes=values.get("CACHE_BYTES", DEFAULT_CACHE_BYTES),
        reload=values.get("RELOAD", django_settings.DEBUG),
        root=_path(values.get("ROOT")),
        is_static_root=static_root is not None and _is_in(static_root, dist or static_root),
        modes=Modes(django_settings.FILE_UPLOAD_PERMISSIONS, django_settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS),
        build=build,
        places=places,
    )


def problems() -> list[str]:
    """Return what is wrong with the settings, but for what only the compiler can say."""
    try:
        return [*_problems(given_keys()).values()]
    except ImproperlyConfigured as error:
        return [str(error)]


def build_settings() -> tuple[Table, Mapping[str, str]]:
    """Return the compiler's settings as ``read`` does, without those of the wrong kind: a table, and where each is given."""
    try:
        given = given_keys()
    except ImproperlyConfigured:
        return {}, {}
    wrong = _problems(given)
    return _build({key: each for key, each in given.items() if key not in wrong})


def static_url() -> str:
    """Return STATIC_URL as the request at hand has it.

    Django keeps what it was when it was first asked for, which before the first request is without a script name, and
    which in a process with two mounts is right for one of them.
    """
    given = _given_static_url()
    return get_script_prefix() + given if _is_relative(given) else given


def script_name() -> str:
    """Return where the request at hand finds the site mounted, encoded, without a slash at its end."""
    path = get_script_prefix().strip("/")
    return quote_path(f"/{path}") if path else ""


def base_url(static_url: str, prefix: str) -> str | None:
    """Return the host that STATIC_URL names, and what its path has before a decoded prefix."""
    parts = urlsplit(static_url)
    scheme = f"{parts.scheme}:" if parts.scheme else ""
    return f"{scheme}//{parts.netloc}{mount(static_url, prefix)}" if parts.netloc else None


def mount(static_url: str, prefix: str) -> str:
    """Return what the path of STATIC_URL has before a decoded prefix, encoded: where the site is mounted."""
    path, quoted = quote_path(unquote(urlsplit(static_url).path)), quote_path(prefix)
    return path.removesuffix(quoted) if path.endswith(quoted) else ""


def given_keys() -> dict[str, Given]:
    """Return what the project gives of KEYS. The dictionary goes before old settings, and None is not given."""
    given = {key: old[0] for key in OLD_KEYS if (old := [*old_settings(key)])}
    off = {CODING_SWITCHES[name] for name in CODING_SWITCHES for old in [*old_settings(name)][:1] if not old.value}
    if off:
        left = [coding for coding in CODING_SWITCHES.values() if coding not in off]
        given["CODINGS"] = Given(" and ".join(CODING_SWITCHES), left)
    table = dictionary()
    given |= {key: Given(f"{DICTIONARY}[{key!r}]", table[key]) for key in KEYS if key in table}
    return {key: each for key, each in given.items() if each.value is not None}


def dictionary() -> Table:
    """Return SERVESTATIC as it is given; raise ImproperlyConfigured where that is no dictionary."""
    table = getattr(django_settings, DICTIONARY, {})
    _require_kind(DICTIONARY, table, (dict,))
    return dict(table)


def old_settings(suffix: str) -> Iterator[Given]:
    """Yield the settings of this name that the project has under an old prefix."""
    for name in (prefix + suffix for prefix in OLD_PREFIXES):
        if hasattr(django_settings, name):
            yield Given(name, getattr(django_settings, name))


def _problems(given: Mapping[str, Given]) -> dict[str, str]:
    """Return what is wrong with values that need no compiler to be judged, by key."""
    found: dict[str, str] = {}
    for key, (place, value) in given.items():
        try:
            _require_kind(place, value, KEYS[key].kinds)
            _converted(key, place, value)
        except ImproperlyConfigured as error:
            found[key] = str(error)
    return found


def _build(given: Mapping[str, Given]) -> tuple[Table, Mapping[str, str]]:
    """Return the compiler's settings, and where each is given."""
    table: dict[str, Any] = dict(_BUILD_DEFAULTS)
    places: dict[str, str] = {}
    for key, (place, value) in given.items():
        for name, converted in _converted(key, place, value).items():
            table[name] = [*table.get(name, ()), *converted] if name == "headers" else converted
            places[name] = place
    return table, places


def _converted(key: str, place: str, value: Any) -> Table:
    convert = KEYS[key].build
    try:
        return convert(value) if convert else {}
    except re.error as error:
        raise ImproperlyConfigured(f"{place} is no regular expression: {error}") from error


def _given_static_url() -> str:
    """Return STATIC_URL without the script name that Django puts before it; empty where there is none."""
    django_settings.is_overridden("STATIC_URL")  # reads the settings if nobody has
    return str(getattr(django_settings._wrapped, "STATIC_URL", None) or "")  # noqa: SLF001 - Django has no other way


def _is_relative(static_url: str) -> bool:
    return bool(static_url) and not static_url.startswith(("http://", "https://", "/"))  # as Django decides


def _path(value: Any) -> str | None:
    return os.fspath(value) if value else None


def _is_in(directory: str, manifest: str) -> bool:
    return os.path.realpath(directory) == os.path.realpath(os.path.dirname(manifest_path(manifest)))


def _with_slashes(path: str) -> str:
    inner = path.strip("/")
    return f"/{inner}/" if inner else "/"


def _require_kind(place: str, value: Any, kinds: tuple[Any, ...] | None) -> None:
    if kinds is None:
        return
    fits = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    if not fits:
        words = " or ".join(kind.__name__ for kind in kinds)
        raise ImproperlyConfigured(f"{place} must be {words}, not {value!r}")


def _invalidate(*, setting: str, **_: Any) -> None:
    if setting in {"DEBUG", "FORCE_SCRIPT_NAME"} or setting.startswith(
        ("STATIC_", "FILE_UPLOAD_", DICTIONARY, *OLD_PREFIXES)
    ):
        read.cache_clear()


setting_changed.connect(_invalidate)
