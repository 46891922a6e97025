"""The command line: a thin shell over the package. Exit 0: done; 2: the user's mistake, in one
line; 1: ours.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, NoReturn

import pandas as pd

from analysis import __version__
from analysis.data.chips import find_chip
from analysis.data.facts import Fact
from analysis.data.folder import edition_model, evidence_folder
from analysis.data.mistakes import InputError
from analysis.data.scenario import (
    PARAMETER_NAMES,
    Scenario,
    list_scenarios,
    load_scenario,
    parameters_frame,
    parse_overrides,
)
from analysis.data.tables import Evidence

if TYPE_CHECKING:  # a command imports what it needs when it runs: most need less than all
    from analysis.publish.execute import Job
    from analysis.reconstruction.reconstruction import Reconstruction

MOST_WITHOUT_YES = 100_000  # combinations of a sweep
SECONDS_BETWEEN_LINES = 2.0
CHART_MARK = "<!-- the chart of a sweep by traincost -->\n"  # what begins so may be drawn over

EXAMPLES = """examples (a MODEL is a file in data/models, RUN.toml describes a run):
  traincost reconstruct MODEL -p price_usd_per_gpu_hour=4
  traincost facts
  traincost claims --json
  traincost estimate RUN.toml
  traincost sweep --grid mfu=0.2:0.5:4 --grid price_usd_per_gpu_hour=1,2,3 --out sweep.csv
  traincost build -p mfu=0.3 --out my-edition

traincost COMMAND --help says more of a command."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    try:
        options = _parser().parse_args(arguments)
        options.run(options)
    except InputError as error:
        for line in str(error).splitlines():
            print(f"error: {line}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        return 1
    except RuntimeError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except shutil.Error as error:  # of a folder, with a line for each of its files
        _, target, why = error.args[0][0]
        print(f"error: {target}: {why.partition(': ')[0]}", file=sys.stderr)
        return 1
    except OSError as error:  # a full disk, most likely
        print(f"error: {error.filename or 'writing'}: {error.strerror or error}", file=sys.stderr)
        return 1
    return 0


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} ({self.prog} --help)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="traincost",
        description="What it costs to train a language model: reconstruct, check, estimate, build.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    def command(
        name: str, run: Any, text: str, *, parameters: bool = False
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        added.add_argument("--data", type=Path, metavar="DIR", help="another evidence folder")
        if parameters:
            added.add_argument(
                "--scenario",
                default="paper",
                metavar="NAME|FILE",
                help="a file in data/scenarios, or a path",
            )
            added.add_argument(
                "-p",
                dest="overrides",
                action="append",
                default=[],
                metavar="key=value",
                help="one parameter; may be repeated",
            )
        return added

    built = command("build", _build, "build an edition of the book", parameters=True)
    built.add_argument("--out", type=Path, metavar="DIR", help="where to put it (book/_build/html)")
    built.add_argument("--no-cache", action="store_true", help="execute every page, changed or not")
    built.add_argument(
        "--fresh-kernels", action="store_true", help="start a kernel for each page; do not fork"
    )
    rerun = command("rerun", _rerun, "execute one notebook", parameters=False)
    rerun.add_argument("notebook", type=Path, metavar="NOTEBOOK")
    _add_overrides(rerun)
    rerun.add_argument(
        "--out", type=Path, metavar="FILE", help="the executed notebook (NOTEBOOK.executed.ipynb)"
    )
    shown = command("reconstruct", _reconstruct, "reconstruct a model's phases", parameters=True)
    shown.add_argument("model", metavar="MODEL")
    shown.add_argument(
        "--json", action="store_true", help="JSON, and nothing else, on standard output"
    )
    guessed = command(
        "estimate", _estimate, "estimate a run that nobody disclosed, from a description in TOML"
    )
    guessed.add_argument(
        "spec", metavar="SPEC.toml|-|DIR", help="a file, standard input, or a folder of files"
    )
    guessed.add_argument(
        "--exclude-developer", metavar="NAME", help="leave this developer's runs out of the data"
    )
    guessed.add_argument(
        "--json", action="store_true", help="JSON, and nothing else, on standard output"
    )
    judged = command("claims", _claims, "the public claims with their verdicts", parameters=True)
    judged.add_argument(
        "--json", action="store_true", help="JSON, and nothing else, on standard output"
    )
    card = command(
        "card", _card, "validate a disclosure card, print what is missing, and estimate the rest"
    )
    card.add_argument("card", metavar="MODEL|FILE", help="a file in data/cards, or a path")
    card.add_argument(
        "--json", action="store_true", help="JSON, and nothing else, on standard output"
    )
    compared = command("diff", _diff, "what differs between two editions")
    compared.add_argument("before", type=Path, metavar="EDITION_A", help="the folder of an edition")
    compared.add_argument("after", type=Path, metavar="EDITION_B", help="the folder of another")
    compared.add_argument(
        "--json", action="store_true", help="JSON, and nothing else, on standard output"
    )
    swept = command("sweep", _sweep, "evaluate many parameter sets at once", parameters=True)
    swept.add_argument(
        "--grid",
        action="append",
        default=[],
        metavar="key=a,b,c|lo:hi:n",
        help="values of a parameter; may be repeated",
    )
    swept.add_argument(
        "--sample",
        type=int,
        metavar="N",
        help="N Sobol points over the ranges instead of every combination",
    )
    swept.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE.csv",
        help="one row a combination; a chart stands beside it",
    )
    swept.add_argument(
        "--scheduler", metavar="local|ADDRESS", help="on a Dask cluster instead of in this process"
    )
    swept.add_argument(
        "--yes",
        action="store_true",
        help=f"do it even if there are more than {MOST_WITHOUT_YES:,} combinations",
    )
    listed = command("pages", _pages, "list the pages that an edition executes")
    listed.add_argument(
        "--json", action="store_true", help="JSON, and nothing else, on standard output"
    )
    facts = command(
        "facts", _facts, "list the facts, or show one, or one that is derived from them"
    )
    facts.add_argument("id", nargs="?", metavar="ID")
    command("sources", _sources, "list the sources")
    command("scenarios", _scenarios, "list the scenarios and the parameters that they may set")
    return parser


