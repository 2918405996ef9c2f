"""Charts as SVG, made on the server: they print, need no script, and read aloud by their title."""

from collections.abc import Sequence

from markupsafe import Markup

_SPARK_WIDTH, _SPARK_HEIGHT = 96, 20
_BAR_WIDTH, _BAR_HEIGHT = 720, 160
_MARGIN = 24
_DOT = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="4"><title>{}: {:.1f} %</title></circle>')
_MARK = Markup('<line x1="{0:.1f}" x2="{0:.1f}" y1="0" y2="28"><title>{1} {2:g}</title></line>')
_BAR = Markup(
    '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{}: {}</title></rect>'
)


def sparkline(values: Sequence[float], title: str) -> Markup:
    """A small line of the values, left to right, from zero to their greatest."""
    top = max([*values, 1])
    step = _SPARK_WIDTH / max(len(values) - 1, 1)
    points = " ".join(
        f"{n * step:.1f},{_SPARK_HEIGHT - 1 - (_SPARK_HEIGHT - 2) * value / top:.1f}"
        for n, value in enumerate(values)
    )
    return Markup(
        '<svg class="spark" role="img" viewBox="0 0 {} {}" width="{}" height="{}">'
        '<title>{}</title><polyline points="{}"/></svg>'
    ).format(_SPARK_WIDTH, _SPARK_HEIGHT, _SPARK_WIDTH, _SPARK_HEIGHT, title, points)


def bars(values: Sequence[float], labels: Sequence[str], title: str) -> Markup:
    """Upright bars with a tooltip each; the first and last label stand below."""
    top = max([*values, 1])
    step = _BAR_WIDTH / max(len(values), 1)
    body = Markup("").join(
        _BAR.format(
            n * step + 1,
            _BAR_HEIGHT * (1 - value / top),
            max(step - 2, 1),
            _BAR_HEIGHT * value / top,
            label,
            f"{value:,}",
        )
        for n, (value, label) in enumerate(zip(values, labels, strict=True))
    )
    ends = Markup('<text x="0" y="{}">{}</text><text x="{}" y="{}" class="end">{}</text>').format(
        _BAR_HEIGHT + _MARGIN - 8, labels[0], _BAR_WIDTH, _BAR_HEIGHT + _MARGIN - 8, labels[-1]
    ) if labels else Markup("")  # fmt: skip
    return Markup(
        '<svg class="bars" role="img" viewBox="0 0 {} {}"><title>{}</title>{}{}</svg>'
    ).format(_BAR_WIDTH, _BAR_HEIGHT + _MARGIN, title, body, ends)


def trend(points: Sequence[tuple[str, float | None]], title: str) -> Markup:
    """A run chart of rates from 0 to 100; a period without a rate leaves a gap."""
    step = _BAR_WIDTH / max(len(points), 1)
    places = [
        (step * (n + 0.5), _BAR_HEIGHT * (1 - value / 100), label, value)
        for n, (label, value) in enumerate(points)
        if value is not None
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in places)
    dots = Markup("").join(_DOT.format(*place) for place in places)
    labels = Markup("").join(
        Markup('<text x="{:.1f}" y="{}" class="middle">{}</text>').format(
            step * (n + 0.5), _BAR_HEIGHT + _MARGIN - 8, label
        )
        for n, (label, _) in enumerate(points)
    )
    return Markup(
        '<svg class="trend" role="img" viewBox="0 -6 {} {}"><title>{}</title>'
        '<line x1="0" x2="{}" y1="{}" y2="{}"/><polyline points="{}"/>{}{}</svg>'
    ).format(
        _BAR_WIDTH, _BAR_HEIGHT + _MARGIN + 6, title, _BAR_WIDTH, _BAR_HEIGHT, _BAR_HEIGHT,
        line, dots, labels,
    )  # fmt: skip


def bullet(rate: float | None, low: float | None, high: float | None, title: str) -> Markup:
    """A rate from 0 to 100 on a bar, with the two thresholds as marks."""
    scale = _BAR_WIDTH / 100
    marks = Markup("").join(
        _MARK.format(scale * min(max(value, 0), 100), name, value)
        for name, value in (("Low below", low), ("High from", high))
        if value is not None
    )
    width = 0 if rate is None else scale * min(max(rate, 0), 100)
    return Markup(
        '<svg class="bullet" role="img" viewBox="0 0 {} 28"><title>{}</title>'
        '<rect class="track" width="{}" height="28"/>'
        '<rect class="value" y="8" width="{:.1f}" height="12"/>{}</svg>'
    ).format(_BAR_WIDTH, title, _BAR_WIDTH, width, marks)


def share(count: float, whole: float, title: str) -> Markup:
    """How much of the whole a count is, as a bar."""
    width = 0 if not whole else 300 * count / whole
    return Markup(
        '<svg class="share" role="img" viewBox="0 0 300 16"><title>{}</title>'
        '<rect class="track" width="300" height="16"/>'
        '<rect class="value" width="{:.1f}" height="16"/></svg>'
    ).format(title, min(width, 300))
