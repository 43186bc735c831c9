"""Which earlier releases stay served, and which of their URLs: by number, by age, and by what the new release has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from servestatic_build.releases.content import ReleaseContent, content_of_manifest
from servestatic_build.releases.history import Clock, History, Keep, Retired, history_of, next_history, without_past
from servestatic_build.releases.manifest_records import ManifestRecords
from servestatic_build.releases.manifest_writer import manifest_bytes
from servestatic_runtime import Manifest
from servestatic_runtime.document import Document
from servestatic_runtime.format import HeaderSetRecord, ReleaseRecord
from servestatic_runtime.records import Variant
from support.trees import Tree, compile_tree

DAY = 24 * 60 * 60
CONTENT = ReleaseContent("/static/", "", 0, (HeaderSetRecord((), ()),), (), (), "{}")


def content(number: int) -> ReleaseContent:
    """Return a release that differs from those of other numbers."""
    return replace(CONTENT, import_map=str(number))


def url(path: str, release: str) -> Retired:
    return Retired(path, release, CONTENT.header_sets[0], 0, (Variant("identity", 0, '""', f"files{path}"),))


def after(numbers: list[int], keep: Keep, days: list[int]) -> History:
    """Return the history behind releases that were built on these days."""
    history = without_past(content(numbers[0]))
    for number, day in zip(numbers[1:], days, strict=True):
        history = next_history(content(number), [history], keep, Clock(day * DAY))
    return history


def numbers_of(history: History) -> list[int]:
    known = {content(number).id: number for number in range(100)}
    return [known[release.id] for release in history.releases]


@pytest.mark.parametrize(
    ("keep", "days", "kept"),
    [
        pytest.param(Keep(2, 0), [1, 2, 3, 4], [4, 3, 2], id="by number"),
        pytest.param(Keep(0, 3), [1, 2, 3, 4], [4, 3, 2, 1], id="by age, counted from when a release was replaced"),
        pytest.param(Keep(0, 1), [1, 2, 3, 4], [4, 3], id="the one just replaced is of no age"),
        pytest.param(Keep(1, 3), [1, 2, 3, 4], [4, 3, 2, 1], id="more by age"),
        pytest.param(Keep(3, 1), [1, 2, 3, 4], [4, 3, 2, 1], id="more by number"),
        pytest.param(Keep(0, 0), [1, 2, 3, 4], [4], id="none"),
        pytest.param(Keep(0, 1), [5, 4, 3, 2], [4, 3, 2, 1, 0], id="a clock that goes back"),
    ],
)
def test_releases_are_kept_by_number_or_by_age_whichever_keeps_more(
    keep: Keep, days: list[int], kept: list[int]
) -> None:
    assert numbers_of(after([0, 1, 2, 3, 4], keep, days)) == kept


def test_building_again_changes_nothing_however_late_it_is() -> None:
    history = after([0, 1, 2], Keep(0, 2), [1, 2])
    assert next_history(content(2), [history], Keep(0, 2), Clock(99 * DAY)) == history


def test_a_release_that_comes_again_is_the_one_that_it_was() -> None:
    first, second, again = (
        after(numbers, Keep(5, 0), [1, 2][: len(numbers) - 1]) for numbers in ([0], [0, 1], [0, 1, 0])
    )
    assert numbers_of(again) == [0, 1]
    assert again.releases[0] == first.releases[0]
    assert again.releases[1] == second.releases[0]._replace(replaced=2 * DAY)


def test_a_first_release_asks_no_clock() -> None:
    def never() -> int:
        raise AssertionError("the clock was asked")

    assert next_history(CONTENT, [], Keep(5, 30), Clock(None, never)) == without_past(CONTENT)
    past = without_past(content(1))
    assert next_history(CONTENT, [past], Keep(0, 0), Clock(None, never)) == without_past(CONTENT)


def test_a_label_stays_until_there_is_another() -> None:
    labels, history = [], without_past(CONTENT)
    for label in ("v1", None, "v2"):
        history = next_history(CONTENT, [history], Keep(5, 30), Clock(0), label)
        labels.append(history.releases[0].label)
    assert labels == ["v1", "v1", "v2"]


def test_several_pasts_are_one() -> None:
    replaced = ReleaseRecord(content(1).id, 5, "v1", 50)
    dist = History((ReleaseRecord(content(2).id, 6, None, None), replaced), (url("/a", content(1).id),))
    other = History((replaced._replace(replaced=None),), (url("/a", content(1).id), url("/b", content(1).id)))
    history = next_history(CONTENT, [dist, other], Keep(5, 0), Clock(100))
    assert history.releases[1:] == (dist.releases[0]._replace(replaced=100), replaced)
    assert history.retired == (url("/a", content(1).id), url("/b", content(1).id))


def test_a_url_belongs_to_the_last_release_that_linked_to_it() -> None:
    old, new = content(1).id, content(2).id
    past = History(
        (ReleaseRecord(new, 0, None, None), ReleaseRecord(old, 0, None, 50)),
        (url("/a", old), url("/a", new), url("/b", old)),
    )
    history = next_history(CONTENT, [past], Keep(1, 0), Clock(100))
    assert history.retired == (url("/a", new),)


TREES: list[Tree] = [
    {"css/app.css": "a{b:c}" * 99, "gone": "gone", "same.txt": "same", "index.html": "<p>"},
    {"css/app.css": "d{e:f}" * 99, "same.txt": "same", "index.html": "<b>"},
]


def past_of(manifest: Manifest, content: ReleaseContent) -> History:
    """Return what a release tells one of this content."""
    return history_of(ManifestRecords.open(manifest.path), content)


def two_manifests(tmp_path: Path) -> tuple[Manifest, Manifest]:
    """Return the manifest of a release, and that of the one after it."""
    old, new = (
        compile_tree(tmp_path / str(number), tree, codings=("gzip", "br")).manifest for number, tree in enumerate(TREES)
    )
    content = content_of_manifest(new)
    history = next_history(content, [past_of(old, content)], Keep(5, 30), Clock(1_800_000_000), "v2")
    return old, Manifest(Document(manifest_bytes(content, history), "manifest.msgpack"))


def test_what_is_read_from_a_manifest_makes_the_same_manifest(tmp_path: Path) -> None:
    manifest = compile_tree(tmp_path, TREES[0], codings=("gzip", "br")).manifest
    content = content_of_manifest(manifest)
    history = past_of(manifest, content)
    assert manifest_bytes(content, History(history.releases)) == Path(manifest.path).read_bytes()
    assert history.releases == without_past(content).releases


def test_a_release_that_is_built_again_has_no_past_of_its_own(tmp_path: Path) -> None:
    manifest = compile_tree(tmp_path, TREES[0], codings=("gzip", "br")).manifest
    assert past_of(manifest, content_of_manifest(manifest)).retired == ()
    assert past_of(manifest, CONTENT).retired != ()


def test_a_retired_url_is_found_as_it_was_and_nothing_else_knows_it(tmp_path: Path) -> None:
    old, new = two_manifests(tmp_path)
    retired = [old.url(name) for name in ("css/app.css", "gone")]
    assert [each.url for each in new.retired()] == sorted(retired)
    for path in retired:
        before, after = old.find(path), new.find(path)
        assert before
        assert after
        assert after.variants == before.variants
        assert [after.ok_headers(variant) for variant in after.variants] == [
            before.ok_headers(variant) for variant in before.variants
        ]
        assert [after.not_modified_headers(variant) for variant in after.variants] == [
            before.not_modified_headers(variant) for variant in before.variants
        ]
    assert [asset.name for asset in new] == ["css/app.css", "index.html", "same.txt"]
    assert [release.label for release in new.releases()] == ["v2", None]


def test_a_retired_url_is_no_name(tmp_path: Path) -> None:
    old, new = two_manifests(tmp_path)
    with pytest.raises(LookupError):
        new.url(old.url("gone"))


def test_a_retired_url_takes_at_most_120_bytes(tmp_path: Path) -> None:
    names = [f"admin/js/vendor/component-{number}.js" for number in range(500)]
    sizes = []
    for count in (1, 2):
        trees = [{name: f"/* {name} {number} */" * 20 for name in names} for number in range(count)]
        manifests = [
            compile_tree(tmp_path / f"{count}{number}", tree, codings=("gzip", "br", "zstd")).manifest
            for number, tree in enumerate(trees)
        ]
        content = content_of_manifest(manifests[-1])
        pasts = [past_of(manifest, content) for manifest in manifests[:-1]]
        history = next_history(content, pasts, Keep(5, 30), Clock(1_800_000_000))
        sizes.append(len(manifest_bytes(content, history)))
    assert (sizes[1] - sizes[0]) / len(names) <= 120
