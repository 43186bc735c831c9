"""What several tests of the runtime need."""

from __future__ import annotations

import pytest

from support.clients import ASGIClient, Kind, WSGIClient


@pytest.fixture(scope="session", params=[WSGIClient, ASGIClient], ids=["WSGI", "ASGI"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """The interfaces, one after the other."""
    made: Kind = request.param
    return made
