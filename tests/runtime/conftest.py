"""The matrix: what takes ``server`` runs on every server."""

from __future__ import annotations

import pytest

from support.servers import SERVERS, Server


@pytest.fixture(scope="session", params=list(SERVERS))
def server(request: pytest.FixtureRequest) -> Server:
    return SERVERS[request.param].required()
