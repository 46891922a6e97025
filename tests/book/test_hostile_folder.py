"""A book of a stranger's evidence, an attack in every text of it: in a browser nothing runs, nobody
is asked, and every text can be read.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from analysis.cli import main
from tests.book.conftest import WIDE, wait_until, watched
from tests.book.hostile import Hostile, mark
from tests.pdf import Pdf

ONE = "llama-3.1-405b"  # one phase, a bill with assumed shares
SET = ("--model", ONE, "--scenario", "today", "-p", "samples=64")  # a banner names what is set
# what titles of pages and the commands on them are made of
NAMED = ("Meta", "Llama 3.1 405B", "Llama 3.1 405B pre-training, long context included")
FEW, MANY = 4, 40  # of each kind of thing on a page that are used
# A reader opens numbers, rests on marks, goes from link to link, sorts, filters, unfolds.
USED = """async () => {
    const all = names => [...document.querySelectorAll(names)];
    const some = names => all(names).filter(one => one.checkVisibility()).slice(0, MOST);
    const wait = ms => new Promise(resolve => setTimeout(resolve, ms));
    for (const number of some('a[data-row]:is(.figure, .term, .verdict)')) {
        number.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}));
        for (let tries = 0; tries < 500 && !document.querySelector(':popover-open'); tries++) {
            await wait(20);
        }
        const card = document.querySelector(':popover-open');
        if (!card.textContent) return 'a card says nothing';
        card.hidePopover();
    }
    for (const mark of some('figure.chart g.role-mark [aria-label]')) {
        mark.dispatchEvent(new PointerEvent('pointerover', {bubbles: true}));
        const tip = document.querySelector('.chart-tip');
        if (!tip || tip.textContent !== mark.getAttribute('aria-label')) return 'another tip';
    }
    for (const one of some('a, button, input, summary, [tabindex]')) {
        one.focus({preventScroll: true});
        one.dispatchEvent(new MouseEvent('mouseover', {bubbles: true}));
    }
    for (const field of all('.table-tools :is(input, select)')) {
        const last = field.options ? field.options[field.options.length - 1].value : 'zq';
        for (const value of [last, '']) {
            field.value = value;
            field.dispatchEvent(new Event(field.options ? 'change' : 'input', {bubbles: true}));
        }
    }
    for (const button of some('th button.sort, .more-rows')) button.click();
    for (const fold of all('details')) fold.open = true;
    await wait(50);
    return '';
}"""
# what a text has become that was taken for more than a text
FOREIGN = """host => [...document.querySelectorAll('*')].flatMap(one => {
    const names = one.getAttributeNames().filter(name => /^(on|srcdoc|["']*zq)/i.test(name));
    const leads = ['href', 'src', 'action', 'xlink:href'].map(name => one.getAttribute(name) || '')
        .filter(to => /^\\s*(javascript|data:text\\/html)/i.test(to) || to.includes(host));
    const own = /^(zq|iframe$|object$|embed$|base$)/i.test(one.localName) ? [one.localName] : [];
    return [...names, ...leads, ...own];
})"""
# what can be read, apart from drawings, whose names are broken into lines
TEXT = """() => {
    const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
    let said = '';
    while (walker.nextNode()) {
        const inside = walker.currentNode.parentElement;
        if (!inside.closest('script, style, noscript, svg')) said += walker.currentNode.data;
    }
    return said;
}"""
RAN = "window.ran"
LINKED = """[...document.querySelectorAll('script[type="application/ld+json"]')]
    .map(one => JSON.parse(one.textContent))"""
REFUSED = {"a control": "\x1b[2J", "an end of text": "\0", "a turn of letters": "\u202e"}


@dataclass
class Found:
    """What a browser found in an edition."""

    pages: int = 0
    ran: int = 0
    wrong: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def note(self, page: str, opened: Page, host: str, *wrong: str) -> None:
        """Whether anything of a stranger's runs or stands as an element on a page."""
        ran = opened.evaluate(RAN) is not None
        self.ran += ran
        said = [*wrong, *opened.evaluate(FOREIGN, host), *(["a script ran"] if ran else [])]
        self.wrong += [f"{page}: {one}" for one in said if one]


@pytest.fixture(scope="session")
def outside() -> Iterator[tuple[str, list[str]]]:
    """A server's address, and what it is asked."""
    asked: list[str] = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()


def survey(browser: Browser, edition: Path, host: str, most: int, **options: object) -> Found:
    """Open every page and every drawing of an edition, and use what is on it."""
    found, context = Found(), browser.new_context(viewport=WIDE, **options)
    for path in sorted(edition.glob("*.html")):
        page = context.new_page()
        trouble = watched(page, f"file://{edition}")
        page.goto(f"file://{path}", wait_until="load")
        page.evaluate(LINKED)
        used = page.evaluate(USED.replace("MOST", str(most)))
        found.texts.append(plain(page.evaluate(TEXT)))
        found.note(path.name, page, host, used, *trouble)
        found.pages += 1
        page.close()
    drawings(context, edition, host, found)
    context.close()
    return found


def drawings(context: BrowserContext, edition: Path, host: str, found: Found) -> None:
    """A drawing opened as a file has no policy."""
    page = context.new_page()
    for path in sorted(edition.glob("figures/*.svg")):
        page.goto(f"file://{path}")
        broken = page.locator("parsererror").count()
        found.note(path.name, page, host, "not XML" if broken else "")


def plain(text: str) -> str:
    """A text as it is compared: blanks, quotes, dashes and letters alike, for a title has those of
    the press, and without what has no width.
    """
    signs = {"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\ufeff": ""}
    signs |= {"\u2013": "--", "\u2014": "---"}
    return " ".join(text.translate(str.maketrans(signs)).split()).casefold()


def read_whole(hostile: Hostile, found: Found) -> Counter[str]:
    """How often each attack is read on the pages; never a part of one."""
    counts: Counter[str] = Counter()
    for name, attack in hostile.attacks.items():
        whole = sum(text.count(plain(attack)) for text in found.texts)
        marks = sum(text.count(plain(mark(name))) for text in found.texts)
        assert whole == marks > 0, f"{name}: {marks} times on the pages, {whole} times whole"
        counts[name] = whole
    return counts


def searched(browser: Browser, edition: Path, hostile: Hostile) -> Found:
    """The page of search asked for every attack."""
    found, context = Found(), browser.new_context(viewport=WIDE)
    page = context.new_page()
    trouble = watched(page, f"file://{edition}")
    page.goto(f"file://{edition}/search.html")
    wait_until(page, "!document.querySelector('.search-found').hasAttribute('aria-busy')")
    for name, attack in hostile.attacks.items():
        page.locator("#search-words").fill(f"zq {name}")
        assert page.locator(".search-found li").count() > 0, name
        page.locator("#search-words").fill(attack)
        found.note(f"search for {name}", page, "no host")
    found.wrong += trouble
    context.close()
    return found


def built(hostile: Hostile, room: Path, *options: str) -> Path:
    """An edition from a folder under attack."""
    folder, out = hostile.write(room / "data"), room / "edition"
    assert main(["build", "--no-cache", "--data", str(folder), "--out", str(out), *options]) == 0
    return out


@pytest.mark.browser
def test_in_a_book_of_one_model_every_attack_is_text(chromium, outside, tmp_path):
    host, asked = outside
    hostile = Hostile(host, *NAMED)
    edition = built(hostile, tmp_path, *SET)
    found = survey(chromium, edition, host, FEW)
    assert (found.wrong, found.ran, asked) == ([], 0, [])
    assert found.pages > 10 and sum(hostile.cells.values()) > 5000
    assert read_whole(hostile, found)
    assert searched(chromium, edition, hostile).wrong == []
    assert "By whoever made this book" in (edition / "about.html").read_text("utf-8")


@pytest.mark.soak
@pytest.mark.browser
def test_in_the_whole_book_every_attack_is_text_without_the_policy_too(
    chromium, outside, tmp_path, record_property
):
    host, asked = outside
    asked.clear()
    hostile = Hostile(host, "DeepSeek-R1", "R1-Zero reinforcement learning")
    edition = built(hostile, tmp_path)
    found = survey(chromium, edition, host, MANY)
    bare = survey(chromium, edition, host, FEW, bypass_csp=True)
    search = searched(chromium, edition, hostile)
    texts = read_whole(hostile, found)
    counts = {
        "cells under attack": sum(hostile.cells.values()),
        "attacks": len(hostile.attacks),
        "pages opened": found.pages,
        "scripts run": found.ran + bare.ran + search.ran,
        "requests to another server": len(asked),
        "attacks read as text": sum(texts.values()),
    }
    for name, count in counts.items():
        record_property(f"hostile folder, {name}", count)
    assert (found.wrong, bare.wrong, search.wrong, asked) == ([], [], [], [])
    brief = Pdf((edition / "traincost-brief.pdf").read_bytes()).text()
    assert "<zq-" in brief
    json.loads((edition / "claims.jsonld").read_text("utf-8"))


@pytest.mark.parametrize("odd", REFUSED.values(), ids=REFUSED)
def test_what_nobody_could_read_is_refused(edited, tmp_path, capsys, odd):
    folder = edited("claims.csv", "DeepSeek spent", f"{odd}DeepSeek spent")
    assert main(["build", "--data", str(folder), "--out", str(tmp_path / "edition")]) == 2
    errors = re.findall("^error: .*$", capsys.readouterr().err, re.M)
    assert len(errors) == 1 and "claims.csv, line " in errors[0] and odd not in errors[0]
    assert not (tmp_path / "edition").exists()
