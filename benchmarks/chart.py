"""A chart of growth as SVG: both axes logarithmic, readable on light and dark pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 900, 460
_LEFT, _RIGHT, _TOP, _BOTTOM = 85, 560, 20, 410
_COLOURS = (
    "#d1495b", "#b07fc7", "#3f9f6b", "#2e86ab", "#d99a1c", "#a0622d", "#4db6ac", "#8c8c8c",
    "#e07a5f", "#5c73d6",
)  # fmt: skip
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.grid{stroke:#8884}"
    "@media(prefers-color-scheme:dark){text{fill:#ddd}}"
)


@dataclass(frozen=True)
class Line:
    """A curve: (patients, milliseconds), all positive, with a name."""

    name: str
    points: Sequence[tuple[float, float]]


def chart(lines: Sequence[Line]) -> str:
    """The SVG. Slope 1 means: twice the patients, twice the time."""
    across = _Axis([x for line in lines for x, _ in line.points], _LEFT, _RIGHT)
    up = _Axis([y for line in lines for _, y in line.points], _BOTTOM, _TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
        f"<title>Milliseconds by number of patients</title><style>{_STYLE}</style>",
        *_grid(across, up),
    ]
    ends = sorted(range(len(lines)), key=lambda n: -lines[n].points[-1][1])
    for row, n in enumerate(ends):
        parts += _curve(lines[n], _COLOURS[n % len(_COLOURS)], across, up, _TOP + 20 + 22 * row)
    return "\n".join([*parts, "</svg>", ""])


class _Axis:
    """Whole powers of ten around some values, spread between two places."""

    def __init__(self, values: Sequence[float], low: float, high: float) -> None:
        self.first, self.last = floor(log10(min(values))), ceil(log10(max(values)))
        self.last = max(self.last, self.first + 1)
        self._low, self._step = low, (high - low) / (self.last - self.first)

    def place(self, value: float) -> float:
        return round(self._low + self._step * (log10(value) - self.first), 1)

    @property
    def powers(self) -> list[float]:
        return [10.0**n for n in range(self.first, self.last + 1)]


def _grid(across: _Axis, up: _Axis) -> list[str]:
    parts = []
    for value in up.powers:
        y = up.place(value)
        parts.append(f'<path class="grid" d="M{_LEFT} {y}H{_RIGHT}"/>')
        label = f"{value:,g} ms".replace(",", " ")
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{label}</text>')
    for value in across.powers:
        x = across.place(value)
        parts.append(f'<path class="grid" d="M{x} {_TOP}V{_BOTTOM}"/>')
        label = f"{value:,.0f}".replace(",", " ")
        parts.append(f'<text x="{x}" y="{_BOTTOM + 20}" text-anchor="middle">{label}</text>')
    middle = (_LEFT + _RIGHT) / 2
    parts.append(f'<text x="{middle}" y="{_BOTTOM + 42}" text-anchor="middle">patients</text>')
    return parts


def _curve(line: Line, colour: str, across: _Axis, up: _Axis, row: float) -> list[str]:
    places = [(across.place(x), up.place(y)) for x, y in line.points]
    path = " ".join(f"{x},{y}" for x, y in places)
    return [
        f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>',
        *(f'<circle cx="{x}" cy="{y}" r="3.5" fill="{colour}"/>' for x, y in places),
        f'<path d="M{_RIGHT + 20} {row}h18" stroke="{colour}" stroke-width="3"/>',
        f'<text x="{_RIGHT + 45}" y="{row + 4}">{escape(line.name)}</text>',
    ]