def _add_overrides(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-p",
        dest="overrides",
        action="append",
        default=[],
        metavar="key=value",
        help="one parameter; may be repeated",
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _scenario(options: argparse.Namespace, directory: Path) -> tuple[Scenario, dict[str, str]]:
    overrides = parse_overrides(options.overrides)
    scenario = load_scenario(options.scenario, directory, **overrides)
    _say(scenario.summary)
    return scenario, overrides


def _build(options: argparse.Namespace) -> None:
    from analysis.publish.place import refuse_place, tidy
    from analysis.publish.plan import plan

    directory = evidence_folder(options.data)
    scenario, overrides = _scenario(options, directory)
    planned = plan(scenario, options.scenario, overrides, directory)
    out = (options.out or planned.root / "book" / "_build" / "html").resolve()
    refuse_place(out, planned.root, directory)
    tidy(out)
    if planned.stands_in(out) and not options.no_cache:
        _say(f"nothing changed: {len(planned.pages)} pages stand")
        print(f"open {out / 'index.html'}")
        return
    from analysis.publish.edition import (
        build,  # only now: what a build imports takes longer than to see that none is due
    )

    evidence = Evidence.load(options.data)
    broken = evidence.broken_identities()
    if broken:
        raise InputError(
            broken[0] if len(broken) == 1 else f"{broken[0]}; and {len(broken) - 1} more"
        )
    _check_chip(scenario, evidence)
    print(
        f"open {build(planned, evidence, out, not options.no_cache, _say, options.fresh_kernels)}"
    )


def _check_chip(scenario: Scenario, evidence: Evidence) -> None:
    """The one parameter whose names are in the evidence, checked before anything runs."""
    if scenario.parameters.chip is not None:
        find_chip(scenario.parameters.chip, evidence["hardware"])


def _rerun(options: argparse.Namespace) -> None:
    from analysis.publish.execute import Job, check_target, execute_one

    given = parse_overrides(options.overrides)
    output = (options.out or Path(f"{options.notebook.stem}.executed.ipynb")).resolve()
    check_target(output)
    parameters = given | ({"data": str(options.data.resolve())} if options.data else {})
    job = Job(options.notebook.stem, options.notebook, parameters, output)
    execute_one(job, lambda: _check_rerun(job))
    print(output)


def _check_rerun(job: Job) -> None:
    """Names and bounds, checked while the process starts that would execute the notebook."""
    from analysis.publish.execute import check_declared

    declared = check_declared(job)
    defaults = {
        name: found["default"].strip("\"'")
        for name, found in declared.items()
        if found["default"] != "None"
    }
    settings = defaults | dict(job.parameters)
    directory = evidence_folder(Path(settings["data"]) if "data" in settings else None)
    overrides = {name: value for name, value in settings.items() if name in PARAMETER_NAMES}
    scenario = load_scenario(settings.get("scenario", "paper"), directory, **overrides)
    _say(scenario.summary)
    _check_chip(scenario, Evidence.load(directory))


def _reconstruct(options: argparse.Namespace) -> None:
    from analysis.reconstruction.reconstruction import reconstruct

    evidence = Evidence.load(options.data)
    scenario, _ = _scenario(options, evidence.directory)
    for line in evidence.broken_identities():
        _say(f"warning: {line}")
    found = reconstruct(options.model, scenario, evidence)
    if options.json:
        print(json.dumps(found.to_dict(), indent=1))
    else:
        print(_reconstruction_text(found))


def _reconstruction_text(found: Reconstruction) -> str:
    content = found.to_dict()
    rows = [
        {
            "phase": row.get("label", "total"),
            "disclosed h": ""
            if row["gpu_hours"]["disclosed"] is None
            else f"{row['gpu_hours']['disclosed']:,.0f}",
            **{
                f"{name} h": f"{value:,.0f}"
                for name, value in row["gpu_hours"]["reconstructed"].items()
            },
            "middle US$": f"{row['usd']['reconstructed']['p50']:,.0f}",
            "off by": "" if row["error_factor"] is None else f"{row['error_factor']:.2f}x",
        }
        for row in [*content["phases"], content["total"]]
    ]
    return pd.DataFrame(rows).to_string(index=False)


def _estimate(options: argparse.Namespace) -> None:
    from analysis.compare.estimate import estimate_all
    from analysis.compare.specification import find_developer, read_texts

    evidence = Evidence.load(options.data)
    for line in evidence.broken_identities():
        _say(f"warning: {line}")
    exclude = (
        (find_developer(options.exclude_developer, evidence),) if options.exclude_developer else ()
    )
    folder = options.spec != "-" and Path(options.spec).is_dir()
    texts = (
        {"standard input": sys.stdin.read()}
        if options.spec == "-"
        else read_texts(Path(options.spec))
    )
    found = estimate_all(texts, evidence, exclude)
    for line in found.warnings:
        _say(f"warning: {line}")
    if options.json and (folder or found.answers):
        print(json.dumps(found.answers if folder else found.answers[0], indent=1))
    elif not options.json:
        for answer in found.answers:
            print(_estimate_text(answer))
    if found.mistakes:
        raise InputError("\n".join(found.mistakes))


def _estimate_text(answer: dict[str, Any]) -> str:
    rows = [
        {
            "": name.replace("_", " "),
            **{key: f"{value:,.4g}" for key, value in answer[name].items() if key != "parts"},
        }
        for name in ("gpu_hours", "usd", "energy_kwh", "co2_kg", "mfu", "step_seconds")
        if name in answer
    ]
    said = "\n".join(f"  - {line}" for line in answer["assumptions"])
    return f"{answer['name']}\n{pd.DataFrame(rows).to_string(index=False)}\nassumed:\n{said}"


def _claims(options: argparse.Namespace) -> None:
    from analysis.check.claims import counts_of, judge_all, to_list
    from analysis.reconstruction.account import account_of

    evidence = Evidence.load(options.data)
    scenario = load_scenario(
        options.scenario, evidence.directory, **parse_overrides(options.overrides)
    )
    judged = judge_all(account_of(edition_model(), scenario, evidence))
    _say(scenario.summary)
    for line in evidence.broken_identities():
        _say(f"warning: {line}")
    if options.json:
        print(json.dumps(to_list(judged), indent=1, ensure_ascii=False))
    else:
        for one in judged:
            print(f"{one.id}  {one.verdict}\n  {one.claim}\n  {one.reason}")
        print(counts_of(judged).to_string(index=False))


def _card(options: argparse.Namespace) -> None:
    from analysis.compare.disclosure import answer, load_card

    evidence = Evidence.load(options.data)
    found = answer(load_card(options.card, evidence), evidence)
    print(json.dumps(found, indent=1) if options.json else _card_text(found))


def _card_text(found: dict[str, Any]) -> str:
    missing = "\n".join(f"  - {name}" for name in found["missing"]) or "  nothing"
    rows = [
        {"phase": row["phase"], "how": row["how"]}
        | {f"{key} h": f"{value:,.0f}" for key, value in (row["gpu_hours"] or {}).items()}
        for row in found["estimate"]
    ]
    asked = len(found["disclosed"]) + len(found["missing"])
    known = f"{len(found['disclosed'])} of {asked} fields"
    head = f"{found['name']}: {found['score']:.0%} of what a bill needs ({known})"
    return f"{head}\nmissing:\n{missing}\n{pd.DataFrame(rows).to_string(index=False, na_rep='')}"


def _diff(options: argparse.Namespace) -> None:
    from analysis.publish.results import difference, read_results

    frame = difference(read_results(options.before), read_results(options.after))
    if options.json:
        print(frame.to_json(orient="records", indent=1, double_precision=10))
    elif frame.empty:
        print("nothing differs")
    else:
        for part, rows in frame.groupby("part", sort=False):
            rows = rows.drop(columns="part")
            print(
                f"{part}\n{rows.to_string(index=False, na_rep='', float_format='{:,.6g}'.format)}\n"
            )


def _sweep(options: argparse.Namespace) -> None:
    from analysis.reconstruction.sweep import (
        check_target,
        combinations,
        size_of,
        sweep,
        sweep_on_cluster,
        write,
    )

    evidence = Evidence.load(options.data)
    size = size_of(options.grid, options.sample)
    if size > MOST_WITHOUT_YES and not options.yes:
        raise InputError(
            f"{size:,} combinations are more than {MOST_WITHOUT_YES:,}; "
            "say --yes to evaluate them all"
        )
    check_target(options.out)
    picture = options.out.with_suffix(".svg")
    if picture == options.out:
        raise InputError(f"--out {picture}: is what its chart would be called; name a .csv file")
    _check_picture(picture)
    scenario, _ = _scenario(options, evidence.directory)
    sets = combinations(options.grid, options.sample, scenario.parameters.seed)
    report = _Progress(len(sets))
    if options.scheduler:
        frame = sweep_on_cluster(
            edition_model(), scenario, evidence, sets, options.scheduler, report
        )
    else:
        frame = sweep(edition_model(), scenario, evidence, sets, report)
    write(frame, options.out)
    print(options.out)
    _sweep_chart(frame, str(sets.columns[0]), picture)


def _check_picture(path: Path) -> None:
    """Refuse to draw over what is no chart of a sweep."""
    if os.path.lexists(path):
        found = path.read_bytes() if path.is_file() else b""
        if not found.startswith(CHART_MARK.encode()):
            raise InputError(
                f"--out: the chart would replace {path}, which is none of a sweep; "
                "name another file"
            )


def _sweep_chart(frame: pd.DataFrame, parameter: str, path: Path) -> None:
    """The summary chart beside the table; computing needs no plotting package, so it may be
    missing.
    """
    try:
        from analysis.show import charts
        from analysis.show.charts.figure import picture
    except ImportError:
        _say("no chart: install the extra `book`")
        return
    drawing = picture(charts.sweep_summary(frame, parameter))
    path.write_text(CHART_MARK + drawing, encoding="utf-8")
    print(path)


class _Progress:
    """Says how far a sweep is and how long it still takes, every two seconds."""

    def __init__(self, total: int) -> None:
        self.total, self.started, self.said = total, perf_counter(), perf_counter()

    def __call__(self, done: int, of: int) -> None:
        now = perf_counter()
        if now - self.said >= SECONDS_BETWEEN_LINES or (
            done == of and now - self.started >= SECONDS_BETWEEN_LINES
        ):
            self.said = now
            taken = now - self.started
            to_go = taken * (of - done) / done
            _say(f"{done:,} of {of:,} combinations ({taken:.0f} s, {to_go:.0f} s to go)")


def _pages(options: argparse.Namespace) -> None:
    from analysis.publish.plan import checkout, list_pages

    pages = list_pages(checkout())
    if options.json:
        print(
            json.dumps(
                [
                    {"page": page.page, "notebook": page.notebook, "parameters": page.parameters}
                    for page in pages
                ],
                indent=1,
            )
        )
    else:
        rows = [
            {"page": page.page, "notebook": page.notebook, "title": page.title} for page in pages
        ]
        print(pd.DataFrame(rows).to_string(index=False))


def _facts(options: argparse.Namespace) -> None:
    evidence = Evidence.load(options.data)
    if options.id in set(evidence["arithmetic"].id):
        print(_number_text(options.id, evidence))
    elif options.id:
        print(_fact_text(evidence.facts[options.id], evidence))
    else:
        columns = ["id", "value", "unit", "kind", "confidence", "source_id", "locator"]
        print(
            evidence["facts"][columns].to_string(
                index=False, float_format=lambda value: f"{value:.10g}", max_colwidth=48
            )
        )


def _fact_text(fact: Fact, evidence: Evidence) -> str:
    source = evidence["sources"].set_index("source_id").loc[fact.source_id]
    span = f" ({fact.low:.10g} to {fact.high:.10g})" if fact.has_range else ""
    lines = {
        "id": fact.id,
        "quantity": fact.quantity,
        "value": f"{fact.value:.10g}{span} {fact.unit}",
        "kind": fact.kind,
        "confidence": fact.confidence,
        "source": f"{source.title} ({source.publisher}, {source.year})",
        "locator": fact.locator,
        "url": source.url,
        "note": fact.note,
    }
    return "\n".join(f"{name:<11}{text}" for name, text in lines.items() if text)


def _number_text(name: str, evidence: Evidence) -> str:
    from analysis.reconstruction.model import load_model
    from analysis.reconstruction.names import Names

    number = Names(load_model(edition_model(), evidence), evidence).numbers[name]
    lines = {
        "id": name,
        "figure": number.label,
        "value": f"{number.value:.10g} {number.unit}",
        "kind": number.kind,
    }
    lines |= {"arithmetic": number.expression, "note": number.note}
    return "\n".join(f"{label:<11}{text}" for label, text in lines.items() if text)


def _sources(options: argparse.Namespace) -> None:
    table = Evidence.load(options.data)["sources"][
        ["source_id", "title", "publisher", "year", "kind", "url"]
    ]
    print(table.to_string(index=False, max_colwidth=60))


def _scenarios(options: argparse.Namespace) -> None:
    rows = [
        {
            "scenario": found.name,
            "title": found.title,
            "sets": ", ".join(f"{key}={value}" for key, value in found.changed.items()),
        }
        for found in list_scenarios(options.data)
    ]
    print(pd.DataFrame(rows).to_string(index=False))
    print()
    print(parameters_frame().to_string(index=False))
