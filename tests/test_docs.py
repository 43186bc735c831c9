"""What the documents say is true: their code runs, and what is generated is up to date."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

import pytest

import generated_parts
from servestatic_build import Source
from servestatic_build.settings.files import IN_FILE, read_settings
from servestatic_runtime import Manifest, ServeStatic, ServeStaticASGI
from servestatic_runtime import format as schema
from servestatic_runtime.manifest import AssetMatch
from servestatic_runtime.url_reason import UrlReason
from support.documents import DOCS, ROOT, Block, blocks, pages
from support.trees import compile_sources, write_tree

README = (ROOT / "README.md").read_text()
FORMAT = (DOCS / "manifest-format.md").read_text()
TEMPLATES = (DOCS / "howto/templates.md").read_text()

# Their blocks run elsewhere: tests/documents/test_start.py, tests/django/test_migrating.py, tests/test_project.py.
ELSEWHERE = {*pages("start", "migrating"), DOCS / "CONTRIBUTING.md"}
PAGES = [ROOT / "README.md", *(page for page in pages() if page not in ELSEWHERE)]

TREE: dict[str, str | bytes] = {
    "static/css/app.css": "body { background: url(bg.png) }\n" * 20,
    "static/css/bg.png": b"\x89PNG",
    "static/js/app.js": "",
}


def code(document: str, language: str) -> list[str]:
    """Return the text of a document's blocks in a language."""
    return [block.text for block in blocks(document) if block.language == language]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project as the documents assume it: static/ and public/, compiled into dist/."""
    write_tree(tmp_path, {**TREE, "public/robots.txt": "User-agent: *\n", "public/index.html": "<!doctype html>"})
    compile_sources(tmp_path, Source(str(tmp_path / "static")), Source(str(tmp_path / "public"), "/"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


PYTHON = [block for page in PAGES for block in blocks(page.read_text(), page.name) if block.language == "python"]


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_every_python_block_runs(block: Block) -> None:
    namespace: dict[str, Any] = {"application": None, "app": None}
    exec(compile(block.text, str(block), "exec"), namespace)
    served = namespace.get("application") or namespace.get("app")
    assert served is None or isinstance(served, ServeStatic | ServeStaticASGI)


@pytest.mark.parametrize(
    ("start", "names"),
    [
        ("| key | value |", schema.KEYS),
        ("### layout", schema.Layout._fields),
        ("**site**:", schema.SiteRecord._fields),
        ("**import map**:", schema.ImportMapRecord._fields),
        ("**header set**:", schema.HeaderSetRecord._fields),
        ("| field | value |", schema.AssetRecord._fields),
    ],
)
def test_the_format_page_names_every_key_and_field_in_order(start: str, names: tuple[str, ...]) -> None:
    part = re.split(r"\n\n(?=\*\*|#)", FORMAT[FORMAT.index(start) :])[0]
    assert [*dict.fromkeys(name for name in re.findall(r"`(\w+)`", part) if name in names)] == list(names)


def test_the_format_page_names_every_field_of_a_variant_and_a_delta_in_order() -> None:
    for record in (schema.VariantRecord, schema.DeltaRecord):
        assert f"`[{', '.join(record._fields)}]`" in FORMAT


def test_the_templates_of_the_page_about_templates_render() -> None:
    (template,) = code(TEMPLATES, "jinja")
    (block,) = (block for block in code(TEMPLATES, "python") if "jinja2" in block)
    namespace: dict[str, Any] = {}
    exec(compile(block, "templates.md", "exec"), namespace)
    page = namespace["environment"].from_string(template).render(csp_nonce="n")
    assert [element.partition(" ")[0] for element in page.splitlines()] == ["<script", "<link", "<link", "<script"]
    assert page.count(' nonce="n"') == 4


def test_the_urls_in_the_readme_have_the_form_of_the_real_ones() -> None:
    manifest = Manifest.open("dist")
    assert re.fullmatch(r"/static/css/app\.[0-9a-f]{12}\.css", manifest.url("css/app.css"))
    assert manifest.integrity("css/app.css").startswith("sha384-")


def test_the_ci_step_runs(project: Path) -> None:
    (step,) = (block for block in code(README, "sh") if "pip install" in block)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    # pip finds the requirement satisfied by this very checkout.
    subprocess.run(["sh", "-e", "-c", step], cwd=project, env={**os.environ, "PATH": path}, check=True, timeout=120)
    assert Manifest.open(project / "dist").url("/robots.txt") == "/robots.txt"


def test_the_commands_that_show_a_release_run(project: Path) -> None:
    (step,) = (block for block in code(README, "sh") if "servestatic-manifest" in block)
    *shows, serve = step.splitlines()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for show in shows:
        shown = subprocess.run(
            show.split(), cwd=project, env={**os.environ, "PATH": path}, check=True, capture_output=True
        )
        assert b"css/app.css" in shown.stdout
    assert serve == "python -m servestatic_runtime dist --port 0"  # started in runtime/test_servers.py


def test_the_make_targets_of_the_first_screen_exist() -> None:
    (block,) = code(README, "console")
    commands = [line.removeprefix("$ ").partition("#")[0].split() for line in block.splitlines()]
    assert commands == [["make", "demo"], ["make", "test"]]
    for command in commands:
        subprocess.run([*command, "--dry-run"], cwd=ROOT, check=True, capture_output=True)


TOML = [block for page in PAGES for block in blocks(page.read_text(), page.name) if block.language == "toml"]


@pytest.mark.parametrize("block", [block for block in TOML if "tool.servestatic-build" in block.text], ids=str)
def test_the_settings_in_the_documents_are_settings(project: Path, block: Block) -> None:
    (project / "pyproject.toml").write_text(block.text)
    settings = read_settings(None)
    assert len(settings) == len(tomllib.loads(block.text)["tool"]["servestatic-build"])


def test_the_hook_in_the_documents_is_a_hook(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = code((DOCS / "howto/headers.md").read_text(), "python")
    write_tree(project, {"hooks/page_hook.py": block, "static/x.wasm": b"\0asm"})
    monkeypatch.syspath_prepend(str(project / "hooks"))
    compiled = compile_sources(project, Source("static"), headers_hook="page_hook:add_headers")
    asset = compiled.manifest.asset("x.wasm")
    headers = Headers(AssetMatch(compiled.manifest, asset, asset.headers).ok_headers(asset.variants[0]))
    assert headers["Cross-Origin-Resource-Policy"] == "cross-origin"


@pytest.mark.parametrize("path", generated_parts.DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_the_documents_take_from_the_code_is_up_to_date(path: Path) -> None:
    text = path.read_text()
    assert text == generated_parts.updated(text), "make docs"


@pytest.mark.parametrize("name", IN_FILE)
def test_the_example_of_a_setting_is_one(name: str) -> None:
    assert tomllib.loads(IN_FILE[name].example).keys() == {name}
    Path("settings.toml").write_text(IN_FILE[name].example)
    assert read_settings("settings.toml").keys() == {IN_FILE[name].attribute}


def test_the_reasons_in_the_format_are_those_of_the_runtime() -> None:
    reasons = [f"{reason.value} `{reason.name.lower().replace('_', '-')}`" for reason in UrlReason if reason]
    assert [reason for reason in reasons if reason not in FORMAT] == []


def test_the_readme_fits_on_a_few_screens() -> None:
    assert len(README.splitlines()) <= 120
    names = re.findall(r"\]\(([^):#]+)", README)
    assert [name for name in names if not (ROOT / name).exists()] == []


def test_the_page_about_checks_has_every_check() -> None:
    sources = (ROOT / "runtime/servestatic_runtime/django").glob("*checks.py")
    source = "".join(path.read_text() for path in sources)
    page = (DOCS / "reference/django-checks.md").read_text()
    assert re.findall(r"^\| `(servestatic\.\w+)`", page, re.MULTILINE) == sorted(
        set(re.findall(r'id="(servestatic\.\w+)"', source))
    )
