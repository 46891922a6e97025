"""The figures of the pages: each with its number on its page, and as files to take along."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

from analysis.publish.failed import BookFailed
from analysis.show.charts.figure import FITTING, WIDTHS_PX, Spec, csv_of
from analysis.show.charts.picture import with_title
from analysis.show.charts.touching import touching

FOLDER = "figures"
FIGURE = re.compile(r'<figure class="chart" id="fig-(?P<name>[^"]+)">.*?</figure>', re.S)
SPEC = re.compile(r'<script type="application/json" class="chart-spec">(.*?)</script>', re.S)
FILES = re.compile(r'<span class="chart-files">.*?</span>', re.S)
DRAWING = re.compile(r"<svg .*?</svg>", re.S)
KINDS = ("png", "svg", "csv", "json")
MOST_REPORTED = 3  # touching texts of a figure


def publish_figures(
    html: Path, pages: Iterable[str], report: Callable[[str], None]
) -> dict[Path, str]:
    """Number the figures of each page, and write each as files that its page leads to, all but the
    pictures: their drawings, by path. Report texts that touch anything.

    Raises
    ------
    BookFailed
        If a name is used twice on a page, or for two figures: an address would be of both.
    """
    (html / FOLDER).mkdir()
    shown: dict[str, tuple[str, str]] = {}
    drawings: dict[Path, str] = {}
    for page in pages:
        path = html / f"{page}.html"
        text = path.read_text(encoding="utf-8")
        figures = list(FIGURE.finditer(text))
        for figure in figures:
            _check_name(figure["name"], page, figure[0], shown)
            drawings |= _write_files(figure[0], html / FOLDER / figure["name"])
            for wrong in _first_of([*_touching(figure[0])]):
                report(f"{page}, figure {figure['name']}: {wrong}")
        if figures:
            path.write_text(_with_numbers(text), encoding="utf-8")
    return drawings


def drawings_of(notebooks: Iterable[Path]) -> list[str]:
    """What the pictures of executed notebooks' figures are drawn from."""
    return [
        _picture_of(figure[0], _spec_of(figure[0]))
        for notebook in notebooks
        for cell in json.loads(notebook.read_bytes())["cells"]
        for output in cell.get("outputs", [])
        for figure in FIGURE.finditer("".join(output.get("data", {}).get("text/html", "")))
    ]


def _check_name(name: str, page: str, figure: str, shown: dict[str, tuple[str, str]]) -> None:
    """Refuse a name that another figure has, or that the page has had already."""
    where, other = shown.setdefault(name, (page, figure))
    if other != figure or (where == page and other is not figure):
        raise BookFailed(f"{page}: a figure of {where} has the name {name} already")


def _with_numbers(text: str) -> str:
    """The page with its figures numbered, each leading to its files."""
    numbers = count(1)
    return FIGURE.sub(lambda figure: _numbered(figure[0], next(numbers), figure["name"]), text)


def _numbered(figure: str, number: int, name: str) -> str:
    """The figure under its number, without what stands in its files, with links to them."""
    links = "".join(
        f'<a href="{FOLDER}/{name}.{kind}" download>{kind.upper()}</a>' for kind in KINDS
    )
    address = f'<a class="chart-link" href="#fig-{name}">Copy link</a>'
    files = f'<span class="chart-files">{links}{address}</span>'
    caption = rf'\1<span class="chart-number">Figure {number}</span>'
    figure = re.sub("(<figcaption[^>]*>)", caption, figure, count=1)
    return FILES.sub(files, SPEC.sub("", figure))


def _touching(figure: str) -> Iterator[str]:
    """What is wrong with the texts of each drawing of a figure."""
    for size, drawing in zip(WIDTHS_PX, DRAWING.findall(figure), strict=False):
        for wrong in touching(drawing):
            yield f"in its {size} drawing {wrong}"


def _first_of(wrong: list[str]) -> list[str]:
    """A few, and how many more: names that are too long touch all others."""
    more = len(wrong) - MOST_REPORTED
    return [*wrong[:MOST_REPORTED], *([f"and {more} more like it"] if more > 0 else [])]


def _write_files(figure: str, path: Path) -> dict[Path, str]:
    """Drawing, data and specification of a figure, under its name; the drawing by the path of its
    picture.
    """
    spec = _spec_of(figure)
    picture = _picture_of(figure, spec)
    path.with_suffix(".svg").write_text(picture, encoding="utf-8")
    path.with_suffix(".csv").write_text(csv_of(spec), encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps(spec, indent=1, sort_keys=True), "utf-8")
    return {path.with_suffix(".png"): picture}


def _spec_of(figure: str) -> Spec:
    (script,) = SPEC.findall(figure)
    spec: Spec = json.loads(script)
    return spec


def _picture_of(figure: str, spec: Spec) -> str:
    """The wide drawing of a figure, under its title."""
    drawing: str = DRAWING.findall(figure)[0]
    return with_title(drawing.replace(f" {FITTING}", "", 1), spec)
