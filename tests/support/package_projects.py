"""Projects with a package of Django's in them: what each needs to show one real page, and all that such a page asks for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from support.trees import Tree, write_tree

_SETTINGS = """
from pathlib import Path

BASE = BASE_DIR = Path(__file__).parent
SECRET_KEY = "x" * 50
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": BASE / "db.sqlite3"}}}}
INSTALLED_APPS = ["servestatic_runtime.django", "django.contrib.staticfiles", {apps}]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic_runtime.django.middleware.ServeStaticMiddleware",
    {middleware}
]
CONTEXT_PROCESSORS = ["django.template.context_processors.request", {context_processors}]
TEMPLATES = [
    {{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {{"context_processors": CONTEXT_PROCESSORS}},
    }}
]
USE_TZ = True
STATIC_URL = "static/"
STATIC_ROOT = BASE / "dist"
STATICFILES_DIRS = [BASE / "assets"]
STORAGES = {{
    "default": {{"BACKEND": "django.core.files.storage.FileSystemStorage"}},
    "staticfiles": {{"BACKEND": "servestatic_runtime.django.storage.ManifestStorage"}},
}}
SERVESTATIC = {{"CODINGS": "none", "EFFORT": "fast"}}
{settings}
"""
_URLS = """
from django.shortcuts import render
from django.urls import include, path

def page(request):
    return render(request, "page.html")

urlpatterns = [path("page/", page)]
{urls}
"""
# Prints the status and the text of each path, as a process that starts now answers it.
_FETCH = """
import json
import sys

import django

django.setup()
from django.test import Client

client = Client(headers={"accept": "text/html,*/*"})
for path in sys.argv[1:]:
    response = client.get(path)
    body = b"".join(response).decode("latin-1")
    print(json.dumps([response.status_code, body]))
"""
_AUTH = '"django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages"'
# Of which elements which attributes lead to what a page needs; what a person may follow is no part of it.
_NEEDED = {"script": "src", "img": "src", "link": "href", "source": "src", "use": "href", "iframe": "src"}
_NO_FILES = frozenset({"alternate", "canonical", "dns-prefetch", "preconnect"})


class Package(NamedTuple):
    """A package, the modules that have to be installed for it, and what its project has beyond an empty one's."""

    modules: tuple[str, ...]
    apps: str
    tree: Tree = {}  # noqa: RUF012
    settings: str = ""
    urls: str = ""
    middleware: str = ""
    context_processors: str = ""
    path: str = "/page/"
    commands: tuple[tuple[str, ...], ...] = (("collectstatic", "--noinput"),)
    expected: tuple[str, ...] = ()  # paths below STATIC_URL, without fingerprints, that the page has to ask for
    revalidated: tuple[str, ...] = ()  # those that are not immutable


class Page(NamedTuple):
    """What Django answered."""

    status: int
    text: str


def write_project(root: Path, package: Package) -> None:
    """Write the project into a directory."""
    settings = _SETTINGS.format(**package._asdict())
    files: Tree = {"project_settings.py": settings, "urls.py": _URLS.format(urls=package.urls), "fetch.py": _FETCH}
    write_tree(root, {"assets/placeholder.txt": "here", **files, **package.tree})


def run_in(root: Path, *command: str) -> str:
    """Run a program of the project, or a command of Django's, and return what it printed."""
    program = list(command) if command[0].endswith(".py") else ["-m", "django", *command]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "project_settings", "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, *program], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def fetched(root: Path, *paths: str) -> list[Page]:
    """Return what the project answers at these paths."""
    lines = run_in(root, "fetch.py", *paths).splitlines() if paths else []
    return [Page(*json.loads(line)) for line in lines]


def needed(page: str, path: str) -> list[str]:
    """Return the paths on this host that a page needs: its scripts, styles and images."""
    reader = _Reader()
    reader.feed(page)
    return sorted({urlsplit(urljoin(path, url)).path for url in reader.urls if not urlsplit(url).scheme})


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        url = given.get(_NEEDED.get(tag, ""))
        if url and not _NO_FILES & {*(given.get("rel") or "").split()}:
            self.urls.append(url)


