"""Template tags: the elements that load scripts and style sheets."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.template import Context, Template
from django.test import override_settings
from jinja2 import Environment

from servestatic_build import Source
from servestatic_runtime import Manifest, ManifestError, UnknownAssetError
from servestatic_runtime.django.assets import PageAssets
from servestatic_runtime.jinja import ServeStaticExtension
from support.releases import unfingerprinted
from support.trees import compile_sources, write_tree

TEMPLATES = Path(__file__).parents[2] / "docs/howto/templates.md"
STORAGES = {"staticfiles": {"BACKEND": "servestatic_runtime.django.storage.ManifestStorage"}}
IMPORTS = {"lit": "vendor/lit.js", "vendor/": "vendor/", "root": "/root.js"}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("release")
    static = write_tree(
        root / "static",
        {
            "css/app.css": "a{}",
            "js/app.js": 'import "./part.js"; import "lit";',
            "js/part.js": "export const part = 1;",
            "vendor/lit.js": "export {};",
            "a&b.js": "1",
        },
    )
    public = write_tree(root / "public", {"root.js": ""})
    return compile_sources(root, Source(str(static)), Source(str(public), "/"), imports=IMPORTS).dist


@pytest.fixture(autouse=True)
def _project(dist: Path) -> Iterator[None]:
    with override_settings(STORAGES=STORAGES, STATIC_ROOT=dist, SERVESTATIC={"IMPORTS": IMPORTS}):
        yield


@pytest.fixture
def manifest(dist: Path) -> Manifest:
    return Manifest.open(dist)


def render(tag: str, **context: Any) -> str:
    return str(Template("{% load servestatic %}{% " + tag + " %}").render(Context(context)))


def short(html: str, manifest: Manifest) -> str:
    """Return HTML with ``#`` for each fingerprint and the logical name for each integrity."""
    for asset in manifest:
        html = html.replace(manifest.integrity(asset.name), f"<{asset.name}>")
    return unfingerprinted(html.encode()).decode()


REQUEST = SimpleNamespace(csp_nonce="n1")

TAGS = [
    ('asset_script "js/app.js"', {}, '<script src="/static/js/app.#.js" integrity="<js/app.js>"></script>'),
    (
        'asset_script "js/app.js" type="module" async=True defer=False data_x=evil',
        {"evil": "<1>"},
        '<script src="/static/js/app.#.js" integrity="<js/app.js>" type="module" async data-x="&lt;1&gt;"></script>',
    ),
    ('asset_script "a&b.js"', {}, '<script src="/static/a&amp;b.#.js" integrity="<a&b.js>"></script>'),
    ('asset_script "js/app.js" integrity=None', {}, '<script src="/static/js/app.#.js"></script>'),
    (
        'asset_script "js/app.js" tabindex=0 title="a &amp; b"',
        {},
        '<script src="/static/js/app.#.js" integrity="<js/app.js>" tabindex="0" title="a &amp; b"></script>',
    ),
    ("asset_script name", {"name": "/root.js"}, '<script src="/root.js" integrity="</root.js>"></script>'),
    (
        'asset_script "js/app.js"',
        {"csp_nonce": 'n"2', "request": REQUEST},
        '<script src="/static/js/app.#.js" integrity="<js/app.js>" nonce="n&quot;2"></script>',
    ),
    (
        'asset_style "css/app.css" media="print"',
        {"request": REQUEST},
        '<link rel="stylesheet" href="/static/css/app.#.css" integrity="<css/app.css>" nonce="n1" media="print">',
    ),
    (
        'module_preload "js/app.js"',
        {"request": REQUEST},
        (
            '<link rel="modulepreload" href="/static/js/app.#.js" integrity="<js/app.js>" nonce="n1">\n'
            '<link rel="modulepreload" href="/static/js/part.#.js" integrity="<js/part.js>" nonce="n1">\n'
            '<link rel="modulepreload" href="/static/vendor/lit.#.js" integrity="<vendor/lit.js>" nonce="n1">'
        ),
    ),
]


@pytest.mark.parametrize(("tag", "context", "html"), TAGS)
def test_a_tag_links_to_the_release(manifest: Manifest, tag: str, context: dict[str, Any], html: str) -> None:
    assert short(render(tag, **context), manifest) == html


