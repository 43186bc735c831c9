"""What is said to who calls a constructor as ServeStatic and WhiteNoise have it."""

from __future__ import annotations

from typing import Any, Self

_OLD = frozenset(
    {
        "add_headers_function",
        "allow_all_origins",
        "allow_unsafe_symlinks",
        "autorefresh",
        "charset",
        "immutable_file_test",
        "index_file",
        "max_age",
        "mimetypes",
        "prefix",
        "root",
    }
)


class WithoutOldArguments:
    """A class whose constructor says where old arguments have gone, with its own signature untouched."""

    def __new__(cls, *_: Any, **named: Any) -> Self:
        """Raise TypeError for arguments of old that a class, or one that is made of it, does not take itself."""
        old = sorted(named.keys() & _OLD)
        if old and not _takes(cls, old):
            message = (
                f"{cls.__name__}() has no argument {', '.join(old)}: it serves what servestatic-build has compiled, "
                f'{cls.__name__}(application, "dist"). docs/migrating/servestatic.md says what became of each argument'
            )
            raise TypeError(message)
        return super().__new__(cls)


def _takes(cls: type, names: list[str]) -> bool:
    from inspect import signature  # noqa: PLC0415 - takes long to import, and nobody needs it who calls it rightly

    return set(names) <= signature(cls).parameters.keys()
