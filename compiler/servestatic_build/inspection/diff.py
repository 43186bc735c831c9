"""``servestatic-manifest diff``: what is different between two releases, for a person, a program or a pull request."""

from __future__ import annotations

from collections.abc import Iterator

from servestatic_build.inspection.answers import NegativeAnswerError
from servestatic_build.inspection.comparison import compared
from servestatic_build.inspection.diff_data import comparison_data
from servestatic_build.inspection.diff_markdown import comparison_markdown
from servestatic_build.inspection.diff_text import comparison_text
from servestatic_build.inspection.json_view import as_json_text
from servestatic_runtime import Manifest
from servestatic_runtime.printable import printable


def diff(old: str, new: str, *, form: str, exit_code: bool) -> Iterator[str]:
    """Yield the lines that compare two releases, as text, json or markdown; raise ManifestError.

    With ``exit_code`` raise NegativeAnswerError behind the last line where they differ.
    """
    comparison = compared(Manifest.open(old), Manifest.open(new))
    if form == "json":
        yield as_json_text(comparison_data(comparison))
    else:
        lines = comparison_markdown(comparison) if form == "markdown" else comparison_text(comparison)
        yield from map(printable, lines)
    if exit_code and not comparison.is_empty:
        raise NegativeAnswerError
