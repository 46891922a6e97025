"""What a page shows of itself where its address is shared: a title, its first sentences, and a
picture of both.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path

import typst

from analysis.publish.citation import Citation
from analysis.publish.pages import PageText

PICTURES = "previews"
WIDTH_PX, HEIGHT_PX = 1200, 630
TEMPLATE = Path(__file__).with_name("preview.typ")
HEAD_ENDS = "</head>"


def write_pictures(pages: Iterable[PageText], book: str, cited: Citation, edition: Path) -> None:
    """Draw a picture for each page, all at once."""
    pages = list(pages)
    shown = [
        {
            "over": book,
            "title": page.title,
            "description": page.description,
        }
        for page in pages
    ]
    data = json.dumps({"pages": shown, "under": f"{cited.authors} · evidence as of {cited.day}"})
    drawn = typst.compile(
        str(TEMPLATE),
        format="png",
        ppi=72,  # a point is a pixel
        ignore_system_fonts=True,  # the same picture on any machine
        sys_inputs={"data": data},
    )
    (edition / PICTURES).mkdir()
    for page, picture in zip(pages, drawn if isinstance(drawn, list) else [drawn], strict=True):
        (edition / PICTURES / f"{page.name}.png").write_bytes(picture)


def preview_tags(page: PageText, book: str, base_url: str) -> str:
    """The elements of a page's head that previews are made of; those that need an address of the
    web only where the edition has one.
    """
    title, description = (html.escape(text) for text in (page.title, page.description))
    address = f"{base_url}{page.name}.html"
    named = {"description": description, "twitter:card": "summary"}
    properties = {
        "og:title": title,
        "og:description": description,
        "og:type": "article",
        "og:site_name": html.escape(book),
    }
    if base_url:
        picture = f"{base_url}{PICTURES}/{page.name}.png"
        named["twitter:card"] = "summary_large_image"
        properties |= {
            "og:url": address,
            "og:image": picture,
            "og:image:width": str(WIDTH_PX),
            "og:image:height": str(HEIGHT_PX),
            "og:image:alt": f"{title}: {description}",
        }
    lines = [f'<meta name="{name}" content="{text}">' for name, text in named.items()]
    lines += [f'<meta property="{name}" content="{text}">' for name, text in properties.items()]
    lines += [f'<link rel="canonical" href="{address}">'] if base_url else []
    return "\n".join(lines)


def add_to_head(path: Path, elements: str) -> None:
    """Put elements at the end of a page's head."""
    before, end, after = path.read_text(encoding="utf-8").partition(HEAD_ENDS)
    path.write_text(f"{before}{elements}\n{end}{after}", encoding="utf-8")
