"""Matrix products of a model at the sizes that one chip multiplies, timed on the chip at hand.

    python -m benchmarks.products sizes ROW >sizes.csv
    python benchmarks/products.py time sizes.csv --chip NAME >times.csv

The first gives the sizes, by the layout of a row of training_throughput.csv. The second needs torch
and a GPU and nothing of the package; NAME is the chip's in hardware.csv. What it writes are rows of
timed_products.csv.
"""

from __future__ import annotations

import argparse
import csv
import datetime
import math
import statistics
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROUNDS = 7
SECONDS_A_ROUND = 0.05
INPUT_SETS_BYTES = 400e6  # of inputs in turns: several times what the chip's cache holds
BLOCK = 128  # values that share a scale
LARGEST_ERROR = 0.02  # relative, of a product checked against the same in 32 bits
SIZES = ("configuration", "part", "way", "height", "width", "summed", "groups", "times")
HOW = ("precision", "scales")
FOUND = ("median_us", "least_us", "most_us", "clock_mhz")
TIMES = ("id", "chip", *SIZES, *HOW, *FOUND, "source_id", "locator", "note")

Call = Callable[[], Any]


class Size(NamedTuple):
    """`groups` products of height x summed by summed x width."""

    height: int
    width: int
    summed: int
    groups: int

    @property
    def flop(self) -> float:
        """Work [FLOP]."""
        return 2.0 * self.height * self.width * self.summed * self.groups


def sizes(row: str) -> Iterator[dict[str, Any]]:
    """Each product of a micro-batch, forward, for the gradient of its input and of its weights;
    `times` is how often the whole model multiplies it.
    """
    from analysis.data.tables import Evidence
    from analysis.physics.step_time.products import (
        attention_products,
        expert_products,
        head_product,
        mlp_products,
    )
    from analysis.runs.configurations import configuration_of
    from analysis.runs.measured_rates import TABLE, layout_of

    evidence = Evidence.load()
    rate = next(found for found in evidence[TABLE].itertuples() if found.id == row)
    c, layout = configuration_of(rate.configuration, evidence), layout_of(rate)
    mixtures = c.mixture_layers + c.mtp_depth
    shared = c.n_shared_experts * c.moe_inter_dim
    parts = {
        "attention": (attention_products(c, layout), c.n_layers + c.mtp_depth),
        "dense layer": (mlp_products(c, c.inter_dim, layout), c.dense_layers),
        "shared expert": (mlp_products(c, shared, layout), mixtures),
        "routed experts": (expert_products(c, layout), mixtures),
        "output head": ([head_product(c, layout)], 1 + c.mtp_depth),
    }
    for part, (products, times) in parts.items():
        for product in products:
            ways = {
                "forward": product,
                "gradient of input": product.of_input(),
                "gradient of weights": product.of_weights(),
            }
            for way, sized in ways.items():
                values = (int(value) for value in sized)
                yield dict(zip(SIZES, (rate.configuration, part, way, *values, times), strict=True))


def inputs(size: Size, precision: str, scales: str) -> tuple[Any, Any, Any, Any]:
    """Random matrices and their scales; groups of tokens lie one after the other."""
    import torch

    stacked = size.groups * size.height
    left = torch.randn(stacked, size.summed, device="cuda", dtype=torch.bfloat16)
    right = torch.randn(size.groups, size.width, size.summed, device="cuda", dtype=torch.bfloat16)
    if precision == "bf16":
        return left, right, None, None
    left, right = (matrix.to(torch.float8_e4m3fn) for matrix in (left, right))
    ones = {
        "one": ((), ()),
        "rows": ((stacked,), (size.groups, size.width)),
        "blocks": (
            (math.ceil(size.summed / BLOCK), stacked),
            (math.ceil(size.width / BLOCK), 4 * math.ceil(size.summed / BLOCK / 4)),
        ),
    }[scales.split(",")[0]]
    return left, right, *(torch.ones(shape, device="cuda") for shape in ones)


def product(size: Size, precision: str, scales: str) -> Call:
    """One product, ready to be called; its answer has groups x height rows."""
    import torch
    from torch.nn.functional import ScalingType, scaled_mm

    left, right, of_left, of_right = inputs(size, precision, scales)
    ends = torch.arange(1, size.groups + 1, device="cuda", dtype=torch.int32) * size.height
    fast = scales.endswith("fast sums")
    if size.groups > 1 and precision == "bf16":
        return lambda: torch._grouped_mm(left, right.transpose(1, 2), offs=ends)
    if size.groups > 1:
        return lambda: torch._scaled_grouped_mm(
            left,
            right.transpose(1, 2),
            of_left,
            of_right,
            offs=ends,
            out_dtype=torch.bfloat16,
            use_fast_accum=fast,
        )
    other = right[0].t()
    if precision == "bf16":
        return lambda: torch.mm(left, other)
    if scales.startswith("one"):
        return lambda: torch._scaled_mm(
            left, other, of_left, of_right, out_dtype=torch.bfloat16, use_fast_accum=fast
        )
    return lambda: scaled_mm(
        left,
        other,
        of_left.t(),
        ScalingType.BlockWise1x128,
        of_right.t(),
        ScalingType.BlockWise128x128,
        output_dtype=torch.bfloat16,
    )


