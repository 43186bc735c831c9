"""Flask, and Quart, which builds on it: the extension, url_for, templates, and the command that compiles."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from html import unescape
from pathlib import Path
from textwrap import dedent
from typing import Any, NamedTuple

import flask
import httpx
import pytest
import quart
from click.testing import Result
from werkzeug.routing import BuildError

from servestatic_runtime import Manifest, ManifestError
from servestatic_runtime import flask as for_flask
from servestatic_runtime import format as schema
from servestatic_runtime import quart as for_quart
from servestatic_runtime.base_url import VARIABLE
from servestatic_runtime.flask.settings import KEY
from servestatic_runtime.paths import quote_path
from support.releases import unfingerprinted
from support.trees import Tree, write_tree

CDN = "https://cdn.example.com"
TREE: Tree = {
    "static/css/app.css": "body { background: url(../img/a%20b.png) }",
    "static/img/a b.png": b"\x89PNG",
    "static/page.html": "<!doctype html>",
    "admin/assets/admin.css": "h1 { background: url(/static/img/a%20b.png) }",
    "shop/static/shop.css": "h2 {}",
}
ADMIN = "/admin/assets/admin.css"


class Kind(NamedTuple):
    """One of the two frameworks."""

    app: Callable[..., Any]
    blueprint: Callable[..., Any]
    extension: Callable[..., Any]
    get: Callable[..., httpx.Response]
    page: Callable[[], Any]  # a view that renders its query as a template


def flask_get(app: Any, path: str, mount: str = "") -> httpx.Response:
    with httpx.Client(transport=httpx.WSGITransport(app, script_name=mount), base_url="http://localhost") as client:
        return client.get(path)


def quart_get(app: Any, path: str, mount: str = "") -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app, root_path=mount)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(mount + path)

    return asyncio.run(get())


def flask_page() -> str:
    return flask.render_template_string(flask.request.args["template"])


async def quart_page() -> str:
    return await quart.render_template_string(quart.request.args["template"])


def run(app: Any, *arguments: str) -> Result:
    result: Result = app.test_cli_runner().invoke(args=["compile-static", *arguments])
    return result


FLASK = Kind(flask.Flask, flask.Blueprint, for_flask.ServeStatic, flask_get, flask_page)
QUART = Kind(quart.Quart, quart.Blueprint, for_quart.ServeStatic, quart_get, quart_page)


@pytest.fixture(params=[FLASK, QUART], ids=["Flask", "Quart"])
def kind(request: pytest.FixtureRequest) -> Kind:
    framework: Kind = request.param
    return framework


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The application's directory; the settings of ./pyproject.toml keep its builds quick."""
    monkeypatch.chdir(tmp_path)
    settings = '[tool.servestatic-build]\ncodings = ["gzip"]\neffort = "fast"\n'
    return write_tree(tmp_path, {**TREE, "pyproject.toml": settings})


def bare(kind: Kind, root: Path, **settings: Any) -> Any:
    """Return an application with three static folders and a page."""
    app = kind.app("example", root_path=str(root))
    app.config[KEY] = settings
    admin = kind.blueprint("admin", "admin", root_path=str(root / "admin"), static_folder="assets", url_prefix="/admin")
    shop = kind.blueprint(
        "shop", "shop", root_path=str(root / "shop"), static_folder="static", url_prefix="/static/shop"
    )
    for owner in (app, admin):
        owner.add_url_rule("/page", "page", kind.page)
    app.register_blueprint(admin)
    app.register_blueprint(shop)
    return app


@pytest.fixture
def compiled(kind: Kind, root: Path) -> Manifest:
    app = bare(kind, root)
    app.debug = True
    kind.extension(app)
    assert run(app).exit_code == 0
    return Manifest.open(root / "dist", base_url="")


def ready(kind: Kind, root: Path, **settings: Any) -> Any:
    app = bare(kind, root, **settings)
    kind.extension(app)
    return app


def rendered(kind: Kind, app: Any, expression: str, mount: str = "", page: str = "/page") -> str:
    """Return what an expression of a template is, in a request below a mount."""
    got = kind.get(app, f"{page}?template={quote_path('{{ ' + expression + ' }}')}", mount)
    assert got.status_code == 200
    return unescape(got.text)


def hashed(manifest: Manifest, name: str) -> str:
    url = manifest.url(name)
    assert unfingerprinted(url.encode()) != url.encode()
    return url


def test_the_command_compiles_the_folders_of_the_application_and_its_blueprints(root: Path, compiled: Manifest) -> None:
    urls = {asset.name: unfingerprinted(asset.url.encode()).decode() for asset in compiled}
    assert urls == {
        "css/app.css": "/static/css/app.#.css",
        "img/a b.png": "/static/img/a b.#.png",
        "page.html": "/static/page.html",
        ADMIN: "/admin/assets/admin.#.css",
        "shop/static/shop.css": "/static/shop/static/shop.#.css",
    }
    assert compiled.references(compiled.asset(ADMIN)) == ("img/a b.png",)
    assert compiled.root == str(root / "dist")


