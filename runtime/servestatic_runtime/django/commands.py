"""What collectstatic and compilestatic share."""

from __future__ import annotations

import os
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError

from servestatic_runtime.django.compiling import Output, checked_settings, compile_files, dist_of, found_files, prune

_FORGETTING = {"keep_releases": 0, "keep_days": 0}  # the URLs of earlier releases, too


def run(command: Any, options: dict[str, Any], **build: Any) -> None:
    """Find, compile, and clear if that is asked for; raise CommandError. ``build`` are keywords of Config."""
    output = Output(command.stdout, command.stderr, options["verbosity"])
    dist, dry_run = dist_of(checked_settings()), options["dry_run"]
    clears = options["clear"] and not dry_run
    if clears and options["interactive"]:
        _confirm(dist)
    if clears:
        build |= _FORGETTING
    compile_files(found_files(ignored(options), output.say), output, dry_run=dry_run, replace_foreign=clears, **build)
    if clears:
        output.say(f"{prune(dist)} files of earlier releases are deleted.")


def ignored(options: dict[str, Any]) -> list[str]:
    """Return the patterns of files that the finders should pass over, as collectstatic's options have them."""
    patterns = list(options["ignore_patterns"])
    if options["use_default_ignore_patterns"] and apps.is_installed("django.contrib.staticfiles"):
        patterns += apps.get_app_config("staticfiles").ignore_patterns
    return [os.path.normpath(pattern) for pattern in patterns]


def _confirm(dist: str) -> None:
    question = (
        f"Once it is compiled, this will DELETE THE FILES OF EARLIER RELEASES in\n\n    {dist}\n\n"
        "and REPLACE what has the name of a file of the new one. Type 'yes' to go on: "
    )
    if os.path.isdir(dist) and os.listdir(dist) and input(question) != "yes":
        raise CommandError("Compiling static files cancelled.")
