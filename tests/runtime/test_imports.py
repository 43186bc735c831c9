"""What a start costs in imports: a few modules of the standard library, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import servestatic_runtime
from support.trees import Compiled, compile_tree

RUNTIME = Path(servestatic_runtime.__file__).parent.parent
FORBIDDEN = {
    "asyncio", "concurrent", "dataclasses", "datetime", "email", "hashlib", "http", "importlib.metadata", "inspect",
    "json", "logging", "mimetypes", "pathlib", "selectors", "socket", "ssl", "subprocess", "tempfile", "unittest", "urllib",
}  # fmt: skip

OPEN = "manifest = servestatic_runtime.Manifest.open(dist); manifest.url('app.css'); manifest.find('/static/app.css')"
STARTED = """
from io import BytesIO
app = servestatic_runtime.ServeStatic(None, dist)
def get(method, path, **fields):
    status = []
    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "wsgi.input": BytesIO(), **fields}
    b"".join(app(environ, lambda line, headers: status.append(line)))
    return int(status[0][:3])
assert get("HEAD", "/static/app.css", HTTP_IF_MODIFIED_SINCE="Tue, 14 Nov 2023 22:13:20 GMT") == 304
assert get("POST", "/static/app.css") == 405
assert get("GET", "/static/nothing") == 404
"""
WSGI = f"""{STARTED}
assert get("GET", "/static/app.css", HTTP_ACCEPT_ENCODING="gzip") == 200
assert get("GET", "/static/app.css", HTTP_RANGE="bytes=0-0", HTTP_IF_RANGE="Tue, 14 Nov 2023 22:13:20 GMT") == 206
"""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compile_tree(tmp_path_factory.mktemp("release"), {"app.css": "a{}" * 99}, codings=("gzip",))


def modules_after(code: str, dist: Path) -> set[str]:
    """Return the modules of an interpreter without site-packages that ran ``code``."""
    program = f"""import sys
sys.path.insert(0, {str(RUNTIME)!r})
import servestatic_runtime
dist = {str(dist)!r}
{code}
print(*sys.modules, sep="\\n")"""
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", program]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


# The first body that is read from disk is hashed, which takes hashlib; to open a release and to answer 404 still do not.
@pytest.mark.parametrize(
    ("code", "slow"),
    [
        pytest.param(OPEN, set[str](), id="Manifest.open"),
        pytest.param(STARTED, set[str](), id="the WSGI class before its first body"),
        pytest.param(WSGI, {"hashlib"}, id="the WSGI class"),
    ],
)
def test_a_start_imports_nothing_that_is_slow_and_nothing_that_is_not_python_s_own(
    release: Compiled, code: str, slow: set[str]
) -> None:
    modules = modules_after(code, release.dist)
    assert {name for name in modules if name in FORBIDDEN or name.partition(".")[0] in FORBIDDEN} == slow
    assert {name.partition(".")[0] for name in modules} - set(sys.stdlib_module_names) == {
        "__main__",
        "servestatic_runtime",
    }
