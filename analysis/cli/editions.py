"""Commands that execute notebooks: build, rerun, pages."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.cli.options import chosen_scenario, say, tell
from analysis.data.folder import evidence_folder
from analysis.data.mistakes import InputError
from analysis.data.scenario import (
    PARAMETER_NAMES,
    Scenario,
    load_scenario,
    parse_overrides,
)

if TYPE_CHECKING:  # a command imports what it needs when it runs: most need less than all
    from analysis.data.tables import Evidence
    from analysis.publish.declared import Declared


def build_command(options: argparse.Namespace) -> None:
    from analysis.publish.place import refuse_place, tidy
    from analysis.publish.plan import checked_base_url, plan

    base_url = checked_base_url(options.base_url) if options.base_url is not None else ""
    directory = evidence_folder(options.data)
    scenario, overrides = chosen_scenario(options, directory)
    planned = plan(scenario, options.scenario, overrides, directory, base_url, options.model)
    out = (options.out or planned.place).resolve()
    refuse_place(out, planned.root, directory)
    tidy(out)
    if planned.stands_in(out) and not options.no_cache:
        say(f"nothing changed: {len(planned.pages)} pages stand")
        tell(f"open {out / 'index.html'}")
        return
    # only now: what a build imports takes longer than to see that none is due
    from analysis.publish.edition import build

    read = partial(_checked_evidence, directory, scenario)
    tell(f"open {build(planned, read, out, not options.no_cache, say, options.fresh_kernels)}")


def _checked_evidence(directory: Path, scenario: Scenario) -> Evidence:
    """The evidence of a build; what contradicts itself in it is refused."""
    evidence = _evidence(directory)
    broken = evidence.broken_identities()
    if broken:
        raise InputError(
            broken[0] if len(broken) == 1 else f"{broken[0]}; and {len(broken) - 1} more"
        )
    _check_chip(scenario, evidence)
    return evidence


def _check_chip(scenario: Scenario, evidence: Evidence) -> None:
    """The one parameter whose names are in the evidence, checked before any page runs."""
    from analysis.data.chips import chip_of

    if scenario.parameters.chip is not None:
        chip_of(scenario, scenario.parameters.chip, evidence["hardware"])


def rerun_command(options: argparse.Namespace) -> None:
    from analysis.publish.declared import as_declared, check_declared
    from analysis.publish.execute import execute_one
    from analysis.publish.job import Job, check_target

    given = parse_overrides(options.overrides)
    output = (options.out or Path(f"{options.notebook.stem}.executed.ipynb")).resolve()
    _refuse_paths(options.notebook, output)
    check_target(output, options.force)
    given |= {"data": str(options.data.resolve())} if options.data else {}
    declared = check_declared(options.notebook, given)
    directory, scenario = _settings(given, declared)
    parameters = {name: as_declared(name, text, declared[name]) for name, text in given.items()}
    job = Job(options.notebook.stem, options.notebook, parameters, output)
    say(scenario.summary)
    execute_one(job, lambda: _check_chip(scenario, _evidence(directory)))
    tell(output)


def _refuse_paths(notebook: Path, output: Path) -> None:
    """Refuse the notebook as its own result, whole or partial, and names that no text in UTF-8
    holds: the result tells both.
    """
    from analysis.publish.job import FAILED

    if not output.name:
        raise InputError(f"--out {output}: is a folder; name a file")
    if notebook.resolve() in (output, output.with_suffix(FAILED)):
        raise InputError(f"--out {output}: would write over the notebook itself; name another file")
    for path in (notebook, output):
        try:
            str(path).encode()
        except UnicodeEncodeError:
            raise InputError(f"{path}: allowed is a name in UTF-8") from None


def _settings(given: Mapping[str, str], declared: Mapping[str, Declared]) -> tuple[Path, Scenario]:
    """The evidence and the scenario of a notebook: what is given, else its own defaults."""
    defaults = {name: one.default for name, one in declared.items() if one.default is not None}
    settings = defaults | dict(given)
    directory = evidence_folder(Path(str(settings["data"])) if "data" in settings else None)
    overrides = {name: value for name, value in settings.items() if name in PARAMETER_NAMES}
    return directory, load_scenario(str(settings.get("scenario", "paper")), directory, **overrides)


def _evidence(directory: Path) -> Evidence:
    """Read while the process starts that will execute the notebook."""
    from analysis.data.tables import Evidence

    return Evidence.load(directory)


def pages_command(options: argparse.Namespace) -> None:
    from analysis.publish.plan import checkout, list_pages

    pages = list_pages(checkout())
    if options.json:
        tell(
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
        import pandas as pd

        tell(pd.DataFrame(rows).to_string(index=False))
