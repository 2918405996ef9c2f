"""Charts as SVG, made on the server: they print, need no script, and read aloud by their title."""

from collections.abc import Sequence

from markupsafe import Markup

_SPARK_WIDTH, _SPARK_HEIGHT = 96, 20
_BAR_WIDTH, _BAR_HEIGHT = 720, 160
_MARGIN = 24
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