def error(size: Size, precision: str, scales: str) -> float:
    """Largest error of a corner of the answer, relative to the same in 32 bits."""
    import torch

    torch.manual_seed(0)
    found = product(size, precision, scales)()
    torch.manual_seed(0)
    left, right, *_ = inputs(size, precision, scales)
    corner = left[:64].float() @ right[0, :64].float().t()
    got = found[:64, :64].float()
    return float((got - corner).norm() / corner.norm())


def graph_of(size: Size, precision: str, scales: str) -> tuple[Any, int]:
    """A graph of calls over several sets of inputs, and how many calls it holds."""
    import torch

    one = size.groups * size.summed * (size.height + size.width) * (2 if precision == "bf16" else 1)
    calls = [product(size, precision, scales) for _ in range(max(2, round(INPUT_SETS_BYTES / one)))]
    torch.cuda.synchronize()
    side = torch.cuda.Stream()
    with torch.cuda.stream(side):
        for call in calls:
            call()
    side.synchronize()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        for call in calls:
            call()
    return graph, len(calls)


def rounds_of(size: Size, precision: str, scales: str) -> list[tuple[float, float]]:
    """Time of one product [us] and the chip's clock meanwhile [MHz], the medians of each round."""
    import torch

    graph, calls = graph_of(size, precision, scales)
    rounds = []
    for _ in range(ROUNDS):
        spent, times, clocks = 0.0, [], []
        while spent < SECONDS_A_ROUND:
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            graph.replay()
            end.record()
            clocks.append(float(torch.cuda.clock_rate()))  # asked while it multiplies
            end.synchronize()
            times.append(start.elapsed_time(end) * 1e3 / calls)
            spent += start.elapsed_time(end) / 1e3
        rounds.append((statistics.median(times), statistics.median(clocks)))
    return rounds


def ways_to_multiply(size: Size, part: str) -> list[tuple[str, str]]:
    """Precisions and scales that are measured of a product."""
    if part == "output head":
        return [("bf16", "none")]
    eight = ["rows", "rows, fast sums"] if size.groups > 1 else ["one", "one, fast sums", "blocks"]
    return [("bf16", "none"), *(("fp8", scales) for scales in eight)]


def timed(path: str, chip: str) -> Iterator[dict[str, Any]]:
    """Each product of the file in each way, with its time; what cannot run is told on stderr."""
    import torch

    by = f"PyTorch {torch.__version__}, CUDA {torch.version.cuda}, {torch.cuda.get_device_name()}"
    today = datetime.date.today().isoformat()
    given = list(csv.DictReader(Path(path).read_text(encoding="utf-8").splitlines()))
    for row in given:
        size = Size(*(int(row[name]) for name in ("height", "width", "summed", "groups")))
        for how in ways_to_multiply(size, row["part"]):
            try:
                found = checked(size, *how)
            except (RuntimeError, ValueError, NotImplementedError) as reason:
                print(size, *how, str(reason).split("\n")[0], file=sys.stderr)
                continue
            print(size, *how, f"{size.flop / found[0] / 1e6:.0f} TFLOP/s", file=sys.stderr)
            times = dict(zip(FOUND, (round(value, 2) for value in found), strict=True))
            yield {
                "id": name_of(chip, size, *how),
                "chip": chip,
                **row,
                **dict(zip(HOW, how, strict=True)),
                **times,
                "source_id": "own_timings",
                "locator": f"benchmarks/products.py, {today}",
                "note": by,
            }


def name_of(chip: str, size: Size, precision: str, scales: str) -> str:
    """An identifier: `h100-sxm-4096x576x7168-fp8-blocks`."""
    sizes = "x".join(map(str, size[:3])) + (f"x{size.groups}" if size.groups > 1 else "")
    words = [*chip.lower().split(), sizes, precision, *scales.replace(",", "").split()]
    return "-".join(word for word in words if word != "none")


def checked(size: Size, precision: str, scales: str) -> tuple[float, ...]:
    """Median, least and most time of a product [us], and the chip's clock [MHz], after a look at
    its answer.
    """
    off = error(size, precision, scales)
    if not off < LARGEST_ERROR:
        raise RuntimeError(f"answer is off by {off:.3g}")
    times, clocks = zip(*rounds_of(size, precision, scales), strict=True)
    return statistics.median(times), min(times), max(times), statistics.median(clocks)


def main() -> None:
    """Write the sizes of a row, or the times of sizes, as CSV."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=["sizes", "time"])
    parser.add_argument("of", help="a row of training_throughput.csv, or a file of sizes")
    parser.add_argument("--chip", default="H100 SXM", help="its name in hardware.csv")
    options = parser.parse_args()
    wanted = options.what == "sizes"
    rows = sizes(options.of) if wanted else timed(options.of, options.chip)
    columns = SIZES if wanted else TIMES
    written = csv.DictWriter(sys.stdout, columns, lineterminator="\n")
    written.writeheader()
    for row in rows:
        written.writerow(row)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
