"""Points that were kept are those that are made, and whatever else stands there is made anew."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from analysis.data import points
from analysis.data.points import sobol_points

ASKED = (5, 6, 7)


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """The folder of kept points, empty, and a process that has none yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    sobol_points.cache_clear()
    yield tmp_path / "traincost" / "points"
    sobol_points.cache_clear()


def as_a_new_process(monkeypatch):
    """Nothing is in memory, and nothing can be made."""
    sobol_points.cache_clear()
    monkeypatch.setattr(points, "_made", None)


def test_points_are_scrambled_sobol_points_made_once(kept, monkeypatch):
    made = sobol_points(*ASKED)
    assert np.array_equal(made, qmc.Sobol(5, scramble=True, seed=7).random_base2(6))
    as_a_new_process(monkeypatch)
    again = sobol_points(*ASKED)
    assert again is not made and np.array_equal(again, made)


@pytest.mark.parametrize("other", [(6, 6, 7), (5, 5, 7), (5, 6, 8)])
def test_other_points_are_others(kept, monkeypatch, other):
    sobol_points(*ASKED)
    as_a_new_process(monkeypatch)
    with pytest.raises(TypeError):  # nothing can be made
        sobol_points(*other)


DAMAGES = {
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-8]),
    "empty": lambda file: file.write_bytes(b""),
    "one bit": lambda file: file.write_bytes(file.read_bytes()[:-1] + b"\x00"),
    "other bytes": lambda file: file.write_bytes(bytes(1000)),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_is_made_again(kept, damage):
    made = sobol_points(*ASKED)
    (file,) = kept.iterdir()
    DAMAGES[damage](file)
    sobol_points.cache_clear()
    assert np.array_equal(sobol_points(*ASKED), made)


def test_nobody_changes_points(kept, monkeypatch):
    for _ in range(2):
        with pytest.raises(ValueError, match="read-only"):
            sobol_points(*ASKED)[0, 0] = 1
        as_a_new_process(monkeypatch)


def test_few_sets_are_kept_and_no_large_one(kept, monkeypatch):
    monkeypatch.setattr(points, "MOST_KEPT", 2)
    for seed in range(4):
        sobol_points(5, 6, seed)
    assert len(list(kept.iterdir())) == 2
    monkeypatch.setattr(points, "LARGEST_KEPT", 1)
    sobol_points(5, 6, 4)
    as_a_new_process(monkeypatch)
    sobol_points(5, 6, 3)
    with pytest.raises(TypeError):
        sobol_points(5, 6, 4)


def test_where_nothing_can_be_kept_points_are_made(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    sobol_points.cache_clear()
    assert sobol_points(2, 1, 0).shape == (2, 2)


def test_more_inputs_than_sobol_has_dimensions_have_points_too(kept):
    most = qmc.Sobol.MAXDIM
    wide = sobol_points(most + 3, 3, 1)
    assert wide.shape == (8, most + 3)
    assert np.array_equal(wide[:, :most], sobol_points(most, 3, 1))
    others = wide[:, most:]
    assert len(np.unique(others)) == others.size and ((others > 0) & (others < 1)).all()
