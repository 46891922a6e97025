"""Evidence made by hand: a few runs on one chip, in the place of those that were disclosed."""

from __future__ import annotations

import pandas as pd

from analysis.data.tables import Evidence

PEAK = 1e15  # FLOP/s of the one chip
CHIP = pd.DataFrame(
    [
        {
            "chip": "C",
            "other_names": "",
            "year": 2023,
            "hbm_tb_s": 2.0,
            "tdp_w": 1000.0,
            "peak_bf16_dense_tflops": 1000.0,
            "peak_fp16_dense_tflops": 1.0,
            "parts": float("nan"),
            "part": "",
        }
    ]
)


def with_tables(evidence: Evidence, **tables: pd.DataFrame) -> Evidence:
    """The evidence with other tables in the place of some."""
    kept = {name: evidence[name] for name in evidence.tables}
    return Evidence.of(evidence.directory, kept | tables)


def with_facts(evidence: Evidence, **values: float) -> Evidence:
    """The evidence with facts at other values, without a range."""
    facts = evidence["facts"].set_index("id", drop=False)
    for fact, value in values.items():
        facts.loc[fact, ["value", "low", "high"]] = value, float("nan"), float("nan")
    return with_tables(evidence, facts=facts.reset_index(drop=True))


def with_runs(evidence: Evidence, *runs: tuple[str, float], **tables: pd.DataFrame) -> Evidence:
    """The evidence with these runs (developer, MFU) and their one chip alone."""
    made = pd.DataFrame([dense_run(*run, number) for number, run in enumerate(runs)])
    return with_tables(evidence, **{"training_runs": made, "hardware": CHIP} | tables)


def dense_run(developer: str, mfu: float, number: int) -> dict[str, object]:
    """A run of ten billion parameters on 1e12 tokens, with the hours that make this MFU."""
    # linear layers without the embedding of 1e5 x 2,000; attention of 10 layers, half of 1,000
    flop_per_token = 6 * (10e9 - 2e8) + 6 * (10 * 2 * 2_000) * 500
    return {
        "id": f"{developer}{number}",
        "developer": developer,
        "params_total": 10e9,
        "params_active": 10e9,
        "tokens": 1e12,
        "seq_len_tokens": 1e3,
        "layers": 10,
        "d_model": 2_000,
        "n_heads": 20,
        "vocab": 1e5,
        "tied_embeddings": "no",
        "configuration": "",
        "architecture": "dense",
        "chip": "C",
        "precision": "bf16",
        "release_date": "2024-01-01",
        "gpu_hours": 1e12 * flop_per_token / (PEAK * mfu * 3600),
        "hours_are": "run",
        "unfit": "",
    }
