"""``servestatic-manifest report``: a release on one HTML page that needs no network. Needs the extra [report]."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from servestatic_build.extra import extra_needed
from servestatic_build.inspection.report_data import BudgetUse, Problem, report_data
from servestatic_runtime import Manifest

_TEMPLATE = Path(__file__).with_name("report.html.jinja")


def report(dist: str, out: str, against: str | None) -> Iterator[str]:
    """Write the report of DIST; raise ManifestError, MissingExtraError, or OSError."""
    write_report(Manifest.open(dist), out, None if against is None else Manifest.open(against))
    yield f"{out} is written"


def write_report(
    manifest: Manifest,
    out: str,
    against: Manifest | None = None,
    problems: Sequence[Problem] = (),
    budgets: Sequence[BudgetUse] = (),
) -> None:
    """Write the report of a release, with what changed since another one; raise ManifestError, MissingExtraError, or OSError."""
    page = rendered(report_data(manifest, against, problems, budgets))
    temporary = f"{out}.new"
    Path(temporary).write_text(page, encoding="utf-8")
    os.replace(temporary, out)


def rendered(data: dict[str, Any]) -> str:
    """Return the page of a report's data."""
    with extra_needed("report", "To write a report"):
        from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 - all else here needs no extra
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["number"] = lambda value: f"{value:,}"
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(**data, table_json=_in_script(data["table"]))


def _in_script(data: Any) -> Any:
    """Return data as JSON that no script element ends in, as markup."""
    from markupsafe import Markup  # noqa: PLC0415 - comes with Jinja

    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 - escaped
