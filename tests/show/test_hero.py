"""The picture of the bill: true of its frame, to scale, and with no text outside it."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from analysis.data.scenario import load_scenario
from analysis.publish.first import hero_of
from analysis.reconstruction.account import account_of
from analysis.show.charts.hero import Hero, hero, hero_html, share_in_words
from analysis.show.charts.ink import LOOKS
from analysis.show.charts.opening import without_links

WIDTHS = (340.0, 520.0, 760.0)


def parts(usd: dict[str, float], reported: tuple[str, ...] = ("tuning",)) -> pd.DataFrame:
    """A bill of some phases, and what is assumed beyond it: invented."""
    whole = sum(usd.values())
    rows = [{"id": "all", "part": "whole", "label": "All of it", "usd": whole}]
    rows += [
        {"id": name, "part": "reported" if name in reported else "base", "label": name, "usd": paid}
        for name, paid in usd.items()
    ]
    frame = pd.DataFrame(rows)
    frame = frame.assign(usd_p05=frame.usd, usd_p95=frame.usd, printed_usd=frame.usd, note="")
    beyond = {"part": "assumed", "label": "+ more", "note": ""}
    more = {"usd_p05": whole * 3, "usd": whole * 5, "usd_p95": whole * 9}
    return pd.concat([frame, pd.DataFrame([{"id": "more", **beyond, **more}])])


def drawn(usd: dict[str, float], **options) -> Hero:
    return hero(parts(usd, **options), 2.0)


def bars(svg: str, name: str) -> list[tuple[float, float]]:
    """Where the bars of a colour begin, and how wide they are."""
    found = re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*class="([\w-]+)"', svg)
    return [(float(x), float(width)) for x, width, kind in found if kind == f"ink-{name}"]


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize(
    ("tuning", "title"),
    [
        (5.0, "The news reported one twentieth of the bill"),
        (5.4, "The news reported one twentieth of the bill"),
        (7.0, "The news reported 7 % of the bill"),
        (50.0, "The news reported half of the bill"),
    ],
)
def test_the_title_says_a_share_in_words_only_where_that_is_true(tuning, title):
    assert drawn({"reading": (100 - tuning) * 1e4, "tuning": tuning * 1e4}).title == title


def test_a_share_in_words_is_true_to_the_per_cent():
    for percent in range(1, 100):
        said = share_in_words(percent / 100)
        assert said == f"{percent} %" or not re.search(r"\d", said)
    assert share_in_words(0.06) == "6 %"


@pytest.mark.parametrize("width", WIDTHS)
def test_bars_are_to_scale_from_nothing(width):
    svg = drawn({"reading": 9e5, "tuning": 1e5}).svg(width)
    (base, small), (reported, _) = bars(svg, "disclosed"), bars(svg, "accent")
    assert base[0] == 0 and base[1] + 2 == pytest.approx(0.9 * width, abs=0.2)
    assert reported == pytest.approx((0.9 * width, 0.1 * width), abs=0.2)
    hatched = [
        (float(x), float(size))
        for x, size in re.findall(r'<rect x="([\d.]+)" y="[\d.]+" width="([\d.]+)"[^>]*hatch', svg)
    ]
    assert hatched[0][1] / small[1] == pytest.approx(6.0, rel=0.02)  # 3 to 9 times the whole


def test_a_bill_that_was_reported_whole_has_no_bracket():
    shown = drawn({"tuning": 1e6})
    assert shown.title == "The bill comes to $1M"
    assert not any("news" in text for text in texts(shown.svg(760)))


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(),
        parts({"reading": 1.0}).iloc[:0],
        parts({"reading": np.nan, "tuning": 1e5}),
        parts({"reading": 0.0}),
    ],
    ids=["no columns", "no rows", "not all disclosed", "nothing"],
)
def test_without_a_bill_a_sentence_stands_there(frame):
    html = hero_html(hero(frame, 2.0))
    assert html == (
        '<p class="chart-sentence">Not all hours of the bill are disclosed: no picture of it.</p>'
    )


def test_a_bill_without_assumptions_has_one_panel():
    frame = parts({"reading": 9e5, "tuning": 1e5})
    svg = hero(frame[frame.part != "assumed"], 2.0).svg(760)
    assert "And what neither figure counts" not in texts(svg)
    assert "What the news reported: $100K, 10 %" in texts(svg)


def test_every_interval_has_both_ends_and_its_middle_in_words():
    for width in WIDTHS:
        said = texts(drawn({"reading": 9e5, "tuning": 1e5}).svg(width))
        assert {"$3M", "middle $5M", "$9M"} <= set(said)


def test_text_is_13_px_at_least_at_every_width():
    assert min(size for size, *_ in LOOKS.values()) >= 13


def test_the_picture_of_the_default_edition_names_its_sums(account):
    shown = hero_of(account)
    said = texts(shown.svg(760))
    assert shown.title == "The news reported one twentieth of the bill"
    assert "What the news reported: $294K, 5 %" in said
    assert any(text.startswith("$5.86M: R1 with its base model") for text in said)
    assert {"$27M", "$57M", "$35M", "$86M"} <= set(said)
    assert "outline" not in shown.subtitle


def test_an_edition_at_another_price_shows_the_default_as_an_outline(evidence):
    priced = account_of("deepseek-r1", load_scenario(price_usd_per_gpu_hour=4.0), evidence)
    shown = hero_of(priced)
    svg = shown.svg(760)
    assert svg.count("stroke-dasharray") == 4  # the bill in both panels, and two lines
    assert "What the news reported as $294K: here $588K, 5 %" in texts(svg)
    assert shown.subtitle.endswith("dashed outline: the default edition")


def test_markup_in_a_label_stays_text():
    svg = drawn({"<b>reading</b>": 9e5, "tuning": 1e5}).svg(760)
    assert "&lt;b&gt;reading" in svg and "<b>" not in svg


def test_what_no_drawing_can_hold_is_replaced():
    svg = without_links(drawn({"reading \x1b[31m": 9e5, "tuning": 1e5}).svg(760))
    assert "reading \ufffd[31m" in svg and "\x1b" not in svg
