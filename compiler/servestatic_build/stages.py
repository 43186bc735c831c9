"""The stages of a build as others see them: how far each is, and how long it took."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Protocol


class Progress(Protocol):
    """Told what the build is doing. ``stage`` begins a stage of so many steps and returns what ends a step."""

    def stage(self, name: str, steps: int) -> Callable[[], None]:
        """Begin a stage."""


class Silent:
    """Progress that nobody watches."""

    def stage(self, name: str, steps: int) -> Callable[[], None]:  # noqa: ARG002
        """Begin a stage."""
        return lambda: None


class Stages:
    """Times the stages and tells the progress of them."""

    def __init__(self, progress: Progress, seconds: dict[str, float]) -> None:
        self._progress = progress
        self._seconds = seconds

    @contextmanager
    def stage(self, name: str, steps: int = 1) -> Iterator[Callable[[], None]]:
        """Yield what ends a step of the stage that the block is."""
        start = perf_counter()
        yield self._progress.stage(name, steps)
        self._seconds[name] = perf_counter() - start
