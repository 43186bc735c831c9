"""``manage.py compilestatic``: compile what the finders find, whatever the storage is."""

from __future__ import annotations

from typing import Any

from django.core.checks import Tags
from django.core.management.base import BaseCommand, CommandParser

from servestatic_runtime.django.commands import run


class Command(BaseCommand):
    """Compile static files from where the finders find them."""

    help = "Compile static files into STATIC_ROOT, from where the finders find them."
    requires_system_checks = (Tags.staticfiles,)

    def add_arguments(self, parser: CommandParser) -> None:
        """Add collectstatic's options as far as they have a meaning, and the compiler's for CI."""
        add = parser.add_argument
        add("--noinput", "--no-input", action="store_false", dest="interactive", help="Ask nothing.")
        add("-i", "--ignore", action="append", default=[], dest="ignore_patterns", metavar="PATTERN",
            help="Leave out files and directories that match this glob. May be repeated.")  # fmt: skip
        add("--no-default-ignore", action="store_false", dest="use_default_ignore_patterns",
            help="Don't leave out 'CVS', '.*' and '*~'.")  # fmt: skip
        add("-n", "--dry-run", action="store_true", help="Compile, and write nothing.")
        add("-c", "--clear", action="store_true", help="Delete what the new release does not list, once it is there.")
        add("--check", action="store_true", help="Write nothing; fail if there is another release than would be made.")
        add("--strict", action="store_true", default=None, help="Make every warning an error.")
        add("--effort", help="How hard to compress: fast, default or best.")

    def handle(self, **options: Any) -> None:
        """Compile."""
        run(self, options, **{name: options[name] for name in ("check", "strict", "effort") if options[name]})
