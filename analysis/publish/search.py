"""The index that search reads: what every page says, in one script, for a folder has no server."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterable
from pathlib import Path

from analysis.publish.pages import PageText

VARIABLE = "window.traincostPages"


def write_index(pages: Iterable[PageText], target: Path) -> None:
    """Write the index as a script that puts it on the window, packed as gzip in base 64.

    A page is `[name, title, sections]`, a section `[anchor, heading, lines]`, a line `[text]` or
    `[text, anchor]`.
    """
    content = [[page.name, page.title, _sections(page)] for page in pages]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    packed = base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()
    target.write_text(f'{VARIABLE} = "{packed}";\n', encoding="utf-8")


def _sections(page: PageText) -> list[list]:
    return [
        [section.anchor, section.heading, [list(filter(None, line)) for line in section.lines]]
        for section in page.sections
    ]
