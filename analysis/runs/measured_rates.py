"""Measured training rates that count by the protocol, and what the time of a step says of each."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from pydantic import ValidationError

from analysis.data.mistakes import InputError, first_mistake, refuse_few
from analysis.data.protocol import protocol
from analysis.data.tables import Evidence
from analysis.physics.flop import flop_per_token
from analysis.physics.parameters import count_parameters
from analysis.physics.step_time.layout import Layout
from analysis.physics.step_time.step import step_time
from analysis.runs.configurations import configuration_of
from analysis.runs.step_constants import Constants, processor

TABLE = "training_throughput"
COUNTED_AS = {"mxfp8": "fp8", "nvfp4": "fp8"}  # by the table, chips of these are left out


def layout_of(row: Any) -> Layout:
    """How a row of the table spread its step.

    Raises
    ------
    InputError
        If a field is missing, or its factors do not multiply to the chips.
    """
    given = {
        "precision": COUNTED_AS.get(row.precision, row.precision),
        "sharding": row.sharding or "optimizer",
        "recomputation": row.recomputation or "none",
        "exchange": "overlapped" if row.overlap == "yes" else "exposed",
        "routing": row.routing or "real",
    }
    counts = (
        "chips",
        "sequences_per_step",
        "sequences_per_micro_batch",
        "seq_len_tokens",
        "tensor_parallel",
        "pipeline_parallel",
        "virtual_stages",
        "context_parallel",
        "expert_parallel",
    )
    sizes = {name: int(getattr(row, name)) for name in counts if pd.notna(getattr(row, name))}
    try:
        return Layout.model_validate(given | sizes)
    except ValidationError as error:
        raise first_mistake(error, f"{TABLE}.csv, {row.id}", Layout.model_fields) from None


def measured_rates(evidence: Evidence) -> pd.DataFrame:
    """Every measured rate that the rules count, or show beside.

    Returns
    -------
    DataFrame
        The rows, numbered from zero, with `mixture`, `fp8`, `hopper` (0 or 1), `flop_per_token`
        [FLOP], `mfu` [1] on the dense BF16 peak, `group` (rows that are one), `beside` (shown, and
        in no fit, choice or record).
    """
    rules = protocol()
    rows = evidence[TABLE]
    rows = rows[(rows.left_out == "") & rows.chip.isin(rules.rows.chips)]
    refuse_few_rates(rows)
    shapes = {name: configuration_of(name, evidence) for name in rows.configuration.unique()}
    total = rows.configuration.map(lambda name: count_parameters(shapes[name]).total)
    rows = rows[total >= rules.rows.smallest_params].reset_index(drop=True)
    hardware = evidence["hardware"].set_index("chip")
    flop = [
        float(flop_per_token(shapes[row.configuration], row.seq_len_tokens))
        for row in rows.itertuples()
    ]
    peak = rows.chip.map(hardware.peak_bf16_dense_tflops) * 1e12
    return rows.assign(
        mixture=rows.configuration.map(lambda name: float(shapes[name].n_routed_experts > 0)),
        fp8=(rows.precision.map(COUNTED_AS).fillna(rows.precision) == "fp8").astype(float),
        hopper=(rows.chip.map(hardware.kernels) == "hopper").astype(float),
        flop_per_token=flop,
        mfu=rows.tokens_per_s_per_gpu * flop / peak,
        group=rows[list(rules.groups.group)].agg(" | ".join, axis=1),
        beside=rows.who.isin(rules.rows.shown_beside_developers)
        | rows.like.isin(rules.rows.shown_beside_architectures),
    )


def refuse_few_rates(rows: pd.DataFrame) -> None:
    """Refuse measured rates of too few developers to say how far others lie from predicted ones."""
    needs = ("tokens_per_s_per_gpu", "configuration", "a chip of the protocol, no left_out")
    refuse_few(rows.who, f"{TABLE}.csv", "the shift of measured rates", needs)


def benchmarks_beside_runs(evidence: Evidence) -> pd.DataFrame:
    """How far benchmark and run lie apart: the best benchmark and the best rate of a run, of the
    same model, chip and precision.

    Returns
    -------
    DataFrame
        `configuration, chip, precision, run_by, run, benchmark_by, benchmark` [token/s per chip]
        and `apart`, benchmark over run.
    """
    rules, rows = protocol().rows, evidence[TABLE]
    beside = rows.who.isin(rules.shown_beside_developers)
    rows = rows[~(beside | rows.like.isin(rules.shown_beside_architectures))]
    rows = rows[(rows.configuration != "") & rows.tokens_per_s_per_gpu.notna()]
    best = rows.sort_values("tokens_per_s_per_gpu", ascending=False, kind="stable")
    same = ["configuration", "chip", "precision"]
    best = best.drop_duplicates([*same, "kind"])[[*same, "kind", "who", "tokens_per_s_per_gpu"]]
    sides = [
        best[best.kind == kind].rename(columns={"who": f"{kind}_by", "tokens_per_s_per_gpu": kind})
        for kind in ("run", "benchmark")
    ]
    found = sides[0].drop(columns="kind").merge(sides[1].drop(columns="kind"), on=same)
    return found.assign(apart=found.benchmark / found.run)


def predicted_rates(rows: pd.DataFrame, constants: Constants, evidence: Evidence) -> np.ndarray:
    """Tokens per second and chip that the time of a step gives each row, of shape (rows, draws).

    Raises
    ------
    InputError
        If a layout does not fit its chip or its model; the line names the row.
    """
    kernels = evidence["hardware"].set_index("chip").kernels
    chips = {chip: processor(chip, evidence) for chip in rows.chip.unique()}
    shapes = {name: configuration_of(name, evidence) for name in rows.configuration.unique()}
    efficiencies = cache(constants.efficiencies)
    found = []
    for row in rows.itertuples():
        reached = efficiencies(kernels[row.chip], str(row.date))
        try:
            step = step_time(shapes[row.configuration], layout_of(row), chips[row.chip], reached)
        except ValueError as error:
            where = getattr(error, "where", "") or f"{TABLE}.csv, {row.id}"
            raise InputError(getattr(error, "message", str(error)), where) from None
        found.append(step.tokens_per_s_per_gpu)
    return np.stack(found)
