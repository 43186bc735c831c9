"""What holds for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import settings

# How long an example takes says something about the machine only.
settings.register_profile("project", deadline=None)
settings.load_profile("project")

_NUMBERS = count()


@pytest.fixture(scope="session", autouse=True)
def _caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Keep builds, also those that several tests share, away from the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        directory = str(tmp_path_factory.mktemp("caches"))
        patch.setenv("SERVESTATIC_CACHE", os.path.join(directory, "shared"))
        yield directory


@pytest.fixture(autouse=True)
def _cache_of_its_own(_caches: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the builds of a test, also in processes that it starts, away from those of others."""
    monkeypatch.setenv("SERVESTATIC_CACHE", os.path.join(_caches, str(next(_NUMBERS))))
