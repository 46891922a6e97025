"""Room for what is loaded: under a limit of addresses, as `ulimit -v` sets it, libraries wait for
ever or end the process.
"""

from __future__ import annotations

import resource

GIB = 2**30
ANSWERING_GIB = 0.5  # an answer takes 0.37
DRAWING_GIB = 72.0  # the engine of charts reserves 64 of addresses, and uses next to none of them


def refuse_little_room(needs_gib: float) -> None:
    """Refuse to start what a limit of addresses leaves no room for.

    Parameters
    ----------
    needs_gib
        Addresses that it needs [GiB].

    Raises
    ------
    RuntimeError
        With the limit and what is needed.

    Examples
    --------
    >>> refuse_little_room(ANSWERING_GIB)
    """
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < needs_gib * GIB:
        raise RuntimeError(
            f"the limit of addresses is {limit / GIB:.2g} GiB, this needs {needs_gib:g}; raise it "
            "with ulimit -v"
        )
