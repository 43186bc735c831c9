"""servestatic-manifest report: one page about a release that a browser opens from a file, whatever the names in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from servestatic_build.cli import main as build_command
from servestatic_build.inspection.cli import main
from servestatic_build.inspection.report_data import CODINGS, Problem, report_data
from servestatic_build.inspection.report_page import rendered, write_report
from support.browser import Browser, chromium
from support.commands import run_command
from support.trees import Compiled, Tree, compile_tree, write_tree

pytestmark = pytest.mark.slow

HOSTILE = "<script>alert(1)<!-- & \"'.txt"
TREE: Tree = {
    "css/app.css": "body { background: url(../img/a.png) }\n" * 50,
    "img/a.png": b"\x89PNG",
    "img/b.png": b"\x89PNG",
    HOSTILE: "hostile " * 20,
    "js/</script><script>document.title='broken'.js": "",
}

# What the page shows when a reader filters, sorts, zooms and switches the coding.
USE = """
globalThis.ready = new Promise((resolve) => addEventListener("load", () => {
  const by = (id) => document.getElementById(id), said = [];
  said.push(by("count").textContent);
  by("filter").value = "CSS/"; by("filter").dispatchEvent(new Event("input"));
  said.push(by("count").textContent, document.querySelector("#table tbody td").textContent);
  document.querySelectorAll("#table th button")[1].click();
  said.push(document.querySelectorAll("#table th")[1].getAttribute("aria-sort"));
  document.querySelector("#map button[data-open]").click();
  said.push(by("where").textContent);
  by("codings").children[2].click();
  said.push(by("codings").children[2].getAttribute("aria-pressed"), document.documentElement.scrollWidth <= innerWidth);
  document.title = JSON.stringify(said);
  resolve();
}));
"""

# The lowest contrast of a text that is read in the page, and whether anything is wider than the window.
SEEN = """
(() => {
  const context = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const shine = (colour, under) => {
    context.fillStyle = under; context.fillRect(0, 0, 1, 1); context.fillStyle = colour; context.fillRect(0, 0, 1, 1);
    const parts = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
    const [r, g, b] = parts.map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const page = document.createElement("i"); page.style = "background: canvas"; document.body.append(page);
  const canvas = getComputedStyle(page).backgroundColor, contrasts = [];
  for (const seen of document.querySelectorAll("h1, p, th button, td, #codings button, #map button")) {
    const style = getComputedStyle(seen), [a, b] = [shine(style.color, canvas), shine(style.backgroundColor, canvas)];
    contrasts.push((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return JSON.stringify([shine(canvas, canvas) > 0.5, Math.min(...contrasts) >= 4.5, document.documentElement.scrollWidth <= innerWidth, innerWidth]);
})()
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compile_tree(tmp_path_factory.mktemp("release"), TREE, codings=("gzip", "br"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_the_page_works_from_a_file_and_asks_for_nothing(browser: Browser, release: Compiled, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    done = run_command(main, "report", str(release.dist), "-o", str(out))
    assert (done.exit_code, done.stdout) == (0, f"{out} is written\n")
    visit = browser.visit(out.as_uri(), script=USE)
    assert visit.problems == []
    assert {request.url.partition(":")[0] for request in visit.requests} <= {"file", "data"}
    assert json.loads(visit.title) == ["5 of 5", "1 of 5", "css/app.css", "descending", "/css/", "true", True]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_the_page_as_wide_as_it_is_in_light_and_in_dark(
    browser: Browser, release: Compiled, tmp_path: Path, scheme: str
) -> None:
    write_report(release.manifest, str(tmp_path / "report.html"), release.manifest)
    with browser.profile() as profile, browser.tab((tmp_path / "report.html").as_uri(), profile, "") as tab:
        phone = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
        browser.call("Emulation.setDeviceMetricsOverride", phone, tab.session)
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        browser.call("Emulation.setEmulatedMedia", media, tab.session)
        assert json.loads(tab.run(SEEN)) == [scheme == "light", True, True, 360]
    assert tab.visit.problems == []


def test_a_reader_with_a_keyboard_opens_a_directory_of_the_map_and_goes_up(
    browser: Browser, release: Compiled, tmp_path: Path
) -> None:
    write_report(release.manifest, str(tmp_path / "report.html"))
    with browser.profile() as profile, browser.tab((tmp_path / "report.html").as_uri(), profile, "") as tab:
        tab.run("document.querySelector('#map button[data-open]').focus()")
        where = []
        for _ in range(2):  # what is opened has the focus on the way up
            for kind in ("keyDown", "keyUp"):
                key = {"type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}
                browser.call("Input.dispatchKeyEvent", key, tab.session)
            where.append(tab.run("document.getElementById('where').textContent"))
    assert where == ["/css/", "/"]


def test_hostile_names_are_text(release: Compiled) -> None:
    page = rendered(report_data(release.manifest, None, [Problem("error", HOSTILE, "<b>", "code")]))
    assert page.count("<script") == 2
    assert page.count("</script>") == 2
    assert "&lt;b&gt;" in page


def test_the_page_says_what_changed_and_why(release: Compiled, tmp_path: Path) -> None:
    changed = {**TREE, "img/a.png": b"\x89PNG other", "new.txt": "new"}
    del changed["img/b.png"]
    new = compile_tree(tmp_path, changed, codings=("gzip", "br"))
    write_report(new.manifest, str(tmp_path / "report.html"), release.manifest)
    text = re.sub(r"<[^>]+>", " ", (tmp_path / "report.html").read_text())
    assert "1 new, 1 gone, 2 changed" in text
    assert "because of img/a.png" in text


def test_a_build_writes_the_report_with_its_problems_and_what_it_changed(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "static", {"app.css": "a{b:url(nothing.png)}"})
    out = tmp_path / "report.html"
    options = [str(source), "--out", str(tmp_path / "dist"), "--no-cache", "--quiet", "--report", str(out)]
    assert CliRunner().invoke(build_command, options).exit_code == 0
    assert "What changed" not in out.read_text()
    write_tree(source, {"new.css": "b{}"})
    assert CliRunner().invoke(build_command, options).exit_code == 0
    assert "1 new, 0 gone, 0 changed" in out.read_text()
    assert "[missing-reference]" in out.read_text()


def test_the_page_of_a_build_shows_what_is_left_of_each_budget(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "static", {"app.js": "f()\n" * 100, "b.js": "g()\n", "empty.css": ""})
    settings = tmp_path / "settings.toml"
    settings.write_text(
        '[[budgets]]\nfor = "*.js"\nmax = 1_000\ncoding = "identity"\n[[budgets]]\nentry = "b.js"\nmax = 10\n'
        '[[budgets]]\nfor = "*.css"\nmax = 0\n'
    )
    out = tmp_path / "report.html"
    options = ["--out", str(tmp_path / "dist"), "--no-cache", "--config", str(settings), "--report", str(out)]
    done = CliRunner().invoke(build_command, [str(source), *options])
    assert done.exit_code == 0, done.stderr
    (table,) = re.findall(r"<h2>Budgets</h2>.*?</table>", out.read_text(), re.DOTALL)
    cells = [re.split(r"<td[^>]*>", row)[1:] for row in table.split("<tr>")[2:]]
    assert [[cell.strip() for cell in row] for row in cells] == [
        ["*.js", "each file", "identity", "400", "1,000", "40 %", "app.js"],
        ["b.js", "all in total", "the smallest", "4", "10", "40 %", "b.js"],
        ["*.css", "each file", "the smallest", "0", "0", "0 %", "empty.css\n</table>"],
    ]


def test_a_build_that_fails_or_writes_nothing_writes_no_report(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "static", {"app.css": "a{b:url(nothing.png)}"})
    out = tmp_path / "report.html"
    options = [str(source), "--out", str(tmp_path / "dist"), "--no-cache", "--quiet", "--report", str(out)]
    assert CliRunner().invoke(build_command, [*options, "--strict"]).exit_code == 1
    assert CliRunner().invoke(build_command, [*options, "--check"]).exit_code == 1
    assert CliRunner().invoke(build_command, [*options, "--watch"]).exit_code == 2
    assert not out.exists()


def test_a_report_that_cannot_be_written_fails_the_command(tmp_path: Path) -> None:
    source = write_tree(tmp_path / "static", {"app.css": "a{}"})
    options = [str(source), "--out", str(tmp_path / "dist"), "--no-cache", "--report", str(tmp_path / "no/report.html")]
    done = CliRunner().invoke(build_command, options)
    assert done.exit_code == 1
    assert "report.html: error:" in done.stderr


def test_totals_are_those_of_the_variants(release: Compiled) -> None:
    data = report_data(release.manifest, None, [])
    assets = [*release.manifest]
    assert [row["coding"] for row in data["totals"]] == [*CODINGS]
    assert data["totals"][0]["new"] == sum(asset.variants[0].size for asset in assets)
    assert data["totals"][2]["new"] < data["totals"][1]["new"] < data["totals"][0]["new"]
    assert [each["names"] for each in data["duplicates"]] == [["img/a.png", "img/b.png"]]


def test_twenty_thousand_files_make_a_page_of_at_most_eight_megabytes(
    browser: Browser, release: Compiled, tmp_path: Path
) -> None:
    data = report_data(release.manifest, None, [])
    rows = data["table"]["assets"]
    many = [[f"vendor/package-{number}/dist/some/module/index-{number}.js", *rows[0][1:]] for number in range(20_000)]
    page = rendered({**data, "table": {**data["table"], "assets": many}})
    assert len(page.encode()) <= 8_000_000
    (tmp_path / "report.html").write_text(page)
    script = 'globalThis.ready = new Promise((resolve) => addEventListener("load", () => { document.title = document.querySelectorAll("#table tbody tr").length; resolve(); }))'
    visit = browser.visit((tmp_path / "report.html").as_uri(), script=script)
    assert (visit.title, visit.problems) == ("200", [])  # of so many rows only those that are looked at are drawn
