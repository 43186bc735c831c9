"""The hashes in a page's own Content-Security-Policy, when what they are of is rewritten (CSP 3, 6.7.2)."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from servestatic_build.model import PagePolicy, WrittenText
from servestatic_build.references.notations import undone
from servestatic_build.render.splice import Edit, splice

_URL_SAFE = str.maketrans("-_", "+/")


def renewed_hashes(
    data: bytes, policy: PagePolicy, edits: Iterable[Edit], renewed: Iterable[tuple[WrittenText, str]]
) -> Iterator[tuple[WrittenText, str]]:
    """Yield the hashes of a page's policy that the edits make wrong, with what each becomes.

    They are of scripts and styles in the page, or of a file whose integrity attribute, among those ``renewed``, says
    the same: such a script may come from anywhere.
    """
    algorithms = sorted({_algorithm(written) for written in policy.hashes})
    published = {
        old: new for text, value in renewed for old, new in zip(text.value.split(), value.split(), strict=True)
    }
    for before, after in _texts(data, policy, edits) if algorithms else ():
        published |= {_hash(before, algorithm): _hash(after, algorithm) for algorithm in algorithms}
    for written in policy.hashes:
        algorithm, _, digest = written.value.partition("-")
        value = published.get(f"{algorithm.lower()}-{digest.translate(_URL_SAFE)}")
        if value is not None:
            yield written, value


def _texts(data: bytes, policy: PagePolicy, edits: Iterable[Edit]) -> Iterator[tuple[bytes, bytes]]:
    """Yield what each inline text says before and after the edits."""
    edits = sorted(edits, key=lambda edit: edit.start)
    starts = [edit.start for edit in edits]
    for text in policy.texts:
        inside = edits[bisect_left(starts, text.start) : bisect_left(starts, text.end)]
        if inside:
            raw = data[text.start : text.end]
            yield _as_parsed(text, raw), _as_parsed(text, splice(raw, _moved(inside, text.start)))


def _moved(edits: Sequence[Edit], start: int) -> Iterator[Edit]:
    return (Edit(edit.start - start, edit.end - start, edit.replacement) for edit in edits)


def _as_parsed(text: WrittenText, raw: bytes) -> bytes:
    """Return what a browser has of a text (HTML 13.2.3.5): its line ends are newlines."""
    return undone(text, raw).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _algorithm(written: WrittenText) -> str:
    return written.value.partition("-")[0].lower()


def _hash(text: bytes, algorithm: str) -> str:
    return f"{algorithm}-{b64encode(hashlib.new(algorithm, text).digest()).decode()}"
