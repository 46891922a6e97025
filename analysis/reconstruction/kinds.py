"""The phases of training: a stage's inputs to GPU-hours, with their parts."""

from collections.abc import Iterable
from typing import Any

from analysis.data.mistakes import find
from analysis.reconstruction import fine_tuning, pretraining, reinforcement
from analysis.reconstruction.setting import Input, Setting, Work

# kind of a stage -> (its inputs, its work)
KINDS: dict[str, tuple[Any, Any]] = {
    "pretraining": (pretraining.inputs, pretraining.work),
    "fine_tuning": (fine_tuning.inputs, fine_tuning.work),
    "generation": (fine_tuning.generation_inputs, fine_tuning.generation_work),
    "reinforcement": (reinforcement.inputs, reinforcement.work),
}

__all__ = ["KINDS", "Input", "Setting", "Work", "known_kinds"]


def known_kinds(kinds: Iterable[str]) -> tuple[str, ...]:
    """The same kinds; an `UnknownName` for one that is none: of it there would be zero hours."""
    for kind in kinds:
        find(kind, KINDS, "a kind of stage")
    return tuple(kinds)
