"""Names that look as if something had put a hash of the content into them, and nothing says so.

Such files are fingerprinted once more, or cached for a minute where they could be for ever. What looks like a hash may be
a date or a word, and a script that is wrongly taken for hashed is an old one for a year. So it is said, and not done.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import SourceFile
from servestatic_runtime.url_reason import UrlReason

_UNDECIDED = frozenset({UrlReason.CONTENT, UrlReason.SOURCE_URL})  # of these files no rule says anything
_TOKEN = re.compile(
    r"(?P<before>(?:.*[.\-_~])?)(?P<token>[A-Za-z0-9]{9,64}|[A-Za-z0-9_-]{8})(?P<suffix>(?:\.[a-z][a-z0-9]*){1,3})"
)
_HEX = re.compile(r"(?=.*[0-9])(?=.*[a-f])[0-9a-f]+")
_MIXED = re.compile(r"(?=.*[0-9])(?=.*[a-z])(?=.*[A-Z]).+")
_CAPITALS = re.compile(r"(?=.*[0-9])(?=.*[A-Z])[A-Z0-9]{8}")
_MAYBE = re.compile(r"(?=.*[a-z]).+[A-Z].*|(?=.*[0-9]).*[a-zA-Z_-].*|[0-9]+")  # a hash in which chance left no digit
_LEAST_ALIKE, _LEAST = 2, 3  # names of one form, and in all
_MOST_PATTERNS = 4


class _Form(NamedTuple):
    """What a pattern says of a name: the directory, what stands before the token, the token's length, what is behind."""

    directory: str
    separator: str
    length: int
    suffix: str

    @property
    def pattern(self) -> str:
        return f"{self.directory}/{'*' if self.separator else ''}{self.separator}{'?' * self.length}{self.suffix}"


def note_hashed_names(files: Sequence[SourceFile], diagnostics: Diagnostics) -> None:
    """Tell how many names look hashed, and the patterns by which the setting ``hashed`` would know them."""
    alike: dict[_Form, list[SourceFile]] = defaultdict(list)
    others: set[_Form] = set()  # forms that a name has, too, whose token is certainly no hash
    for file in files:
        match = _TOKEN.fullmatch(file.name.rpartition("/")[2])
        if match is None:
            continue
        token, form = match["token"], _form(file.name, match)
        if file.reason in _UNDECIDED and any(kind.fullmatch(token) for kind in (_HEX, _MIXED, _CAPITALS)):
            alike[form].append(file)
        elif not _MAYBE.fullmatch(token):
            others.add(form)
    found = sorted(
        (form for form in alike if len(alike[form]) >= _LEAST_ALIKE), key=lambda form: (-len(alike[form]), form)
    )
    count = sum(len(alike[form]) for form in found)
    if count >= _LEAST:
        message = f"{count:,} names such as this look as if they held a hash of the content, and no rule says so"
        diagnostics.note(Code.HASHED_NAMES, alike[found[0]][0].name, message, _hint(found, others))


def _form(name: str, match: re.Match[str]) -> _Form:
    directory = "/" + name.rpartition("/")[0].lstrip("/") if "/" in name.lstrip("/") else ""
    return _Form(directory, match["before"][-1:], len(match["token"]), match["suffix"])


def _hint(found: Sequence[_Form], others: set[_Form]) -> str:
    safe = [f"--hashed '{form.pattern}'" for form in found if form not in others][:_MOST_PATTERNS]
    named = f"say so with {' '.join(safe)}, or" if safe else "say so with --hashed, or"
    return f"if they do, {named} name the bundler's manifest with --bundler-manifest: they are cached for ever then"
