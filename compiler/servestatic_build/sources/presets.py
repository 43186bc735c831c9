"""Packages in the sources that a preset is for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from servestatic_build.codes import Code
from servestatic_build.diagnostics import Diagnostics
from servestatic_build.model import SourceFile
from servestatic_build.settings.globs import Globs
from servestatic_build.settings.presets import PRESETS, Preset


def plain_by_preset(presets: Iterable[str]) -> Globs:
    """Return the patterns of the files that must keep their names."""
    return Globs(tuple(pattern for name in presets for pattern in PRESETS[name].plain))


def note_presets(files: Sequence[SourceFile], presets: Collection[str], diagnostics: Diagnostics) -> None:
    """Add a note for each package whose files would lose the names by which its scripts find them."""
    fingerprinted = {file.name for file in files if file.fingerprinted}
    for name in sorted(PRESETS.keys() - presets):
        for directory in _directories(PRESETS[name], fingerprinted):
            problem = f"this looks like {name}, whose scripts find files by their names"
            diagnostics.note(
                Code.PRESET, directory or ".", problem, f"set --presets {name}, unless you tell it its URLs"
            )


def _directories(preset: Preset, fingerprinted: Collection[str]) -> Iterator[str]:
    first, *others = preset.signs
    for name in sorted(name for name in fingerprinted if name.endswith(first)):
        directory = name.removesuffix(first)
        if directory[-1:] in {"", "/"} and all(directory + other in fingerprinted for other in others):
            yield directory
