"""The command that begins the account of another model: new-model."""

from __future__ import annotations

import argparse
import shlex
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.cli.options import say, tell
from analysis.cli.questions import (
    LEAST_AMOUNT,
    answered,
    checks_of,
    day,
    flag_of,
    list_chips,
    number,
    whole,
    why_assumed,
)
from analysis.cli.sheet import take_from_sheet
from analysis.cli.words import ASSUMED, NAMED, OUTLINE, QUESTIONS, TOLD
from analysis.data.chips import find_chip
from analysis.data.folder import PACKAGE, default_directory, evidence_folder, named_files
from analysis.data.mistakes import InputError
from analysis.data.scenario import load_scenario
from analysis.data.tables import Evidence

if TYPE_CHECKING:  # a command imports what it needs when it runs: most need less than all
    from analysis.physics.architecture import Architecture, Configuration
    from analysis.reconstruction.new_model import Origin

NUMBERS = ("tokens", "seq_len")
MOST_NAMED = 4  # facts in one line
# what a flag's file says, so that a flag of its own would change nothing
IN_THE_FILE = {
    "--config": ("layers", "d_model", "vocab"),
    "--from": (
        *[name for name in QUESTIONS | OUTLINE if name != "title"],
        *["config", "chip_source", "chip_assumed", "source", "price", "gpu_hours"],
    ),
}
ALSO = ", or --config FILE, or --from MODEL"  # instead of sizes


def new_model_command(options: argparse.Namespace) -> None:
    from analysis.reconstruction.new_model import check_name, copied, facts_text, model_text

    directory = _own_folder(options.data)
    begins = not (directory / PACKAGE).is_file()
    evidence = Evidence.load(default_directory() if begins else directory)
    check_name(options.name, evidence, options.force)
    _refuse_what_changes_nothing(options)
    if options.other:
        title = options.title or options.name
        texts = copied(options.name, title, options.other, evidence)
    else:
        model = _described(options, evidence)
        texts = model_text(model), facts_text(model)
    if begins:
        _begin(options.name, texts, directory)
    else:
        _write(options.name, texts, directory)
    _say_what_was_written(options, directory, texts)


def _refuse_what_changes_nothing(options: argparse.Namespace) -> None:
    """Refuse a flag whose figure stands in the file that another flag names."""
    named = {"--config": options.config, "--from": options.other}
    for flag, names in IN_THE_FILE.items():
        given = [name for name in names if named[flag] and getattr(options, name)]
        if given:
            found = f"{flag_of(given[0])} {getattr(options, given[0])}"
            raise InputError(f"{found}: with {flag} it stands in the file; allowed is one of both")


def _own_folder(directory: Path | None) -> Path:
    """The evidence folder to write to, there or not; one with other files is none."""
    if directory is None or (directory / PACKAGE).is_file():
        return evidence_folder(directory)
    if directory.exists() and any(directory.iterdir()):
        raise InputError(f"--data {directory}: holds other files and no {PACKAGE}")
    return directory


def _begin(name: str, texts: tuple[str, str], directory: Path) -> None:
    """A folder that begins as a copy of ours with the model in it, or none where that fails."""
    ours = default_directory()
    mode = directory.stat().st_mode if directory.exists() else None
    with tempfile.TemporaryDirectory() as room:
        copy = Path(room) / "evidence"
        for path in named_files(ours):
            (copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ours / path, copy / path)
        _write(name, texts, copy)
        shutil.copytree(copy, directory, dirs_exist_ok=True)
    if mode is not None:  # of whoever made the folder
        directory.chmod(mode)
    say(f"{directory}: begins as a copy of the project's evidence")


def _say_what_was_written(
    options: argparse.Namespace, directory: Path, texts: tuple[str, str]
) -> None:
    """Both files, what is to be filled in, and the command that comes next."""
    from analysis.reconstruction.new_model import assumptions_in, paths_of

    for path in paths_of(options.name, directory):
        tell(f"wrote {path}")
    if typed := assumptions_in(texts[1]):
        shown = ", ".join(typed[:MOST_NAMED]) + (", …" if len(typed) > MOST_NAMED else "")
        say(f"{shown}: assumptions, until their rows name a document and say disclosed")
    data = ["--data", str(options.data)] if options.data else []
    command = shlex.join(["traincost", "build", "--model", options.name, *data])
    say(f"next, the book that opens with its account: {command}")


