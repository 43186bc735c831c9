"""Regular expressions mean the same to every Python that we support, Debian 12's 3.11.2 among them."""

from __future__ import annotations

import re
import subprocess
import sys
from ast import literal_eval
from typing import Any

import pytest

re_parser: Any = getattr(re, "_parser")  # noqa: B009 - typeshed does not tell of it
re_constants: Any = getattr(re, "_constants")  # noqa: B009

# What Python before 3.11.5 mistakes (https://github.com/python/cpython/issues/101955 and 106052).
MISTAKEN = {re_constants.ATOMIC_GROUP, re_constants.POSSESSIVE_REPEAT}

# Imports all of a package and prints what its modules compile meanwhile.
LOOK = """
import pkgutil, re, sys
from importlib import import_module
import django
from django.conf import settings

compile_pattern = re.compile


def compile_and_print(pattern, flags=0):
    if sys._getframe(1).f_globals["__name__"].startswith(sys.argv[1]):
        print((pattern, int(flags)))
    return compile_pattern(pattern, flags)


re.compile = compile_and_print
settings.configure(INSTALLED_APPS=["servestatic_runtime.django"])
django.setup()
package = import_module(sys.argv[1])
for module in pkgutil.walk_packages(package.__path__, f"{sys.argv[1]}."):
    if not module.name.endswith(".__main__"):
        import_module(module.name)
"""


def has_mistaken(part: Any) -> bool:
    """Return whether a pattern, as re has parsed it, holds an operation that re may mistake."""
    if isinstance(part, re_parser.SubPattern):
        part = part.data
    # By identity: an operation is a number, too, and equal to one in {27}.
    return any(map(has_mistaken, part)) if isinstance(part, list | tuple) else any(part is each for each in MISTAKEN)


@pytest.mark.parametrize("package", ["servestatic_build", "servestatic_runtime"])
def test_no_pattern_has_possessive_quantifiers_or_atomic_groups(package: str) -> None:
    done = subprocess.run([sys.executable, "-c", LOOK, package], capture_output=True, text=True, check=True)
    patterns = [literal_eval(line) for line in done.stdout.splitlines()]
    assert patterns
    assert [pattern for pattern, flags in patterns if has_mistaken(re_parser.parse(pattern, flags))] == []


@pytest.mark.parametrize("number", range(100))
def test_a_number_in_a_pattern_is_no_operation(number: int) -> None:
    assert not has_mistaken(re_parser.parse(f"[ab]{{{number}}}"))


@pytest.mark.parametrize("pattern", ["a*+", "b(?:(a|b)++c)?", "(?>a)", "x|y{1,2}+", "(?=a?+)"])
def test_such_a_pattern_is_seen(pattern: str) -> None:
    assert has_mistaken(re_parser.parse(pattern))
