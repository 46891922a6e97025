"""Drawings as PNG pictures, drawn beside other work: what draws one holds its whole process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from importlib.metadata import version
from pathlib import Path

import vl_convert

from analysis.publish.forking import forks
from analysis.publish.kept import sha256_of

DRAWER = "vl-convert-python"
SCALE = 1.5  # dots for each pixel of the drawing


def draw_pictures(drawings: Iterable[str], kept: Path, meanwhile: Callable[[], object]) -> None:
    """Draw each drawing that is not among the kept pictures yet; `meanwhile` is called once,
    beside.
    """
    new = _new(drawings, kept)
    if not new or not forks.can_fork():
        meanwhile()
        _draw(new)
        return
    with closing(forks.forked(_draw, [new], 1, None, meanwhile)) as outcomes:
        for _, outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome


def place_pictures(drawings: Mapping[Path, str], kept: Path) -> None:
    """Write each drawing as the PNG of its path, from those that are kept; what is not among them,
    as the figures of pages that are no notebooks, is drawn. What no drawing needs any more is not
    kept.
    """
    _draw(_new(drawings.values(), kept))
    copies = {path: _copy(drawing, kept) for path, drawing in drawings.items()}
    for path, copy in copies.items():
        shutil.copyfile(copy, path)
    for old in set(kept.iterdir()) - set(copies.values()):
        old.unlink()


def _new(drawings: Iterable[str], kept: Path) -> dict[Path, str]:
    """Those that are not kept yet, by where they will be; the folder is made if it is missing."""
    kept.mkdir(exist_ok=True)
    copies = {_copy(drawing, kept): drawing for drawing in drawings}
    return {copy: drawing for copy, drawing in copies.items() if not copy.exists()}


def _draw(drawings: dict[Path, str]) -> None:
    for path, drawing in drawings.items():
        path.write_bytes(vl_convert.svg_to_png(drawing, scale=SCALE))


def _copy(drawing: str, kept: Path) -> Path:
    """Where the picture of a drawing is kept."""
    return kept / f"{sha256_of([version(DRAWER), SCALE, drawing])}.png"
