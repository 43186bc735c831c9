"""REDbot (https://redbot.org), a judge of HTTP that has never heard of us, on a file of every usual type."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest

from servestatic_runtime.bodies import LARGEST_CACHED
from support.required import missing
from support.servers import APP, gunicorn, running, uvicorn
from support.trees import Compiled, Tree, compile_tree, write_tree

SCRIPT = Path(__file__).parent.parent / "oracles" / "redbot_notes.py"
BINARY = bytes(range(256))
TEXT: Tree = {
    "css/app.css": "body { color: red }\n" * 50,
    "js/app.js": "console.log(1);\n" * 50 + "//# sourceMappingURL=app.js.map\n",
    "js/app.js.map": '{"version": 3, "sources": ["app.ts"], "names": [], "mappings": "AAAA"}' + " " * 500,
    "docs/index.html": "<!doctype html><title>Docs</title><h1>Docs</h1>" * 20,
    "img/logo.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><path d="{"M0 0 " * 100}"/></svg>',
    "data/words.json": '["word"]' + "\n" * 500,
    "licence.txt": "As is. " * 100,
    "site.webmanifest": '{"name": "Site"}' + "\n" * 500,
    "wasm/add.wasm": b"\0asm\x01\0\0\0" + BINARY * 2,
}
PACKED: Tree = {
    "img/photo.png": b"\x89PNG\r\n\x1a\n" + BINARY * 2,
    "font/text.woff2": b"wOF2" + BINARY * 2,
    "manual.pdf": b"%PDF-1.7\n" + Random(1).randbytes(LARGEST_CACHED),  # streamed
}
SUPPORTED = {"ranges": True, "If-None-Match": True, "If-Modified-Since": True}

# What it warns of and we leave as it is, with the reason.
ACCEPTED = {
    # A site behind a password sends Authorization for its files, too. Only `public` lets a shared cache keep those
    # (RFC 9111 3.5), and nothing in them depends on who asks.
    "STORE_PUBLIC_UNNECESSARY",
}


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    root = write_tree(tmp_path_factory.mktemp("redbot"), APP)
    return compile_tree(root, {**TEXT, **PACKED}, codings=("gzip", "br", "zstd"), cross_origin=True)


@pytest.mark.parametrize("server", [gunicorn("app:wsgi"), uvicorn("app:asgi")], ids=["WSGI", "ASGI"])
def test_redbot_finds_nothing_to_mend(release: Compiled, server: list[str]) -> None:
    if find_spec("redbot") is None:
        missing("SERVERS", "redbot is not installed")
    paths = {path: asset.name for asset in release.manifest for path in (asset.url, asset.plain_url) if path}
    with running(server, cwd=release.dist.parent) as port:
        command = [sys.executable, str(SCRIPT), *(f"http://127.0.0.1:{port}{path}" for path in paths)]
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    verdicts = {urlsplit(line["url"]).path: line for line in map(json.loads, run.stdout.splitlines())}
    assert verdicts.keys() == paths.keys()
    for path, name in paths.items():
        assert (verdicts[path]["error"], verdicts[path]["supports"]) == (None, {**SUPPORTED, "gzip": name in TEXT}), (
            path
        )
    warned = [
        (note["id"], path) for path in paths for note in verdicts[path]["notes"] if note["level"] in ("WARN", "BAD")
    ]
    assert {note for note, _ in warned} == ACCEPTED, warned
