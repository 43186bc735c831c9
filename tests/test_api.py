"""What is public: every public module lists its names, and each is there and says what it is for."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import servestatic_build
from servestatic_build import api

PUBLIC = [
    "servestatic_build",
    "servestatic_runtime",
    "servestatic_runtime.django.assets",
    "servestatic_runtime.django.middleware",
    "servestatic_runtime.django.storage",
    "servestatic_runtime.flask",
    "servestatic_runtime.jinja",
    "servestatic_runtime.quart",
    "servestatic_runtime.starlette",
]


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_module_lists_its_names_and_each_is_described(name: str) -> None:
    module = import_module(name)
    assert module.__all__ == sorted(set(module.__all__), key=module.__all__.index)
    assert [public for public in module.__all__ if not getattr(module, public).__doc__] == []


@pytest.mark.parametrize("name", PUBLIC)
def test_the_documents_name_what_is_public(name: str) -> None:
    page = (Path(__file__).parent.parent / "docs/reference/python-api.md").read_text()
    assert [word for word in (name, *import_module(name).__all__) if f"`{word}`" not in page] == []


def test_the_package_has_the_names_of_its_api() -> None:
    assert servestatic_build.__all__ == api.__all__
    assert {name: getattr(servestatic_build, name) for name in api.__all__} == {
        name: getattr(api, name) for name in api.__all__
    }


def test_a_name_that_is_not_public_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'servestatic_build' has no attribute 'Nothing'"):
        _ = servestatic_build.Nothing  # type: ignore[attr-defined]


def test_the_build_stays_the_function_after_its_modules_are_imported() -> None:
    program = (
        "import servestatic_build.cli, servestatic_build; from servestatic_build import build; print(build.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "build\n"


@pytest.mark.parametrize("module", ["servestatic_build", "servestatic_build.inspection.cli"])
def test_what_reads_a_release_imports_nothing_but_the_standard_library_and_us(module: str) -> None:
    program = f"import sys; before = set(sys.modules); import {module}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    packages = {name.partition(".")[0] for name in done.stdout.split()}
    assert packages - sys.stdlib_module_names <= {"servestatic_build", "servestatic_runtime"}
    assert "servestatic_build.settings" not in done.stdout.split()
