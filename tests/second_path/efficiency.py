"""What share of their peak chips do useful work at: runs of others on one basis, and the ridge."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isnan, nan, sqrt
from statistics import NormalDist, median

import numpy as np

from tests.second_path import work
from tests.second_path.evidence import Row, number, peak, rows, value

STRENGTHS = [f"penalty_on_types{end}" for end in ("__low", "", "__high")]
KINDS = ("dense", "moe")


@dataclass(frozen=True)
class Run:
    """A run of training_runs.csv with hours that are disclosed."""

    id: str
    developer: str
    kind: str
    chip: str
    active: float
    flop: float
    gpu_hours: float
    log_mfu: float
    trust: float


@lru_cache
def runs() -> tuple[Run, ...]:
    """Rows without a reason against them, of a billion parameters or more."""
    needed = ("params_active", "tokens", "gpu_hours", "chip")
    kept = [
        row
        for row in rows("training_runs")
        if not row["unfit"]
        and number(row["params_total"]) >= value("smallest_reference_params")
        and all(row[name] for name in needed)
    ]
    return tuple(_run(row, flop) for row, flop in zip(kept, _flop_per_token(kept), strict=True))


def _run(row: Row, flop_per_token: float) -> Run:
    flop = number(row["tokens"]) * flop_per_token
    hours = number(row["gpu_hours"])
    kinds = {name["hours_are"] for name in rows("training_runs")} - {""}
    trusts = {kind: value(f"trust_in_hours_{kind}") for kind in kinds}
    return Run(
        row["id"],
        row["developer"],
        row["architecture"],
        row["chip"],
        number(row["params_active"]),
        flop,
        hours,
        float(np.log(flop / (hours * 3600 * peak(row["chip"])))),
        trusts.get(row["hours_are"], min(trusts.values())),
    )


def _flop_per_token(kept: Sequence[Row]) -> list[float]:
    """By the configuration, else by outer dimensions; of a run without these, six a parameter
    times what that is of in its kind. A length that is not known is the median of the kind.
    """
    lengths, ratios = defaultdict(list), defaultdict(list)
    for row in kept:
        if row["seq_len_tokens"]:
            lengths[row["architecture"]].append(number(row["seq_len_tokens"]))
    counted = [_counted(row, median(lengths[row["architecture"]])) for row in kept]
    for row, flop in zip(kept, counted, strict=True):
        if not isnan(flop):
            ratios[row["architecture"]].append(flop / (6 * number(row["params_active"])))
    return [
        6 * number(row["params_active"]) * median(ratios[row["architecture"]])
        if isnan(flop)
        else flop
        for row, flop in zip(kept, counted, strict=True)
    ]


def _counted(row: Row, usual_length: float) -> float:
    length = int(number(row["seq_len_tokens"]) if row["seq_len_tokens"] else usual_length)
    if row["configuration"]:
        return work.flop_per_token(work.sizes_by_name()[row["configuration"]], length)
    if not (row["layers"] and row["d_model"] and row["vocab"]):
        return nan
    dim, layers = int(row["d_model"]), int(row["layers"])
    table = 0 if row["tied_embeddings"] == "yes" else int(row["vocab"]) * dim
    queries_and_values = 2 * dim
    multiplying = number(row["params_active"]) - table
    return 6 * (multiplying + layers * queries_and_values * length / 2)


def ridge(known: Sequence[Run], counts: Counter[str], strength: float) -> dict[str, float]:
    """Log MFU of each kind: a mean, and what each kind is off it, which costs the strength times
    its square. Rows weigh by trust, over a power of their developer's rows.
    """
    power = value("power_of_a_developers_rows")
    roots = [sqrt(run.trust / counts[run.developer] ** power) for run in known]
    columns = [[root, *(root * (run.kind == kind) for kind in KINDS)]
               for root, run in zip(roots, known, strict=True)]  # fmt: skip
    values = [root * run.log_mfu for root, run in zip(roots, known, strict=True)]
    costs = [[0.0, sqrt(strength), 0.0], [0.0, 0.0, sqrt(strength)]]
    found = np.linalg.lstsq(np.array(columns + costs), np.array([*values, 0.0, 0.0]), rcond=None)[0]
    return {kind: float(found[0] + found[1 + place]) for place, kind in enumerate(KINDS)}


def folds(known: Sequence[Run]) -> dict[str, int]:
    """Folds of whole developers: the largest first, each into the emptiest fold; of developers
    with as many rows, the last in the alphabet first.
    """
    counts = Counter(run.developer for run in known)
    filled, found = [0] * int(value("folds_of_developers")), {}
    for _, developer in sorted(((count, name) for name, count in counts.items()), reverse=True):
        found[developer] = filled.index(min(filled))
        filled[found[developer]] += counts[developer]
    return found


@dataclass(frozen=True)
class Estimate:
    """What runs of others say: log MFU of a kind, and how far they lie from it themselves."""

    known: tuple[Run, ...]
    by_kind: dict[str, float]
    spread: float

    def width(self, active: float, flop: float, chip: str) -> float:
        """Spread for a run: wider beyond the sizes that were seen, and on a chip that was not."""
        beyond = 0.0
        for size, seen in (
            (active, [run.active for run in self.known]),
            (flop, [run.flop for run in self.known]),
        ):
            beyond += max(np.log(size / max(seen)), np.log(min(seen) / size), 0.0)
        unseen = chip not in {run.chip for run in self.known}
        wider = 1 + value("width_per_log_unit_beyond") * beyond
        return self.spread * (wider + value("width_of_an_unseen_chip") * unseen)


def miss_by_fold(known: Sequence[Run], strength: float) -> float:
    """Mean absolute error of the log over folds, each predicted from the others."""
    fold, counts = folds(known), Counter(run.developer for run in known)
    means = []
    for one in set(fold.values()):
        rest = [run for run in known if fold[run.developer] != one]
        found = ridge(rest, counts, strength)
        errors = [abs(run.log_mfu - found[run.kind]) for run in known if fold[run.developer] == one]
        means.append(np.mean(errors))
    return float(np.mean(means))


@lru_cache
def estimate(exclude: frozenset[str]) -> Estimate:
    """From the runs of all developers but some."""
    known = tuple(run for run in runs() if run.developer not in exclude)
    counts = Counter(run.developer for run in known)
    strength = min(map(value, STRENGTHS), key=lambda tried: miss_by_fold(known, tried))
    errors = []
    for developer in counts:
        rest = [run for run in known if run.developer != developer]
        found = ridge(rest, counts, strength)
        errors += [run.log_mfu - found[run.kind] for run in known if run.developer == developer]
    spread = float(np.sqrt(np.mean(np.square(errors))))
    return Estimate(known, ridge(known, counts, strength), spread)


@dataclass(frozen=True)
class Tested:
    """A run beside what runs of other developers say: logs of the disclosed hours over the expected
    ones and over the ends of the 90 % range.
    """

    error: float
    above_low: float
    above_high: float


def tested(run: Run, exclude: Collection[str] = ()) -> Tested:
    """A run by those of other developers; no range reaches more than the highest MFU."""
    found = estimate(frozenset({run.developer, *exclude}))
    expected = found.by_kind[run.kind]
    half = NormalDist().inv_cdf(0.95) * found.width(run.active, run.flop, run.chip)
    highest = float(np.log(value("highest_mfu")))
    ends = (min(expected + reach, highest) for reach in (half, 0.0, -half))
    few, middle, many = (end - run.log_mfu for end in ends)  # a high MFU is few hours
    return Tested(middle, few, many)
