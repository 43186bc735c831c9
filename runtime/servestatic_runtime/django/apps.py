"""The Django app: commands, template tags, checks."""

from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from servestatic_runtime.django.checks import TAG, check, check_sources


class ServeStaticConfig(AppConfig):
    """What ``"servestatic_runtime.django"`` in INSTALLED_APPS stands for."""

    name = "servestatic_runtime.django"
    label = "servestatic_runtime"  # "django" would be the default
    verbose_name = "Static files"

    def ready(self) -> None:
        """Register the checks."""
        checks.register(check, TAG)
        checks.register(check_sources, TAG, deploy=True)
