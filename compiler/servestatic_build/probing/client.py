"""Questions sent to a site, some at a time, and its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from hashlib import sha256
from time import perf_counter

import httpx

from servestatic_build.probing.faults import Answer
from servestatic_build.probing.questions import Question, Site


def ask(site: Site, questions: Sequence[Question], progress: Callable[[int], None]) -> list[Answer | str]:
    """Return the answers in the order of the questions; a text is why there is none."""
    return asyncio.run(_ask(site, questions, progress))


async def _ask(site: Site, questions: Sequence[Question], progress: Callable[[int], None]) -> list[Answer | str]:
    limits = httpx.Limits(max_connections=site.concurrency)
    free, done = asyncio.Semaphore(site.concurrency), 0
    async with httpx.AsyncClient(timeout=site.timeout_seconds, limits=limits, follow_redirects=False) as client:

        async def answered(question: Question) -> Answer | str:
            nonlocal done
            async with free:
                answer = await _answer(client, site.url, question)
            done += 1
            progress(done)
            return answer

        return await asyncio.gather(*map(answered, questions))


async def _answer(client: httpx.AsyncClient, url: str, question: Question) -> Answer | str:
    start, digest, size = perf_counter(), sha256(), 0
    try:
        async with client.stream("GET", url.rstrip("/") + question.path, headers=question.fields) as response:
            async for part in response.aiter_raw():  # as it came, in its coding
                digest.update(part)
                size += len(part)
    except httpx.HTTPError as error:
        return f"{type(error).__name__}: {error}"
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status_code, headers, digest.hexdigest()[:24], size, perf_counter() - start)
