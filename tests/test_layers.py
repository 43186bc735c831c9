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

# By package: rows of its modules and subpackages. Each imports only what stands in a row above it.
LAYERS: dict[str, tuple[set[str], ...]] = {
    "servestatic_runtime": (
        {
            "errors",
            "response",
            "paths",
            "base_url",
            "dates",
            "decode",
            "fields",
            "format",
            "import_maps",
            "media_types",
            "old_arguments",
            "platform_files",
            "preview",
            "printable",
            "url_reason",
        },
        {"negotiate", "concurrency"},
        {"records", "conditional", "bodies", "default_headers", "source_settings"},
        {"document"},
        {"manifest"},
        {"current_release"},
        {"resources", "methods", "partial", "tags"},
        {"respond"},
        {"fallbacks"},
        {"release"},
        {"found_files"},
        {"releases"},
        {"wsgi", "asgi"},
        {"__init__"},
        {"__main__", "jinja", "starlette"},
        {"django", "flask"},
        {"quart"},
    ),
    "servestatic_runtime.django": (
        {"__init__", "keys", "middleware_order", "trees"},
        {"conf"},
        {"opened"},
        {"assets", "compiling", "responses"},
        {"commands", "development", "storage", "templatetags"},
        {"static_root_checks"},
        {"package_checks"},
        {"checks"},
        {"apps", "management", "middleware"},
    ),
    "servestatic_runtime.django.management": ({"__init__"}, {"commands"}),
    "servestatic_runtime.django.management.commands": ({"__init__"}, {"collectstatic", "compilestatic", "runserver"}),
    "servestatic_runtime.django.templatetags": ({"__init__"}, {"servestatic"}),
    "servestatic_runtime.flask": (
        {"folders", "settings"},
        {"compiling", "links"},
        {"command"},
        {"extension"},
        {"__init__"},
    ),
    "servestatic_build": (
        {"codes", "extra", "garbage", "media_types", "model", "names", "platform_files", "text"},
        {"codecs", "places"},
        {"diagnostics"},
        {"cache", "source_files", "stages", "workers"},
        {"settings"},
        {"sources", "references"},
        {"releases"},
        {"store"},
        {"carrying", "render"},
        {"build_result", "options", "watching"},
        {"publication", "rendering"},
        {"compilation", "recompilation"},
        {"pipeline"},
        {"exports", "probing", "report", "verification"},
        {"inspection"},
        {"reported"},
        {"api", "cli"},
        {"__init__", "__main__"},
    ),
    "servestatic_build.cache": (
        {"__init__", "code_digest", "items", "known_assets", "plain"},
        {"directory", "remote"},
        {"layered"},
        {"last_build", "location"},
        {"last_outcome"},
    ),
    "servestatic_build.carrying": ({"__init__", "members"}, {"stored_files"}, {"given"}, {"carry"}),
    "servestatic_build.codecs": ({"br", "dcz", "decoding", "gzip", "zstd"}, {"__init__"}),
    "servestatic_build.settings": (
        {"__init__", "presets", "hooks", "problems"},
        {"converters", "table", "toml_lines"},
        {"globs", "source", "source_date_epoch"},
        {"budgets", "compress_rules", "content_encodings", "fallback", "header_rules", "missing", "output"},
        {"value_kinds"},
        {"list_kinds"},
        {"config"},
        {"files"},
    ),
    "servestatic_build.sources": (
        {"__init__", "beside", "bundlers", "directories", "hashed_names", "presets", "private"},
        {"scan"},
        {"rescan"},
    ),
    "servestatic_build.sources.bundlers": ({"shapes"}, {"reports"}, {"manifests"}, {"hashes", "locate"}, {"__init__"}),
    "servestatic_build.references": (
        {"__init__", "graph", "notations", "placeholders", "suggestions", "unpublished", "urls"},
        {"broken", "extractors", "specifiers"},
        {"found"},
        {"extracting"},
        {"processes"},
        {"reading"},
        {"custom_properties"},
        {"resolver"},
        {"contexts", "sought_scripts", "unfollowed", "web_manifests", "workers"},
        {"link"},
        {"relink"},
    ),
    "servestatic_build.references.extractors": (
        {"css_lexer", "escaped_text", "javascript_lexer", "metadata", "source_map_comment", "srcset"},
        {"css", "html_parsing", "javascript_forms", "json_text", "markup", "sought_scripts"},
        {"javascript_workers"},
        {"javascript"},
        {"candidates", "import_map", "web_manifest"},
        {"elements"},
        {"plain_tags"},
        {"html"},
        {"svg"},
        {"__init__"},
    ),
    "servestatic_build.references.extractors.html_parsing": (
        {"__init__", "namespaces"},
        {"foreign_content", "tokens"},
        {"parse_state"},
        {"body_mode"},
        {"insertion_modes"},
        {"tree_construction"},
    ),
    "servestatic_build.exports": (
        {"__init__", "pages", "served"},
        {"caddy", "header_lines", "nginx", "objects"},
        {"formats"},
    ),
    "servestatic_build.probing": ({"__init__", "questions"}, {"faults"}, {"client"}),
    "servestatic_build.releases": (
        {"__init__", "dictionaries", "fallbacks", "headers", "import_map", "index", "record_files"},
        {"manifest_records"},
        {"previous"},
        {"budgets", "content"},
        {"changed_content", "history"},
        {"listed_release", "manifest_writer"},
    ),
    "servestatic_build.store": (
        {"__init__", "file_list", "kept_releases", "layout", "listed_files", "locks"},
        {"own_files", "place", "staging"},
        {"plain_names", "prune", "publish"},
        {"succession"},
        {"rollback"},
    ),
    "servestatic_build.render": (
        {"__init__", "coding_choice", "integrity", "named_files", "splice"},
        {"coded_bytes", "source_maps"},
        {"charsets", "hash_lists", "inline_maps", "page_policies"},
        {"final_bytes"},
        {"renderer"},
        {"compress", "deltas", "fingerprint"},
    ),
    "servestatic_build.report": ({"__init__", "digest", "progress", "summary"}, {"console"}, {"told"}),
    "servestatic_build.inspection": (
        {"__init__", "answers", "json_view", "lookup"},
        {"causes"},
        {"comparison"},
        {"diff_data", "diff_text"},
        {"diff_markdown"},
        {"diff", "explain", "probe", "prune", "releases", "report_data", "rollback", "show", "verify"},
        {"report_page"},
        {"cli"},
    ),
    "servestatic_build.verification": (
        {"__init__", "decoders", "header_sets", "manifest_bytes", "unlisted"},
        {"bodies", "possible_references"},
        {"deltas", "kept", "published_references"},
        {"verify"},
    ),
}
# Glue is imported by those who have its framework; nothing else may import it, or the framework.
FRAMEWORKS = {
    "django": {"django", "asgiref", "servestatic_build"},  # asgiref comes with Django
    # flask/compiling imports the compiler, where something is compiled.
    "flask": {"flask", "click", "servestatic_build"},
    "jinja": {"jinja2", "markupsafe"},
    "quart": {"quart"},
    "source_settings": {"servestatic_build"},  # reads a settings file where there is no release
    "starlette": {"starlette"},
    "concurrency": {"trio"},  # runs under trio where trio runs already
}


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


