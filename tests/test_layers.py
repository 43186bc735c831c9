"""The arrows of docs/architecture.md: which module may import which."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
RUNTIME = ROOT / "runtime/servestatic_runtime"
COMPILER = ROOT / "compiler/servestatic_build"

# Each row imports only what stands in a row above it.
RUNTIME_LAYERS = (
    {
        "errors",
        "response",
        "paths",
        "base_url",
        "dates",
        "decode",
        "format",
        "files",
        "media_types",
        "negotiate",
        "offload",
    },
    {"records", "conditional", "bodies", "default_headers"},
    {"document"},
    {"manifest"},
    {"pages", "methods", "partial", "tags"},
    {"respond"},
    {"release"},
    {"wsgi", "asgi"},
    {"__init__"},
    {"__main__", "jinja", "starlette"},
    {"django", "flask"},
    {"quart"},
)
# Glue is imported by those who have its framework; nothing else may import it, or the framework.
FRAMEWORKS = {
    "django": {"django", "asgiref", "servestatic_build"},  # asgiref comes with Django
    # flask/compiling imports the compiler, where something is compiled, and what it talks with.
    "flask": {"flask", "click", "rich", "servestatic_build"},
    "jinja": {"jinja2", "markupsafe"},
    "quart": {"quart"},
    "starlette": {"starlette"},
    "offload": {"trio"},  # runs under trio where trio runs already
}
COMPILER_LAYERS = (
    {"model", "names", "rewrite", "graph", "codecs", "text"},
    {"errors", "places", "staging", "refs", "previous", "integrity"},
    {"globs", "hooks", "source_maps"},
    {"inline_maps"},
    {"final_bytes"},
    {"headers"},
    {"config"},
    {"missing", "bundlers", "specifiers"},
    {"scan", "link", "fingerprint", "compress", "manifest_writer", "import_map", "settings"},
    {"publish"},
    {"build"},
    {"report", "as_data"},
    {"explain"},
    {"cli", "manifest_cli", "__init__"},
)


def imports(path: Path) -> set[str]:
    """Return the full names of all modules that a file imports, wherever in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def modules(package: Path) -> dict[str, set[str]]:
    """Return, for each module or subpackage of a package, the names of the modules of the package it imports."""
    found: dict[str, set[str]] = {}
    for path in sorted(package.rglob("*.py")):
        unit = path.relative_to(package).parts[0].removesuffix(".py")
        own = {name.split(".")[1] for name in imports(path) if name.startswith(package.name + ".")}
        found.setdefault(unit, set()).update(own)
    return found


@pytest.mark.parametrize(("package", "layers"), [(RUNTIME, RUNTIME_LAYERS), (COMPILER, COMPILER_LAYERS)])
def test_a_module_imports_only_from_the_layers_below_it(package: Path, layers: tuple[set[str], ...]) -> None:
    found = modules(package)
    assert set(found) == set().union(*layers), "every module has its place in a layer"
    below: set[str] = set()
    wrong = []
    for layer in layers:
        for module in sorted(layer):
            used = {name for name in found[module] - {module} if name in found}
            wrong += [f"{module} imports {name}" for name in sorted(used - below)]
        below |= layer
    assert wrong == []


def test_the_runtime_imports_the_standard_library_and_itself_and_each_framework_in_its_glue() -> None:
    foreign: dict[str, set[str]] = {}
    for path in RUNTIME.rglob("*.py"):
        unit = path.relative_to(RUNTIME).parts[0].removesuffix(".py")
        packages = {name.split(".")[0] for name in imports(path)}
        foreign.setdefault(unit, set()).update(packages - sys.stdlib_module_names - {"servestatic_runtime"})
    assert {unit: packages for unit, packages in foreign.items() if packages} == FRAMEWORKS


def test_the_compiler_is_imported_only_where_something_is_compiled() -> None:
    users = {str(path.relative_to(RUNTIME)) for path in RUNTIME.rglob("*.py") if "servestatic_build" in imports(path)}
    assert users == {"django/compiling.py", "flask/compiling.py"}
    program = "import sys, servestatic_runtime.quart; print('servestatic_build' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("module", sorted((RUNTIME / "django").rglob("*.py")), ids=str)
def test_django_s_modules_import_the_compiler_inside_functions_only(module: Path) -> None:
    at_import = [node for node in ast.parse(module.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {getattr(node, "module", None) or alias.name for node in at_import for alias in node.names}
    assert not [name for name in names if name.startswith("servestatic_build")]


def test_no_module_takes_a_name_of_the_standard_library() -> None:
    # gzip and the like stand in a package and are imported by their full names.
    top = {path.stem for package in (RUNTIME, COMPILER) for path in package.glob("*.py")}
    assert top & set(sys.stdlib_module_names) <= {"__main__"}
