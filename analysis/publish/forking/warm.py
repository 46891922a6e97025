"""What a process does once, before it forks what executes notebooks.

This module imports none of it: the process that starts the other need not wait for it.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, suppress
from multiprocessing.connection import Connection
from typing import Any

import analysis
from analysis.publish.forking.forks import Fork, private_folder

# what checks tables is needed by evidence that was not read before: it loads that itself
NOT_FOR_NOTEBOOKS = ("analysis.publish", "analysis.cli", "analysis.data.validation")
OF_EXECUTION = ("analysis.publish.notebook", "analysis.publish.forking.engine")
OF_KERNELS = (  # what one imports while it starts
    "ipykernel.kernelapp",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.extensions.storemagic",
    "tornado.platform.asyncio",
)


def warm_up(notebooks: Sequence[Mapping[str, Any]] = ()) -> Iterator[list[int]]:
    """Import what kernels and notebooks need, and fill the caches that a first use fills.

    `notebooks` are the parameters of those to come. The numbers of those that take no scenario are
    given as soon as they can run; what the others begin with is computed after that, once, and the
    numbers given again after each step. All charts are drawn by one process, which starts here.
    """
    surroundings = dict(os.environ)
    _start_drawing()
    _import_all()
    os.environ.clear()  # a package sets variables when it is imported: no fresh kernel has them
    os.environ.update(surroundings)
    with redirect_stderr(None):  # it complains that frozen modules cannot be stepped through
        importlib.import_module("ipykernel.debugger")
    for name in (*OF_EXECUTION, *OF_KERNELS):
        importlib.import_module(name)
    early = [number for number, given in enumerate(notebooks) if "scenario" not in given]
    yield early
    for given in notebooks:
        if "scenario" in given:
            _reconstruct(given)
            yield early


def _start_drawing() -> None:
    from analysis.show.charts import drawing

    drawer = str(private_folder() / "drawer")
    Fork(_draw_for_all, drawer)
    drawing.ask(drawer)


def _import_all() -> None:
    import altair
    import altair.utils.schemapi
    import nbformat
    import pandas as pd

    from analysis.data.tables import Evidence

    # what pandas chooses in a kernel; here it sees a terminal, to whose width it would cut a frame
    pd.set_option("display.max_columns", 20)
    with warnings.catch_warnings():  # and forget what was warned of: a notebook is warned again
        for module in pkgutil.walk_packages(analysis.__path__, "analysis."):
            if not module.name.startswith(NOT_FOR_NOTEBOOKS):
                importlib.import_module(module.name)
        Evidence.load()
        frame = pd.DataFrame({"x": [1.0], "y": ["a"]})
        altair.Chart(frame).mark_point().encode(x="x:Q", y="y:N").to_dict()
        altair.utils.schemapi.disable_debug_mode()  # a chart is checked whole, not part by part
        nbformat.validate(nbformat.v4.new_notebook())  # builds the check that it keeps


def _reconstruct(parameters: Mapping[str, Any]) -> None:
    from analysis.data.scenario import PARAMETER_NAMES
    from analysis.doors import reconstruct

    shared = ("model", "scenario", "data", *PARAMETER_NAMES)
    given = {name: value for name, value in parameters.items() if name in shared}
    with suppress(Exception):  # whatever is wrong, the notebook itself says it
        account = reconstruct(**given)
        _ = account.frame(), account.names.numbers


def _draw_for_all(_: Connection, socket: str) -> None:
    from analysis.show.charts import drawing

    drawing.serve(socket)
