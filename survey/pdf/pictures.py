"""Pictures: a drawing (SVG) as dots (PNG), for what takes no SVG."""

from __future__ import annotations

import resvg

from survey.pdf import typeface


def png(svg: str, dots: int) -> bytes:
    """The drawing on white, in the typeface of official documents, which its texts must name, if only last.

    dots  of the picture for each of the drawing
    """
    family, folder = typeface.typeface()
    options = resvg.usvg.Options.default()
    options.load_fonts_dir(str(folder))
    options.font_family = family
    tree = resvg.usvg.Tree.from_str(svg, options)
    width, height = tree.int_size()
    return bytes(
        resvg.render(
            tree,
            (dots, 0, 0, 0, dots, 0),  # row by row: x scale, x skew, x shift, y skew, y scale, y shift
            bg_size=(width * dots, height * dots),
            bg_color=(255, 255, 255, 255),
        )
    )
