"""One way to count: a reference run with a known configuration as the run that is predicted."""

from __future__ import annotations

import pytest

from analysis.physics.flop import flop_per_token
from analysis.reconstruction.model import configuration
from analysis.reconstruction.model_file import load_model
from analysis.runs.configurations import configuration_of
from analysis.runs.references import flop_per_token_of, reference_runs
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


@pytest.mark.parametrize("model", ["deepseek-v2", "deepseek-v3", "olmo-3-32b"])
def test_the_row_of_a_model_is_counted_as_its_account(model, evidence):
    """Latent attention, wide heads and windows are on both sides."""
    row = reference_runs(evidence).set_index("id").loc[model.replace("olmo-3", "olmo3")]
    own = configuration(load_model(model, evidence), evidence.facts)
    assert row.flop_per_token == pytest.approx(
        float(flop_per_token(own, row.seq_len_tokens)), rel=1e-3
    )


def test_the_rate_of_deepseek_v3_follows_from_its_row(evidence):
    """14.8T tokens of 250.45 GFLOP in 2.664 million hours at 989.4 TFLOP/s; it prints 0.389."""
    rate = 14.8e12 * 250.45e9 / (2.664e6 * 3600 * 989.4e12)
    row = reference_runs(evidence).set_index("id").loc["deepseek-v3"]
    assert row.mfu == pytest.approx(rate, rel=1e-3) and rate == pytest.approx(0.389, rel=0.01)
