"""An example of each kind of problem: what provokes it. The page about diagnostics shows what is printed then."""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable
from errno import EACCES
from hashlib import sha256
from typing import Any, NamedTuple
from unittest.mock import patch

from servestatic_build.codecs import CODECS
from servestatic_build.codes import Code
from servestatic_build.model import SourceFile
from servestatic_build.source_files import read_source
from sessions import BUILD, VERIFY, Session

STYLE = "a { color: red }\n"
_REFERRING = 'body { background: url("logo.png") }\n'


def _settings(text: str) -> str:
    return f"[tool.servestatic-build]\n{text}\n"


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _damaged(command: str) -> Session:
    """Return a release that a command damages before it is verified."""
    return Session({"static/app.css": STYLE}, (BUILD, command, VERIFY))


class _FaultyCodec(NamedTuple):
    """A codec that codes all as the same bytes."""

    coded: bytes

    def encode(self, _data: bytes, _effort: str) -> bytes:
        return self.coded

    def recipe(self, _size: int, _effort: str) -> str:
        return "faulty"


class _Changing(NamedTuple):
    """A reader of sources before whom somebody puts a pipe into the place of a file."""

    read: Callable[..., Any]

    def __call__(self, file: SourceFile, *arguments: Any) -> Any:
        os.remove(file.real_path)
        os.mkfifo(file.real_path)
        return self.read(file, *arguments)


