"""Where the middleware stands among the others."""

from __future__ import annotations

from collections.abc import Sequence

MIDDLEWARE = "servestatic_runtime.django.middleware.ServeStaticMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"
CHECK = "servestatic.W001"  # a project that silences it silences the log, too
HINT = "Move it directly behind SecurityMiddleware, or to the top where there is none."


def problem(middleware: Sequence[str]) -> str | None:
    """Return what is wrong with the place of ours in MIDDLEWARE, None where it is right, or where ours is not there."""
    if MIDDLEWARE not in middleware:
        return None
    place = middleware.index(MIDDLEWARE)
    before = [name for name in middleware[:place] if name != SECURITY]
    if not before and SECURITY not in middleware[place:]:
        return None
    others = f" behind {', '.join(before)}" if before else f" before {SECURITY}"
    return f"ServeStaticMiddleware stands{others}."


def placed(middleware: list[str]) -> list[str]:
    """Return the middleware with ours in its place, if it isn't there."""
    if MIDDLEWARE in middleware:
        return middleware
    place = middleware.index(SECURITY) + 1 if SECURITY in middleware else 0
    return [*middleware[:place], MIDDLEWARE, *middleware[place:]]
