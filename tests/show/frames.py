"""Invented frames for every chart, as they come from what computes them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

NAMES = ["first thing", "second thing", "third thing"]
RISING = [1e5, 3e5, 4e6]
COUNTED = ["one", "two", "three"]  # ids of lines of a bill


def phases() -> pd.DataFrame:
    hours = np.array(RISING)
    return pd.DataFrame(
        {
            "label": NAMES,
            "disclosed": hours,
            "gpu_hours": hours,
            "share": hours / hours.sum(),
            "p05": hours * 0.5,
            "p50": hours * 1.1,
            "p95": hours * 3.0,
        }
    )


def lines() -> pd.DataFrame:
    usd = np.array(RISING)
    return pd.DataFrame(
        {
            "id": COUNTED,
            "label": NAMES,
            "short": NAMES,
            "usd": usd,
            "usd_p05": usd * [1.0, 1.0, 0.5],
            "usd_p95": usd * [1.0, 1.0, 2.0],
            "gpu_hours": usd / 2,
            "headline": [False, True, False],
            "assumed": [False, False, True],
        }
    )


def claims() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "claim": ["It cost so much.", "It cost as much again.", "It cost more."],
            "who": ["a paper", "a paper", "somebody"],
            "value": [3e5, 2.95e5, 4e6],
            "boundary": ["two", "two", "three"],
            "verdict": ["misleading", "supported_within_boundary", "not_checkable"],
        }
    )


def runs() -> pd.DataFrame:
    hours = np.array(RISING)
    return pd.DataFrame(
        {
            "model": NAMES,
            "developer": ["a", "b", "b"],
            "architecture": ["dense", "moe", "dense"],
            "kind": ["dense", "moe", "dense"],
            "mfu": [0.4, 0.2, 0.3],
            "how": ["disclosed", "disclosed", "estimated"],
            "gpu_hours": hours,
            "predicted": hours * 1.2,
            "p05": hours * 0.5,
            "p50": hours,
            "p95": hours * 2.0,
            "error_factor": [1.2, 1.3, 1.4],
            "usd_common": hours * 2.0,
            "year": [2022.5, 2023.5, 2025.0],
            "usd_per_zettaflop": [9e3, 5e3, 3e3],
            "expected": [8e3, 6e3, 3e3],
            "ratio": [1.1, 0.8, 1.0],
            "percentile": [0.6, 0.02, 0.5],
        }
    )


def inputs() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "input": NAMES,
            "factor": [3.0, 2.0, 1.1],
            "first_order": [0.7, 0.2, 0.0],
            "total": [0.8, 0.2, 0.01],
            "assumed": [True, False, False],
        }
    )


def parts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "stage": ["tuning", "learning", "learning"],
            "part": ["overhead", "waiting", "updates"],
            "share": [0.1, 0.6, 0.3],
        }
    )


def lengths() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "stage": ["learning"] * 3,
            "step": [0, 100, 200],
            "kind": ["digitised", "digitised", "assumption"],
            "low_answer_tokens": [400.0, 900.0, 1500.0],
            "mean_answer_tokens": [500.0, 1000.0, 2000.0],
            "high_answer_tokens": [600.0, 1200.0, 2500.0],
        }
    )


def rollouts() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "stage": ["learning"] * 6,
            "step": [0.0, 1.0] * 3,
            "bound": np.repeat(["full throughput", "longest answer", "whole rollout"], 2),
            "seconds": [10.0, 20.0, 100.0, 200.0, 110.0, 220.0],
        }
    )


def longest() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "step": [0.0, 100.0, 200.0],
            "longest_answer_tokens": [3e3, 8e3, 1.5e4],
            "limit_tokens": [8e3, 8e3, 1.6e4],
        }
    )


def fields() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": np.repeat(NAMES, 3),
            "developer": np.repeat(["a", "b", "b"], 3),
            "score": np.repeat([0.9, 0.5, 0.0], 3),
            "field": ["chips", "hours", "tokens"] * 3,
            "share": [1.0, 1.0, 0.7, 1.0, 0.5, 0.0, 0.0, 0.0, 0.0],
        }
    )


def steps() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "title": ["first thing"] * 3 + ["second thing"] * 2,
            "step": [1, 2, 3, 1, 2],
            "label": ["hours", "price", "cost", "hours", "cost"],
            "ratio": [1.0, 2.0, 2.0, 1.0, 1.0],
            "parts_here": [False, True, False, False, False],
        }
    )


def rates() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": ["a", "b", "c", None],
            "name": ["C2", "C9", "C9", "the developer"],
            "label": ["A, C2, FP8", "B, C9, BF16", "B, C9, FP8", "own, as disclosed"],
            "date": ["2025-06-01", "2025-06-30", "2026-03-02", "2024-12-26"],
            "tokens_per_s_per_gpu": [1300.0, 900.0, 4000.0, 1500.0],
            "sixteen": [False, True, False, False],
            "near": [True, False, False, True],
            "disclosed": [False, False, False, True],
        }
    )


def trend(runs: pd.DataFrame, factor_per_year: float = 0.7) -> SimpleNamespace:
    """The trend as it is found where these are the own runs."""
    line = pd.DataFrame(
        {"year": [2022.0, 2025.0], "low": [5e3, 2e3], "middle": [9e3, 4e3], "high": [2e4, 8e3]}
    )
    return SimpleNamespace(runs=runs, own=runs, line=line, factor_per_year=factor_per_year)


# A chart by its name: its frame, and what else it is given with the frame.
CHARTS: dict[str, tuple[pd.DataFrame, Callable[[pd.DataFrame], tuple[Any, ...]]]] = {
    "answer_lengths": (lengths(), lambda frame: (frame, longest())),
    "backtest_dots": (runs(), lambda frame: (frame, "b")),
    "bill_ladder": (lines(), lambda frame: (frame,)),
    "calibration_of": (
        pd.DataFrame({"level": [0.5, 0.9], "share": [0.52, 0.94]}),
        lambda frame: (frame,),
    ),
    "candidates_compared": (
        pd.DataFrame(
            {
                "candidate": NAMES,
                "median_error_factor": [1.3, 1.2, 1.4],
                "p90_error_factor": [1.8, 1.9, 2.0],
            }
        ),
        lambda frame: (frame,),
    ),
    "cost_trend": (runs(), lambda frame: (trend(frame),)),
    "costs_of_models": (runs(), lambda frame: (frame, "b")),
    "disclosed_and_reconstructed": (phases(), lambda frame: (frame,)),
    "disclosed_fields": (fields(), lambda frame: (frame, "b")),
    "every_specification": (
        pd.DataFrame({"gpu_hours": [2e6, 3e6, 5e6]}),
        lambda frame: (frame.get("gpu_hours", pd.Series(dtype=float)).astype(float), 3e6, 2.5e6),
    ),
    "hours_by_view": (
        pd.DataFrame(
            {"label": NAMES, "p05": [2e6, 1e6, 2e6], "p50": [4e6, 3e6, 3e6], "p95": [9e6, 7e6, 8e6]}
        ),
        lambda frame: (frame, 2.5e6, NAMES[-1]),
    ),
    "measured_rates": (
        rates(),
        lambda frame: (frame,),
    ),
    "placebos": (
        pd.DataFrame(
            {
                "label": NAMES,
                "low": [0.5, 0.8, 0.9],
                "middle": [0.9, 1.2, 1.8],
                "high": [1.5, 2.0, 3.0],
                "kind": ["dense", "dense", "moe"],
            }
        ),
        lambda frame: (frame, NAMES[-1]),
    ),
    "savings": (
        pd.DataFrame(
            {
                "choice": NAMES,
                "low": [0.1, 0.05, -0.01],
                "saves": [0.2, 0.1, 0.05],
                "high": [0.3, 0.15, 0.1],
            }
        ),
        lambda frame: (frame, "a run"),
    ),
    "effects_on_the_bill": (
        pd.DataFrame(
            {
                "what": NAMES,
                "panel": ["slips", "open questions", "slips"],
                "effect_usd": [-2e3, 5e6, 0.0],
                "same_publisher": [True, False, False],
            }
        ),
        lambda frame: (frame,),
    ),
    "efficiency_of_runs": (runs(), lambda frame: (frame, 0.35, "The run", "dense")),
    "estimates_apart": (steps(), lambda frame: (frame,)),
    "hours_by_phase": (
        pd.DataFrame(
            {
                "title": [*NAMES, NAMES[0]],
                "group": ["first", "first", "first", "later"],
                "share": [0.6, 1.0, 1.0, 0.4],
            }
        ),
        lambda frame: (frame,),
    ),
    "hours_of_models": (phases(), lambda frame: (frame,)),
    "input_widths": (inputs(), lambda frame: (frame, "The phase")),
    "ladder_with_claims": (lines(), lambda frame: (frame, claims())),
    "rollout_bounds": (rollouts(), lambda frame: (frame,)),
    "sobol_bars": (inputs(), lambda frame: (frame, "The total")),
    "sweep_summary": (
        pd.DataFrame({"mfu": [0.2, 0.3, 0.4], "usd_p50": RISING}),
        lambda frame: (frame, "mfu"),
    ),
    "where_the_time_goes": (parts(), lambda frame: (frame, "the phase")),
}
