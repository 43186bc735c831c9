"""Where nobody sees a bar, a build says which stage it is at, and every so often how far."""

from __future__ import annotations

from io import StringIO
from threading import Event

from rich.console import Console

from servestatic_build.report.progress import shown_progress


class Log(StringIO):
    """A log that tells when it has a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text
        self.has_text = Event()

    def write(self, text: str) -> int:
        written = super().write(text)
        if self._text in self.getvalue():
            self.has_text.set()
        return written


def test_each_stage_is_a_line_with_the_number_of_its_steps() -> None:
    log = StringIO()
    with shown_progress(Console(file=log), names_stages=True) as progress:
        progress.stage("scan", 1)()
        progress.stage("link", 1_200)
        progress.stage("compress", 0)
    assert log.getvalue() == "scan\nlink: 0 of 1,200\ncompress\n"


def test_a_long_stage_says_now_and_then_how_far_it_is() -> None:
    log = Log("link: 2 of 3\nlink: 2 of 3\n")
    with shown_progress(Console(file=log), seconds=0.001) as progress:
        advance = progress.stage("link", 3)
        advance()
        advance()
        assert log.has_text.wait(60)


def test_a_short_build_says_nothing_where_stages_are_not_named() -> None:
    log = StringIO()
    with shown_progress(Console(file=log)) as progress:
        progress.stage("scan", 1)()
    assert log.getvalue() == ""
