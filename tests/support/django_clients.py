"""Django's two handlers behind the client of the other interfaces' tests, and the view that answers all else."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import re_path

from support.clients import Answer, ASGIClient, Fields, WSGIClient

MIDDLEWARE = "servestatic_runtime.django.middleware.ServeStaticMiddleware"
VIEW = b"the view's"
LARGE = Random(1).randbytes(100_000)
CHUNK = 10_000


def view(request: HttpRequest) -> HttpResponse:
    """Answer with the status and the Cache-Control that the query asks for."""
    query = request.GET.dict()
    headers = {"Cache-Control": query["cache"]} if "cache" in query else None
    return HttpResponse(VIEW, status=int(query.get("status", "200")), headers=headers)


urlpatterns = [re_path("", view)]


def settings_for(dist: str | os.PathLike[str], **settings: Any) -> Any:
    """Return settings under which the middleware serves a release, and the view what that does not list."""
    return override_settings(**{"STATIC_ROOT": dist, "MIDDLEWARE": [MIDDLEWARE], "ROOT_URLCONF": __name__, **settings})


class DjangoWSGIClient(WSGIClient):
    """Calls Django as a WSGI server would."""

    def __init__(self, dist: str | os.PathLike[str], **settings: Any) -> None:
        self._settings = settings_for(dist, **settings)
        with self._settings:
            self.app = WSGIHandler()

    def request(self, method: str, path: str, fields: Fields = (), query: str = "", mount: str = "") -> Answer:
        with self._settings:
            return super().request(method, path, fields, query, mount)


class DjangoASGIClient(ASGIClient):
    """Calls Django as an ASGI server would."""

    def __init__(self, dist: str | os.PathLike[str], **settings: Any) -> None:
        self._settings = settings_for(dist, **settings)
        with self._settings:
            self.app = ASGIHandler()

    def request(self, method: str, path: str, fields: Fields = (), query: str = "", mount: str = "") -> Answer:
        with self._settings:
            answer = super().request(method, path, fields, query, mount)
        headers = tuple((name.lower(), value) for name, value in answer.raw_headers)  # Django sends them as they are
        return Answer(answer.status, headers, answer.body)


INTERFACES: dict[str, Any] = {"WSGI": DjangoWSGIClient, "ASGI": DjangoASGIClient}
interfaces = pytest.mark.parametrize("interface", INTERFACES)
