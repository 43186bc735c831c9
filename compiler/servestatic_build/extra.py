"""What the compiler needs beyond the standard library: extras, which production installs go without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class MissingExtraError(ImportError):
    """An extra is not installed."""


@contextmanager
def extra_needed(extra: str = "build", purpose: str = "To compile") -> Iterator[None]:
    """Have a module that the block can't find say what to install; raise MissingExtraError."""
    try:
        yield
    except ModuleNotFoundError as error:
        message = f'{error.name} is missing. {purpose}, install the extra: pip install "servestatic-build[{extra}]"'
        raise MissingExtraError(message, name=error.name) from error
