"""Templates of Jinja: the elements of a page, with what the template adds, escaped once."""

from __future__ import annotations

from typing import Any

import pytest
from jinja2 import Environment

from servestatic_runtime import UnknownAssetError, tags
from servestatic_runtime.jinja import ServeStaticExtension
from support.trees import Compiled, compile_tree

TREE = {"js/app.js": 'import "./a&b.js";', "js/a&b.js": "", "css/app.css": ""}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compile_tree(tmp_path_factory.mktemp("release"), TREE)


@pytest.fixture(params=[True, False], ids=["autoescape", "no autoescape"])
def environment(request: pytest.FixtureRequest, release: Compiled) -> Environment:
    environment = Environment(autoescape=request.param, extensions=[ServeStaticExtension])
    environment.extend(servestatic=release.manifest)
    return environment


@pytest.mark.parametrize(
    ("call", "element"),
    [
        ('asset_script("js/app.js", type="module")', lambda m: tags.asset_script(m, "js/app.js", type="module")),
        ('asset_style("css/app.css")', lambda m: tags.asset_style(m, "css/app.css")),
        ('module_preload("js/app.js")', lambda m: tags.module_preload(m, "js/app.js")),
        ("import_map()", tags.import_map),
        ("import_map_csp_hash()", tags.import_map_csp_hash),
    ],
)
def test_an_element_is_that_of_the_tags(environment: Environment, release: Compiled, call: str, element: Any) -> None:
    assert environment.from_string("{{ " + call + " }}").render() == element(release.manifest)


def test_a_url_is_escaped_where_the_template_is(environment: Environment, release: Compiled) -> None:
    url = release.url("js/a&b.js")
    expected = url.replace("&", "&amp;") if environment.autoescape else url
    assert environment.from_string('{{ static_url("js/a&b.js") }}').render() == expected


@pytest.mark.parametrize(
    ("call", "variables", "nonce"),
    [
        pytest.param("import_map()", {"csp_nonce": "n"}, ' nonce="n"', id="a variable"),
        pytest.param("import_map()", {"csp_nonce": lambda: "n"}, ' nonce="n"', id="a function"),
        pytest.param('import_map(nonce="own")', {"csp_nonce": "n"}, ' nonce="own"', id="given"),
        pytest.param("import_map(nonce=False)", {"csp_nonce": "n"}, "", id="left out"),
        pytest.param("import_map()", {"csp_nonce": '">'}, ' nonce="&quot;&gt;"', id="escaped"),
        pytest.param("import_map()", {}, "", id="none"),
    ],
)
def test_an_element_has_the_page_s_nonce(
    environment: Environment, call: str, variables: dict[str, Any], nonce: str
) -> None:
    page = environment.from_string("{{ " + call + " }}").render(variables)
    assert page.startswith(f'<script type="importmap"{nonce}>')


def test_assets_may_depend_on_the_request(environment: Environment, release: Compiled) -> None:
    mounts = iter(["/one", "/two"])
    overlaid = environment.overlay()
    overlaid.servestatic = lambda: release.manifest.at(next(mounts))  # type: ignore[attr-defined] # as extend() sets it
    template = overlaid.from_string('{{ static_url("css/app.css") }}')
    url = release.url("css/app.css")
    assert [template.render(), template.render()] == ["/one" + url, "/two" + url]


def test_an_unknown_name_is_an_error(environment: Environment) -> None:
    with pytest.raises(UnknownAssetError, match=r"no asset named 'no\.js'"):
        environment.from_string('{{ static_url("no.js") }}').render()


def test_without_assets_the_error_says_how_to_give_them() -> None:
    environment = Environment(autoescape=True, extensions=["servestatic_runtime.jinja.ServeStaticExtension"])
    with pytest.raises(RuntimeError, match=r"environment\.extend\(servestatic=Manifest\.open"):
        environment.from_string('{{ static_url("a.css") }}').render()
