"""A system without memory or threads: one line, and nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import NoReturn

import pytest
from click.testing import CliRunner
from rich.console import Console

from servestatic_build.cli import main
from servestatic_build.references.extractors import EXTRACTORS
from servestatic_build.report.progress import shown_progress
from support.releases import snapshot
from support.trees import Tree, compile_tree, write_tree

OLD: Tree = {"a.css": "a{b:c}" * 50, "b.css": "b{c:d}" * 50}
NEW: Tree = {**OLD, "a.css": "a{b:url(b.css)}" * 50}


def out_of_memory(*_: object) -> NoReturn:
    raise MemoryError


def no_memory_to_compress(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("servestatic_build.codecs.gzip.encode", out_of_memory)


def no_memory_to_read(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(EXTRACTORS, "text/css", out_of_memory)


def no_thread(patch: pytest.MonkeyPatch) -> None:
    def fail(_: Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    patch.setattr(Thread, "start", fail)


@pytest.mark.parametrize(
    ("limit", "codings", "says"),
    [
        pytest.param(no_memory_to_read, "none", "the build ran out of memory", id="memory, to read"),
        pytest.param(no_memory_to_compress, "gzip", "the build ran out of memory", id="memory, to compress"),
        pytest.param(no_thread, "gzip", "the system can start no more threads", id="threads, to compress"),
        pytest.param(no_thread, "none", "the system can start no more threads", id="threads, to publish"),
    ],
)
def test_a_build_that_lacks_something_says_so_in_one_line_and_leaves_dist_as_it_was(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: Callable[[pytest.MonkeyPatch], None],
    codings: str,
    says: str,
) -> None:
    dist = compile_tree(tmp_path, OLD).dist
    source, before = write_tree(tmp_path / "src", NEW), snapshot(dist)
    with monkeypatch.context() as patch:
        limit(patch)
        options = [str(source), "--out", str(dist), "--effort", "fast", "--codings", codings]
        failed = CliRunner().invoke(main, options)
    assert failed.exit_code == 1
    error, hint = failed.output.splitlines()[-2:]
    assert f": error: {says}" in error
    assert hint.startswith("  hint: lower --jobs")
    assert snapshot(dist) == before


@pytest.mark.parametrize("is_terminal", [True, False])
def test_progress_that_no_thread_can_show_is_none(monkeypatch: pytest.MonkeyPatch, is_terminal: bool) -> None:
    no_thread(monkeypatch)
    with shown_progress(Console(file=StringIO(), force_terminal=is_terminal)) as progress:
        progress.stage("scan", 1)()