def directory(package: str) -> Path:
    top, *below = package.split(".")
    return {RUNTIME.name: RUNTIME, COMPILER.name: COMPILER}[top].joinpath(*below)


def units(package: str) -> dict[str, list[Path]]:
    """Return the modules and subpackages of a package, each with its files."""
    root = directory(package)
    paths_by_unit: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("*.py")):
        paths_by_unit.setdefault(path.relative_to(root).parts[0].removesuffix(".py"), []).append(path)
    return paths_by_unit


def used(package: str, paths: list[Path]) -> set[str]:
    """Return the modules and subpackages of a package that files import."""
    names = {name for path in paths for name in imports(path) if name.startswith(f"{package}.")}
    return {name.removeprefix(f"{package}.").partition(".")[0] for name in names}


def test_every_package_has_its_layers() -> None:
    packages = {
        ".".join((root.name, *path.parent.relative_to(root).parts))
        for root in (RUNTIME, COMPILER)
        for path in root.rglob("*.py")
    }
    assert packages == set(LAYERS)


@pytest.mark.parametrize("package", LAYERS)
def test_a_module_imports_only_from_the_layers_above_it(package: str) -> None:
    paths_by_unit = units(package)
    assert set(paths_by_unit) == set().union(*LAYERS[package]), "every module has its place in a layer"
    above: set[str] = set()
    wrong = []
    for layer in LAYERS[package]:
        for unit in sorted(layer):
            imported = {name for name in used(package, paths_by_unit[unit]) - {unit} if name in paths_by_unit}
            wrong += [f"{unit} imports {name}" for name in sorted(imported - above)]
        above |= layer
    assert wrong == []


def test_the_runtime_imports_the_standard_library_and_itself_and_each_framework_in_its_glue() -> None:
    foreign: dict[str, set[str]] = {}
    for path in RUNTIME.rglob("*.py"):
        unit = path.relative_to(RUNTIME).parts[0].removesuffix(".py")
        packages = {name.split(".")[0] for name in imports(path)}
        foreign.setdefault(unit, set()).update(packages - sys.stdlib_module_names - {"servestatic_runtime"})
    assert {unit: packages for unit, packages in foreign.items() if packages} == FRAMEWORKS


def test_the_compiler_is_imported_only_where_something_is_compiled_or_its_settings_are_read() -> None:
    users = {
        str(path.relative_to(RUNTIME))
        for path in RUNTIME.rglob("*.py")
        if any(name.partition(".")[0] == "servestatic_build" for name in imports(path))
    }
    assert users == {"django/compiling.py", "flask/compiling.py", "source_settings.py"}
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
