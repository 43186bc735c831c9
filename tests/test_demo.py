"""The demo's trees, compiled as `make demo` does, and every URL fetched from real servers in every coding."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import brotli
import django.contrib.admin
import httpx
import pytest
import zstandard

from servestatic_build import Source
from servestatic_runtime.paths import quote_path
from support.servers import gunicorn, running, uvicorn
from support.trees import Compiled, compile_sources

pytestmark = pytest.mark.slow

DEMO = Path(__file__).parent.parent / "docs/demo"
ADMIN = Path(django.contrib.admin.__path__[0]) / "static"

DECODERS = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": zstandard.ZstdDecompressor().decompress,
}

SERVER = """
import os
from servestatic_runtime import ServeStatic, ServeStaticASGI

wsgi = ServeStatic(None, os.environ["DIST"])
asgi = ServeStaticASGI(None, os.environ["DIST"])
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    sources = (Source(str(ADMIN)), Source(str(DEMO / "static")), Source(str(DEMO / "public"), "/"))
    codings = ("gzip", "br", "zstd")
    return compile_sources(tmp_path_factory.mktemp("demo"), *sources, codings=codings, effort="default")


@pytest.fixture(scope="module", params=["gunicorn", "uvicorn"])
def base(request: pytest.FixtureRequest, demo: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    directory = tmp_path_factory.mktemp("server")
    (directory / "demo_server.py").write_text(SERVER)
    command = gunicorn("demo_server:wsgi") if request.param == "gunicorn" else uvicorn("demo_server:asgi")
    with running(command, {"DIST": str(demo.dist)}, directory) as port:
        yield f"http://127.0.0.1:{port}"


def test_the_demo_compiles_without_a_warning(demo: Compiled) -> None:
    assert demo.messages() == []


def test_a_file_without_references_keeps_its_bytes(demo: Compiled) -> None:
    unchanged = [asset for asset in demo.manifest if not asset.references]
    assert len(unchanged) > 100
    for asset in unchanged:
        candidates = [ADMIN / asset.name, DEMO / "static" / asset.name, DEMO / "public" / asset.name.lstrip("/")]
        (source,) = (path for path in candidates if path.exists())
        assert asset.digest == hashlib.sha256(source.read_bytes()).digest(), asset.name


@pytest.mark.parametrize("coding", DECODERS)
def test_every_url_answers_in_every_coding_with_the_bytes_of_the_manifest(
    base: str, demo: Compiled, coding: str
) -> None:
    with httpx.Client(base_url=base, headers={"Accept-Encoding": coding}) as client:
        for asset in demo.manifest:
            expected = coding if coding in {variant.coding for variant in asset.variants} else "identity"
            for url in {asset.url, asset.plain_url, asset.directory} - {None}:
                with client.stream("GET", quote_path(url or "")) as response:
                    body = b"".join(response.iter_raw())
                assert response.status_code == 200, url
                assert response.headers.get("content-encoding", "identity") == expected, url
                assert hashlib.sha256(DECODERS[expected](body)).digest() == asset.digest, url


def test_what_the_pages_refer_to_is_there(base: str, demo: Compiled) -> None:
    served = {os.path.basename(asset.url) for asset in demo.manifest}
    with httpx.Client(base_url=base) as client:
        style_sheet = client.get(demo.url("site/app.css")).text
    assert os.path.basename(demo.url("site/img/stack.png")) in style_sheet
    assert os.path.basename(demo.url("site/fonts/marks.woff2")) in style_sheet
    assert "url(img/not-a-reference.png)" in style_sheet
    assert "not-a-reference.png" not in served
