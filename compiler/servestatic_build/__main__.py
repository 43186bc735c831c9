"""The command servestatic-build, and ``python -m servestatic_build``."""

from __future__ import annotations

import sys

from servestatic_build.extra import MissingExtraError, extra_needed

_NAME = "servestatic-build"


def main() -> None:
    """Run the command; without the extra [build], say how to install it."""
    try:
        with extra_needed():
            from servestatic_build.cli import main as command  # noqa: PLC0415 - needs the extra
    except MissingExtraError as error:
        print(f"{_NAME}: error: {error}", file=sys.stderr)
        sys.exit(2)
    command(prog_name=_NAME)


if __name__ == "__main__":
    main()
