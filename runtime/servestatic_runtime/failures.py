"""What happens when a listed file is not what the manifest says: it is logged, and nobody caches the answer."""

from __future__ import annotations

from collections.abc import Callable

from servestatic_runtime.errors import BodyError
from servestatic_runtime.manifest import Headers
from servestatic_runtime.respond import failure
from servestatic_runtime.response import Native, Response


def report(error: BodyError, native: Callable[[Headers], Native]) -> Response[Native]:
    """Log the error and return the 500 that stands for it."""
    import logging  # noqa: PLC0415 - costs more than the rest of a start, and is needed only here

    logging.getLogger("servestatic_runtime").error("%s", error)
    return failure(native, 500)