PLAIN = [
    ('asset_script "js/app.js" type="module"', '<script src="/static/js/app.js" type="module"></script>'),
    ('asset_script "js/no such.js"', '<script src="/static/js/no%20such.js"></script>'),
    ('asset_script "/root.js"', '<script src="/root.js"></script>'),
    ('asset_style "css/app.css"', '<link rel="stylesheet" href="/static/css/app.css">'),
    ('module_preload "js/app.js"', '<link rel="modulepreload" href="/static/js/app.js">'),
    (
        "import_map",
        (
            '<script type="importmap">{"imports": {"lit": "/static/vendor/lit.js", "root": "/root.js",'
            ' "vendor/": "/static/vendor/"}}</script>'
        ),
    ),
]


def test_the_template_of_the_documents_renders(manifest: Manifest) -> None:
    (block,) = re.findall(r"^```django\n(.*?)^```$", TEMPLATES.read_text(), re.DOTALL | re.MULTILINE)
    html = Template(block).render(Context())
    assert html.count("integrity=") == len(manifest.module_preload("js/app.js")) + 2


@pytest.mark.parametrize(("tag", "html"), PLAIN)
def test_under_debug_urls_are_plain_and_bytes_may_change(tag: str, html: str) -> None:
    with override_settings(DEBUG=True):
        assert render(tag) == html


@pytest.mark.parametrize(("tag", "html"), PLAIN)
def test_a_lenient_project_without_a_release_has_plain_urls(tmp_path: Path, tag: str, html: str) -> None:
    with override_settings(STATIC_ROOT=tmp_path, SERVESTATIC={"MANIFEST_STRICT": False, "IMPORTS": IMPORTS}):
        assert render(tag) == html


@pytest.mark.usefixtures("in_tests")
@pytest.mark.parametrize(("tag", "html"), PLAIN)
def test_without_a_release_a_project_s_own_tests_have_plain_urls(tmp_path: Path, tag: str, html: str) -> None:
    with override_settings(STATIC_ROOT=tmp_path, SERVESTATIC={"IMPORTS": IMPORTS}):
        assert render(tag) == html


@pytest.mark.parametrize("tag", ['asset_script "no.js"', 'asset_style "no.css"', 'module_preload "no.js"'])
def test_an_unknown_name_is_an_error(tag: str) -> None:
    with pytest.raises(UnknownAssetError, match=r"no asset named 'no\."):
        render(tag)


def test_without_a_release_a_tag_says_how_to_make_one(tmp_path: Path) -> None:
    with override_settings(STATIC_ROOT=tmp_path), pytest.raises(ManifestError, match=r"manage\.py collectstatic"):
        render('asset_script "js/app.js"')


@pytest.mark.parametrize("debug", [False, True])
def test_jinja_s_functions_return_what_the_tags_do(*, debug: bool) -> None:
    environment = Environment(autoescape=True, extensions=[ServeStaticExtension])
    environment.extend(servestatic=PageAssets())
    with override_settings(DEBUG=debug):
        for tag in ("asset_script", "asset_style", "module_preload"):
            call = environment.from_string("{{ " + tag + "(name) }}")
            assert call.render(name="js/app.js", csp_nonce="n") == render(
                f"{tag} name", name="js/app.js", csp_nonce="n"
            )


@pytest.mark.parametrize("debug", [False, True])
def test_the_hash_allows_the_import_map(manifest: Manifest, *, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        element = render("import_map", request=REQUEST)
        text = element.removeprefix('<script type="importmap" nonce="n1">').removesuffix("</script>")
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert render("import_map_csp_hash") == f"'sha256-{digest}'"
    assert debug or text == manifest.import_map().text


@pytest.mark.parametrize(
    ("url", "foreign"),
    [
        ("https://cdn.test/static/", True),
        ("//cdn.test/static/", True),
        ("/static/", False),
    ],
)
def test_another_origin_s_files_are_asked_for_with_cors(url: str, *, foreign: bool) -> None:
    with override_settings(STATIC_URL=url):
        for tag in ('asset_script "js/app.js"', 'asset_style "css/app.css"', 'module_preload "js/part.js"'):
            html = render(tag)
            assert url in html
            assert ('crossorigin="anonymous"' in html) is foreign


def test_a_nonce_that_is_made_when_it_is_asked_for_is_asked_for() -> None:
    class Nonce:
        def __bool__(self) -> bool:
            return False  # as Django 6's is until it was made

        def __str__(self) -> str:
            return "made"

    assert 'nonce="made"' in render("import_map", csp_nonce=Nonce())
