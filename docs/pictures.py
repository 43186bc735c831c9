"""Draw the pictures of the documents: `python docs/pictures.py`, after a change of what they show."""

from __future__ import annotations

import tempfile
from pathlib import Path

import django.contrib.admin
from rich.console import Console

from servestatic_build import Config, build
from servestatic_build.report.console import print_summary

DOCS = Path(__file__).parent
_SOURCES = (f"{django.contrib.admin.__path__[0]}/static", str(DOCS / "demo/static"), f"/={DOCS / 'demo/public'}")


def draw_summary() -> None:
    """Write what a build of the demo's trees prints."""
    console = Console(record=True, width=72, highlight=False, file=Path("/dev/null").open("w"))  # noqa: SIM115 - for the process's life
    console.print("[bold green]$[/] servestatic-build static /=public -o dist")
    with tempfile.TemporaryDirectory() as directory:
        result = build(Config(sources=_SOURCES, out=f"{directory}/dist", cache=False))
    print_summary(console, result, "dist")
    text = console.export_svg(title="servestatic-build", unique_id="summary")
    # Rich loads a font from another host; the picture does without.
    (DOCS / "images/summary.svg").write_text(_without_fonts(text))


def _without_fonts(svg: str) -> str:
    parts = svg.split("@font-face")
    return parts[0] + "".join(part.partition("}")[2] for part in parts[1:])


if __name__ == "__main__":
    draw_summary()