EXAMPLES: dict[Code, Session] = {
    Code.INVALID_SETTING: Session({"static/app.css": STYLE, "pyproject.toml": _settings('codngs = ["gzip"]')}),
    Code.INVALID_SOURCE: Session({"static/app.css": STYLE}, ("servestatic-build statics -o dist",)),
    Code.NO_FILES: Session({"static/.gitkeep": ""}),
    Code.INVALID_NAME: Session({}, ("mkdir static && touch $'static/caf\\xe9.css'", BUILD)),
    Code.PRIVATE_FILE: Session({"static/settings.py": 'SECRET_KEY = "…"\n'}),
    Code.NAME_TOO_LONG: Session({}, ("mkdir static && touch static/$(printf 'a%.0s' {1..250}).css", BUILD)),
    Code.CASE_COLLISION: Session({"static/logo.svg": "", "static/Logo.svg": ""}),
    Code.REPLACED_FILE: Session(
        {"static/app.css": STYLE, "theme/app.css": "a { color: blue }\n"}, ("servestatic-build static theme -o dist",)
    ),
    Code.UNPUBLISHED_FILE: Session(
        {
            "static/.hidden/app.css": STYLE,
            "static/app.css": STYLE,
            "settings.py": """SECRET_KEY = "…"
INSTALLED_APPS = ["servestatic_runtime.django", "django.contrib.staticfiles"]
STATICFILES_DIRS = ["static"]
STATIC_ROOT = "staticfiles"
STATIC_URL = "static/"
STORAGES = {"staticfiles": {"BACKEND": "servestatic_runtime.django.storage.ManifestStorage"}}
""",
        },
        ("PYTHONPATH=. django-admin compilestatic --settings settings --no-default-ignore",),
    ),
    Code.INVALID_CODING: Session(
        {"static/app.js": "f()\n", "static/app.js.gz": "no gzip\n", "pyproject.toml": _settings("take-variants = true")}
    ),
    Code.FILE_SYSTEM: Session({"static/app.css": STYLE, "dist": ""}),
    Code.FOREIGN_FILE: Session(
        {"static/app.css": STYLE, "dist/static/app.css": "a { color: blue }\n"}, (f"{BUILD} --layout urls",)
    ),
    Code.OUT_OF_RESOURCES: Session(
        {"static/app.css": STYLE}, hidden=patch("servestatic_build.compilation.link", side_effect=MemoryError)
    ),
    Code.FILE_CHANGED: Session(
        {"static/app.css": STYLE},
        hidden=patch("servestatic_build.references.reading.read_source", _Changing(read_source)),
    ),
    Code.HOOK_FAILED: Session(
        {
            "static/app.css": STYLE,
            "hooks.py": "def add_headers(headers, path, url):\n    headers['X-Team'] = TEAM\n",
            "pyproject.toml": _settings('headers-hook = "hooks:add_headers"'),
        },
        (f"PYTHONPATH=. {BUILD}",),
    ),
    Code.PRESET: Session({"static/leaflet/leaflet.css": "", "static/leaflet/images/marker-icon.png": ""}),
    Code.INVALID_BUNDLER_MANIFEST: Session(
        {"static/app.js": "f()\n", "static/meta.json": "[]\n"}, (f"{BUILD} --bundler-manifest static/meta.json",)
    ),
    Code.STALE_BUNDLER_MANIFEST: Session(
        {"static/.vite/manifest.json": '{"src/main.ts": {"file": "assets/main-D4kQ1tzB.js"}}\n', "static/app.js": ""}
    ),
    Code.HASHED_NAMES: Session({f"static/js/chunk-{number * 0x1234567 % 2**32:08x}.js": "" for number in range(1, 30)}),
    Code.ALIAS_CONFLICT: Session(
        {
            "static/.vite/manifest.json": '{"main.js": {"file": "assets/main-D4kQ1tzB.js"}}\n',
            "static/assets/main-D4kQ1tzB.js": "f()\n",
            "static/main.js": "g()\n",
        }
    ),
    Code.UNREADABLE: Session({"static/app.js": "const a = 'never closed\nimport('./b.js')\n", "static/b.js": ""}),
    Code.CHARSET: Session({}, ("mkdir static && printf 'caf\\xe9' > static/menu.txt", BUILD)),
    Code.MISSING_REFERENCE: Session({"static/app.css": _REFERRING, "static/logo.svg": ""}),
    Code.NO_PLAIN_URL: Session(
        {"static/app.js": "new URL('logo.svg', import.meta.url)\n", "static/logo.svg": ""},
        (f"{BUILD} --modules importmap --no-plain-urls",),
    ),
    Code.UNFOLLOWED_NAME: Session(
        {"static/app.js": "load('words.json')\n", "static/words.json": "[]\n"}, (f"{BUILD} --no-plain-urls",)
    ),
    Code.SOUGHT_SCRIPT: Session(
        {"static/lib/editor.js": "base = document.currentScript.src.replace('editor.js', '')\n"}
    ),
    Code.SERVICE_WORKER: Session(
        {"static/worker.js": "addEventListener('install', f)\naddEventListener('fetch', g)\n"}
    ),
    Code.WORKER_IMPORT: Session(
        {"static/app.js": "new Worker(new URL('worker.js', import.meta.url))\n", "static/worker.js": "import 'lit'\n"}
    ),
    Code.CUSTOM_PROPERTY_URL: Session(
        {
            "static/theme.css": ":root { --icon: url(icon.svg) }\n",
            "static/a/a.css": "a { background: var(--icon) }\n",
            "static/b/b.css": "b { background: var(--icon) }\n",
            "static/a/icon.svg": "",
            "static/b/icon.svg": "",
        }
    ),
    Code.MISSING_FALLBACK: Session({"static/app.css": STYLE, "pyproject.toml": _settings('spa = ["/=index.html"]')}),
    Code.MISSING_IMPORT: Session(
        {"static/app.js": "f()\n", "pyproject.toml": _settings('imports = { lit = "vendor/lit.js" }')}
    ),
    Code.TEMPLATE_BASE: Session({"static/page.html": '<base href="{{ base }}">\n<img src="logo.svg">\n'}),
    Code.INTEGRITY_CYCLE: Session(
        {
            "static/a.css": f'@import url("b.css" integrity("{_hash("b")}"));\n',
            "static/b.css": f'@import url("a.css" integrity("{_hash("a")}"));\n',
        }
    ),
    Code.STALE_HASH: Session(
        {
            "static/app.css": _REFERRING,
            "static/logo.png": "",
            "static/list.json": f'{{"app.css": "{_hash(_REFERRING)}"}}\n',
        }
    ),
    Code.WRONG_INTEGRITY: Session(
        {
            "static/page.html": f'<script src="app.js" integrity="{_hash("g()")}"></script>\n',
            "static/app.js": "f()\n",
        }
    ),
    Code.INVALID_SOURCE_MAP: Session(
        {
            "static/app.js": "import './b.js'\n//# sourceMappingURL=app.js.map\n",
            "static/app.js.map": "{}\n",
            "static/b.js": "f()\n",
        },
        (f"{BUILD} --no-plain-urls",),
    ),
    Code.INVALID_HEADER: Session(
        {
            "static/app.css": STYLE,
            "etags.py": "def add_headers(headers, path, url):\n    headers['ETag'] = 'v1'\n",
            "pyproject.toml": _settings('headers-hook = "etags:add_headers"'),
        },
        (f"PYTHONPATH=. {BUILD}",),
    ),
    Code.DUPLICATE_URL: Session({"static/app.css": STYLE, "static/app.e9af44705e38.css": "a { color: blue }\n"}),
    Code.MANIFEST_TOO_LARGE: Session(
        {"static/app.css": STYLE}, hidden=patch("servestatic_build.releases.manifest_writer._LARGEST", 10)
    ),
    Code.UNREADABLE_RELEASE: Session(
        {"static/app.css": STYLE}, (BUILD, "truncate --size=100 dist/manifest.msgpack", BUILD)
    ),
    Code.INVALID_PREVIOUS: Session({"static/app.css": STYLE}, (f"{BUILD} --previous yesterday",)),
    Code.NO_PREVIOUS_RELEASE: Session({"static/app.css": STYLE}, ("mkdir yesterday", f"{BUILD} --previous yesterday")),
    Code.LOST_URL: Session(
        {"static/app.css": STYLE},
        (
            "servestatic-build static -o yesterday",
            "rm yesterday/files/static/app.*.css",
            "echo 'a { color: blue }' > static/app.css",
            f"{BUILD} --previous yesterday",
        ),
    ),
    Code.UNDELETED_FILE: Session(
        {"static/app.css": STYLE},
        hidden=patch(
            "servestatic_build.publication.Pruning",
            side_effect=PermissionError(EACCES, os.strerror(EACCES), "dist/files"),
        ),
    ),
    Code.NOT_COMPRESSED: Session(
        {"static/app.css": STYLE * 100, "pyproject.toml": _settings('compress-limit = "1 kB"')}
    ),
    Code.CACHE_UNUSABLE: Session({"static/app.css": STYLE, "cache": ""}, (f"{BUILD} --cache cache",)),
    Code.OVER_BUDGET: Session(
        {
            "static/app.js": "f()\n" * 100,
            "pyproject.toml": '[[tool.servestatic-build.budgets]]\nfor = "*.js"\nmax = "300 B"\ncoding = "identity"\n',
        }
    ),
    Code.UNUSED_BUDGET: Session(
        {
            "static/app.css": STYLE,
            "pyproject.toml": '[[tool.servestatic-build.budgets]]\nfor = "*.js"\nmax = "300 kB"\n',
        }
    ),
    Code.DAMAGED_MANIFEST: _damaged("printf x | dd of=dist/manifest.msgpack bs=1 seek=400 conv=notrunc 2> /dev/null"),
    Code.MISSING_FILE: _damaged("rm dist/files/static/app.*.css"),
    Code.DAMAGED_FILE: _damaged("chmod u+w dist/files/static/app.*.css; echo >> dist/files/static/app.*.css"),
    Code.WRONG_CODING: Session(
        {"static/app.css": STYLE * 100},
        (BUILD, VERIFY),
        patch.dict(CODECS, gzip=_FaultyCodec(b"no gzip")),
    ),
    Code.LARGE_WINDOW: Session(
        {"static/app.css": STYLE * 100},
        (BUILD, VERIFY),
        patch.dict(CODECS, br=_FaultyCodec(b"\x11\x18")),
    ),
    Code.CONTRADICTING_HEADERS: Session(
        {
            "static/app.css": STYLE,
            "pyproject.toml": '[[tool.servestatic-build.headers]]\nfor = "*"\nadd = { "Cache-Control" = "no-store" }\n',
        },
        (BUILD, VERIFY),
    ),
    Code.UNLISTED_FILE: _damaged("touch dist/files/static/old.css"),
    Code.OUT_OF_DATE: Session({"static/app.css": STYLE}, (f"{BUILD} --check",)),
}