def _described(options: argparse.Namespace, evidence: Evidence) -> Any:
    from analysis.reconstruction.new_model import NewModel

    origins = take_from_sheet(options, evidence)
    price = None if options.price is None else number("price", options.price, LEAST_AMOUNT)
    if not options.chip:
        list_chips(evidence["hardware"])
    checks = checks_of(evidence["hardware"], *NUMBERS)
    checks["tokens"] = partial(_check_tokens, evidence)
    answers = answered(options, QUESTIONS, checks)
    named_in, why = _how_the_chip_is_known(options)
    where = _where_told(options)
    told = ("tokens", "seq_len", "gpu_hours", "price_usd_per_gpu_hour")
    origins = dict.fromkeys(told, where) | origins
    hours = options.gpu_hours
    hours = None if hours is None else number("gpu_hours", hours, LEAST_AMOUNT)
    if hours and origins["gpu_hours"].kind != "disclosed":
        raise InputError("--gpu-hours are disclosed hours: say by --source where they stand")
    shape, read_in = _architecture(options, evidence, where)
    return NewModel(
        name=options.name,
        title=answers["title"],
        developer=answers["developer"],
        release_date=day(answers["release_date"]),
        chip=find_chip(answers["chip"], evidence["hardware"]).name,
        architecture=shape,
        kind="moe" if _is_mixture(shape) else "dense",
        read_in=read_in,
        tokens=number("tokens", answers["tokens"]),
        seq_len=number("seq_len", answers["seq_len"]),
        origins=origins,
        gpu_hours=hours,
        price_usd_per_gpu_hour=price,
        sheet=getattr(options, "sheet", ""),
        chip_source=named_in,
        chip_assumed=why,
    )


def _check_tokens(evidence: Evidence, text: str) -> None:
    from analysis.compare.specification import plausible_tokens

    plausible_tokens(number("tokens", text), evidence["training_runs"])


def _say_what_is_unlike(options: argparse.Namespace, shape: Configuration) -> None:
    """A warning where sizes that were given, or stand in the name, are not those of the config."""
    from analysis.compare.specification import size_in_name
    from analysis.compare.work import COUNTS, unlike_config

    given = {name: getattr(options, name) for name in COUNTS}
    sizes = {name: number(name, text) for name, text in given.items() if text}
    named = size_in_name(options.title or options.name)
    lines = unlike_config(sizes, shape)
    if not lines and named and "params_total" not in sizes:
        lines = [
            f"{options.title or options.name}: {line}"
            for line in unlike_config({"params_total": named}, shape)
        ]
    for line in lines:
        say(f"warning: {line}; is {options.config.name} of this model?")


def _where_told(options: argparse.Namespace) -> Origin:
    """Where the figures stand that were typed, asked for where they were asked for."""
    from analysis.reconstruction.new_model import TYPED, told_in

    if not options.source and sys.stdin.isatty() and not options.tokens:
        options.source = answered(options, TOLD, {})["source"]
    return TYPED if options.source in (None, "", "none") else told_in(options.source)


def _how_the_chip_is_known(options: argparse.Namespace) -> tuple[str, str]:
    """The document that names the chip, or why the chip is assumed: one of them is empty. Both are
    asked for where the chip was asked for.
    """
    from analysis.reconstruction.new_model import NO_DOCUMENT

    if options.chip_source and options.chip_assumed:
        raise InputError("--chip-source and --chip-assumed: a chip is disclosed or assumed")
    asks = sys.stdin.isatty() and not options.chip
    if asks and not options.chip_assumed:
        options.chip_source = answered(options, NAMED, {})["chip_source"]
    if options.chip_source not in (None, "", "none"):
        return options.chip_source, ""
    if asks or options.chip_assumed:
        checks = {"chip_assumed": why_assumed}
        return "", why_assumed(answered(options, ASSUMED, checks)["chip_assumed"])
    say(
        "the chip is an assumption: --chip-source names the document where it is disclosed, "
        "--chip-assumed says why it is this one"
    )
    return "", NO_DOCUMENT


def _architecture(
    options: argparse.Namespace, evidence: Evidence, where: Origin
) -> tuple[Architecture, Origin]:
    """The sizes of the model, and where they were read."""
    from analysis.physics.architecture import Outline
    from analysis.reconstruction.new_model import told_in
    from analysis.runs.config_files import read_config

    if options.config:
        shape = read_config(options.config, evidence)
        _say_what_is_unlike(options, shape)
        return shape, told_in(f"{options.config.name} of the model")
    checks = checks_of(evidence["hardware"], *OUTLINE)
    answers = {
        name: whole(name, text) for name, text in answered(options, OUTLINE, checks, ALSO).items()
    }
    names = {"layers": "n_layers", "d_model": "dim", "vocab": "vocab_size"}
    sizes = {names.get(name, name): size for name, size in answers.items()}
    if sizes["params_total"] < sizes["params_active"]:
        raise InputError("--params-total is smaller than --params-active")
    if sizes["dim"] * sizes["vocab_size"] >= sizes["params_active"]:
        raise InputError("--params-active is no larger than --vocab times --d-model")
    return Outline(**sizes), where


def _is_mixture(shape: Architecture) -> bool:
    from analysis.physics.architecture import Outline

    if isinstance(shape, Outline):
        return (shape.params_total or 0) > shape.params_active
    return shape.n_routed_experts > 0


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
