"""What the compiler needs beyond the standard library: the extra [build], which production installs go without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class MissingExtraError(ImportError):
    """The extra [build] is not installed."""


@contextmanager
def extra_needed() -> Iterator[None]:
    """Have a module that the block can't find say what to install; raise MissingExtraError."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = f'{error.name} is missing. To compile, install the extra: pip install "servestatic-build[build]"'
        raise MissingExtraError(message, name=error.name) from error
