"""The commands and their options."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from analysis.cli.options import add_data, add_json, add_model, add_overrides, add_scenario
from analysis.cli.words import MOST_WITHOUT_YES, OUTLINE, QUESTIONS
from analysis.data.folder import package_version
from analysis.data.mistakes import InputError

EXAMPLES = """examples (a MODEL is a file in data/models, RUN.toml describes a run):
  traincost reconstruct MODEL -p price_usd_per_gpu_hour=4
  traincost facts
  traincost claims --json
  traincost estimate RUN.toml
  traincost sweep --grid mfu=0.2:0.5:4 --grid price_usd_per_gpu_hour=1,2,3 --out sweep.csv
  traincost new-model NAME --config config.json
  traincost build -p mfu=0.3 --out my-edition

traincost COMMAND --help says more of a command."""

Command = Callable[..., argparse.ArgumentParser]


class Parser(argparse.ArgumentParser):
    """A parser whose mistakes are the user's, in one line."""

    def error(self, message: str) -> NoReturn:
        """Refuse what was given."""
        raise InputError(f"{message} ({self.prog} --help)")


class Once(argparse.Action):
    """Takes what is given, once: of an option that is given again one answer would be lost."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,
    ) -> None:
        """Keep it, and that it was given, for a default is no answer of the user's."""
        said = vars(namespace).setdefault("said", set())
        if option_string and self.dest in said:
            before = getattr(namespace, self.dest)
            raise argparse.ArgumentError(self, f"found {before} and {values}, allowed is one")
        said.add(self.dest)
        setattr(namespace, self.dest, values)


class Version(argparse.Action):
    """Prints the version, which takes its time to read and is read only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Print it and end."""
        print(parser.prog, package_version())
        parser.exit()


def make_parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = Parser(
        prog="traincost",
        description="What it costs to train a language model: reconstruct, check, estimate, build.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and end")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)

    def command(
        name: str, run: str, text: str, *options: Callable[[argparse.ArgumentParser], None]
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)  # a module and a function, imported when it runs
        added.register("type", None, _given)
        added.register("type", Path, lambda text: Path(_given(text)))
        added.register("type", str, _readable)
        for action in (None, "store"):
            added.register("action", action, Once)
        for add in options:
            add(added)
        return added

    for add_commands in (_editions, _answers, _sweeps, _lists, _new_model):
        add_commands(command)
    return parser


def _given(text: str) -> str:
    """What is given, if it is anything: a shell's variable that is not set is a slip."""
    if not text:
        raise argparse.ArgumentTypeError("found nothing, allowed is a text")
    return _readable(text)


def _readable(text: str) -> str:
    """What is given, if it is a text: of bytes that are none nothing can be written or said."""
    try:
        text.encode()
    except UnicodeEncodeError:
        said = f"found {text!a}, allowed is a text or a name in UTF-8"
        raise argparse.ArgumentTypeError(said) from None
    return text


def _editions(command: Command) -> None:
    words = "build an edition of the book, or the book of another model"
    built = command("build", "editions.build_command", words, add_data, add_model, add_scenario)
    words = "where to put it (book/_build/html, or book/_build/NAME of another model)"
    built.add_argument("--out", type=Path, metavar="DIR", help=words)
    words = "the address it will have on the web: previews of pages need one"
    built.add_argument("--base-url", metavar="https://…", help=words)
    built.add_argument("--no-cache", action="store_true", help="execute every page, changed or not")
    words = "start a kernel for each page; do not fork"
    built.add_argument("--fresh-kernels", action="store_true", help=words)
    words = "execute one notebook"
    rerun = command("rerun", "editions.rerun_command", words, add_data, add_overrides)
    rerun.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    words = "the executed notebook (NOTEBOOK.executed.ipynb)"
    rerun.add_argument("--out", type=Path, metavar="FILE", help=words)
    _may_write_over(rerun, "a file that is not as a rerun left it")
    command("pages", "editions.pages_command", "list the pages that an edition executes", add_json)


