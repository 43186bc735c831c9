"""Source maps follow the text that rewriting moves, and nothing else in them changes."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.render.source_maps import SourceMapError, _decoded, _encoded, shifted
from servestatic_build.render.splice import Edit, splice
from support.oracles import ask, files_of

Marked = str | bytes

EDIT = re.compile(rb"\[([^\[\]>]*)>([^\[\]>]*)\]")


def edited(marked: Marked) -> tuple[bytes, list[Edit]]:
    """Return generated code and its edits, each written as ``[before>after]``."""
    data = marked.encode() if isinstance(marked, str) else marked
    kept, edits, position = b"", [], 0
    for match in EDIT.finditer(data):
        kept += data[position : match.start()]
        edits.append(Edit(len(kept), len(kept) + len(match[1]), match[2]))
        kept += match[1]
        position = match.end()
    return kept + data[position:], edits


def source_map(mappings: str) -> bytes:
    return b'{"version":3,"sources":["a"],"names":[],"mappings":"%s"}' % mappings.encode()


# A is 0, C 1, E 2, G 3, I 4, K 5, M 6 …, gB 16, iB 17; D is -1, F -2, H -3, J -4. The first letter is the distance in
# columns from the segment before, the others count in the source.
MOVED = [
    pytest.param("a[b>bcd]c", "AAAA,CAAC,CAAC", "AAAA,CAAC,GAAC", id="longer"),
    pytest.param("a[bcd>b]c", "AAAA,CAAC,GAAC", "AAAA,CAAC,CAAC", id="shorter"),
    pytest.param("a[bc>]d", "AAAA,CAAC,EAAC", "AAAA,CAAC,AAAC", id="removed"),
    pytest.param("a[>xy]b", "AAAA,CAAC", "AAAA,GAAC", id="inserted"),
    pytest.param("[>xy]a", "AAAA", "EAAA", id="at the start of the line"),
    pytest.param("[a>xy]b", "AAAA,CAAC", "AAAA,EAAC", id="a segment at the start of an edit stays"),
    pytest.param("a[b>xy]", "AAAA,CAAC", "AAAA,CAAC", id="nothing behind the edit"),
    pytest.param("a[bcd>vwxyz]e", "AAAA,EAAC,EAAC", "AAAA,EAAC,IAAC", id="inside a longer edit"),
    pytest.param("a[bcde>xy]f", "AAAA,EAAC,EAAC,CAAC", "AAAA,EAAC,CAAC,AAAC", id="inside a shorter edit"),
    pytest.param("a[b>bc]d[e>]f[>gh]i", "AAAA,EAAC,EAAC,CAAC", "AAAA,GAAC,CAAC,GAAC", id="several on a line"),
    pytest.param("[a>xy][b>z]c", "AAAA,CAAC,CAAC", "AAAA,EAAC,CAAC", id="neighbours"),
    pytest.param("[a>xy][>z]b", "AAAA,CAAC", "AAAA,GAAC", id="an insertion behind an edit"),
    pytest.param("[a>xy][b>]c", "AAAA,CAAC,CAAC", "AAAA,EAAC,AAAC", id="edits that make up for each other"),
    pytest.param("[>0123456789ab]a", "AAAA,gCAAC", "YAAA,gCAAC", id="only the first segment behind an edit changes"),
    pytest.param("a[>0123456789abcdef]b", "AAAA,CAAC", "AAAA,iBAAC", id="one digit becomes two"),
    pytest.param("a[0123456789abcdef>]b", "AAAA,iBAAC", "AAAA,CAAC", id="two digits become one"),
    pytest.param("a[>xy]bc", "EAAE,DAAD,DAAD", "IAAE,DAAD,HAAD", id="segments in no order"),
    pytest.param("a[>xy]bc", "E,DAAD,DAADA", "I,DAAD,HAADA", id="one, four and five fields"),
    pytest.param("a[>xy]b", "AAAA,hAAAA,iAAAC", "AAAA,hAAAA,GAAC", id="numbers with needless digits"),
    pytest.param("x\n[>y]a\nb", "AAAA,gAAAC;AACA;C,,C", "AAAA,gAAAC;CACA;C,,C", id="no other line is read"),
    pytest.param("a\n\n[>y]b", "AAAA;;AAEA", "AAAA;;CAEA", id="a line without segments"),
    pytest.param("[>y]a\n[>z]b", ";AACA", ";CACA", id="an edited line without segments"),
    pytest.param("a[>xy]b", "AAAA,CAAC,", "AAAA,GAAC,", id="a comma at the end"),
    pytest.param("a\n[>y]b", "AAAA", "AAAA", id="fewer lines than the file"),
    pytest.param("[>y]a", "", "", id="no mappings"),
    pytest.param("[>y]a", ";;;AAAA", ";;;AAAA", id="mappings elsewhere"),
    pytest.param("[a>b]c", "AAAA,CAAC", "AAAA,CAAC", id="as long as before"),
    pytest.param("[é>ab]c", "AAAA,CAAC", "AAAA,EAAC", id="longer in columns, not in bytes"),
    pytest.param("[ab>😀]c", "AAAA,EAAC", "AAAA,EAAC", id="longer in bytes, not in columns"),
    pytest.param("é[>x]b", "AAAA,CAAC", "AAAA,EAAC", id="behind a letter of two bytes"),
    pytest.param("😀[>x]b", "AAAA,EAAC", "AAAA,GAAC", id="behind a letter of two UTF-16 units"),
    pytest.param("a[>😀]b", "AAAA,CAAC", "AAAA,GAAC", id="a new letter of two UTF-16 units"),
    pytest.param(b"\xe9\xff[>x]b", "AAAA,EAAC", "AAAA,GAAC", id="bytes that are not UTF-8"),
    pytest.param(b"\xf0\x9f[>x]b", "AAAA,EAAC", "AAAA,GAAC", id="half a letter"),
    pytest.param("\ufeff[>xy]a", "AAAA", "EAAA", id="a byte order mark is no column"),
    pytest.param("a\r\n[>x]b", "AAAA;AACA", "AAAA;CACA", id="CRLF"),
    pytest.param("a\r[>x]b", "AAAA;AACA", "AAAA;CACA", id="CR"),
    pytest.param("a\n\r[>x]b", "AAAA;;AACA", "AAAA;;CACA", id="LF CR are two"),
    pytest.param("a\u2028b\u2029[>x]c", "AAAA;AACA;AACA", "AAAA;AACA;CACA", id="U+2028 and U+2029"),
    pytest.param("a\v\f\x85[>x]b", "AAAA,IAAC", "AAAA,KAAC", id="what ends a line elsewhere"),
]


@pytest.mark.parametrize(("marked", "before", "after"), MOVED)
def test_mappings_point_at_the_same_code(marked: Marked, before: str, after: str) -> None:
    assert shifted(source_map(before), *edited(marked)) == source_map(after)


@pytest.mark.parametrize("mappings", ["AAAA,CAAC", "", ";AACA"])
@pytest.mark.parametrize("marked", ["ab", "[a>x]b", "a[b>xyz]"])
def test_a_map_on_which_nothing_moves_is_returned_itself(marked: str, mappings: str) -> None:
    given_map = source_map(mappings)
    assert shifted(given_map, *edited(marked)) is given_map


def test_the_order_of_the_edits_does_not_matter() -> None:
    generated, edits = edited("a[b>bc]d[e>]f[>gh]i")
    assert shifted(source_map("AAAA,EAAC"), generated, edits[::-1]) == source_map("AAAA,GAAC")


# ``#`` stands for the mappings, which are AAAA,CAAC before and AAAA,GAAC after, or for what else moves.
DOCUMENTS = [
    pytest.param('{"mappings":"#"}', id="nothing else"),
    pytest.param(' {\r\n\t"names" : [ ] ,\n"mappings"\t:\n"#" , "version": 3.0e0 }\n', id="white space and numbers"),
    pytest.param('{"\\u006dapp\\u0069ngs":"#"}', id="an escaped name"),
    pytest.param('{"mappings":"AAAA,CAAC","mappings":"#"}', id="the last of the same name counts"),
    pytest.param('{"x":{"mappings":"AAAA,CAAC"},"y":["mappings","AAAA,CAAC"],"mappings":"#"}', id="deeper ones do not"),
    pytest.param('{"sourcesContent":["\\"mappings\\":\\"AAAA,CAAC\\"}","é\\/\\ud800😀"],"mappings":"#"}', id="in text"),
    pytest.param(')]}\'\n{"mappings":"#"}', id="the line against inclusion"),
    pytest.param(')]}\', "mappings": {\r\n{"mappings":"#"}', id="more on that line"),
    pytest.param('\ufeff{"mappings":"#"}', id="a byte order mark"),
]


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_other_byte_survives(document: str) -> None:
    before, after = (document.replace("#", mappings).encode() for mappings in ("AAAA,CAAC", "AAAA,GAAC"))
    assert shifted(before, *edited("a[>xy]b")) == after


def test_bytes_that_are_not_utf_8_survive() -> None:
    before = b'{"sources":["\xe9\xff\x85"],"mappings":"AAAA,CAAC"}'
    assert shifted(before, *edited("a[>xy]b")) == before.replace(b",C", b",G")


def test_escapes_in_the_mappings_survive() -> None:
    before = rb'{"mappings":"\u0041AAA\u002c\u0043AA\/\/A,\u0043AAC;\/AA"}'
    after = rb'{"mappings":"\u0041AAA\u002cGAA\/\/A,\u0043AAC;\/AA"}'
    assert shifted(before, *edited("a[>xy]bc")) == after


def index_map(*sections: tuple[int, int, str]) -> bytes:
    of = b'{"offset": {"line": %d, "column": %d}, "map": {"version": 3, "sources": ["a"], "mappings": "%s"}}'
    return b'{"version": 3, "sections": [%s]}' % b", ".join(of % (line, col, m.encode()) for line, col, m in sections)


INDEX_MAPS = [
    pytest.param("a[>xy]b", [(0, 0, "AAAA,CAAC")], [(0, 0, "AAAA,GAAC")], id="one"),
    pytest.param("a[>xy]bc", [(0, 1, "AAAA,CAAC")], [(0, 3, "AAAA,CAAC")], id="all of it moves"),
    pytest.param("ab[>xy]cd", [(0, 1, "AAAA,CAAC")], [(0, 1, "AAAA,GAAC")], id="an edit behind its start"),
    pytest.param(
        "a[>x]b[>y]c[>z]d",
        [(0, 0, "AAAA,CAAC"), (0, 2, "AAAA,CAAC")],
        [(0, 0, "AAAA,EAAC"), (0, 4, "AAAA,EAAC")],
        id="two on a line",
    ),
    pytest.param(
        "a\n[>x]b;c\n[>y]d",
        [(0, 0, "AAAA"), (1, 2, "AAAA;AACA")],
        [(0, 0, "AAAA"), (1, 3, "AAAA;CACA")],
        id="the offset's column counts on the first line",
    ),
    pytest.param("a\n[>x]b", [(7, 0, "AAAA"), (1, 0, "AAAA")], [(7, 0, "AAAA"), (1, 1, "AAAA")], id="in no order"),
    pytest.param("[>x]a", [], [], id="empty"),
]


@pytest.mark.parametrize(("marked", "before", "after"), INDEX_MAPS)
def test_sections_move_with_their_code(
    marked: str, before: list[tuple[int, int, str]], after: list[tuple[int, int, str]]
) -> None:
    assert shifted(index_map(*before), *edited(marked)) == index_map(*after)


MALFORMED = [
    pytest.param("", "JSON", id="empty"),
    pytest.param("<!doctype html>", "JSON", id="a page"),
    pytest.param('{"mappings":"AAAA"', "JSON", id="cut off"),
    pytest.param('{"mappings":"AAAA"}}', "JSON", id="something behind it"),
    pytest.param("{'mappings':'AAAA'}", "JSON", id="single quotes"),
    pytest.param('{"mappings":"AA\nAA"}', "JSON", id="a newline in a string"),
    pytest.param(")]}'", "JSON", id="only the line against inclusion"),
    pytest.param("[" * 100_000, "JSON", id="too deep"),
    pytest.param("[]", "object", id="an array"),
    pytest.param('"mappings"', "object", id="a string"),
    pytest.param("{}", "'mappings' is missing", id="no mappings"),
    pytest.param('{"mappings":null}', "wrong type", id="mappings are null"),
    pytest.param('{"mappings":["AAAA"]}', "wrong type", id="mappings are an array"),
    pytest.param('{"mappings":"AA!A"}', "'mappings' is malformed", id="no digit"),
    pytest.param('{"mappings":"AAAA CAAC"}', "'mappings' is malformed", id="a space"),
    pytest.param('{"mappings":"AAAg"}', "'mappings' is malformed", id="a number without an end"),
    pytest.param('{"mappings":"AA"}', "'mappings' is malformed", id="two fields"),
    pytest.param('{"mappings":"AAAAAA"}', "'mappings' is malformed", id="six fields"),
    pytest.param('{"mappings":"AAAA,,CAAA"}', "'mappings' is malformed", id="no fields"),
    pytest.param('{"mappings":"gggggggA"}', "'mappings' is malformed", id="more than 32 bits"),
    pytest.param('{"mappings":"' + "g" * 1_000_000 + '"}', "'mappings' is malformed", id="a very long number"),
    pytest.param('{"mappings":"AAAA;é"}', "'mappings' is malformed", id="a letter"),
    pytest.param('{"mappings":"\\ud83d\\ude00;AAAA"}', "'mappings' is malformed", id="an escaped letter"),
    pytest.param('{"sections":{}}', "is not an array", id="sections are an object"),
    pytest.param('{"sections":["AAAA"]}', "object", id="a section is a string"),
    pytest.param('{"sections":[{"map":{"mappings":""}}]}', "'offset' is missing", id="no offset"),
    pytest.param('{"sections":[{"offset":{"line":0},"map":{"mappings":""}}]}', "'column' is missing", id="no column"),
    pytest.param('{"sections":[{"offset":{"line":0.5,"column":0}}]}', "wrong type", id="half a line"),
    pytest.param('{"sections":[{"offset":{"line":true,"column":0}}]}', "wrong type", id="a line that is true"),
    pytest.param(
        '{"sections":[{"offset":{"line":0,"column":0},"url":"a.map"}]}', "'map' is missing", id="a map elsewhere"
    ),
    pytest.param(
        '{"sections":[{"offset":{"line":0,"column":0},"map":{"sections":[]}}]}', "'mappings' is missing", id="nested"
    ),
]


@pytest.mark.parametrize(("document", "message"), MALFORMED)
def test_a_malformed_map_is_refused(document: str, message: str) -> None:
    with pytest.raises(SourceMapError, match=message):
        shifted(document.encode(), *edited("[>x]a"))


@pytest.mark.parametrize("marked", ["[a>\n]", "[a\nb>c]"])
def test_no_edit_holds_a_newline(marked: str) -> None:
    with pytest.raises(AssertionError):
        shifted(source_map("AAAA"), *edited(marked))


@pytest.mark.parametrize(
    ("number", "digits"), [(0, "A"), (-1, "D"), (17, "iB"), (-10, "V"), (123, "2H"), (-512, "hgB")]
)
def test_numbers_are_written_as_in_the_standard(number: int, digits: str) -> None:
    assert (_encoded(number), _decoded(digits)) == (digits.encode(), number)


@given(st.integers(-(2**31) + 1, 2**31 - 1))
def test_numbers_survive_a_round_trip(number: int) -> None:
    assert _decoded(_encoded(number).decode()) == number


DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def naive_numbers(segment: str) -> list[int]:
    numbers, bits = [], ""
    for digit in segment:
        sextet = f"{DIGITS.index(digit):06b}"
        bits = sextet[1:] + bits
        if sextet[0] == "0":
            numbers.append(int(bits[:-1], 2) * (-1 if bits[-1] == "1" else 1))
            bits = ""
    return numbers


def naive_lines(document: bytes) -> list[list[list[int]]]:
    """Return the segments of each line, the columns counted from the start of the line."""
    lines = json.loads(document)["mappings"].split(";")
    segments = [[naive_numbers(segment) for segment in line.split(",") if segment] for line in lines]
    return [
        [[column, *segment[1:]] for column, segment in zip(accumulate(s[0] for s in line), line, strict=True)]
        for line in segments
    ]


def naive_moved(column: int, pieces: Sequence[tuple[str, str, str]]) -> int:
    """Return where a column goes when a line is made of texts to keep, to take out, and to put in."""
    position = moved = 0
    for kept, old, new in pieces:
        if column < position + width(kept):
            break
        position, moved = position + width(kept), moved + width(kept)
        if column < position + width(old):
            return moved + min(column - position, width(new))
        position, moved = position + width(old), moved + width(new)
    return moved + column - position


def width(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


TEXT = st.text(st.sampled_from('a"/é☃😀\t'), max_size=20)
LINES = st.lists(st.lists(st.tuples(TEXT, TEXT, TEXT), max_size=6), min_size=1, max_size=5)


@given(LINES, st.data(), st.sampled_from(["\n", "\r\n", "\r", "\u2028"]), st.sampled_from(["", "\ufeff"]))
def test_each_segment_goes_where_its_column_goes(
    lines: list[list[tuple[str, str, str]]], data: st.DataObject, newline: str, mark: str
) -> None:
    generated, edits = mark.encode(), []
    for pieces in lines:
        for kept, old, new in pieces:
            start = len(generated) + len(kept.encode())
            generated += (kept + old).encode()
            edits.append(Edit(start, len(generated), new.encode()))
        generated += newline.encode()
    numbers = st.lists(st.lists(st.integers(-40, 40), min_size=4, max_size=4), max_size=8)
    drawn = [data.draw(numbers) for _ in lines]
    columns = [[abs(segment[0]) for segment in line] for line in drawn]
    mappings = ";".join(
        ",".join(
            b"".join(map(_encoded, [column - before, *segment[1:]])).decode()
            for before, column, segment in zip([0, *columns[i]], columns[i], line, strict=False)
        )
        for i, line in enumerate(drawn)
    )
    document = source_map(mappings)
    expected = [
        [[naive_moved(column, pieces), *others] for column, *others in line]
        for line, pieces in zip(naive_lines(document), lines, strict=True)
    ]
    assert naive_lines(shifted(document, generated, edits)) == expected


# An independent reader: Mozilla's source-map, on minified bundles of real packages.

FINGERPRINT = b".0123456789ab"
STRING = re.compile(rb'"[a-zA-Z][\w ]{3,40}(?=")')


def insertions(bundle: bytes, random: Random) -> list[Edit]:
    ends = [match.end() for match in STRING.finditer(bundle)]
    return [Edit(end, end, FINGERPRINT) for end in sorted(random.sample(ends, 60))]


def places(data: bytes, offsets: Sequence[int]) -> list[list[int]]:
    """Return lines (from 1) and columns of byte offsets."""
    starts = [0, *(match.end() for match in re.finditer(rb"\r?\n", data))]
    lines = [bisect_right(starts, offset) for offset in offsets]
    texts = [data[starts[line - 1] : offset].decode() for line, offset in zip(lines, offsets, strict=True)]
    return [[line, width(text)] for line, text in zip(lines, texts, strict=True)]


def originals(document: bytes, data: bytes, offsets: Sequence[int]) -> list[list[Any]]:
    question = {"map": json.loads(document), "places": places(data, offsets)}
    answer: list[list[Any]] = ask("source_map.mjs", [json.dumps(question).encode()])[0]
    return answer


def assert_the_same_originals(document: bytes, bundle: bytes, random: Random) -> None:
    edits = insertions(bundle, random)
    after = splice(bundle, edits)
    ends = [edit.end for edit in edits]
    # Behind an edit is where it is easiest to go wrong.
    letters = [offset for offset, byte in enumerate(bundle) if byte < 0x80]
    offsets = [*random.sample(letters, 100), *ends, *(end - 1 for end in ends), *(end + 1 for end in ends)]
    moved = [offset + len(FINGERPRINT) * bisect_right(ends, offset) for offset in offsets]
    assert [after[offset] for offset in moved] == [bundle[offset] for offset in offsets]
    found = originals(document, bundle, offsets)
    assert originals(shifted(document, bundle, edits), after, moved) == found
    assert len({tuple(original) for original in found if original[0]}) > 100, "most places have an original"
    assert originals(document, after, moved) != found, "the map had to be shifted"


BUNDLES = [("rxjs", "dist/bundles/rxjs.umd.min.js"), ("ol", "dist/ol.js")]


@pytest.fixture(params=BUNDLES, ids=[package for package, _ in BUNDLES])
def bundle_and_map(request: pytest.FixtureRequest) -> tuple[bytes, bytes]:
    package, name = request.param
    (path,) = (path for path in files_of(package, [".js"]) if path.as_posix().endswith(f"/{package}/{name}"))
    return path.read_bytes(), path.with_name(path.name + ".map").read_bytes()


@pytest.mark.slow
def test_real_bundles_keep_their_originals(bundle_and_map: tuple[bytes, bytes]) -> None:
    bundle, document = bundle_and_map
    assert_the_same_originals(document, bundle, Random(7))


@pytest.mark.slow
def test_real_bundles_in_an_index_map_keep_their_originals(bundle_and_map: tuple[bytes, bytes]) -> None:
    bundle, document = bundle_and_map
    bundle = bundle.rstrip(b"\n")
    twice = b'"lead-in";%s\n"once more";%s' % (bundle, bundle)
    offsets = [{"line": 0, "column": 10}, {"line": bundle.count(b"\n") + 1, "column": 12}]
    sections = [{"offset": offset, "map": json.loads(document)} for offset in offsets]
    assert_the_same_originals(json.dumps({"version": 3, "sections": sections}).encode(), twice, Random(7))