PACKAGES = {
    "django-debug-toolbar": Package(
        modules=("debug_toolbar",),
        apps='"debug_toolbar"',
        middleware='"debug_toolbar.middleware.DebugToolbarMiddleware",',
        settings='DEBUG_TOOLBAR_CONFIG = {"SHOW_TOOLBAR_CALLBACK": lambda request: True, "IS_RUNNING_TESTS": False}',
        urls='urlpatterns.append(path("__debug__/", include("debug_toolbar.urls")))',
        tree={"templates/page.html": "<!doctype html><html><head></head><body>page</body></html>"},
        expected=("debug_toolbar/css/toolbar.css", "debug_toolbar/js/toolbar.js"),
    ),
    "Django REST framework": Package(
        modules=("rest_framework",),
        apps='"rest_framework"',
        settings='REST_FRAMEWORK = {"DEFAULT_AUTHENTICATION_CLASSES": [], "UNAUTHENTICATED_USER": None}',
        urls="""
from rest_framework.response import Response
from rest_framework.views import APIView

class Api(APIView):
    def get(self, request):
        return Response({"a": 1})

urlpatterns.append(path("api/", Api.as_view()))
""",
        path="/api/",
        expected=("rest_framework/css/bootstrap.min.css", "rest_framework/js/default.js"),
    ),
    "django-components": Package(
        modules=("django_components",),
        apps='"django_components", "shop"',
        settings="""
COMPONENTS = {"dirs": [BASE / "components"]}
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "django_components.finders.ComponentsFileSystemFinder",
]
TEMPLATES[0] |= {"APP_DIRS": False}
TEMPLATES[0]["OPTIONS"] |= {
    "loaders": [
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
        "django_components.template_loader.Loader",
    ],
    "builtins": ["django_components.templatetags.component_tags"],
}
""",
        urls='urlpatterns.append(path("", include("django_components.urls")))',
        tree={
            "shop/__init__.py": "",
            "components/card/card.py": """
from django_components import Component, register

@register("card")
class Card(Component):
    template_file = "card.html"

    class Media:
        js = "card/card.js"
        css = "card/card.css"
""",
            "components/card/card.html": "<p>card</p>",
            "components/card/card.js": "let card",
            "components/card/card.css": "p { background: url(../img/a.png) }",
            "assets/img/a.png": "png",
            "templates/page.html": "<!doctype html><html><head>{% component_css_dependencies %}</head><body>"
            '{% component "card" / %}{% component_js_dependencies %}</body></html>',
        },
        expected=("card/card.css", "card/card.js", "django_components/django_components.min.js"),
    ),
    "django-tailwind": Package(
        modules=("tailwind",),
        apps='"tailwind", "theme"',
        settings='TAILWIND_APP_NAME = "theme"',
        tree={
            "theme/__init__.py": "",
            "theme/static/css/dist/styles.css": "@layer base { a { color: red } }",
            "templates/page.html": "{% load tailwind_tags %}{% tailwind_preload_css %}{% tailwind_css %}",
        },
        expected=("css/dist/styles.css",),
    ),
    "django-vite": Package(
        modules=("django_vite",),
        apps='"django_vite"',
        tree={
            "assets/manifest.json": json.dumps(
                {
                    "src/main.js": {
                        "file": "assets/main-Bx2kqLw9.js",
                        "src": "src/main.js",
                        "isEntry": True,
                        "css": ["assets/main-C8a1kZq2.css"],
                        "imports": ["_shared-D0f1g2H3.js"],
                    },
                    "_shared-D0f1g2H3.js": {"file": "assets/shared-D0f1g2H3.js"},
                }
            ),
            "assets/assets/main-Bx2kqLw9.js": 'import "./shared-D0f1g2H3.js"',
            "assets/assets/shared-D0f1g2H3.js": "export let a",
            "assets/assets/main-C8a1kZq2.css": "a { color: red }",
            "templates/page.html": "{% load django_vite %}{% vite_hmr_client %}{% vite_asset 'src/main.js' %}",
        },
        expected=("assets/main-Bx2kqLw9.js", "assets/main-C8a1kZq2.css", "assets/shared-D0f1g2H3.js"),
    ),
    "django-webpack-loader": Package(
        modules=("webpack_loader",),
        apps='"webpack_loader"',
        settings="""
WEBPACK_LOADER = {"DEFAULT": {"STATS_FILE": BASE / "webpack-stats.json"}}
SERVESTATIC["BUNDLER_MANIFESTS"] = [BASE / "webpack-stats.json"]
""",
        tree={
            "webpack-stats.json": json.dumps(
                {
                    "status": "done",
                    "chunks": {"main": ["main.0a1b2c3d4e5f6071.js", "main.1a2b3c4d5e6f7081.css"]},
                    "assets": {
                        "main.0a1b2c3d4e5f6071.js": {"name": "main.0a1b2c3d4e5f6071.js", "publicPath": "auto"},
                        "main.1a2b3c4d5e6f7081.css": {"name": "main.1a2b3c4d5e6f7081.css", "publicPath": "auto"},
                    },
                }
            ),
            "assets/webpack_bundles/main.0a1b2c3d4e5f6071.js": "let main",
            "assets/webpack_bundles/main.1a2b3c4d5e6f7081.css": "a { color: red }",
            "templates/page.html": "{% load render_bundle from webpack_loader %}{% render_bundle 'main' %}",
        },
        expected=("webpack_bundles/main.0a1b2c3d4e5f6071.js", "webpack_bundles/main.1a2b3c4d5e6f7081.css"),
    ),
    "django-pipeline": Package(
        modules=("pipeline",),
        apps='"pipeline"',
        settings="""
STORAGES["staticfiles"]["BACKEND"] = "storage.PipelineStorage"
PIPELINE = {
    "STYLESHEETS": {"site": {"source_filenames": ["css/a.css", "css/b.css"], "output_filename": "css/site.css"}},
    "JAVASCRIPT": {"site": {"source_filenames": ["js/a.js"], "output_filename": "js/site.js"}},
    "CSS_COMPRESSOR": "pipeline.compressors.NoopCompressor",
    "JS_COMPRESSOR": "pipeline.compressors.NoopCompressor",
}
""",
        tree={
            "storage.py": """
from pipeline.storage import PipelineMixin
from servestatic_runtime.django.storage import ManifestStorage

class PipelineStorage(PipelineMixin, ManifestStorage):
    pass
""",
            "assets/css/a.css": "a { background: url(../img/a.png) }",
            "assets/css/b.css": "b { color: red }",
            "assets/js/a.js": "let a",
            "assets/img/a.png": "png",
            "templates/page.html": "{% load pipeline %}{% stylesheet 'site' %}{% javascript 'site' %}",
        },
        expected=("css/site.css", "js/site.js"),
        revalidated=("css/site.css", "js/site.js"),
    ),
    "Wagtail": Package(
        modules=("wagtail",),
        apps="""
    "wagtail.users", "wagtail.snippets", "wagtail.documents", "wagtail.images", "wagtail.search", "wagtail.admin",
    "wagtail.embeds", "wagtail.sites", "wagtail", "modelcluster", "taggit", """
        + _AUTH,
        middleware="""
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
""",
        context_processors='"django.contrib.auth.context_processors.auth", "django.contrib.messages.context_processors.messages"',
        settings="""
WAGTAIL_SITE_NAME = "Site"
WAGTAILADMIN_BASE_URL = "http://localhost"

class _NoMigrations:  # hundreds of them take a minute, and a page needs the tables only
    def __contains__(self, app):
        return True

    def __getitem__(self, app):
        return None

MIGRATION_MODULES = _NoMigrations()
""",
        urls="""
from wagtail.admin import urls as wagtailadmin_urls

urlpatterns.append(path("admin/", include(wagtailadmin_urls)))
""",
        path="/admin/login/",
        commands=(("collectstatic", "--noinput"), ("migrate", "--run-syncdb", "--verbosity", "0")),
        expected=("wagtailadmin/css/core.css", "wagtailadmin/js/core.js"),
    ),
}