FILES = pytest.mark.parametrize(
    ("expression", "name"),
    [
        pytest.param('url_for("static", filename="css/app.css")', "css/app.css", id="the application's"),
        pytest.param('url_for("admin.static", filename="admin.css")', ADMIN, id="a blueprint's"),
        pytest.param('url_for("shop.static", filename="shop.css")', "shop/static/shop.css", id="below the prefix"),
        pytest.param('url_for("static", filename="img/a b.png")', "img/a b.png", id="a space"),
        pytest.param('static_url("css/app.css")', "css/app.css", id="static_url"),
        pytest.param(f'static_url("{ADMIN}")', ADMIN, id="static_url of a blueprint's"),
    ],
)


@pytest.mark.parametrize("mount", ["", "/app"], ids=["at the root", "mounted"])
@FILES
def test_urls_are_fingerprinted_and_served(
    kind: Kind, root: Path, compiled: Manifest, expression: str, name: str, mount: str
) -> None:
    app = ready(kind, root)
    url = rendered(kind, app, expression, mount)
    assert url == mount + hashed(compiled, name)
    got = kind.get(app, url.removeprefix(mount), mount)
    assert (got.status_code, "immutable" in got.headers["Cache-Control"]) == (200, True)


@FILES
def test_a_base_url_stands_before_them(
    kind: Kind, root: Path, compiled: Manifest, expression: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rendered(kind, ready(kind, root, BASE_URL=CDN), expression, "/app") == CDN + compiled.url(name)
    monkeypatch.setenv(VARIABLE, CDN)
    assert rendered(kind, ready(kind, root), expression) == CDN + compiled.url(name)
    assert rendered(kind, ready(kind, root, BASE_URL=""), expression) == compiled.url(name)


@pytest.mark.parametrize(("base", "before"), [("", "http://localhost"), (CDN, CDN)], ids=["no base URL", "a base URL"])
def test_url_for_keeps_what_else_it_is_given(
    kind: Kind, root: Path, compiled: Manifest, base: str, before: str
) -> None:
    call = 'url_for("static", filename="css/app.css", v="1 2", w=none, _anchor="top", _external=true)'
    url = before + compiled.url("css/app.css") + "?v=1+2#top"
    assert rendered(kind, ready(kind, root, BASE_URL=base), call) == url


@pytest.mark.parametrize("base", ["", CDN], ids=["no base URL", "a base URL"])
def test_url_for_leads_elsewhere_as_ever(kind: Kind, root: Path, compiled: Manifest, base: str) -> None:
    app = ready(kind, root, BASE_URL=base)
    blueprint_s = rendered(kind, app, 'url_for(".static", filename="admin.css")', page="/admin/page")
    assert blueprint_s == base + compiled.url(ADMIN)
    assert rendered(kind, app, 'url_for("page")') == "/page"
    assert rendered(kind, app, 'url_for("static", filename="upload.png")') == "/static/upload.png"
    app.config["PROPAGATE_EXCEPTIONS"] = True
    with pytest.raises(BuildError, match="Could not build url"):
        rendered(kind, app, 'url_for("static")')


def test_a_file_that_came_later_is_served_by_the_framework(kind: Kind, root: Path, compiled: Manifest) -> None:
    assert len(compiled)
    app = ready(kind, root)
    write_tree(root, {"static/upload.txt": "later"})
    assert kind.get(app, "/static/upload.txt").text == "later"
    assert kind.get(app, "/static/nothing.txt").status_code == 404


def test_templates_have_the_elements_with_the_nonce(kind: Kind, root: Path, compiled: Manifest) -> None:
    app = ready(kind, root)
    app.jinja_env.globals["csp_nonce"] = lambda: "n"  # as Flask-Talisman does
    url, integrity = compiled.url("css/app.css"), compiled.integrity("css/app.css")
    element = f'<link rel="stylesheet" href="/app{url}" integrity="{integrity}" nonce="n">'
    assert rendered(kind, app, 'asset_style("css/app.css")', "/app") == element


def test_a_factory_may_set_up_many_applications(kind: Kind, root: Path, compiled: Manifest) -> None:
    extension, apps = kind.extension(), [bare(kind, root, BASE_URL=base) for base in ("", CDN)]
    for app in apps:
        extension.init_app(app)
    urls = [rendered(kind, app, 'url_for("static", filename="css/app.css")') for app in apps]
    assert urls == [compiled.url("css/app.css"), CDN + compiled.url("css/app.css")]


def test_code_asks_the_extension_for_assets(kind: Kind, root: Path, compiled: Manifest) -> None:
    app = ready(kind, root)
    app.config["APPLICATION_ROOT"] = "/app"
    assets = app.extensions["servestatic"].assets()
    assert assets.url("css/app.css") == "/app" + compiled.url("css/app.css")


def test_without_a_release_an_application_starts_with_a_warning_on_its_source_folders(
    kind: Kind, root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    app = ready(kind, root)
    assert rendered(kind, app, 'url_for("static", filename="css/app.css")') == "/static/css/app.css"
    assert kind.get(app, "/static/css/app.css").text == TREE["static/css/app.css"]
    (warning,) = (record.getMessage() for record in caplog.records if record.levelname == "WARNING")
    assert re.search(rf"No such file .*compile with: {kind.app.__name__.lower()} compile-static", warning)


def test_without_a_release_a_strict_application_does_not_start(kind: Kind, root: Path) -> None:
    with pytest.raises(
        ManifestError, match=rf"No such file .*compile with: {kind.app.__name__.lower()} compile-static"
    ):
        kind.extension(bare(kind, root, STRICT=True))


@pytest.mark.parametrize("index", ["", "index.html"])
def test_no_file_answers_for_its_directory_unless_the_settings_name_it(kind: Kind, root: Path, index: str) -> None:
    given = f'index = "{index}"\n' if index else ""
    tree = {"pyproject.toml": f"[tool.servestatic-build]\n{given}", "site/index.html": "<p>of the folder"}
    write_tree(root, tree)
    app = kind.app("example", root_path=str(root), static_folder="site", static_url_path="")
    app.config["SERVESTATIC"] = {}
    app.debug = True
    kind.extension(app)
    assert run(app).exit_code == 0
    (asset,) = Manifest.open(root / "dist")
    assert (asset.url, asset.directory) == ("/index.html", "/" if index else None)


def test_a_release_that_is_newer_than_the_runtime_says_what_to_do_about_that(kind: Kind, root: Path) -> None:
    dist = root / "dist"
    dist.mkdir()
    (dist / schema.MANIFEST_NAME).write_bytes(schema.MAGIC + bytes((schema.VERSION + 1,)) + bytes(500))
    with pytest.raises(ManifestError, match=r"is newer than .*upgrade servestatic-build"):
        kind.extension(bare(kind, root))


@pytest.mark.parametrize("mode", ["debug", "testing"])
def test_in_development_it_starts_without_one_and_files_are_served_as_they_lie(
    kind: Kind, root: Path, mode: str
) -> None:
    app = bare(kind, root)
    setattr(app, mode, True)
    kind.extension(app)
    for expression, url in (
        ('url_for("static", filename="css/app.css")', "/app/static/css/app.css"),
        ('static_url("css/app.css")', "/app/static/css/app.css"),
        (f'static_url("{ADMIN}")', "/app" + ADMIN),
        ('asset_script("js/app.js")', '<script src="/app/static/js/app.js"></script>'),
    ):
        assert rendered(kind, app, expression, "/app") == url
    assert kind.get(app, "/static/css/app.css").text == TREE["static/css/app.css"]


def test_in_debug_mode_a_release_is_served_and_its_successor_seen(kind: Kind, root: Path, compiled: Manifest) -> None:
    app = bare(kind, root)
    app.debug = True
    kind.extension(app)
    call = 'url_for("static", filename="css/app.css")'
    assert rendered(kind, app, call) == compiled.url("css/app.css")
    write_tree(root, {"static/css/app.css": "body { color: red }"})
    assert run(app).exit_code == 0
    assert rendered(kind, app, call) == Manifest.open(root / "dist").url("css/app.css") != compiled.url("css/app.css")


def test_a_manifest_may_lie_elsewhere(kind: Kind, root: Path, compiled: Manifest, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (root / "dist").rename(elsewhere)
    for manifest in ("elsewhere", str(elsewhere), str(elsewhere / "manifest.msgpack")):
        app = ready(kind, root, MANIFEST=manifest)
        assert rendered(kind, app, 'static_url("css/app.css")') == compiled.url("css/app.css")
        assert run(app, "--check").exit_code == 0


def test_an_unknown_setting_is_an_error(kind: Kind, root: Path) -> None:
    with pytest.raises(ValueError, match="SERVESTATIC has no key 'MANIFST': the keys are MANIFEST, BASE_URL, "):
        kind.extension(bare(kind, root, MANIFST="dist"))


def test_a_prefix_may_be_claimed(kind: Kind, root: Path, compiled: Manifest) -> None:
    assert len(compiled)
    app = ready(kind, root, CLAIM_PREFIX=True)
    assert kind.get(app, "/static/nothing.txt").headers["Cache-Control"] == "no-store"


def test_sources_of_the_settings_are_compiled_too(kind: Kind, root: Path) -> None:
    settings = '[tool.servestatic-build]\ncodings = []\nsources = ["static", "/=public"]\nout = "elsewhere"\n'
    write_tree(root, {"pyproject.toml": settings, "public/robots.txt": "User-agent: *"})
    app = bare(kind, root)
    app.debug = True
    kind.extension(app)
    result = run(app)
    assert (result.exit_code, "replaces" in result.output) == (0, False)
    assert Manifest.open(root / "dist").url("/robots.txt") == "/robots.txt"
    assert not (root / "elsewhere").exists()


@pytest.mark.parametrize(
    ("static", "arguments", "code", "words"),
    [
        pytest.param("a{}", (), 0, "dist is compiled", id="good"),
        pytest.param("a{}", ("--check",), 1, "DIST is out of date", id="check"),
        pytest.param("@import 'no.css';", (), 0, "warning: 'no.css' resolves to", id="a warning"),
        pytest.param("@import 'no.css';", ("--strict",), 1, "error: 'no.css' resolves to", id="strict"),
    ],
)
def test_the_command_says_what_is_wrong(
    kind: Kind, root: Path, static: str, arguments: tuple[str, ...], code: int, words: str
) -> None:
    write_tree(root, {"static/css/app.css": static})
    app = bare(kind, root)
    app.debug = True
    kind.extension(app)
    result = run(app, *arguments)
    assert result.exit_code == code
    assert words in result.output
    assert (root / "dist/manifest.msgpack").exists() == (code == 0)


def test_settings_that_can_not_be_followed_are_a_usage_error(kind: Kind, root: Path) -> None:
    write_tree(root, {"pyproject.toml": '[tool.servestatic-build]\neffort = "much"\n'})
    app = bare(kind, root)
    app.debug = True
    kind.extension(app)
    result = run(app)
    assert result.exit_code == 2
    assert result.output.startswith("pyproject.toml:2: error: effort: 'much' is not one of fast, default, best")


def test_without_the_extra_the_command_says_what_to_install(
    kind: Kind, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = bare(kind, root)
    app.debug = True
    kind.extension(app)
    for name in [
        name for name in sys.modules if name.startswith(("servestatic_build", "servestatic_runtime.flask.comp"))
    ]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("pathspec", "rich"):
        monkeypatch.setitem(sys.modules, name, None)
    result = run(app)
    assert result.exit_code == 1
    assert result.output.endswith('pip install "servestatic-build[build]"\n')


def test_a_folder_below_a_variable_path_is_the_framework_s_own(kind: Kind, root: Path) -> None:
    app = kind.app("example", root_path=str(root), static_folder=None)
    pages = kind.blueprint("pages", "pages", root_path=str(root), static_folder="static", url_prefix="/<language>")
    gone = kind.blueprint("gone", "gone", root_path=str(root), static_folder="gone", url_prefix="/gone")
    shop = kind.blueprint("shop", "shop", root_path=str(root / "shop"), static_folder="static", url_prefix="/shop")
    app.add_url_rule("/page", "page", kind.page)
    for blueprint in (pages, gone, shop):
        app.register_blueprint(blueprint)
    app.debug = True
    kind.extension(app)
    assert run(app).exit_code == 0
    assert [asset.name for asset in Manifest.open(root / "dist")] == ["/shop/static/shop.css"]
    call = 'url_for("pages.static", language="en", filename="css/app.css")'
    assert rendered(kind, app, call) == "/en/static/css/app.css"


@pytest.mark.parametrize(("order", "served"), [(("one", "two"), "one"), (("two", "one"), "two")])
def test_of_two_folders_at_one_url_the_one_that_came_first_is_served(
    kind: Kind, root: Path, order: tuple[str, ...], served: str
) -> None:
    write_tree(root, {"one/a.txt": "one", "two/a.txt": "two"})
    app = kind.app("example", root_path=str(root), static_folder=None)
    for name in order:
        app.register_blueprint(
            kind.blueprint(name, name, root_path=str(root), static_folder=name, static_url_path="/files")
        )
    app.debug = True
    kind.extension(app)
    assert kind.get(app, "/files/a.txt").text == served  # by the framework
    assert run(app).exit_code == 0
    (root / "one/a.txt").unlink()
    (root / "two/a.txt").unlink()
    kind.extension(app)
    assert kind.get(app, "/files/a.txt").text == served  # from the release


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["flask", "quart"])
def test_the_command_needs_no_release_to_load_the_application(root: Path, framework: str) -> None:
    app = f"""
        from {framework} import {framework.title()}
        from servestatic_runtime.{framework} import ServeStatic
        app = {framework.title()}(__name__)
        ServeStatic(app)
    """
    write_tree(root, {"example.py": dedent(app)})
    command = [sys.executable, "-m", framework, "--app", "example", "compile-static"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert Manifest.open(root / "dist").url("css/app.css")
