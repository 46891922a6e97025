"""Drawings as PNG pictures, drawn beside other work: what draws one holds its whole process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

import vl_convert

from analysis.publish.forking import forks
from analysis.publish.kept import sha256_of

DRAWER = "vl-convert-python"
SCALE = 1.5  # dots for each pixel of the drawing


def draw_pictures(
    drawings: Iterable[str], kept: Path, meanwhile: Callable[[], object]
) -> dict[str, bytes]:
    """The PNG of each drawing, kept or drawn; `meanwhile` is called once, beside. What none of them
    needs is not kept any more.
    """
    kept.mkdir(exist_ok=True)
    copies = {drawing: kept / f"{_hash(drawing)}.png" for drawing in drawings}
    missing = {copy: one for one, copy in copies.items() if not copy.exists()}
    if missing:
        forks.beside(_draw, missing, meanwhile)
    else:
        meanwhile()
    for old in set(kept.iterdir()) - set(copies.values()):
        old.unlink()
    return {drawing: copy.read_bytes() for drawing, copy in copies.items()}


def place_pictures(drawings: Mapping[Path, str], drawn: Mapping[str, bytes]) -> None:
    """Write each drawing as the PNG of its path. Those of pages that are no notebooks have not been
    drawn: they are here.
    """
    for path, drawing in drawings.items():
        path.write_bytes(drawn[drawing] if drawing in drawn else _png(drawing))


def _draw(drawings: dict[Path, str]) -> None:
    for path, drawing in drawings.items():
        path.write_bytes(_png(drawing))


def _png(drawing: str) -> bytes:
    return vl_convert.svg_to_png(drawing, scale=SCALE)


def _hash(drawing: str) -> str:
    return sha256_of([version(DRAWER), SCALE, drawing])
