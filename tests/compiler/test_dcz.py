"""The dcz coding: each delta leads from an earlier file to its own, for every reader of RFC 9842."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from servestatic_build.codecs import EFFORTS, dcz
from support.required import program

OLD = "".join(f"export const name{number} = {number * 7919};\n" for number in range(400)).encode()
NEW = OLD.replace(b"name200", b"renamed") + b"export default 1;\n"
HEAD_BYTES = 40


@pytest.mark.parametrize("effort", EFFORTS)
@pytest.mark.parametrize(
    ("new", "old"),
    [
        pytest.param(NEW, OLD, id="a few lines changed"),
        pytest.param(OLD, OLD, id="the same"),
        pytest.param(NEW, b"x", id="nothing in common"),
        pytest.param(b"a", OLD, id="one byte left"),
        pytest.param(b"", OLD, id="nothing left"),
    ],
)
def test_a_delta_decodes_to_the_new_bytes(new: bytes, old: bytes, effort: str) -> None:
    assert dcz.decode(dcz.encode(new, old, effort), old) == new


def test_a_small_change_takes_few_bytes() -> None:
    assert len(dcz.encode(NEW, OLD, "default")) < 130


@pytest.mark.parametrize("effort", EFFORTS)
def test_a_window_is_at_most_8_mib_and_the_frame_says_its_size_and_a_checksum(effort: str) -> None:
    data = bytes(9 * 2**20)
    frame = zstandard.get_frame_parameters(dcz.encode(data, OLD, effort)[HEAD_BYTES:])
    assert frame.window_size <= 8 * 2**20
    assert (frame.content_size, frame.has_checksum) == (len(data), True)


@pytest.mark.parametrize("place", [0, 8, 39, HEAD_BYTES + 5, -1])
def test_damage_is_an_error(place: int) -> None:
    coded = bytearray(dcz.encode(NEW, OLD, "default"))
    coded[place] ^= 1
    with pytest.raises(ValueError, match=r"dictionary|decompress"):
        dcz.decode(bytes(coded), OLD)


def test_another_dictionary_is_an_error() -> None:
    with pytest.raises(ValueError, match="not for this dictionary"):
        dcz.decode(dcz.encode(NEW, OLD, "default"), OLD + b"x")


@st.composite
def pairs(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Two contents that share some of their parts."""
    parts = draw(st.lists(st.binary(max_size=400), min_size=1, max_size=12))
    content = st.lists(st.sampled_from(parts), max_size=40).map(b"".join)
    return draw(content), draw(content)


@pytest.mark.slow  # a program is started for each pair
@given(pairs())
def test_the_zstd_program_reads_every_delta(
    tmp_path_factory: pytest.TempPathFactory, pair: tuple[bytes, bytes]
) -> None:
    new, old = pair
    if not old:
        return  # the program takes an empty file for no dictionary
    directory = tmp_path_factory.mktemp("delta")
    paths = {name: directory / name for name in ("old", "delta")}
    paths["old"].write_bytes(old)
    paths["delta"].write_bytes(dcz.encode(new, old, "default"))
    assert unpacked(paths["delta"], paths["old"]) == new


def unpacked(delta: Path, old: Path) -> bytes:
    """Decode a delta by Debian's program, which passes over the skippable frame at its head."""
    command = [program("ORACLES", "zstd"), "--decompress", "--stdout", f"--patch-from={old}", str(delta)]
    return subprocess.run(command, check=True, capture_output=True).stdout
