"""Reads the text of the PDFs that typst writes: what each run of signs says, page by page."""

import re
import zlib
from collections.abc import Iterator

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\n(.*)\nendstream", re.DOTALL)
FONT = re.compile(rb"/(f\d+) (\d+) 0 R")
MAPPED = re.compile(r"<([0-9A-F]{4})> <([0-9A-F]+)>")
RANGED = re.compile(r"<([0-9A-F]{4})> <([0-9A-F]{4})> <([0-9A-F]+)>")
RUN = re.compile(rb"/(f\d+) [\d.]+ Tf(.*?)ET", re.DOTALL)
HEXED = re.compile(rb"<([0-9a-fA-F]+)>")
SIGN = re.compile(rb"\\[0-7]{1,3}|\\.|.", re.DOTALL)
ACTUAL = re.compile(rb"/ActualText(?:\((?:\\.|[^\\)])*\)|<[0-9a-fA-F]*>)", re.DOTALL)
"""What a program should copy in place of some glyphs: they say it as well."""

ESCAPE = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
ESCAPED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
BREAK = "\u200b"


class Pdf:
    """A PDF, taken apart."""

    def __init__(self, content: bytes) -> None:
        assert content.startswith(b"%PDF-1.7")
        self._objects = {int(number): body for number, body in OBJECT.findall(content)}

    def pages(self) -> list[str]:
        """The text of each page, a line for each run, in the order that it is drawn."""
        pages = [body for body in self._objects.values() if re.match(rb"<</Type/Page/", body)]
        return [self._text(page) for page in pages]

    def _text(self, page: bytes) -> str:
        resources = self._objects[_reference(page, b"Resources")]
        fonts = {name: self._signs(self._objects[int(number)]) for name, number in FONT.findall(resources)}
        content = ACTUAL.sub(b"", self._stream(_reference(page, b"Contents")))
        return "\n".join(self._said(run, fonts[font]) for font, run in RUN.findall(content)).replace(BREAK, "")

    def _stream(self, number: int) -> bytes:
        found = STREAM.search(self._objects[number])
        assert found
        return zlib.decompress(found.group(1))

    def _signs(self, font: bytes) -> dict[int, str]:
        """What each glyph of a font stands for."""
        table = self._stream(_reference(font, b"ToUnicode")).decode("latin-1")
        signs = {}
        for first, last, start in RANGED.findall(table):
            for step in range(int(last, 16) - int(first, 16) + 1):
                signs[int(first, 16) + step] = chr(int(start, 16) + step)
        for glyph, sign in MAPPED.findall(table.partition("endcodespacerange")[2]):
            signs.setdefault(int(glyph, 16), bytes.fromhex(sign).decode("utf-16-be"))
        return signs

    def _said(self, run: bytes, signs: dict[int, str]) -> str:
        glyphs = b"".join(_strings(run))
        pairs = zip(glyphs[::2], glyphs[1::2], strict=True)
        return "".join(signs.get(high * 256 + low, "\ufffd") for high, low in pairs)


def _strings(run: bytes) -> Iterator[bytes]:
    """The strings of a run. Parentheses inside one may stand for themselves, where they are balanced."""
    at = 0
    while (start := re.compile(rb"[(<]").search(run, at)) is not None:
        at = start.end()
        if start.group() == b"<":
            found = HEXED.match(run, start.start())
            if found is not None:
                yield bytes.fromhex(found.group(1).decode())
            continue
        depth = 1
        while depth:
            sign = SIGN.match(run, at)
            assert sign
            at = sign.end()
            depth += {b"(": 1, b")": -1}.get(sign.group(), 0)
        yield _unescaped(run[start.end() : at - 1])


def _unescaped(string: bytes) -> bytes:
    def meant(found: re.Match[bytes]) -> bytes:
        sign = found.group(1)
        return bytes([int(sign, 8)]) if sign.isdigit() else ESCAPED.get(sign, sign)

    return ESCAPE.sub(meant, string)


def _reference(body: bytes, name: bytes) -> int:
    found = re.search(rb"/" + name + rb" (\d+) 0 R", body)
    assert found, f"no {name!r} in {body!r}"
    return int(found.group(1))


def text_of(pdf: bytes) -> str:
    """All that a PDF says."""
    return "\n".join(Pdf(pdf).pages())
