"""The command that evaluates many parameter sets: sweep."""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from analysis.cli.options import Progress, chosen_scenario, install, say, tell
from analysis.cli.words import MOST_WITHOUT_YES
from analysis.data.folder import edition_model
from analysis.data.mistakes import InputError
from analysis.data.tables import Evidence


def sweep_command(options: argparse.Namespace) -> None:
    from analysis.reconstruction.grids import combinations, points, size_of
    from analysis.reconstruction.sweep import checked, counted, evaluated, marks
    from analysis.reconstruction.sweep_cluster import evaluated_on_cluster
    from analysis.reconstruction.sweep_file import check_target, write

    evidence = Evidence.load(options.data)
    sample = None if options.sample is None else points(options.sample)
    size = size_of(options.grid, sample)
    if size > MOST_WITHOUT_YES and not options.yes:
        raise InputError(
            f"{size:,} combinations are more than {MOST_WITHOUT_YES:,}; "
            "say --yes to evaluate them all"
        )
    if options.out.suffix.lower() != ".csv":
        raise InputError(f"--out {options.out}: a sweep is written as CSV; name a .csv file")
    picture = options.out.with_suffix(".svg")
    for path in (options.out, picture):
        check_target(path, options.force)
    scenario, overrides = chosen_scenario(options, evidence.directory)
    sets = combinations(options.grid, sample, scenario.parameters.seed, overrides)
    model, parameter = options.model or edition_model(), str(sets.columns[0])
    sets = checked(model, scenario, evidence, sets)
    parts = (
        evaluated_on_cluster(model, scenario, evidence, sets, options.scheduler)
        if options.scheduler
        else evaluated(model, scenario, evidence, sets)
    )
    parts = counted(parts, size, Progress("combinations"))
    medians = write(sets, parts, marks(scenario, evidence), options.out)
    tell(options.out)
    _sweep_chart(sets[[parameter]].assign(usd_p50=medians), parameter, picture)


def _sweep_chart(frame: pd.DataFrame, parameter: str, path: Path) -> None:
    """The summary chart beside the table; computing needs no plotting package, so it may be
    missing.
    """
    from analysis.reconstruction.sweep_file import remember

    try:
        from analysis.show import charts
        from analysis.show.charts.picture import picture
    except ImportError:
        say(f"no chart: {install('book')}")
        return
    drawing = picture(charts.sweep_summary(frame, parameter))
    path.write_text(drawing, encoding="utf-8")
    remember(path)
    tell(path)
