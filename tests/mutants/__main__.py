"""How many small faults the tests notice: `python -m tests.mutants [--seed 0] [--sample 300]`."""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from functools import partial
from importlib import import_module

os.environ["OMP_NUM_THREADS"] = "1"  # one thread a fork, and none before the fork

from tests.mutants.faults import FLOORS, ROOT, Fault, all_faults, equivalents, named_faults
from tests.mutants.trial import Asked, Verdict, ask, in_forks, judge, keep, kept, lay, test_files

SHARED = FLOORS[:4]  # that are laid once the faults in them are judged, for those above
WARM = ["pandas", "scipy.stats", "scipy.optimize", "pandera.pandas"]
NOTICED_BY = {
    "answers": "the answers by hand, or the module's own examples",
    "others": "other tests",
    "import": "nothing: the package no longer imports",
    "time": "nothing: it went on past the limit of time",
    "golden": "the golden file alone",
}


def main(arguments: Sequence[str]) -> int:
    """Draw the faults, ask the tests of each, report."""
    options = _options(arguments)
    faults = named_faults() if options.named else _sample(options.seed, options.sample)
    if options.list:
        print("\n".join(str(fault) for fault in faults))
        return 0
    for name in WARM:
        import_module(name)
    asked = _as_it_is(options.workers)
    if broken := [one.file for one in asked if not one.passed]:
        print(f"not asked, for they fail on the tree as it is: {', '.join(broken)}", flush=True)
    passing = [one for one in asked if one.passed]
    verdicts = _judged(faults, passing, options.workers)
    _report(faults, verdicts, every=options.named)
    return 0


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="of the sample (0)")
    parser.add_argument("--sample", type=int, default=300, help="how many faults (300)")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="at a time (a core)")
    parser.add_argument("--named", action="store_true", help="the faults put in by a reader")
    parser.add_argument("--list", action="store_true", help="list the faults and run nothing")
    return parser.parse_args(arguments)


def _sample(seed: int, size: int) -> list[Fault]:
    """A seeded sample of all faults, in the order of files."""
    faults = all_faults()
    picked = random.Random(seed).sample(range(len(faults)), min(size, len(faults)))
    print(f"{len(picked)} of {len(faults)} faults, seed {seed}", flush=True)
    return [faults[number] for number in sorted(picked)]


def _as_it_is(workers: int) -> list[Asked]:
    """Every test file on the tree as it is; what was asked of the same files before is kept."""
    files, known = test_files(), kept()
    tasks = [partial(ask, file) for file in files if file not in known]
    new = [file for file in files if file not in known]
    for number, found in in_forks(tasks, workers):
        known[new[number]] = found or Asked(new[number], False, 0.0, frozenset())
        if known[new[number]].passed:
            keep(known[new[number]])
        print(f"{len(known)} of {len(files)} test files read", end="\r", file=sys.stderr)
    return [known[file] for file in files]


def _judged(faults: list[Fault], asked: list[Asked], workers: int) -> list[Verdict]:
    """The verdict on each fault, floor by floor, with the time to go on the way."""
    limit = 30 + 3 * sum(one.cpu_seconds for one in asked)
    verdicts: dict[Fault, Verdict] = {}
    started = time.monotonic()
    for floor in FLOORS:
        here = [fault for fault in faults if fault.floor == floor]
        tasks = [partial(judge, fault, asked, limit) for fault in here]
        for number, verdict in in_forks(tasks, workers):
            verdicts[here[number]] = verdict or Verdict("time")
            _tell(here[number], verdicts, len(faults), started)
        if floor in SHARED:
            lay(floor)
    return [verdicts[fault] for fault in faults]


def _tell(fault: Fault, verdicts: dict[Fault, Verdict], of: int, started: float) -> None:
    """A fault that only the golden file noticed, or nothing; how far we are."""
    if verdicts[fault].how in ("survived", "golden", "time"):
        print(f"{verdicts[fault].how}: {fault}", flush=True)
    left = (time.monotonic() - started) / len(verdicts) * (of - len(verdicts)) / 60
    print(f"{len(verdicts)} of {of}, {left:.0f} min to go", end="\r", file=sys.stderr, flush=True)


def _report(faults: list[Fault], verdicts: list[Verdict], every: bool) -> None:
    """Who noticed how many, both scores, and who survived."""
    if every:
        for fault, verdict in zip(faults, verdicts, strict=True):
            print(f"{verdict.how:9} {fault.before}: {verdict.test or ''}")
    known = equivalents()
    counted = [
        verdict.how for fault, verdict in zip(faults, verdicts, strict=True)
        if fault.key not in known
    ]  # fmt: skip
    counts = Counter(counted)
    for how, words in NOTICED_BY.items():
        print(f"{counts[how]:4} noticed by {words}")
    print(
        f"{counts['survived']:4} survived; {len(faults) - len(counted)} change nothing, as listed"
    )
    noticed = len(counted) - counts["survived"]
    print(f"with all tests {noticed / len(counted):.1%}, ", end="")
    print(f"without the golden file {(noticed - counts['golden']) / len(counted):.1%}")


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(sys.argv[1:]))
