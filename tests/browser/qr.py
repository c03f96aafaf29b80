"""Reading a QR code off a picture, as a telephone would: from its dark and light squares, nothing else."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from playwright.sync_api import Page
from segno import consts

Matrix = Sequence[Sequence[int]]

QUIET_ZONE = 4
DRAW = """async (svg) => {
  const picture = new Image();
  picture.src = "data:image/svg+xml," + encodeURIComponent(svg);
  await picture.decode();
  const size = Number(/viewBox="0 0 (\\d+) \\d+"/.exec(svg)[1]), scale = 4;
  const canvas = Object.assign(document.createElement("canvas"), { width: size * scale, height: size * scale });
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  const dark = (x, y) => data[4 * ((y * scale + scale / 2) * canvas.width + x * scale + scale / 2)] < 128;
  return Array.from({ length: size }, (_, y) => Array.from({ length: size }, (_, x) => Number(dark(x, y))));
}"""

MASKS: tuple[Callable[[int, int], int], ...] = (
    lambda row, column: (row + column) % 2,
    lambda row, _: row % 2,
    lambda _, column: column % 3,
    lambda row, column: (row + column) % 3,
    lambda row, column: (row // 2 + column // 3) % 2,
    lambda row, column: row * column % 2 + row * column % 3,
    lambda row, column: (row * column % 2 + row * column % 3) % 2,
    lambda row, column: ((row + column) % 2 + row * column % 3) % 2,
)
FORMAT_PLACES = [*((8, column) for column in (0, 1, 2, 3, 4, 5, 7, 8)), *((row, 8) for row in (7, 5, 4, 3, 2, 1, 0))]
FORMAT_MASK = 0x5412
BYTES = 0b0100
ALIGNMENT: Any = consts.ALIGNMENT_POS
BLOCKS: Any = consts.ECC


def seen(page: Page, svg: str) -> list[list[int]]:
    """The squares of a picture that the browser draws."""
    rows: list[list[int]] = page.evaluate(DRAW, svg)
    return [row[QUIET_ZONE:-QUIET_ZONE] for row in rows[QUIET_ZONE:-QUIET_ZONE]]


def read(matrix: Matrix) -> str:
    """The text of a QR code without errors."""
    version = (len(matrix) - 17) // 4
    form = _number(matrix[row][column] for row, column in FORMAT_PLACES) ^ FORMAT_MASK
    level, mask = form >> 13, MASKS[form >> 10 & 7]
    bits = [
        matrix[row][column] ^ (not mask(row, column))
        for row, column in _places(len(matrix))
        if not _is_fixed(row, column, version)
    ]
    words = [_number(bits[start : start + 8]) for start in range(0, len(bits) - 7, 8)]
    return _text(_in_order(words, version, level), version)


def _places(size: int) -> Iterator[tuple[int, int]]:
    """Every place in the order of its bit: two columns at a time from the right, up and down by turns."""
    for turn, right in enumerate(column for column in range(size - 1, 0, -2)):
        left_of_timing = right - (right <= 6)
        for step in range(size):
            row = step if turn % 2 else size - 1 - step
            yield from ((row, left_of_timing), (row, left_of_timing - 1))


def _is_fixed(row: int, column: int, version: int) -> bool:
    """Whether a place belongs to what every code has: finders, timing, alignment, and notes of form and version."""
    last = 16 + 4 * version
    corners = (row < 9 and (column < 9 or column > last - 8)) or (row > last - 8 and column < 9)
    notes = version > 6 and ((row < 6 and column > last - 11) or (column < 6 and row > last - 11))
    return corners or notes or 6 in {row, column} or _is_alignment(row, column, version)


def _is_alignment(row: int, column: int, version: int) -> bool:
    centres: Sequence[int] = ALIGNMENT[version - 2] if version > 1 else ()
    first, last = (centres[0], centres[-1]) if centres else (0, 0)
    finders = {(first, first), (first, last), (last, first)}
    near = ((y, x) for y in centres for x in centres if abs(row - y) <= 2 and abs(column - x) <= 2)
    return any(place not in finders for place in near)


def _in_order(words: Sequence[int], version: int, level: int) -> list[int]:
    """The data as they were before blocks were dealt out by turns; what corrects errors is left aside."""
    lengths = [kind.num_data for kind in BLOCKS[version][level] for _ in range(kind.num_blocks)]
    dealt = iter(words)
    blocks: list[list[int]] = [[] for _ in lengths]
    for turn in range(max(lengths)):
        for block, length in zip(blocks, lengths, strict=True):
            if turn < length:
                block.append(next(dealt))
    return [word for block in blocks for word in block]


def _text(words: Sequence[int], version: int) -> str:
    bits = [word >> place & 1 for word in words for place in range(7, -1, -1)]
    assert _number(bits[:4]) == BYTES, "the text is written as bytes"
    start = 4 + (8 if version < 10 else 16)
    length = _number(bits[4:start])
    return bytes(_number(bits[start + 8 * place : start + 8 * place + 8]) for place in range(length)).decode()


def _number(bits: Iterator[int] | Sequence[int]) -> int:
    number = 0
    for bit in bits:
        number = number << 1 | bit
    return number
