"""Optical character recognition with RapidOCR, whose models come with its wheel (extra `ocr`).

Importing this costs a second and 200 MB, so the parser server does it at the first scan. Engines
have threads: each child makes its own after the fork.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any

import cv2
import numpy
from numpy.typing import NDArray
from rapidocr import RapidOCR

Image = NDArray[Any]
"""Rows of pixels, each blue, green and red from 0 to 255."""
Sides = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels."""

POOR = 0.85
"""Below this mean score a page may stand on its head."""
TALL = 1.5
LONGEST = 9
SLACK = 0.15
"""The share of a box above and below the letters, as that of a font."""
WORD = re.compile(r"\S*?(?:[^\W\d_]\)?|(?<!\S)):(?=\S)|\S+")
"""What stands between spaces; "BMI:28" is two words, "14:08" one."""
THREADS = 2
WIDE_FORMS = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
"""Full-width characters, which the models prefer now and then, as ASCII."""


@dataclass(frozen=True)
class Printed:
    """A word with its box in the image as it was held for reading."""

    text: str
    sides: Sides


@dataclass(frozen=True)
class Reading:
    """The words of an image in which text runs `turn` degrees clockwise from left-to-right.

    Boxes are in the image turned back by that. `quality` is the sum of the scores of all letters,
    `letters` their number, and `tall` how many of them stand in boxes that are taller than wide.
    `slope` is by how many pixels the lines fall for each to the right.
    """

    turn: int
    words: tuple[Printed, ...]
    quality: float
    letters: int
    tall: int
    slope: float


def read(image: Image) -> Reading:
    """The best reading of `image`: as it is, or turned where that reads poorly."""
    cv2.setNumThreads(1)
    engine = _engine()
    upright = _read(engine, image, 0)
    turned = [_read(engine, image, turn) for turn in _other_turns(upright)]
    return max([upright, *turned], key=lambda reading: reading.quality)


def _other_turns(upright: Reading) -> tuple[int, ...]:
    """How else the page may be meant. Tall lines are turned by the engine as if they ran down."""
    is_poor = upright.quality < POOR * upright.letters
    if upright.letters == 0:
        return 180, 270
    if 2 * upright.tall > upright.letters:
        return (270,) if is_poor else (90,)
    return (180,) if is_poor else ()


def _engine() -> RapidOCR:
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            # Lines are not turned one by one: it turns numbers such as 16091 on upright pages.
            "Global.use_cls": False,
            "Global.return_word_box": True,
            "Global.return_single_char_box": True,
            # Measured: finds lines in two thirds of the time, and loses none.
            "Det.limit_type": "max",
            "Det.limit_side_len": 1280,
            # A single line on an empty page is not found at the usual 0.5.
            "Det.box_thresh": 0.3,
            "EngineConfig.onnxruntime.intra_op_num_threads": min(THREADS, os.cpu_count() or 1),
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def _read(engine: RapidOCR, image: Image, turn: int) -> Reading:
    found: Any = engine(numpy.ascontiguousarray(numpy.rot90(image, turn // 90)))
    words: list[Printed] = []
    quality, letters, tall = 0.0, 0, 0
    if found.boxes is not None:
        for corners, text, score, tokens in zip(
            found.boxes, found.txts, found.scores, found.word_results, strict=True
        ):
            sides = _around(corners)
            letters += len(text)
            quality += score * len(text)
            tall += len(text) * (sides[3] - sides[1] > TALL * (sides[2] - sides[0]))
            words.extend(_words(text, tokens, sides))
    slope = 0.0 if found.boxes is None else _slope(found.boxes)
    return Reading(turn, tuple(words), quality, letters, tall, slope)


def _words(text: str, letters: Sequence[Any], line: Sides) -> Iterator[Printed]:
    """The words of a line, each around the letters that spell it; where they spell something
    else, by its share of the line."""
    pieces = (letter for letter in letters if letter[0].strip())
    for word in WORD.finditer(text):
        spelt = list(islice(pieces, len(word[0])))
        if [letter[0] for letter in spelt] == list(word[0]):
            sides = _around([corner for letter in spelt for corner in letter[2]])
        else:
            sides = _share(line, word.span(), len(text))
        yield Printed(word[0].translate(WIDE_FORMS), _trimmed(sides))


def _share(line: Sides, span: tuple[int, int], letters: int) -> Sides:
    left, top, right, bottom = line
    step = (right - left) / letters
    return left + span[0] * step, top, left + span[1] * step, bottom


def _slope(lines: Sequence[Any]) -> float:
    """The usual slope of the longest lines, which are the surest."""
    edges = sorted((float(x2 - x1), float(y2 - y1)) for (x1, y1), (x2, y2), *_ in lines)
    return median(fall / across if across > 0 else 0.0 for across, fall in edges[-LONGEST:])


def _trimmed(sides: Sides) -> Sides:
    left, top, right, bottom = sides
    slack = SLACK * (bottom - top)
    return left, top + slack, right, bottom - slack


def _around(corners: Sequence[Any]) -> Sides:
    xs = [float(x) for x, _ in corners]
    ys = [float(y) for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)
