"""The Django app: commands, template tags, checks."""

from __future__ import annotations

from django.apps import AppConfig


class ServeStaticConfig(AppConfig):
    """What ``"servestatic_runtime.django"`` in INSTALLED_APPS stands for."""

    name = "servestatic_runtime.django"
    label = "servestatic_runtime"  # "django" would be the default
    verbose_name = "Static files"
