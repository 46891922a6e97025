"""One way to count: a reference run with a known configuration as the run that is predicted."""

from __future__ import annotations

import pytest

from analysis.physics.flop import flop_per_token
from analysis.runs.configurations import configuration_of
from analysis.runs.references import flop_per_token_of
from tests.by_hand import with_runs


def test_a_run_with_a_configuration_is_counted_by_it(evidence):
    made = with_runs(evidence, ("A", 0.5), ("B", 0.5))
    runs = made["training_runs"].assign(configuration=["llama-3-8b", ""])
    counted = flop_per_token_of(runs, made)
    expected = float(flop_per_token(configuration_of("llama-3-8b", evidence), 1e3))
    assert counted[0] == pytest.approx(expected)
    assert counted[1] == pytest.approx(6 * (10e9 - 2e8) + 6 * (10 * 2 * 2_000) * 500)


def test_the_work_of_a_known_model_by_hand(evidence):
    """Llama 3 8B at 8,192 tokens: 32 layers of 2 x 4096 x 128 x (32 + 8) and 3 x 4096 x 14336, the
    head, and attention 32 x 32 x 256 wide over half the length.
    """
    layers = 32 * (2 * 4096 * 128 * 40 + 3 * 4096 * 14336) + 4096 * 128_256
    attention = 32 * 32 * 256 * 4096
    found = flop_per_token(configuration_of("llama-3-8b", evidence), 8192)
    assert found == pytest.approx(6 * (layers + attention))
