"""What a built page says, read from its file."""

from __future__ import annotations

from pathlib import Path

from analysis.publish.pages import PageText, texts_of


def read_page(path: Path) -> PageText:
    """The text of a page as it is published."""
    (text,) = texts_of({path.stem: path.read_text(encoding="utf-8")})
    return text
