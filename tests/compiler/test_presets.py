"""Packages that find files by their names: which files keep theirs, and who is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from servestatic_build import Config, ConfigError, Source
from support.trees import Tree, compile_tree

LEAFLET: Tree = {
    "vendor/leaflet.css": "a{b:url(images/marker-icon.png)}",
    "vendor/leaflet.js": "",
    "vendor/images/marker-icon.png": "1",
    "vendor/images/marker-shadow.png": "2",
    "vendor/images/layers.png": "3",
}


def test_the_files_of_a_preset_keep_their_names(tmp_path: Path) -> None:
    release = compile_tree(tmp_path, LEAFLET, presets=["leaflet"])
    plain = {asset.name for asset in release.manifest if not asset.immutable}
    assert plain == {"vendor/images/marker-icon.png", "vendor/images/marker-shadow.png"}
    assert release.read("vendor/leaflet.css").decode() == LEAFLET["vendor/leaflet.css"]
    assert release.messages() == []


@pytest.mark.parametrize(
    ("left_out", "settings", "is_noted"),
    [
        pytest.param("", {}, True, id="found"),
        pytest.param("vendor/images/marker-icon.png", {}, False, id="without what it looks for"),
        pytest.param("", {"plain": ["vendor/images/"]}, False, id="names that are kept already"),
    ],
)
def test_a_package_that_a_preset_is_for_is_noted(
    tmp_path: Path, left_out: str, settings: dict[str, object], is_noted: bool
) -> None:
    tree = {name: text for name, text in LEAFLET.items() if name != left_out}
    notes = compile_tree(tmp_path, tree, missing="ignore", **settings).messages()
    expected = "note vendor/: this looks like leaflet, whose scripts find files by their names"
    assert notes == [expected] * is_noted


def test_a_preset_that_there_is_not_is_refused() -> None:
    assert Config(sources=(Source("static"),), presets="leaflet,shoelace").presets == ("leaflet", "shoelace")
    with pytest.raises(ConfigError, match="'leaflat' is not one of cesium, ckeditor4, leaflet, shoelace"):
        Config(sources=(Source("static"),), presets=["leaflat"])
