"""The record of measured rates, by hand: whom each row is predicted without, and how sure."""

import numpy as np
import pandas as pd
import pytest

from analysis.runs import rate_record
from analysis.runs.rate_record import mixture_record

MEANS, DEVIATIONS = np.array([0.1, 0.3]), np.array([0.2, 0.4])  # of the two draws

# four rates of three developers; two of mixture m, one of mixture k, one of a dense model
ROWS = pd.DataFrame(
    [
        ("a", "A", "m", 1.0, 0.2),
        ("b", "A", "n", 0.0, 0.5),
        ("c", "B", "m", 1.0, 0.25),
        ("d", "C", "k", 1.0, 0.4),
    ],
    columns=["id", "who", "configuration", "mixture", "mfu"],
)
MISSES = np.array([[1.0, 1.4], [-0.5, -0.1], [0.1, 0.3], [0.0, 1.0]])


@pytest.fixture
def asked(monkeypatch):
    """What a shift was made of, each time: developers, values, spread that is borrowed, effects.

    Its draws are always the same two; of one draw, the first.
    """
    made = []

    class Made:
        def __init__(self, rows, values, bound, fixed):
            self.draws = values.shape[1]
            assert rows.index.tolist() == list(range(len(rows)))
            made.append((rows.id.tolist(), values.tolist(), bound, fixed))

        def of(self, rows):
            means, deviations = (
                np.tile(draws[: self.draws], (len(rows), 1)) for draws in (MEANS, DEVIATIONS)
            )
            return means, deviations

    monkeypatch.setattr(rate_record, "Shift", Made)
    monkeypatch.setattr(rate_record, "misses_of", lambda evidence: (ROWS, MISSES))
    monkeypatch.setattr(
        rate_record, "borrowed_spread", lambda evidence, exclude: "".join(sorted(exclude))
    )
    return made


def test_each_developer_is_predicted_from_the_others_by_both_ways(asked):
    """The first row misses by 0.9 and 1.1: 1 in the mean, with a variance of 0.01 beside the mean
    of 0.04 and 0.16.
    """
    record = rate_record.rate_record.__wrapped__("evidence")
    by_step, by_mfu = (record[record["view"] == view] for view in ("step_time", "baseline"))
    assert record.index.tolist() == list(range(8))
    assert by_step.id.tolist() == by_mfu.id.tolist() == list("abcd")
    assert by_step.log_error.tolist() == pytest.approx([1.0, -0.5, 0.0, 0.3])
    variances = [0.01, 0.01, 0.0, 0.16]
    assert by_step.deviation.tolist() == pytest.approx([(0.1 + v) ** 0.5 for v in variances])
    assert by_mfu.log_error.tolist() == pytest.approx(np.log(ROWS.mfu) - 0.1)
    assert by_mfu.deviation.tolist() == pytest.approx([0.2] * 4)
    # each time the others alone; the spread is borrowed without the developer
    assert [(ids, bound) for ids, _, bound, _ in asked] == 2 * [
        (["c", "d"], "A"), (["a", "b", "d"], "B"), (["a", "b", "c"], "C")
    ]  # fmt: skip
    assert asked[1][1] == [[1.0, 1.4], [-0.5, -0.1], [0.0, 1.0]]
    assert asked[3][1] == [[pytest.approx(np.log(0.25))], [pytest.approx(np.log(0.4))]]
    effects = [fixed for *_, fixed in asked]
    assert effects == [("mixture",)] * 3 + [("mixture", "fp8", "hopper")] * 3


def test_each_mixture_is_predicted_without_its_model_and_a_dense_one_never(asked):
    """A measured the dense model too, so of mixture m B alone is not seen."""
    record = mixture_record.__wrapped__("evidence")
    assert record.id.tolist() == list("acd") * 2
    assert record.index.tolist() == list(range(6)) and "index" not in record
    assert record.log_error[:3].tolist() == pytest.approx([1.0, 0.0, 0.3])
    assert [(ids, bound) for ids, _, bound, _ in asked] == 2 * [
        (["b", "d"], "B"), (["a", "b", "c"], "C")
    ]  # fmt: skip
