"""docs/migrating/: what it shows before and after runs, and every option of the others has a row that is true."""

from __future__ import annotations

import inspect
import json
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import servestatic.base
import servestatic.cli
import servestatic.compress
import whitenoise.middleware
import whitenoise.storage
from click.testing import CliRunner
from django.core.checks import run_checks
from django.core.management import call_command
from django.templatetags.static import static
from django.test import Client, override_settings

from servestatic_build import Source
from servestatic_build.cli import main
from servestatic_build.settings.files import read_settings
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.header_rules import HeaderRule
from servestatic_runtime import Manifest, ServeStatic
from servestatic_runtime.django.keys import CODING_SWITCHES, KEYS, OLD_KEYS, REMOVED_SETTINGS
from support.trees import compile_sources, write_tree

PAGES = sorted((Path(__file__).parents[2] / "docs/migrating").glob("*.md"))
DOCUMENT = "".join(page.read_text() for page in PAGES)
TREE = {
    "assets/css/app.css": "a{background:url(../img/a.png)}" * 20,
    "assets/img/a.png": "png",
    "public/robots.txt": "User-agent: *\n",
}


def section(title: str, language: str) -> list[str]:
    """Return the code of a page, in order."""
    (text,) = re.findall(rf"^# {title}\n(.*?)(?=^# |\Z)", DOCUMENT, re.DOTALL | re.MULTILINE)
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def rows(first: str) -> dict[str, str]:
    """Return the rows of the table whose first heading begins so: what is said of each option."""
    (table,) = re.findall(rf"^\| {re.escape(first)}.*\n\|---\|---\|\n((?:\|.*\n)+)", DOCUMENT, re.MULTILINE)
    cells = (line.strip("| ").split(" | ", 1) for line in table.splitlines())
    return {name: said for names, said in cells for name in re.findall(r"`([^`]+)`", names)}


CONSTRUCTOR, SETTINGS, COMMAND = (
    rows("ServeStatic, ServeStaticASGI"),
    rows("ServeStatic | here"),
    rows("`servestatic`, "),
)

urlpatterns: list[Any] = []  # of the project below


# Before and after.


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return write_tree(tmp_path, TREE)


@contextmanager
def project(block: str, base: Path) -> Iterator[Client]:
    """Run the project with the settings of a block, collected."""
    settings: dict[str, Any] = {}
    exec(block, {"BASE_DIR": base}, settings)
    finders = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    with override_settings(STATICFILES_FINDERS=finders, ROOT_URLCONF=__name__, **settings):
        call_command("collectstatic", interactive=False, stdout=StringIO())
        yield Client()


def fetched(client: Client, url: str, **fields: str) -> tuple[int, bytes, str, str]:
    response = client.get(url, headers=fields)
    content = b"".join(response) if response.streaming else response.content
    response.close()
    return (response.status_code, content, response.get("Content-Encoding", ""), response.get("Cache-Control", ""))


TITLES = ("ServeStatic", "WhiteNoise")
DJANGO = [(f"From {title}", block) for title in TITLES for block in section(f"From {title}", "python")[:2]]


@pytest.mark.parametrize(("title", "block"), DJANGO)
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")  # ServeStatic's
def test_what_is_shown_for_django_serves_the_same_before_and_after(base: Path, title: str, block: str) -> None:
    with project(block, base) as client:
        url = static("css/app.css")
        assert re.fullmatch(r"/static/css/app\.[0-9a-f]{12}\.css", url)
        image = static("img/a.png").rpartition("/")[2].encode()
        status, content, coding, life = fetched(client, url)
        assert (status, content.count(image), coding) == (200, 20, "")
        assert "immutable" in life
        assert fetched(client, url, **{"Accept-Encoding": "gzip"})[2] == "gzip"
        assert fetched(client, "/robots.txt")[:2] == (200, b"User-agent: *\n")
        assert "max-age=300" in fetched(client, "/robots.txt")[3]
        if title == "From WhiteNoise":  # which keeps hashed files only
            assert fetched(client, "/static/img/a.png")[0] == 404
        else:
            assert "max-age=300" in fetched(client, "/static/css/app.css")[3]


