"""Every chart of every page in a real browser, in its three drawings: no text leaves its frame, and
none covers another or a mark.
"""

import re

import pytest

from analysis.show.charts.figure import WIDTHS_PX
from tests.book.conftest import PAGES

pytestmark = pytest.mark.browser
VIEWPORTS = {"wide": 1440, "middle": 720, "narrow": 390}  # px: a page then shows this drawing
FIGURE = re.compile(r'<figure class="chart" id="fig-([^"]+)"')
LEAST_TEXT_PX, MOST_TEXT_PX = 13, 15.5
# A text that lies wholly in a bar is its label; an area is what lies behind others.
TOUCHING = """
() => {
    const slack = 1.5, found = [];
    const box = shape => shape.getBoundingClientRect();
    const meets = (a, b) =>
        Math.min(a.right, b.right) - Math.max(a.left, b.left) > slack
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > slack;
    const within = (a, b) => a.left >= b.left - slack && a.right <= b.right + slack
        && a.top >= b.top - slack && a.bottom <= b.bottom + slack;
    const tight = text => {  // a box of a text has room for accents that its letters leave free
        const {left, right, top, bottom} = box(text);
        const turned = (text.getAttribute('transform') || '').includes('rotate');
        const [x, y] = turned ? [(right - left) * 0.12, 0] : [0, (bottom - top) * 0.12];
        return {left: left + x, right: right - x, top: top + y, bottom: bottom - y};
    };
    const along = shape => {  // a line's own box is more than the line
        const matrix = shape.getScreenCTM(), length = shape.getTotalLength(), points = [];
        for (let at = 0; at <= length; at += 4) {
            const {x, y} = shape.getPointAtLength(at).matrixTransform(matrix);
            points.push({left: x - 1, right: x + 1, top: y - 1, bottom: y + 1});
        }
        return points;
    };
    for (const svg of document.querySelectorAll('figure.chart svg')) {
        if (!svg.checkVisibility()) continue;
        const name = svg.closest('figure').id, frame = box(svg);
        const seen = shape => shape.checkVisibility({opacityProperty: true});
        const texts = [...svg.querySelectorAll('text')].filter(text =>
            seen(text) && text.textContent && text.getAttribute('opacity') !== '0');
        const solid = '.role-mark:is(.mark-rect, .mark-symbol) path, rect:not(pattern rect)';
        const thin = '.role-mark:is(.mark-line, .mark-rule) :is(path, line)';
        const marks = [...svg.querySelectorAll(solid)].map(box)
            .concat([...svg.querySelectorAll(thin)].flatMap(along));
        texts.forEach((text, number) => {
            const words = text.textContent, here = tight(text);
            if (!within(here, frame)) found.push(`${name}: "${words}" leaves the frame`);
            for (const other of texts.slice(number + 1))
                if (meets(here, tight(other)))
                    found.push(`${name}: "${words}" touches "${other.textContent}"`);
            if (marks.some(mark => meets(here, mark) && !within(here, mark)))
                found.push(`${name}: "${words}" covers a mark`);
        });
    }
    return found;
}
"""
SHOWN = """
() => [...document.querySelectorAll('figure.chart')].map(figure =>
    [...figure.querySelectorAll(':scope > :is([role=img], [role=group])')]
        .filter(drawing => drawing.checkVisibility())
        .map(drawing => drawing.className.split(' ')[0].replace('chart-', '')))
"""
TEXT_PX = """
() => [...document.querySelectorAll('figure.chart svg text')]
    .filter(text => text.checkVisibility())
    .map(text => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a)
    .filter(px => px > 0)
"""


def test_no_text_of_a_chart_touches_anything_and_all_is_readable(shown):
    opened, _ = shown
    for size, width in VIEWPORTS.items():
        opened.set_viewport_size({"width": width, "height": 900})
        drawn = opened.evaluate(SHOWN)
        assert all(len(drawings) == 1 for drawings in drawn), size
        assert not drawn or [size] in drawn
        assert opened.evaluate(TOUCHING) == [], size
        sizes = opened.evaluate(TEXT_PX)
        assert all(LEAST_TEXT_PX < px < MOST_TEXT_PX for px in sizes), (size, set(sizes))


def test_the_measuring_finds_what_touches(visit):
    with visit("bill") as (opened, _):
        opened.evaluate(
            """() => document.querySelector('.chart-wide svg').insertAdjacentHTML('beforeend',
                '<text x="300" y="40">one</text><text x="304" y="44">two</text>'
                + '<text x="-20" y="20">out</text>')"""
        )
        found = " ".join(opened.evaluate(TOUCHING))
        assert '"one" touches "two"' in found and '"out" leaves the frame' in found


def test_a_mark_is_covered_where_a_text_lies_on_its_edge(visit):
    with visit("bill") as (opened, _):
        opened.evaluate(
            """() => {
                const svg = document.querySelector('.chart-wide svg');
                const bar = [...svg.querySelectorAll('.mark-rect.role-mark path')]
                    .map(path => path.getBoundingClientRect())
                    .reduce((a, b) => a.width > b.width ? a : b);
                const frame = svg.getBoundingClientRect();
                const scale = svg.viewBox.baseVal.width / frame.width;
                const text = document.createElementNS('http://www.w3.org/2000/svg', 'text');
                text.setAttribute('x', (bar.right - frame.left - 8) * scale);
                text.setAttribute('y', (bar.top - frame.top + 10) * scale);
                text.textContent = 'on the edge';
                svg.append(text);
            }"""
        )
        assert any("on the edge" in one and "covers" in one for one in opened.evaluate(TOUCHING))


def test_there_is_a_drawing_for_each_width():
    assert list(VIEWPORTS) == list(WIDTHS_PX)


def test_no_figure_is_shown_twice_and_each_has_its_files(edition):
    shown = [
        name
        for page in PAGES
        for name in FIGURE.findall((edition / f"{page}.html").read_text(encoding="utf-8"))
    ]
    assert len(shown) == len(set(shown)) > 20
    for name in shown:
        for kind in ("png", "svg", "csv", "json"):
            assert (edition / "figures" / f"{name}.{kind}").stat().st_size > 0
