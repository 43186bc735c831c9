"""``servestatic-manifest diff``: what is different between two releases, for a person, a program or a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from servestatic_build.inspection.answers import NegativeAnswerError
from servestatic_build.inspection.comparison import compared
from servestatic_build.inspection.diff_data import comparison_data
from servestatic_build.inspection.diff_markdown import comparison_markdown
from servestatic_build.inspection.diff_text import comparison_text
from servestatic_build.inspection.json_view import as_json_text
from servestatic_build.store.kept_releases import open_previous, open_release
from servestatic_runtime import Manifest
from servestatic_runtime.printable import printable


def two_releases(a: str, b: str | None, old: str | None, new: str | None) -> tuple[Manifest, Manifest]:
    """Return the two to compare: of A the release ``old``, of B (else A) ``new``; raise ManifestError.

    What is not given is the current one; before that of A itself comes the one that it has replaced.
    """
    is_previous = b is None and old is None
    return open_previous(a) if is_previous else open_release(a, old), open_release(a if b is None else b, new)


def diff(old: Manifest, new: Manifest, *, form: str, exit_code: bool) -> Iterator[str]:
    """Yield the lines that compare two releases, as text, json or markdown; raise ManifestError.

    With ``exit_code`` raise NegativeAnswerError behind the last line where they differ.
    """
    comparison = compared(old, new)
    if form == "json":
        yield as_json_text(comparison_data(comparison))
    else:
        lines = comparison_markdown(comparison) if form == "markdown" else comparison_text(comparison)
        yield from map(printable, lines)
    if exit_code and not comparison.is_empty:
        raise NegativeAnswerError
