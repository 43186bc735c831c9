"""``servestatic-manifest probe``: what a live site answers, held against a manifest."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from servestatic_build.extra import extra_needed
from servestatic_build.inspection.answers import NegativeAnswerError
from servestatic_build.probing.faults import Answer, Fault, cache_state, fault_of_absent, faults
from servestatic_build.probing.questions import Question, Site, absent, chosen, questions
from servestatic_runtime import Manifest
from servestatic_runtime.printable import printable

_SHOWN = 5  # of faults of one kind, and of the slowest


class Probed(NamedTuple):
    """What a site answered, and what is wrong with it."""

    answers: list[tuple[Question, Answer]]
    faults: list[Fault]


def probe(dist: str, site: Site, *, page: str | None, sample: int | None, as_json: bool) -> Iterator[str]:
    """Yield the lines about a site; raise ManifestError, UnknownAssetError, or NegativeAnswerError behind faults."""
    probed = _probed(Manifest.open(dist), site, page, sample)
    yield from [json.dumps(_data(probed), indent=2)] if as_json else map(printable, _lines(probed))
    if probed.faults:
        raise NegativeAnswerError


def _probed(manifest: Manifest, site: Site, page: str | None, sample: int | None) -> Probed:
    with extra_needed("probe", "To ask a site"):
        from servestatic_build.probing.client import ask  # noqa: PLC0415 - all else here needs no extra
    missing = absent(manifest)
    asked = [*questions(manifest, chosen(manifest, page=page, sample=sample))]
    answers = ask(site, asked, _progress(len(asked)))
    first, second = (ask(site, [missing], lambda _: None)[0] for _ in range(2))
    wrong, good = [], []
    for question, answer in zip(asked, answers, strict=True):
        if isinstance(answer, str):
            wrong.append(Fault("no-answer", question.path, question.coding, answer))
        else:
            good.append((question, answer))
            wrong += faults(question, answer)
    if not (isinstance(first, str) or isinstance(second, str)):
        wrong += fault_of_absent(missing, first, second)
    return Probed(good, wrong)


def _progress(total: int) -> Any:
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda done: sys.stderr.write(f"\r{done} of {total}" + ("\n" if done == total else ""))


def _lines(probed: Probed) -> Iterator[str]:
    by_code: dict[str, list[Fault]] = {}
    for fault in probed.faults:
        by_code.setdefault(fault.code, []).append(fault)
    for code, same in sorted(by_code.items()):
        yield f"{same[0].message} [{code}]"
        yield from (f"  {fault.path} ({fault.coding})" for fault in same[:_SHOWN])
        if len(same) > _SHOWN:
            yield f"  and {len(same) - _SHOWN} more"
    states = _states(probed)
    yield f"{len(probed.answers)} answers, {len(probed.faults)} faults, {states['hit']} from a cache"
    yield "the slowest:"
    for question, answer in _slowest(probed):
        yield f"  {answer.seconds:.3f} s  {question.path} ({question.coding})"


def _states(probed: Probed) -> Counter[str]:
    return Counter(cache_state(answer) for _, answer in probed.answers)


def _slowest(probed: Probed) -> list[tuple[Question, Answer]]:
    return sorted(probed.answers, key=lambda pair: -pair[1].seconds)[:_SHOWN]


def _data(probed: Probed) -> dict[str, Any]:
    states = _states(probed)
    return {
        "answers": len(probed.answers),
        "faults": [fault._asdict() for fault in probed.faults],
        "cache": {"hits": states["hit"], "misses": states["miss"]},
        "slowest": [
            {"path": question.path, "coding": question.coding, "seconds": round(answer.seconds, 3)}
            for question, answer in _slowest(probed)
        ],
    }
