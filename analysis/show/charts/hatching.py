"""What is assumed is hatched. Vega-Lite has no patterns: a colour of its own stands for one until
the chart is drawn.
"""

from __future__ import annotations

HATCHED = "#6b6b6c"  # in a specification; a grey like any other to whoever draws it elsewhere
PATTERN = (
    '<defs><pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><rect width="6" height="6" fill="#6b6b6b" fill-opacity="0.12"'
    ' stroke="none"/><rect width="2" height="6" fill="#6b6b6b" stroke="none"/></pattern></defs>'
)


def hatched(drawing: str, name: str) -> str:
    """An SVG drawing with a pattern of this name where it has the colour that stands for one."""
    if f'fill="{HATCHED}"' not in drawing:
        return drawing
    head, rest = drawing.split(">", 1)
    filled = rest.replace(f'fill="{HATCHED}"', f'fill="url(#{name})" stroke="#6b6b6b"')
    return f"{head}>{PATTERN.format(name=name)}{filled}"
