"""Who calls our constructors as those of ServeStatic and WhiteNoise learns what to do."""

from __future__ import annotations

import copy
import inspect
import os
from typing import Any

import pytest
import servestatic
import whitenoise

from servestatic_runtime import ServeStatic, ServeStaticASGI
from support.trees import Compiled

OLD = {
    name
    for constructor in (servestatic.ServeStatic, servestatic.ServeStaticASGI, whitenoise.WhiteNoise)
    for name in inspect.signature(constructor).parameters
    if name != "application"
}


@pytest.mark.parametrize("cls", [ServeStatic, ServeStaticASGI])
@pytest.mark.parametrize("name", sorted(OLD))
def test_an_argument_of_old_is_refused_with_the_page_that_says_what_became_of_it(cls: type, name: str) -> None:
    with pytest.raises(TypeError) as caught:
        cls(None, **{name: None})
    message = str(caught.value)
    assert message.startswith(f"{cls.__name__}() has no argument {name}: it serves what servestatic-build has compiled")
    assert "docs/migrating/servestatic.md" in message
    assert os.path.isfile(os.path.join(os.path.dirname(__file__), "../../docs/migrating/servestatic.md"))


def test_all_of_them_are_named() -> None:
    with pytest.raises(TypeError, match="no argument prefix, root:"):
        ServeStatic(None, root="static", prefix="static/")  # type: ignore[call-arg]


@pytest.mark.parametrize("cls", [ServeStatic, ServeStaticASGI])
def test_any_other_mistake_is_named_as_ever(cls: type) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'roots'"):
        cls(None, "dist", roots="static")
    named = inspect.signature(cls).parameters.values()  # its own, and no others
    assert {"manifest", "cache_bytes", "reload"} <= {parameter.name for parameter in named}
    assert not any(parameter.kind is parameter.VAR_KEYWORD for parameter in named)


def test_a_class_that_is_made_of_it_may_have_such_arguments(release: Compiled) -> None:
    class Ours(ServeStatic):
        def __init__(self, application: Any, root: str) -> None:
            super().__init__(application, root)

    served = Ours(None, root=str(release.dist))
    assert copy.copy(served).manifest is served.manifest
