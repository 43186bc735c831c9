"""What an element's name belongs to."""

from __future__ import annotations

HTML = "html"
SVG = "svg"
MATHML = "math"
