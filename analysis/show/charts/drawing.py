"""Vega-Lite drawn as SVG: here, or by a process that several share, for the engine that draws takes
half a second to start.
"""

from __future__ import annotations

import json
from contextlib import suppress
from multiprocessing.connection import Client, Listener
from typing import Any

import altair as alt
import vl_convert

VEGA_LITE_VERSION = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
WAITING = 64  # who may queue for a process that draws
_drawer: str | None = None


def draw(spec: dict[str, Any]) -> str:
    """The SVG of a specification."""
    try:
        return _drawn_by(_drawer, spec) if _drawer else _draw(spec)
    except (
        OSError,
        EOFError,
    ):  # that process is gone, or could not draw it: whatever is wrong is said here
        return _draw(spec)


def ask(name: str) -> None:
    """Let this process, and what is forked from it, ask the one that serves under a name."""
    global _drawer
    _drawer = name


def serve(name: str) -> None:
    """Draw for whoever asks under a name, until this process is ended."""
    with Listener(_address(name), family="AF_UNIX", backlog=WAITING) as listener:
        _draw(
            {"data": {"values": [{}]}, "mark": "point"}
        )  # starts the engine before the first asks
        while True:
            with (
                listener.accept() as asking,
                suppress(ValueError, EOFError, OSError),
            ):  # who gets no answer finds out why
                asking.send_bytes(_draw(json.loads(asking.recv_bytes())).encode())


def _draw(spec: dict[str, Any]) -> str:
    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE_VERSION)


def _drawn_by(name: str, spec: dict[str, Any]) -> str:
    with Client(_address(name), family="AF_UNIX") as drawer:
        drawer.send_bytes(json.dumps(spec).encode())
        return drawer.recv_bytes().decode()


def _address(name: str) -> str:
    return f"\0{name}"  # a socket that is no file, and leaves none
