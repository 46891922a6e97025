"""Drawings as PNG pictures, drawn beside other work: what draws one holds its whole process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import vl_convert

from analysis.publish.forking import forks
from analysis.publish.kept import sha256_of

DRAWER = "vl-convert-python"
PROCESSES = 2
SCALE = 1.5  # dots for each pixel of the drawing


def draw_pictures(
    drawings: Mapping[Path, str], kept: Path, meanwhile: Callable[[], object]
) -> None:
    """Write each drawing as the PNG of its path, from those that are kept where it is among them;
    `meanwhile` is called once, beside. What no drawing needs any more is not kept.
    """
    kept.mkdir(exist_ok=True)
    for path in drawings:
        path.touch()  # what is done meanwhile sees where pictures will be
    copies = {path: kept / f"{_hash(drawing)}.png" for path, drawing in drawings.items()}
    new = {copy: drawings[path] for path, copy in copies.items() if not copy.exists()}
    _draw_beside(new, meanwhile)
    for path, copy in copies.items():
        shutil.copyfile(copy, path)
    for old in set(kept.iterdir()) - set(copies.values()):
        old.unlink()


def _draw_beside(drawings: dict[Path, str], meanwhile: Callable[[], object]) -> None:
    if not drawings or not forks.can_fork():
        meanwhile()
        _draw(drawings)
        return
    every = list(drawings.items())
    parts = [dict(every[first::PROCESSES]) for first in range(PROCESSES)]
    with closing(forks.forked(_draw, parts, PROCESSES, None, meanwhile)) as outcomes:
        for _, outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome


def _draw(drawings: dict[Path, str]) -> None:
    for path, drawing in drawings.items():
        path.write_bytes(vl_convert.svg_to_png(drawing, scale=SCALE))


def _hash(drawing: str) -> str:
    return sha256_of([version(DRAWER), SCALE, drawing])
