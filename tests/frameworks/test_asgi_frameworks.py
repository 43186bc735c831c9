"""Starlette, FastAPI and Litestar: as middleware, as a mount, and around the application; URLs that lead there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from jinja2 import DictLoader, Environment
from litestar import Litestar, get
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, NoMatchFound, Route
from starlette.templating import Jinja2Templates

from servestatic_build import Source
from servestatic_runtime import ManifestError, ServeStaticASGI, UnknownAssetError
from servestatic_runtime.asgi import ASGIApplication
from servestatic_runtime.base_url import VARIABLE
from servestatic_runtime.jinja import ServeStaticExtension
from servestatic_runtime.starlette import ServeStaticMount
from support.trees import Compiled, compile_sources, write_tree

CDN = "https://cdn.example.com"
STYLE, SPACED = "css/app.css", "a b&c.css"


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = tmp_path_factory.mktemp("release")
    static = write_tree(root / "static", {STYLE: "a{}", SPACED: "b{}"})
    public = write_tree(root / "public", {"robots.txt": "User-agent: *"})
    return compile_sources(root, Source(str(static)), Source(str(public), "/"))


def fetch(app: Any, url: str, mount: str = "", **fields: str) -> httpx.Response:
    async def get() -> httpx.Response:
        transport = httpx.ASGITransport(app, root_path=mount)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get(url, headers={name.replace("_", "-"): value for name, value in fields.items()})

    return asyncio.run(get())


def linked(request: Request) -> PlainTextResponse:
    """Answer with the URL of the file that the query names."""
    return PlainTextResponse(str(request.url_for(request.query_params["mount"], path=request.query_params["path"])))


def starlette(*routes: Any) -> Starlette:
    return Starlette(routes=[Route("/linked", linked), *routes])


def fastapi(*routes: Any) -> FastAPI:
    app = FastAPI()
    app.add_route("/linked", linked)
    app.router.routes.extend(routes)
    return app


BOTH = pytest.mark.parametrize("make", [starlette, fastapi], ids=["Starlette", "FastAPI"])
Make = Callable[..., Any]


def link(app: Any, path: str, at: str = "", name: str = "static") -> str:
    """Return what request.url_for says in an application that is mounted at a path."""
    answer = fetch(app, f"{at}/linked?{httpx.QueryParams(path=path, mount=name)}", at)
    assert answer.status_code == 200
    return answer.text


@BOTH
@pytest.mark.parametrize("mount", ["", "/app"], ids=["at the root", "mounted"])
@pytest.mark.parametrize("name", [STYLE, SPACED])
def test_url_for_leads_to_a_fingerprinted_file(release: Compiled, make: Make, mount: str, name: str) -> None:
    app = make(ServeStaticMount(release.dist))
    url = link(app, name, mount)
    assert url == link(app, "/" + name, mount) == "http://localhost" + mount + release.url(name)
    answer = fetch(app, url, mount)
    assert (answer.status_code, answer.content) == (200, release.read(name))
    assert fetch(app, url, mount, if_none_match=answer.headers["etag"]).status_code == 304


@BOTH
def test_a_base_url_stands_before_it(release: Compiled, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    app = make(ServeStaticMount(release.dist, base_url=CDN))
    assert link(app, SPACED, "/app") == CDN + release.url(SPACED)
    assert app.url_path_for("static", path=SPACED) == release.url(SPACED)
    path = release.url(SPACED)
    monkeypatch.setenv(VARIABLE, CDN)
    assert link(make(ServeStaticMount(release.dist)), SPACED) == CDN + path
    monkeypatch.setenv(VARIABLE, "/app")
    assert link(make(ServeStaticMount(release.dist)), SPACED, "/app") == "http://localhost/app" + path


@BOTH
def test_a_mount_may_stand_in_a_mount(release: Compiled, make: Make) -> None:
    app = make(Mount("/deep", routes=[ServeStaticMount(release.dist, name="files")], name="deep"))
    url = link(app, STYLE, "/app", "deep:files")
    assert url == "http://localhost/app/deep" + release.url(STYLE)
    assert fetch(app, url, "/app").content == release.read(STYLE)


def test_an_unknown_name_is_an_error(release: Compiled) -> None:
    app = starlette(ServeStaticMount(release.dist))
    with pytest.raises(UnknownAssetError, match=r"no asset named 'no\.css'"):
        app.url_path_for("static", path="no.css")
    with pytest.raises(NoMatchFound):
        app.url_path_for("other", path=STYLE)
    with pytest.raises(NoMatchFound):
        app.url_path_for("static", file=STYLE)
    assert app.url_path_for("linked") == "/linked"


@BOTH
def test_what_is_not_listed_is_404(release: Compiled, make: Make) -> None:
    answer = fetch(make(ServeStaticMount(release.dist)), "/static/no.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (404, "no-store")


@BOTH
def test_without_a_release_a_mount_answers_with_what_to_run(tmp_path: Path, make: Make) -> None:
    mount = ServeStaticMount(tmp_path / "dist")
    app = make(mount)
    assert link(app, STYLE) == f"http://localhost/static/{STYLE}"
    assert mount.assets().url(STYLE) == f"/static/{STYLE}"
    answer = fetch(app, f"/static/{STYLE}")
    assert answer.status_code == 503
    assert "servestatic-build" in answer.text
    with pytest.raises(ManifestError, match="No such file"):
        ServeStaticMount(tmp_path / "dist", strict=True)


@BOTH
def test_without_a_release_the_middleware_hands_the_rest_on(tmp_path: Path, make: Make) -> None:
    app = make()
    app.add_middleware(ServeStaticASGI, manifest=tmp_path / "dist")
    assert fetch(app, "/static/no.css").status_code == 503
    assert fetch(app, "/no").status_code == 404


@BOTH
def test_with_sources_an_application_can_be_imported_before_there_is_a_release(tmp_path: Path, make: Make) -> None:
    static = write_tree(tmp_path / "static", {STYLE: "a{}"})
    app = make(ServeStaticMount(tmp_path / "dist", sources=[str(static)]))
    assert link(app, STYLE) == f"http://localhost/static/{STYLE}"
    assert fetch(app, f"/static/{STYLE}").text == "a{}"
    assert "It was looked for in" in fetch(app, "/static/no.css").text


def test_a_mount_sees_the_next_release(tmp_path_factory: pytest.TempPathFactory) -> None:
    root = tmp_path_factory.mktemp("released")
    source = Source(str(write_tree(root / "static", {STYLE: "a{}"})))
    first = compile_sources(root, source).url(STYLE)
    mount = ServeStaticMount(root / "dist", reload=True)
    app = starlette(mount)
    assert link(app, STYLE) == "http://localhost" + first
    write_tree(root / "static", {STYLE: "b{}"})
    second = compile_sources(root, source).url(STYLE)
    assert fetch(app, second).content == b"b{}"
    assert link(app, STYLE) == "http://localhost" + second
    assert mount.manifest.url(STYLE) == second != first


@BOTH
def test_plain_mounts_serve(release: Compiled, make: Make) -> None:
    app = make(Mount("/static", ServeStaticASGI(None, release.dist), name="static"))
    assert fetch(app, release.url(STYLE)).content == release.read(STYLE)
    assert link(app, STYLE) == "http://localhost/static/css/app.css"
    assert fetch(app, "/static/css/app.css").content == release.read(STYLE)


@BOTH
@pytest.mark.parametrize("mount", ["", "/app"], ids=["at the root", "mounted"])
def test_middleware_serves_and_hands_the_rest_on(release: Compiled, make: Make, mount: str) -> None:
    app = make()
    app.add_middleware(ServeStaticASGI, manifest=release.dist, claim_prefix=True)
    for name in (STYLE, SPACED, "/robots.txt"):
        assert fetch(app, mount + release.url(name), mount).content == release.read(name)
    assert fetch(app, mount + "/static/no.css", mount).headers["cache-control"] == "no-store"
    assert "cache-control" not in fetch(app, mount + "/no", mount).headers


def test_templates_of_starlette_have_the_functions(release: Compiled) -> None:
    mount = ServeStaticMount(release.dist)
    environment = Environment(
        autoescape=True,
        loader=DictLoader({"page": '{{ asset_style("css/app.css") }} {{ url_for("static", path="css/app.css") }}'}),
        extensions=[ServeStaticExtension],
    )
    environment.extend(servestatic=mount.assets)
    templates = Jinja2Templates(env=environment)
    app = starlette(mount, Route("/page", lambda request: templates.TemplateResponse(request, "page")))
    url, integrity = release.url(STYLE), release.manifest.integrity(STYLE)
    element = f'<link rel="stylesheet" href="{url}" integrity="{integrity}">'
    assert fetch(app, "/page").text == f"{element} http://localhost{url}"


@get("/page", sync_to_thread=False)
def litestar_page() -> Template:
    return Template("page")


@pytest.fixture
def litestar(release: Compiled) -> Litestar:
    environment = Environment(
        autoescape=True,
        loader=DictLoader({"page": '{{ static_url("css/app.css") }}'}),
        extensions=[ServeStaticExtension],
    )
    environment.extend(servestatic=release.manifest)
    templates = TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))
    return Litestar([litestar_page], template_config=templates)


def test_around_litestar_sources_are_served_until_there_is_a_release(tmp_path: Path, litestar: Litestar) -> None:
    settings = '[tool.servestatic-build]\nsources = ["static"]\nprefix = "/assets/"\n'
    write_tree(tmp_path, {f"static/{STYLE}": "a{}", "pyproject.toml": settings})
    inner: ASGIApplication = litestar  # type: ignore[assignment] # as below
    for sources, url in (
        ([str(tmp_path / "static")], f"/static/{STYLE}"),
        (str(tmp_path / "pyproject.toml"), f"/assets/{STYLE}"),
    ):
        app = ServeStaticASGI(inner, tmp_path / "dist", sources=sources)
        assert app.assets().url(STYLE) == url
        assert fetch(app, url).content == b"a{}"
        assert fetch(app, "/no").json()["status_code"] == 404
    assert fetch(ServeStaticASGI(inner, tmp_path / "dist"), f"/static/{STYLE}").status_code == 503


def test_around_litestar_files_are_served_and_the_rest_is_handed_on(release: Compiled, litestar: Litestar) -> None:
    inner: ASGIApplication = litestar  # type: ignore[assignment] # scopes that are more than mappings
    app = ServeStaticASGI(inner, release.dist)
    page = fetch(app, "/page")
    assert page.text == release.url(STYLE)
    assert fetch(app, page.text).content == release.read(STYLE)
    assert fetch(app, "/robots.txt").content == release.read("/robots.txt")
    assert fetch(app, "/no").json()["status_code"] == 404
