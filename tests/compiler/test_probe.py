"""servestatic-manifest probe: what a proxy in between changes is recognised, and our own servers have no fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from servestatic_build.inspection.cli import main
from servestatic_build.probing.faults import Answer, cache_state, fault_of_absent, faults
from servestatic_build.probing.questions import absent, questions
from support.caches import CACHES
from support.commands import run_command
from support.documents import DOCS, blocks
from support.nginx import nginx
from support.processes import started
from support.servers import APP, SERVERS
from support.static_servers import STATIC_SERVERS
from support.trees import Compiled, Tree, compile_tree, write_tree

pytestmark = pytest.mark.slow

TREE: Tree = {
    "css/app.css": "body { background: url(../img/a.png) }\n" * 50,
    "img/a.png": b"\x89PNG" * 10,
    "docs/index.html": "<!doctype html><link rel=stylesheet href=../css/app.css>\n" * 20,
    "empty.txt": b"",
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compile_tree(write_tree(tmp_path_factory.mktemp("release"), APP), TREE, codings=("gzip", "br", "zstd"))


@pytest.fixture(scope="module")
def origin(release: Compiled) -> Iterator[int]:
    with started(SERVERS["uvicorn h11"].required().command, cwd=release.dist.parent) as server:
        yield server.port


def probed(release: Compiled, port: int, *options: str) -> tuple[int, dict[str, Any]]:
    done = run_command(main, "probe", str(release.dist), f"http://127.0.0.1:{port}", "--json", *options)
    assert done.stderr == ""
    return done.exit_code, json.loads(done.stdout)


def codes(data: dict[str, Any]) -> set[str]:
    return {fault["code"] for fault in data["faults"]}


@pytest.mark.parametrize("name", ["uvicorn h11", "gunicorn gthread", "waitress"])
def test_our_own_servers_have_no_fault(release: Compiled, name: str) -> None:
    with started(SERVERS[name].required().command, cwd=release.dist.parent) as server:
        assert probed(release, server.port)[0] == 0


@pytest.mark.parametrize("name", ["nginx", "Varnish without gzip"])
def test_a_cache_that_is_configured_rightly_has_no_fault(
    release: Compiled, origin: int, tmp_path: Path, name: str
) -> None:
    with CACHES[name].start(origin, tmp_path) as cache:
        probed(release, cache.port)
        code, data = probed(release, cache.port)
    assert (code, data["faults"]) == (0, [])
    assert data["cache"]["hits"] > 0


PROXY = """
proxy_cache_path cache keys_zone=static:1m;
server {{
    listen 80;
    location / {{
        proxy_pass http://127.0.0.1:{origin};
        {wrong}
    }}
}}
"""
CACHED = "proxy_cache static; proxy_cache_valid any 10m; add_header X-Cache $upstream_cache_status always;"
WRONG = [
    pytest.param("proxy_set_header Accept-Encoding gzip;", {"coding-lost", "codings-mixed"}, id="gzip only"),
    pytest.param("proxy_hide_header Vary;", {"vary-missing"}, id="no Vary"),
    pytest.param("proxy_hide_header ETag;", {"etag-missing"}, id="no ETag"),
    pytest.param(
        "proxy_set_header Accept-Encoding ''; gzip on; gzip_types *; gzip_proxied any; gzip_min_length 1;",
        {"etag-weak", "coding-lost"},
        id="compressed again",
    ),
    pytest.param(
        "proxy_hide_header Cache-Control; add_header Cache-Control 'max-age=5';", {"cache-control"}, id="another life"
    ),
    pytest.param("proxy_hide_header Access-Control-Allow-Origin;", {"cors"}, id="no CORS"),
    pytest.param("proxy_ignore_headers Cache-Control Vary;" + CACHED, {"codings-mixed", "cached-404"}, id="all kept"),
    pytest.param("proxy_set_header Range ''; proxy_force_ranges off;", {"no-range"}, id="no ranges"),
    pytest.param("proxy_set_header If-None-Match '';", {"no-304"}, id="no conditions"),
]


@pytest.mark.parametrize(("wrong", "expected"), WRONG)
def test_what_a_proxy_does_wrong_is_recognised(
    release: Compiled, origin: int, tmp_path: Path, wrong: str, expected: set[str]
) -> None:
    with nginx(PROXY.format(origin=origin, wrong=wrong), tmp_path) as proxy:
        code, data = probed(release, proxy.port, "--concurrency", "1")
    assert code == 1
    assert expected <= codes(data)


@pytest.mark.parametrize(("page", "language"), [("nginx", "nginx"), ("caddy", "caddyfile")])
def test_the_configuration_of_the_documents_has_no_fault(
    release: Compiled, origin: int, tmp_path: Path, page: str, language: str
) -> None:
    shown = blocks((DOCS / f"deploy/{page}.md").read_text())
    (block,) = (block.text for block in shown if block.language == language)
    text = block.replace(":8000", f":{origin}").replace("/var/cache/nginx/static", "cache")
    with STATIC_SERVERS[page](text.replace("www.example.com {", ":80 {"), tmp_path) as proxy:
        probed(release, proxy.port)
        assert probed(release, proxy.port)[1]["faults"] == []


def test_varnish_that_unpacks_is_recognised(release: Compiled, origin: int, tmp_path: Path) -> None:
    with CACHES["Varnish"].start(origin, tmp_path) as cache:
        assert "coding-lost" in codes(probed(release, cache.port)[1])


def test_a_page_and_what_it_needs_is_asked_for_alone(release: Compiled, origin: int) -> None:
    done = run_command(main, "probe", str(release.dist), f"http://127.0.0.1:{origin}", "--page", "css/app.css")
    assert (done.exit_code, "docs" in done.stdout) == (0, False)
    assert " answers, 0 faults, 0 from a cache" in done.stdout


def test_a_site_that_does_not_answer_is_a_fault(release: Compiled) -> None:
    code, data = probed(release, 9, "--sample", "1")
    assert (code, codes(data)) == (1, {"no-answer"})


def test_faults_of_one_answer(release: Compiled) -> None:
    question = next(question for question in questions(release.manifest, release.manifest) if question.coding == "br")
    right = Answer(200, question.headers, question.etag.strip('"'), 1, 0.1)
    assert faults(question, right) == []
    assert [each.code for each in faults(question, right._replace(digest="0"))] == ["body"]
    assert [each.code for each in faults(question, right._replace(status=403))] == ["status"]
    typed = right._replace(headers={**question.headers, "content-type": "text/plain"})
    assert [each.code for each in faults(question, typed)] == ["type"]


@pytest.mark.parametrize(
    ("headers", "state"),
    [
        ({"x-cache": "Hit from cloudfront"}, "hit"),
        ({"cf-cache-status": "HIT"}, "hit"),
        ({"age": "12"}, "hit"),
        ({"x-varnish": "1 2"}, "hit"),
        ({"x-varnish": "1"}, "miss"),
        ({"cf-cache-status": "MISS", "age": "0"}, "miss"),
        ({}, ""),
    ],
)
def test_a_cache_hit_is_known_by_its_headers(release: Compiled, headers: dict[str, str], state: str) -> None:
    answer = Answer(404, headers, "", 0, 0.0)
    assert cache_state(answer) == state
    found = fault_of_absent(absent(release.manifest), answer, answer)
    assert [each.code for each in found] == (["cached-404"] if state == "hit" else [])
