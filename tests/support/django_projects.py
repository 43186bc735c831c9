"""What Django's tests need of a project: static files in directories, a storage, and its commands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

from django.core.files.storage import storages
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.test import override_settings

from servestatic_runtime.django.storage import ManifestStorage

STORAGES = {"staticfiles": {"BACKEND": "servestatic_runtime.django.storage.ManifestStorage"}}
# Quick, and whole: what is compressed and how hard is tested elsewhere.
QUICK = {"CODINGS": "none", "EFFORT": "fast"}


@contextmanager
def project(dist: Path | None, **settings: Any) -> Iterator[ManifestStorage]:
    """Set a project up around a release in ``dist``, and yield its storage."""
    with override_settings(**{"STORAGES": STORAGES, "STATIC_ROOT": str(dist) if dist else None, **settings}):
        yield storages["staticfiles"]


class Said(NamedTuple):
    """What a command said."""

    stdout: str
    stderr: str


def run(command: str | type[BaseCommand], *arguments: str, interactive: bool = False, **options: Any) -> Said:
    """Run a management command, by its name or its class, and return what it and what it runs have said."""
    stdout, stderr = StringIO(), StringIO()
    runnable = command if isinstance(command, str) else command()
    with redirect_stdout(stdout), redirect_stderr(stderr):
        call_command(runnable, *arguments, interactive=interactive, no_color=True, **options)
    return Said(stdout.getvalue(), stderr.getvalue())