def _answers(command: Command) -> None:
    words = "reconstruct a model's phases"
    shown = command(
        "reconstruct", "answers.reconstruct_command", words, add_data, add_scenario, add_json
    )
    shown.add_argument("model", metavar="MODEL")
    words = "estimate a run that nobody disclosed, from a description in TOML"
    guessed = command("estimate", "answers.estimate_command", words, add_data, add_json)
    words = "a file, standard input, a folder of files, or a table with a run in each row"
    guessed.add_argument("spec", metavar="SPEC.toml|-|DIR|FILE.csv", help=words)
    words = "leave this developer's runs out of the data"
    guessed.add_argument("--exclude-developer", metavar="NAME", help=words)
    words = "the public claims with their verdicts"
    options = (add_data, add_model, add_scenario, add_json)
    command("claims", "answers.claims_command", words, *options)
    words = "validate a disclosure card, print what is missing, and estimate the rest"
    card = command("card", "answers.card_command", words, add_data)
    card.add_argument("card", metavar="MODEL|FILE", help="a file in data/cards, or a path")
    words = "the compute part of the EU's model documentation form, estimates marked as such"
    either = card.add_mutually_exclusive_group()
    add_json(either)
    either.add_argument("--eu-form", action="store_true", help=words)
    compared = command(
        "diff", "answers.diff_command", "what differs between two editions", add_json
    )
    compared.add_argument("before", type=Path, metavar="EDITION_A", help="the folder of an edition")
    compared.add_argument("after", type=Path, metavar="EDITION_B", help="the folder of another")


def _sweeps(command: Command) -> None:
    words = "evaluate many parameter sets at once"
    swept = command("sweep", "sweeps.sweep_command", words, add_data, add_model, add_scenario)
    words = "values of a parameter; may be repeated"
    metavar = "key=a,b,c|lo:hi:n"
    swept.add_argument("--grid", action="append", default=[], metavar=metavar, help=words)
    words = "N Sobol points over the ranges instead of every combination"
    swept.add_argument("--sample", metavar="N", help=words)
    words = "one row a combination; a chart stands beside it"
    swept.add_argument("--out", type=Path, required=True, metavar="FILE.csv", help=words)
    words = "on a Dask cluster instead of in this process"
    swept.add_argument("--scheduler", metavar="local|ADDRESS", help=words)
    _may_write_over(swept, "a file that is not as a sweep left it")
    words = f"do it even if there are more than {MOST_WITHOUT_YES:,} combinations"
    swept.add_argument("--yes", action="store_true", help=words)


def _lists(command: Command) -> None:
    words = "list the facts, or show one, or one that is derived from them"
    facts = command("facts", "lists.facts_command", words, add_data, add_model, add_json)
    facts.add_argument("id", nargs="?", metavar="ID")
    command("sources", "lists.sources_command", "list the sources", add_data, add_json)
    words = "list the models that are accounted for"
    command("models", "lists.models_command", words, add_data, add_json)
    words = "list the scenarios and the parameters that they may set"
    command("scenarios", "lists.scenarios_command", words, add_data, add_json)


def _new_model(command: Command) -> None:
    words = "begin the account of another model: its file and its facts, and a first answer"
    added = command("new-model", "new_models.new_model_command", words, add_data)
    # of any text, for the command says what a name is
    added.add_argument("name", type=str, metavar="NAME", help="what its file will be called")
    words = "the config.json that is published with its weights"
    added.add_argument("--config", type=Path, metavar="FILE", help=words)
    words = "begin with the file of another model, its figures as assumptions"
    added.add_argument("--from", dest="other", metavar="MODEL", help=words)
    for name, question in (QUESTIONS | OUTLINE).items():
        added.add_argument(f"--{name.replace('_', '-')}", metavar="…", help=question)
    words = "the document that names the chip, with the page; else the chip is an assumption"
    added.add_argument("--chip-source", metavar="WHERE", help=words)
    words = "no source names the chip: a sentence on why it is assumed to be this one"
    added.add_argument("--chip-assumed", metavar="WHY", help=words)
    words = "document and page of the figures that are given here; else they are assumptions"
    added.add_argument("--source", metavar="WHERE", help=words)
    words = "US$ that a GPU-hour is rented for; else the middle of the quotes near the release"
    added.add_argument("--price", metavar="…", help=words)
    words = "GPU-hours of its pre-training, where they are disclosed"
    added.add_argument("--gpu-hours", metavar="…", help=words)
    _may_write_over(added, "a model that is there")


def _may_write_over(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument("--force", action="store_true", help=f"write over {what}")
