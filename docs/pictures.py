"""Draw the pictures of the documents: `python docs/pictures.py`, after a change of what they show."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import django.contrib.admin
from rich.console import Console

from servestatic_build import Config, build
from servestatic_build.inspection.report_data import report_data
from servestatic_build.inspection.report_page import rendered
from servestatic_build.report.console import print_summary
from servestatic_runtime import Manifest

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


def draw_report() -> None:
    """Write what a browser shows of the report about the same release, where its largest directory is open."""
    with tempfile.TemporaryDirectory() as directory:
        build(Config(sources=_SOURCES, out=f"{directory}/dist", effort="fast"))
        page = rendered({**report_data(Manifest.open(f"{directory}/dist"), None, []), "title": "dist"})
        file = Path(directory, "report.html")
        file.write_text(page.replace("place = [];", 'place = ["admin"];'))
        options = ["--headless", "--no-sandbox", "--hide-scrollbars", f"--user-data-dir={directory}/profile"]
        picture = f"--screenshot={DOCS / 'images/report.png'}"
        subprocess.run(["chromium", *options, "--window-size=1100,1150", picture, file.as_uri()], check=True)


def _without_fonts(svg: str) -> str:
    parts = svg.split("@font-face")
    return parts[0] + "".join(part.partition("}")[2] for part in parts[1:])


if __name__ == "__main__":
    draw_summary()
    draw_report()