def test_what_is_shown_for_django_s_own_storage_links_the_same_before_and_after(base: Path) -> None:
    before, after = section("From Django's ManifestStaticFilesStorage", "python")
    for block, files in ((before, base / "staticfiles"), (after, base / "staticfiles")):
        with project(block, base):
            url = static("css/app.css")
            assert files.joinpath(url.removeprefix("/static/")).is_file()
        base.joinpath("staticfiles/manifest.msgpack").unlink(missing_ok=True)


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_a_storage_that_only_compressed_is_ours_with_plain_names(base: Path, title: str) -> None:
    before, after = section(f"From {title}", "python")[:2]
    before = before.replace("CompressedManifest", "Compressed")
    after += 'SERVESTATIC["PLAIN"] = "*"'
    for block in (before, after):
        with project(block, base) as client:
            assert static("css/app.css") == "/static/css/app.css"
            assert fetched(client, "/static/css/app.css", **{"Accept-Encoding": "gzip"})[2] == "gzip"
            assert "max-age=300" in fetched(client, "/static/css/app.css")[3]


@pytest.mark.parametrize("block", [block for number, (_, block) in enumerate(DJANGO) if number % 2])
def test_what_is_shown_as_the_end_of_a_move_passes_the_checks(base: Path, block: str) -> None:
    with project(block, base):
        assert run_checks(tags=["servestatic"]) == []


@pytest.mark.parametrize("block", [block for number, (_, block) in enumerate(DJANGO) if not number % 2])
def test_what_is_left_of_a_move_is_named_by_the_checks(base: Path, block: str) -> None:
    with project(block, base):
        said = [message.msg for message in run_checks(tags=["servestatic"])]
    assert len([message for message in said if " is still in " in message]) == 3


