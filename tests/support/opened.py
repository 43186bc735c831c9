"""The files that the runtime opens, noted by a test to see them closed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, BinaryIO

import pytest

from servestatic_runtime import bodies


def opened_by_the_runtime(monkeypatch: pytest.MonkeyPatch) -> list[BinaryIO]:
    """Return a list that every file which the runtime opens from now on is added to."""
    files: list[BinaryIO] = []
    open_it: Callable[..., Any] = open

    def open_and_note(*arguments: Any, **options: Any) -> BinaryIO:
        file: BinaryIO = open_it(*arguments, **options)
        files.append(file)
        return file

    monkeypatch.setattr(bodies, "open", open_and_note, raising=False)
    return files
