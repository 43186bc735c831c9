"""``manage.py collectstatic``: Django's own, and with ManifestStorage what a compiler makes of its options."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.management.commands import collectstatic
from django.core.management.base import CommandError

from servestatic_runtime.django.commands import ignored, run
from servestatic_runtime.django.compiling import found_files
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
        if not options["dry_run"]:
            self._process_further(options)
        return None

    def _process_further(self, options: dict[str, Any]) -> None:
        """Let a subclass of the storage do its own work, such as django-pipeline's, on what is in STATIC_ROOT now."""
        if self.storage.__class__.post_process is ManifestStorage.post_process:  # behind a LazyObject
            return
        found = found_files(ignored(options), lambda _line: None)
        for _, _, processed in self.storage.post_process(dict(found), dry_run=False):
            if isinstance(processed, Exception):
                raise processed