def test_what_is_shown_without_django_serves_the_same_before_and_after(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(base)
    (commands,) = section("From ServeStatic", "sh")
    (code,) = (block for block in section("From ServeStatic", "python") if "application" in block)
    old_command, new_command = (shlex.split(line, comments=True) for line in commands.splitlines())
    old_code, new_code = code.splitlines()
    assert servestatic.cli.main([*old_command[1:], "--quiet"]) == 0
    old_url = "/static/" + json.loads(Path("dist/staticfiles.json").read_text())["paths"]["css/app.css"]
    old = got(made(old_code, servestatic.ServeStatic), old_url)
    Path("dist").rename("old")
    assert CliRunner().invoke(main, new_command[1:]).exit_code == 0
    application = made(new_code, ServeStatic)
    new = got(application, Manifest.open("dist").url("css/app.css"))
    assert (old.status_code, value(old, "Content-Type")) == (new.status_code, value(new, "Content-Type"))
    assert got(application, "/static/css/app.css").headers["Cache-Control"] == "public, max-age=300"
    assert got(application, "/robots.txt").text == TREE["public/robots.txt"]


def made(code: str, kind: Any) -> Any:
    namespace: dict[str, Any] = {"ServeStatic": kind, "application": None}
    exec(code, namespace)
    return namespace["application"]


def got(application: Any, url: str) -> httpx.Response:
    with httpx.Client(transport=httpx.WSGITransport(application), base_url="http://test.test") as client:
        return client.get(url)


# The tables.


def test_every_argument_of_the_constructors_has_a_row() -> None:
    arguments = set(inspect.signature(servestatic.base.ServeStaticBase.__init__).parameters) - {"self"}
    public = {name for name in vars(servestatic.base.ServeStaticBase) if name.startswith("add_files")}
    assert set(CONSTRUCTOR) == arguments | {f"{name}()" for name in public}


def test_every_setting_has_a_row_and_whitenoise_s_are_among_them() -> None:
    package = Path(servestatic.__file__).parent
    sources = "".join(path.read_text() for path in package.rglob("*.py"))
    assert set(SETTINGS) == set(re.findall(r'"(SERVESTATIC_[A-Z_]+)"', sources))
    its = re.findall(
        r"WHITENOISE_[A-Z_]+", inspect.getsource(whitenoise.middleware) + inspect.getsource(whitenoise.storage)
    )
    assert {name.replace("WHITENOISE", "SERVESTATIC") for name in its} <= set(SETTINGS)


def test_every_option_of_the_command_has_a_row() -> None:
    sources = inspect.getsource(servestatic.cli) + inspect.getsource(servestatic.compress)
    calls = re.findall(r"add_argument\(([^)]*)", sources)
    names = {(re.findall(r'"(--[a-z-]+)"', call) or re.findall(r'"([a-z]+)"', call))[0] for call in calls}
    assert set(COMMAND) - {"python -m servestatic.compress"} == names


@pytest.mark.parametrize(("name", "said"), SETTINGS.items())
def test_a_row_of_a_setting_says_what_the_settings_module_says(name: str, said: str) -> None:
    suffix = name.removeprefix("SERVESTATIC_")
    if said.startswith("Gone: "):
        assert said == f"Gone: {REMOVED_SETTINGS[suffix]}."
    else:
        key = re.findall("`([A-Z_]+)`", said)[0]
        assert key in KEYS  # each of which test_conf tests
        assert suffix == key if suffix in OLD_KEYS else suffix in CODING_SWITCHES


@pytest.mark.parametrize(
    "said", [said for said in {**CONSTRUCTOR, **COMMAND}.values() if not said.startswith("Gone: ")]
)
def test_a_row_names_options_and_settings_that_there_are(said: str, tmp_path: Path) -> None:
    options = {name for option in main.params for name in (*option.opts, *option.secondary_opts)}
    assert set(re.findall(r"`(--[a-z-]+)", said)) - {"--json"} <= options
    for name in re.findall(r"`([a-z-]+)`(?=[^`]* in pyproject)", said):
        file = tmp_path / "settings.toml"
        file.write_text({"types": "types = {}", "headers": "headers = []"}.get(name, f'{name} = "a:b"'))
        assert read_settings(str(file))


def add_headers(headers: Any, path: str, url: str) -> None:
    headers["X-Of"] = f"{Path(path).name} {url}"


def is_hashed(path: str, url: str) -> bool:
    return path.endswith("-1234.js") and url.startswith("/static/")


SAME = [
    pytest.param({"max_age": 5}, {"max_age": 5}, "a.css", ["Cache-Control"], id="max_age"),
    pytest.param(
        {"max_age": None},
        {"headers": (HeaderRule(Globs.of(["*"]), remove=("Cache-Control",)),)},
        "a.css",
        ["Cache-Control"],
        id="no max_age",
    ),
    pytest.param(
        {"allow_all_origins": False},
        {"cross_origin": False},
        "a.css",
        ["Access-Control-Allow-Origin"],
        id="allow_all_origins",
    ),
    pytest.param(
        {"mimetypes": {".css": "text/x"}}, {"types": {"css": "text/x"}}, "a.css", ["Content-Type"], id="mimetypes"
    ),
    pytest.param(
        {"add_headers_function": add_headers},
        {"headers_hook": add_headers},
        "a.css",
        ["X-Of"],
        id="add_headers_function",
    ),
    pytest.param({"index_file": True}, {}, "", ["Content-Type"], id="index_file"),
    pytest.param(
        {"index_file": "home.html"}, {"index": "home.html"}, "sub/", ["Content-Type"], id="index_file by name"
    ),
    pytest.param({"index_file": None}, {"index": ""}, "", ["X-None"], id="no index_file"),
    pytest.param(
        {"immutable_file_test": is_hashed},
        {"hashed_hook": is_hashed},
        "x-1234.js",
        ["Immutable"],
        id="immutable_file_test",
    ),
    pytest.param(
        {"immutable_file_test": r"-\d{4}\."},
        {"hashed": Globs.of(["*-[0-9][0-9][0-9][0-9].*"])},
        "x-1234.js",
        ["Immutable"],
        id="immutable_file_test by pattern",
    ),
    pytest.param({}, {}, "a.css", ["Content-Type"], id="root and prefix"),
]


@pytest.mark.parametrize(("old", "new", "name", "fields"), SAME)
def test_what_an_argument_did_its_row_does(
    tmp_path: Path, old: dict[str, Any], new: dict[str, Any], name: str, fields: list[str]
) -> None:
    tree = {"a.css": "a{}", "index.html": "<p>", "sub/home.html": "<p>", "x-1234.js": ""}
    source = str(write_tree(tmp_path / "static", tree))
    before = got(servestatic.ServeStatic(None, **{"root": source, "prefix": "static", **old}), f"/static/{name}")
    dist = compile_sources(tmp_path, Source(source), **new).dist
    after = got(ServeStatic(None, dist), f"/static/{name}")
    assert before.status_code == after.status_code
    for field in fields:
        assert value(before, field) == value(after, field)


def value(response: httpx.Response, field: str) -> object:
    """Return a header so that two servers can be compared: directives in no order, and whether there are years."""
    life = response.headers.get("Cache-Control", "")
    if field == "Immutable":
        return "immutable" in life and int(re.findall(r"max-age=(\d+)", life)[0]) >= 365 * 24 * 60 * 60
    given = response.headers.get(field, "").replace('"', "")
    return set(given.split(", ")) if field == "Cache-Control" else given
