"""What a page may load and run: the edition's own files, and the lines that Sphinx and its theme
write into each page. A browser that reads this refuses everything else.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

from analysis.publish.failed import BookFailed

# styles stand in the charts and tables themselves; they can run nothing
RULES = (
    "default-src 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; script-src 'self'"
)
# a page whose scripts were all allowed as they are found would allow a stranger's too
KNOWN = tuple(
    re.compile(pattern)
    for pattern in (
        r"\s*document\.documentElement\.dataset\.mode = localStorage\.getItem\(\"mode\"\)"
        r" \|\| \"(auto|light|dark)\";"
        r"\s*document\.documentElement\.dataset\.theme = localStorage\.getItem\(\"theme\"\)"
        r" \|\| \"(auto|light|dark)\";\s*",
        r"var togglebuttonSelector = '[\w., -]+';",
        r"let toggle(Hint(Show|Hide)|OpenOnPrint) = '[\w ]+';",
        r"DOCUMENTATION_OPTIONS\.search_as_you_type = false;",
        r"DOCUMENTATION_OPTIONS\.pagename = '[\w.-]+';",
        r"location\.replace\(\"[\w.-]+\.html\" \+ location\.hash\);",
    )
)
_INLINE = re.compile(
    r"<script(?![^>]*\b(?:src=|type=\"application/))[^>]*>(.*?)</script\b", re.S | re.I
)
_CHARSET = re.compile(r"<meta charset=[^>]*>")


def set_policy(page: Path) -> None:
    """Write the content security policy into the head of a page, before anything it loads.

    Raises
    ------
    BookFailed
        if the page holds a script that is none of the book's
    """
    text = page.read_text(encoding="utf-8")
    scripts = sorted(set(_INLINE.findall(text)))
    for script in scripts:
        if not any(known.fullmatch(script) for known in KNOWN):
            raise BookFailed(f"{page.name} holds a script that is not the book's: {script[:60]!r}")
    rules = " ".join([RULES, *map(_hash, scripts)])
    policy = f'<meta http-equiv="Content-Security-Policy" content="{rules}">'
    page.write_text(_CHARSET.sub(rf"\g<0>\n{policy}", text, count=1), encoding="utf-8")


def _hash(script: str) -> str:
    digest = hashlib.sha256(script.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
