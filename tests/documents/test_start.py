"""The pages of docs/start: who follows one from top to bottom in an empty directory sees what it shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.documents import Walk, pages

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("page", pages("start"), ids=lambda page: page.stem)
def test_the_page_works_as_it_is_written(tmp_path: Path, page: Path) -> None:
    Walk(tmp_path).follow(page)
