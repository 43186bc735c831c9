"""``manage.py collectstatic``: Django's own, and with ManifestStorage what a compiler makes of its options."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.management.commands import collectstatic
from django.core.management.base import CommandError

from servestatic_runtime.django.commands import run
from servestatic_runtime.django.storage import UNCOMPILED, ManifestStorage


class Command(collectstatic.Command):
    def handle(self, **options: Any) -> str | None:
        """Compile, or do as Django does with another storage."""
        if not isinstance(self.storage, ManifestStorage):
            collected: str | None = super().handle(**options)
            return collected
        if options["link"]:
            raise CommandError("--link is not possible: a release has files of its own, under names of their own.")
        if not options["post_process"]:
            raise CommandError(UNCOMPILED)
        run(self, options)
        return None
