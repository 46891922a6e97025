"""The text and the fonts of a PDF such as the brief is: its objects lie open, its strings are
numbers of glyphs, and each font says what they stand for.
"""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"^(\d+) 0 obj\n(.*?)\nendobj", re.S | re.M)
_STREAM = re.compile(rb"(<<.*?>>)\s*stream\r?\n(.*)\r?\nendstream", re.S)
_INSIDE = rb"[^()\\]|\\."
_STRING = rb"\(((?:" + _INSIDE + rb"|\((?:" + _INSIDE + rb")*\))*)\)"
_SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|" + _STRING + rb"|<([0-9A-Fa-f]*)>|(ET)", re.S)
_ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
_LETTERS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


class Pdf:
    """A document's objects by number."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.objects = {int(number): body for number, body in _OBJECT.findall(content)}

    @property
    def pages(self) -> list[bytes]:
        """Its pages' objects, in order."""
        tree = next(body for body in self.objects.values() if b"/Type/Pages" in body)
        kids = re.search(rb"/Kids\[(.*?)\]", tree)[1]
        return [self.objects[int(number)] for number in re.findall(rb"(\d+) 0 R", kids)]

    def text(self) -> str:
        """What its pages say; pieces that are set one by one stand side by side."""
        shown = "".join(piece for page in self.pages for piece in self._shown(page))
        return " ".join(shown.split())

    def fonts(self) -> dict[str, bool]:
        """The name of each font, and whether it is embedded."""
        descriptors = [body for body in self.objects.values() if b"/Type/FontDescriptor" in body]
        return {
            re.search(rb"/FontName/([^/\s]+)", body)[1].decode(): b"/FontFile" in body
            for body in descriptors
        }

    def _shown(self, page: bytes) -> list[str]:
        fonts = {name: self._letters(font) for name, font in self._fonts_of(page).items()}
        pieces, font = [], b""
        stream = self._stream(int(re.search(rb"/Contents (\d+) 0 R", page)[1]))
        for name, plain, hexadecimal, end in _SHOWN.findall(stream):
            font = name or font
            glyphs = bytes.fromhex(hexadecimal.decode()) if hexadecimal else _unescaped(plain)
            numbers = [int.from_bytes(glyphs[at : at + 2]) for at in range(0, len(glyphs), 2)]
            if font in fonts:
                pieces += [fonts[font].get(number, "") for number in numbers]
            pieces += [" "] if end else []
        return pieces

    def _fonts_of(self, page: bytes) -> dict[bytes, bytes]:
        resources = self.objects[int(re.search(rb"/Resources (\d+) 0 R", page)[1])]
        named = re.search(rb"/Font<<(.*?)>>", resources)[1]
        found = re.findall(rb"/(f\d+) (\d+) 0 R", named)
        return {name: self.objects[int(number)] for name, number in found}

    def _letters(self, font: bytes) -> dict[int, str]:
        """What the glyphs of a font stand for."""
        table = self._stream(int(re.search(rb"/ToUnicode (\d+) 0 R", font)[1]))
        pairs = re.findall(rb"^<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>$", table, re.M)
        return {
            int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be")
            for glyph, text in pairs
        }

    def _stream(self, number: int) -> bytes:
        head, data = _STREAM.search(self.objects[number]).groups()
        return zlib.decompress(data) if b"/FlateDecode" in head else data


def _unescaped(text: bytes) -> bytes:
    def letter(found: re.Match[bytes]) -> bytes:
        code = found[1]
        return bytes([int(code, 8)]) if code.isdigit() else _LETTERS.get(code, code)

    return _ESCAPED.sub(letter, text)
