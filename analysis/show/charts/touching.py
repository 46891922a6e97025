"""Which texts of an SVG drawing leave its frame, or cover another text or a mark: by the widths
that common fonts have, without a browser.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np

SVG = "{http://www.w3.org/2000/svg}"
STROKES = (f"{SVG}path", f"{SVG}line")
# of an em, as Arial and its like have it
NARROW, WIDE, USUAL, BOLD = 0.3, 0.86, 0.56, 1.07
NARROW_LETTERS, WIDE_LETTERS = set("iljtfr.,:;|!'() I"), set("mwMW%—")
ASCENT, DESCENT, EM_PX = 0.72, 0.2, 13.0
SLACK_PX, STEP_PX = 1.5, 4.0
MARKS = ("mark-rect", "mark-symbol", "mark-line", "mark-rule")  # an area is what lies behind
PLACE = re.compile(r"translate\(([^,)]+),?([^)]*)\)(?: ?rotate\(([^,)]+))?")
COMMAND = re.compile(r"([MLHVCAZ])([^MLHVCAZ]*)", re.IGNORECASE)
NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?")
Point = tuple[float, float]


class Box(NamedTuple):
    """What a text or a mark takes up [px], and what it is."""

    what: str
    left: float
    top: float
    right: float
    bottom: float


def touching(drawing: str) -> list[str]:
    """What is wrong with the texts of a drawing, in words; a text that lies wholly in a bar is its
    label.
    """
    root = ElementTree.fromstring(drawing)
    frame = _edges([Box("", 0, 0, float(root.get("width", 0)), float(root.get("height", 0)))])
    found = list(_boxes(root, (0.0, 0.0), ""))
    names = [box.what for box in found if box.what]
    texts = _edges(box for box in found if box.what)
    marks = _edges(box for box in found if not box.what)
    leaving = np.flatnonzero(~_within(texts, frame).all(axis=1))
    pairs = np.argwhere(np.triu(_meet(texts, texts), k=1))
    covering = np.flatnonzero((_meet(texts, marks) & ~_within(texts, marks)).any(axis=1))
    return [
        *(f'"{names[text]}" leaves the frame' for text in leaving),
        *(f'"{names[one]}" touches "{names[other]}"' for one, other in pairs),
        *(f'"{names[text]}" covers a mark' for text in covering),
    ]


def _edges(boxes: Iterable[Box]) -> np.ndarray:
    """Left, top, right and bottom of boxes [px], of shape (boxes, 4)."""
    return np.array([box[1:] for box in boxes]).reshape(-1, 4)


def _meet(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether each box overlaps each of the others by more than a trifle."""
    shared = np.minimum(some[:, None, 2:], others[None, :, 2:])
    shared = shared - np.maximum(some[:, None, :2], others[None, :, :2])
    return np.all(shared > SLACK_PX, axis=2)


def _within(some: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Whether each box lies wholly in each of the others."""
    begins = some[:, None, :2] >= others[None, :, :2] - SLACK_PX
    ends = some[:, None, 2:] <= others[None, :, 2:] + SLACK_PX
    return np.all(begins & ends, axis=2)


def _boxes(element: ElementTree.Element, origin: Point, role: str) -> Iterator[Box]:
    """The texts and marks of an element whose parent lies at a place, seen ones only; a mark is
    called nothing.
    """
    if element.get("opacity") == "0" or element.get("display") == "none":
        return
    role = element.get("class", role) if element.tag == f"{SVG}g" else role
    x, y, turn = _place(element)
    at = (origin[0] + x, origin[1] + y)
    if element.tag == f"{SVG}text":
        yield _text_box(element, at, turn)
    elif element.tag in STROKES and role.startswith(MARKS) and "role-mark" in role:
        yield from _mark_boxes(element, at, role)
    for child in element:
        yield from _boxes(child, at, role)


def _place(element: ElementTree.Element) -> tuple[float, float, float]:
    x, y = (float(element.get(name, 0)) for name in ("x", "y"))
    found = PLACE.match(element.get("transform", ""))
    if not found:
        return x, y, 0.0
    return x + float(found[1]), y + float(found[2] or 0), float(found[3] or 0)


def _text_box(element: ElementTree.Element, at: Point, turn: float) -> Box:
    """The box of a text of one or several lines, also of a turned one."""
    size = float(element.get("font-size", f"{EM_PX}px").removesuffix("px"))
    bold = element.get("font-weight") in {"bold", "600", "700"}
    lines = [line.text or "" for line in element] or [element.text or ""]
    down = [float(line.get("dy", 0)) for line in element] or [0.0]
    width = max(map(_ems, lines)) * size * (BOLD if bold else 1.0)
    start = {"middle": -width / 2, "end": -width}.get(element.get("text-anchor", ""), 0.0)
    tops = (-ASCENT * size + down[0], DESCENT * size + sum(down))
    corners = [_turned((x, y), turn) for x in (start, start + width) for y in tops]
    return _around(" ".join(lines), [(at[0] + x, at[1] + y) for x, y in corners])


def _ems(text: str) -> float:
    """How wide a text is [em]."""
    widths = (
        NARROW if letter in NARROW_LETTERS else WIDE if letter in WIDE_LETTERS else USUAL
        for letter in text
    )
    return sum(widths)


def _turned(point: Point, degrees: float) -> Point:
    angle = math.radians(degrees)
    x, y = point
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)


def _mark_boxes(element: ElementTree.Element, at: Point, role: str) -> Iterator[Box]:
    """The boxes of a mark: one of a bar or a symbol, many small ones along a line."""
    if element.tag == f"{SVG}line":
        points = [(0.0, 0.0), (float(element.get("x2", 0)), float(element.get("y2", 0)))]
    else:
        points = list(_points(element.get("d", "")))
    placed = [(at[0] + x, at[1] + y) for x, y in points]
    if not placed:
        return
    if role.startswith(("mark-rect", "mark-symbol")):
        yield _around("", placed)
        return
    for begin, end in pairwise(placed):
        steps = max(1, int(math.dist(begin, end) / STEP_PX))
        for step in range(steps + 1):
            x, y = (a + (b - a) * step / steps for a, b in zip(begin, end, strict=True))
            yield Box("", x - 1, y - 1, x + 1, y + 1)


def _points(path: str) -> Iterator[Point]:
    """The points that a path goes through, and how far its arcs bulge."""
    x = y = 0.0
    for command, rest in COMMAND.findall(path):
        numbers = [float(number) for number in NUMBER.findall(rest)]
        kind, relative = command.upper(), command.islower()
        if kind in "HV":
            step = numbers[-1] - (0.0 if relative else x if kind == "H" else y)
            x, y = (x + step, y) if kind == "H" else (x, y + step)
            yield x, y
        for end in _ends(kind, numbers):
            x, y = (x + end[0], y + end[1]) if relative else end
            yield x, y
            if kind == "A":
                yield x, y - numbers[1]
                yield x, y + numbers[1]


def _ends(kind: str, numbers: list[float]) -> list[Point]:
    """The ends of the strokes of a command."""
    size = {"M": 2, "L": 2, "C": 6, "A": 7}.get(kind)
    if size is None:
        return []
    return [(numbers[n - 2], numbers[n - 1]) for n in range(size, len(numbers) + 1, size)]


def _around(what: str, points: list[Point]) -> Box:
    across, down = zip(*points, strict=True)
    return Box(what, min(across), min(down), max(across), max(down))
