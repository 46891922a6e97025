"""Vega-Lite drawn as SVG: here, or by a process that several share, for the engine that draws takes
half a second to start.
"""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import AuthenticationError, current_process
from multiprocessing.connection import (
    Client,
    Connection,
    Listener,
    answer_challenge,
    deliver_challenge,
)
from typing import Any, NoReturn

import altair as alt
import vl_convert

from analysis.data.room import DRAWING_GIB, refuse_little_room

VEGA_LITE_VERSION = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
WAITING = 64  # who may queue for a process that draws
PATIENCE_SECONDS = 5.0  # for one who asks to say who it is and what to draw, and to take the answer
# The engine ends the whole process over a character that XML does not have: an escape sequence of a
# terminal in a label is enough. Its expressions have no texts with separators of lines.
NOT_DRAWABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]"
)
IN_ITS_PLACE = "\ufffd"
_TEXT = re.compile(">[^<]+<")
_drawer: str | None = None


def draw(spec: dict[str, Any]) -> str:
    """The SVG of a specification; a character that cannot be drawn is replaced, and no text of it
    reads like an attribute of an element.
    """
    # the engine leaves quotes in texts as they are, and whoever finds attributes finds them there
    return _TEXT.sub(lambda text: text[0].replace('"', "&quot;"), _drawing(_drawable(spec)))


def drawable(text: str) -> str:
    """A text without characters that cannot be drawn.

    >>> drawable("\\x1b[31mred") == "\ufffd[31mred"
    True
    """
    return NOT_DRAWABLE.sub(IN_ITS_PLACE, text)


def in_expression(value: Any) -> str:
    """A text, a number or a list of them as an expression of the engine has it.

    >>> in_expression(["a", 1.5])
    '["a", 1.5]'
    """
    return json.dumps(_drawable(value))


def ask(socket: str) -> None:
    """Let this process, and what is forked from it, ask the one that serves at a socket."""
    global _drawer
    _drawer = socket


def serve(socket: str) -> None:
    """Draw for the process that forked this one, and for its other forks, until it is ended.

    They share a key, which every process made by `fork` or `multiprocessing` inherits. Whoever does
    not have it, or is silent for `PATIENCE_SECONDS`, is left without an answer.
    """
    signal.signal(signal.SIGALRM, _too_slow)
    # at the end the folder of the socket may be gone before it
    gone = suppress(FileNotFoundError)
    with gone, Listener(socket, family="AF_UNIX", backlog=WAITING) as listener:
        # starts the engine before the first asks
        _draw({"data": {"values": [{}]}, "mark": "point"})
        while True:
            # who gets no answer finds out why
            with (
                suppress(ValueError, EOFError, OSError, AuthenticationError),
                listener.accept() as asking,
            ):
                _answer(asking)


def _answer(asking: Connection) -> None:
    key = current_process().authkey
    with _at_most(PATIENCE_SECONDS):
        deliver_challenge(asking, key)
        answer_challenge(asking, key)
        spec = json.loads(asking.recv_bytes())
    drawing = _draw(spec).encode()
    with _at_most(PATIENCE_SECONDS):
        asking.send_bytes(drawing)


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _too_slow(*_: object) -> NoReturn:
    raise TimeoutError


def _drawing(spec: dict[str, Any]) -> str:
    try:
        return _drawn_by(_drawer, spec) if _drawer else _draw(spec)
    except (OSError, EOFError, AuthenticationError):
        # that process is gone, or could not draw it: whatever is wrong is said here
        return _draw(spec)


def _draw(spec: dict[str, Any]) -> str:
    refuse_little_room(DRAWING_GIB)
    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE_VERSION)


def _drawn_by(socket: str, spec: dict[str, Any]) -> str:
    key = current_process().authkey
    with Client(socket, family="AF_UNIX", authkey=key) as drawer:
        drawer.send_bytes(json.dumps(spec).encode())
        return drawer.recv_bytes().decode()


def _drawable(value: Any) -> Any:
    if isinstance(value, str):
        return drawable(value)
    if isinstance(value, dict):
        return {_drawable(key): _drawable(item) for key, item in value.items()}
    return [_drawable(item) for item in value] if isinstance(value, list) else value
