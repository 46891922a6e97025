"""The command that begins the account of another model: new-model."""

from __future__ import annotations

import argparse
import datetime
import math
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.cli.options import say, tell
from analysis.cli.words import OUTLINE, QUESTIONS
from analysis.data.chips import find_chip
from analysis.data.folder import PACKAGE, default_directory, evidence_folder, named_files
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence

if TYPE_CHECKING:  # a command imports what it needs when it runs: most need less than all
    from analysis.physics.architecture import Architecture


def new_model_command(options: argparse.Namespace) -> None:
    from analysis.reconstruction.new_model import check_name, copied, facts_text, model_text

    directory = _own_folder(options.data)
    evidence = Evidence.load(directory)
    check_name(options.name, evidence, options.force)
    if options.other:
        title = options.title or options.name
        texts = copied(options.name, title, options.other, evidence)
    else:
        model = _described(options, evidence)
        texts = model_text(model), facts_text(model)
    _write(options.name, texts, directory)


def _own_folder(directory: Path | None) -> Path:
    """The evidence folder to write to; one that is not there yet begins as a copy of ours."""
    if directory is None or (directory / PACKAGE).is_file():
        return evidence_folder(directory)
    if directory.exists() and any(directory.iterdir()):
        raise InputError(f"--data {directory}: holds other files and no {PACKAGE}")
    ours = default_directory()
    for name in named_files(ours):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ours / name, directory / name)
    say(f"{directory}: begins as a copy of the project's evidence")
    return directory


def _described(options: argparse.Namespace, evidence: Evidence) -> Any:
    from analysis.reconstruction.new_model import NewModel

    answers = _answered(options, QUESTIONS)
    shape, read_in = _architecture(options, evidence)
    return NewModel(
        name=options.name,
        title=answers["title"],
        developer=answers["developer"],
        release_date=_date(answers["release_date"]),
        chip=find_chip(answers["chip"], evidence["hardware"]).name,
        architecture=shape,
        kind="moe" if _is_mixture(shape) else "dense",
        read_in=read_in,
        tokens=_number("tokens", answers["tokens"]),
        seq_len=_number("seq-len", answers["seq_len"]),
        gpu_hours=None if options.gpu_hours is None else _number("gpu-hours", options.gpu_hours),
    )


def _architecture(options: argparse.Namespace, evidence: Evidence) -> tuple[Architecture, str]:
    """The sizes of the model, and where they were read."""
    from analysis.physics.architecture import Outline
    from analysis.reconstruction.new_model import WHERE
    from analysis.runs.config_files import read_config

    if options.config:
        return read_config(options.config, evidence), f"{options.config.name} of the model"
    answers = {
        name: int(_number(name.replace("_", "-"), text))
        for name, text in _answered(options, OUTLINE).items()
    }
    names = {"layers": "n_layers", "d_model": "dim", "vocab": "vocab_size"}
    sizes = {names.get(name, name): size for name, size in answers.items()}
    if sizes["params_total"] < sizes["params_active"]:
        raise InputError("--params-total is smaller than --params-active")
    if sizes["dim"] * sizes["vocab_size"] >= sizes["params_active"]:
        raise InputError("--params-active is no larger than --vocab times --d-model")
    return Outline(**sizes), WHERE


def _is_mixture(shape: Architecture) -> bool:
    from analysis.physics.architecture import Outline

    if isinstance(shape, Outline):
        return (shape.params_total or 0) > shape.params_active
    return shape.n_routed_experts > 0


def _answered(options: argparse.Namespace, questions: dict[str, str]) -> dict[str, str]:
    """What the flags say, or whoever sits at the keyboard; all that is missing in one line."""
    found = {name: getattr(options, name) for name in questions}
    if sys.stdin.isatty():
        found |= {name: input(f"{questions[name]}: ") for name, text in found.items() if not text}
    missing = [f"--{name.replace('_', '-')}" for name, text in found.items() if not text]
    if missing:
        also = "" if questions is QUESTIONS else ", or --config FILE, or --from MODEL"
        raise InputError(f"new-model needs {', '.join(missing)}{also}")
    return {name: str(text) for name, text in found.items()}


def _number(flag: str, text: str) -> float:
    """A number as papers write it."""
    from analysis.compare.specification import in_units

    try:
        number = float(in_units(text))
    except ValueError:
        number = math.nan
    if not 0 < number <= 1e16:
        raise InputError(f"--{flag} {text}: expected a number above zero, such as 15T")
    return number


def _date(text: str) -> str:
    try:
        return datetime.date.fromisoformat(text).isoformat()
    except ValueError:
        raise InputError(f"--release-date {text}: expected YYYY-MM-DD") from None


def _write(name: str, texts: tuple[str, str], directory: Path) -> None:
    """Both files, and a first answer; neither stays if they make no model."""
    from analysis.cli.answers import reconstruction_text
    from analysis.reconstruction.new_model import paths_of
    from analysis.reconstruction.reconstruction import reconstruct

    paths = paths_of(name, directory)
    before = {path: path.read_bytes() if path.exists() else None for path in paths}
    try:
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        found = reconstruct(name, load_scenario("paper", directory), Evidence.load(directory))
    except BaseException:
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)
        raise
    tell(reconstruction_text(found))
    for path in paths:
        tell(path)
