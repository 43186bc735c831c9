"""Real trees of static files: two npm packages, and Django's admin."""

from __future__ import annotations

from pathlib import Path

from django.contrib import admin

from support.oracles import install

PACKAGES = Path(__file__).parent / "packages"


def real_trees() -> dict[str, Path]:
    """Return the trees by name, once npm has installed the packages."""
    modules = install(PACKAGES) / "node_modules"
    return {
        "bootstrap": modules / "bootstrap/dist",
        "monaco-editor esm": modules / "monaco-editor/esm",
        "Django admin": Path(admin.__file__).parent / "static",
    }
