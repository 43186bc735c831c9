"""Sources that several processes read: the same graph and the same problems as one process finds, whatever goes wrong."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from servestatic_build.references import processes
from servestatic_build.references.extracting import Extracted, Wanted, from_answer, read_and_extracted
from servestatic_build.references.processes import extracted_by_many
from support.releases import snapshot
from support.trees import Tree, compile_tree, write_tree

TREE: Tree = {
    **{f"{number}.js": f"import './{number + 1}.js';\n{'let a = 1;' * number}\n" for number in range(40)},
    "40.js": "export default 1;",
    "a.css": "a { background: url(missing.png) } b { background: url(a.svg) }",
    "a.svg": "<svg xmlns='http://www.w3.org/2000/svg'><image href='b.svg'/></svg>",
    "b.svg": "<svg xmlns='http://www.w3.org/2000/svg'><not closed",
    "latin.css": b"a { background: url(\xe9.png) }",
    "page.html": "<link rel=stylesheet href=a.css><script type=module src=0.js></script>",
    "unreadable.js": "let a = `${",
}


@pytest.fixture(autouse=True)
def _pays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a tree of a few files be worth a process, and many batches."""
    monkeypatch.setattr(processes, "_LEAST_BYTES", 1)
    monkeypatch.setattr(processes, "_BATCH_BYTES", 100)


class Started:
    """The processes that were started."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands: list[list[str]] = []
        popen = subprocess.Popen

        def start(command: list[str], **options: Any) -> Any:
            self.commands.append(command)
            return popen(command, **options)

        monkeypatch.setattr(subprocess, "Popen", start)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    return Started(monkeypatch)


def compiled(path: Path, jobs: int) -> tuple[dict[str, bytes], list[str]]:
    done = compile_tree(path, TREE, jobs=jobs)
    return snapshot(done.dist), done.messages()


@pytest.mark.parametrize("jobs", [2, 4])
def test_several_processes_find_what_one_finds(tmp_path: Path, started: Started, jobs: int) -> None:
    assert compiled(tmp_path / "several", jobs) == compiled(tmp_path / "one", 1)
    assert len(started.commands) == jobs - 1


def test_few_bytes_are_read_by_one_process(tmp_path: Path, started: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_LEAST_BYTES", 10**6)
    compiled(tmp_path, 4)
    assert started.commands == []


@pytest.mark.parametrize(
    "program",
    [
        pytest.param("raise SystemExit(1)", id="ends at once"),
        pytest.param("import sys; sys.stdin.buffer.read(20); sys.exit()", id="ends while it is told what to do"),
        pytest.param("import sys; sys.stdout.write('something else' * 9)", id="says something else"),
        pytest.param(
            "import sys; sys.path[:] = sys.argv[1:]\n"
            "from servestatic_build.references import extracting\n"
            "answers = iter(range(3))\n"
            "answer = extracting._answer\n"
            "extracting._answer = lambda *a: answer(*a) if next(answers, 9) < 3 else sys.exit()\n"
            "extracting.main()",
            id="ends in the middle",
        ),
        pytest.param(
            "import sys; sys.path[:] = sys.argv[1:]\n"
            "from servestatic_build.references import extracting\n"
            "extracting._answer = lambda *_: None\n"
            "extracting.main()",
            id="can read nothing",
        ),
        pytest.param(
            "import sys; sys.path[:] = sys.argv[1:]\n"
            "from servestatic_build.references import extracting\n"
            "extracting._answer = lambda *_: (b'', 'nonsense')\n"
            "extracting.main()",
            id="answers nonsense",
        ),
    ],
)
def test_what_goes_wrong_in_a_process_is_done_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    expected = compiled(tmp_path / "one", 1)
    monkeypatch.setattr(processes, "_PROGRAM", program)
    assert compiled(tmp_path / "several", 3) == expected


@pytest.mark.parametrize("executable", [None, "", "/usr/bin/uwsgi", "/nowhere/python3"])
def test_without_a_python_to_start_this_process_does_it_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executable: str | None
) -> None:
    expected = compiled(tmp_path / "one", 1)
    monkeypatch.setattr(sys, "executable", executable)
    assert compiled(tmp_path / "several", 3) == expected


def test_without_threads_this_process_does_it_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_thread(_thread: object) -> None:
        raise RuntimeError("can't start new thread")

    (file,) = write_tree(tmp_path, {"a.css": "a { b: url(c.png) }"}).iterdir()
    wanted = Wanted(str(file), "text/css")
    monkeypatch.setattr("servestatic_build.references.processes.Thread.start", no_thread)
    assert extracted_by_many({wanted: 10}, (), 2, lambda: None) == {wanted: read_and_extracted(wanted, ())}


def test_what_is_known_is_not_looked_into_again(tmp_path: Path) -> None:
    (file,) = write_tree(tmp_path, {"a.css": "a { b: url(c.png) }"}).iterdir()
    wanted = Wanted(str(file), "text/css")
    first = extracted_by_many({wanted: 10}, (), 2, lambda: None)[wanted]
    assert first is not None
    assert first.found is not None
    key = first.digest + b"text/css"
    assert extracted_by_many({wanted: 10}, {key}, 2, lambda: None) == {wanted: Extracted(first.digest)}


def test_a_program_without_a_guard_may_build(tmp_path: Path) -> None:
    """multiprocessing would run such a program again in each process."""
    write_tree(tmp_path / "src", {f"{number}.css": "a { color: red }\n" * 30_000 for number in range(12)})
    program = tmp_path / "program.py"
    program.write_text(
        "print('begins')\n"
        "from servestatic_build import Config, build\n"
        "result = build(Config(sources='src', out='dist', codings='none', jobs=2, cache=False))\n"
        "print(result.ok, len(result.assets))\n"
    )
    done = subprocess.run([sys.executable, program], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "begins\nTrue 12\n"


def test_every_step_is_told_once(tmp_path: Path) -> None:
    steps: Iterator[None] = iter([None] * 10)
    files = write_tree(tmp_path, {f"{number}.css": "a{}" for number in range(10)})
    sizes = {Wanted(str(file), "text/css"): 3 for file in files.iterdir()}
    extracted_by_many(sizes, (), 3, lambda: next(steps))
    assert [*steps] == []


def test_an_answer_that_is_none_is_an_error() -> None:
    with pytest.raises((TypeError, ValueError)):
        from_answer((b"", "nonsense", 3))
