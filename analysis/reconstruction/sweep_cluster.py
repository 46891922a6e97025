"""Many parameter sets at once on a Dask cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import pandas as pd

from analysis.data.finite import finite
from analysis.data.mistakes import InputError
from analysis.data.scenario import Scenario
from analysis.data.tables import Evidence
from analysis.reconstruction.sweep import chunks, evaluate

ANSWER_SECONDS = 5
# each process would show what it does to anybody who asks by HTTP
WITHOUT_PAGES: dict[str, list[str]] = {
    f"distributed.{part}.http.routes": [] for part in ("scheduler", "worker")
}


def evaluated_on_cluster(
    model: str, scenario: Scenario, evidence: Evidence, sets: pd.DataFrame, scheduler: str
) -> Iterator[pd.DataFrame]:
    """Combinations that are `checked`, evaluated piece by piece by workers, `local` or at an
    address; a piece whose worker dies is done again by another.

    Raises
    ------
    InputError
        If no scheduler answers.
    """
    from distributed import as_completed

    with _client(scheduler) as client:
        shared = client.scatter(evidence, broadcast=True)
        asked = as_completed(
            (
                client.submit(_evaluated, model, scenario, shared, chunk, retries=3, pure=False)
                for chunk in chunks(sets)
            ),
            with_results=True,
        )
        for future, part in asked:
            yield part
            future.release()  # else every result stays in memory until the last


def _evaluated(*asked: Any) -> pd.DataFrame:
    """What a worker does: its process stops where this one would."""
    with finite():
        return evaluate(*asked)


@contextmanager
def _client(scheduler: str) -> Iterator[Any]:
    """A client of a scheduler at an address, or of a cluster of this machine's cores that ends with
    it.
    """
    import dask
    from distributed import Client, LocalCluster

    if scheduler == "local":
        import_module("cryptography")  # makes the keys; without it distributed says so in words
        with (
            dask.config.set(WITHOUT_PAGES),
            LocalCluster(  # its ports ask for keys: who reaches one without may run any code
                threads_per_worker=1, dashboard_address=None, silence_logs="ERROR", security=True
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=ANSWER_SECONDS)
    except (OSError, ValueError, TypeError) as error:
        raise InputError(
            f"--scheduler {scheduler}: no Dask scheduler answers there: "
            f"{str(error).splitlines()[0][:100]}"
        ) from None
    with client:
        yield client
