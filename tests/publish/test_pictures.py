"""Pictures of drawings: drawn beside other work, kept while a drawing needs them."""

import pytest
import vl_convert

from analysis.publish.forking import forks
from analysis.publish.pictures import draw_pictures, place_pictures

SQUARE = '<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="10"></svg>'
PNG = b"\x89PNG"


def drawn(folder, widths, kept="kept", meanwhile=lambda: None):
    """Pictures of squares of some widths, by width."""
    folder.mkdir(exist_ok=True)
    drawings = {folder / f"{width}.png": SQUARE.format(width) for width in widths}
    place_pictures(drawings, draw_pictures(drawings.values(), folder.parent / kept, meanwhile))
    return {width: (folder / f"{width}.png").read_bytes() for width in widths}


@pytest.mark.parametrize("forking", [True, False])
def test_each_drawing_becomes_its_picture_and_the_other_work_is_done_once(
    tmp_path, monkeypatch, forking
):
    monkeypatch.setattr(forks, "can_fork", lambda: forking)
    calls = []
    found = drawn(tmp_path / "a", [10, 20, 30], meanwhile=lambda: calls.append(1))
    assert all(content.startswith(PNG) for content in found.values())
    assert len(set(found.values())) == 3 and calls == [1]


def test_a_kept_picture_is_taken_and_one_that_nothing_needs_goes(tmp_path, monkeypatch):
    drawn(tmp_path / "a", [10, 20])
    for copy in (tmp_path / "kept").iterdir():
        copy.write_bytes(b"kept")
    monkeypatch.setattr(vl_convert, "svg_to_png", lambda *_, **__: pytest.fail("drawn again"))
    assert drawn(tmp_path / "b", [10]) == {10: b"kept"}
    assert len(list((tmp_path / "kept").iterdir())) == 1


def test_a_picture_that_was_not_drawn_before_is_drawn_where_it_is_placed(tmp_path):
    place_pictures({tmp_path / "a.png": SQUARE.format(10)}, {})
    assert (tmp_path / "a.png").read_bytes().startswith(PNG)
