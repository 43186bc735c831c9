"""How the time to read a hostile text grows with it: twice the text must not take much more than twice the time.

Run ``.venv/bin/python benchmarks/growth.py``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from time import process_time

from measure import Row, Target, print_table
from servestatic_build.references.extractors import EXTRACTORS
from servestatic_build.settings.globs import Globs
from support.hostile import REPEATED

SMALLEST = 64 * 1024
DOUBLINGS = 2
ROUNDS = 3
PATTERNS = ("*a*a*a*ab", "**/a/**/a/**/b", "[ab]*[ab]*c")

AT_MOST_2_2 = Target("at most", 2.2)


def main() -> None:
    """Measure every text and pattern, and print the table."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core
    print_table("Growth: the time for twice as long a text", [*_texts(), *_patterns()])


def _texts() -> Iterator[Row]:
    for repeated in REPEATED:
        count = SMALLEST // len(repeated.unit.encode())
        texts = [repeated.text(count << doubling) for doubling in range(DOUBLINGS + 1)]
        extract = EXTRACTORS[repeated.media_type]
        yield Row(str(repeated), _growth([partial(extract, text) for text in texts]), "times", AT_MOST_2_2)


def _patterns() -> Iterator[Row]:
    for pattern in PATTERNS:
        match = Globs.of([pattern]).match
        names = ["a/" * (SMALLEST << doubling) for doubling in range(DOUBLINGS + 1)]
        yield Row(f"glob {pattern}", _growth([partial(match, name) for name in names]), "times", AT_MOST_2_2)


def _growth(functions: list[Callable[[], object]]) -> list[float]:
    """Return by how much the time grew with each doubling; the shortest of some is the least disturbed."""
    first, *_, last = (min(_seconds(function) for _ in range(ROUNDS)) for function in functions)
    return [(last / first) ** (1 / DOUBLINGS)]


def _seconds(function: Callable[[], object]) -> float:
    start = process_time()
    function()
    return process_time() - start


if __name__ == "__main__":
    main()
