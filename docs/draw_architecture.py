"""Draws the map of the house, ``docs/architecture.svg``, from the imports of the code."""

import grimp

PACKAGES = ("ablations", "core", "reports")
ROWS = (
    ("ablations.cli",),
    ("ablations.running",),
    ("ablations.tracking",),
    ("ablations.planning",),
    ("ablations.study", "ablations.store"),
    ("ablations.types",),
    ("reports", "core"),
)
"""Rooms from top to bottom. An arrow may only point down, as ``.importlinter`` checks."""
WIDTH, ROW_HEIGHT, BOX_WIDTH, BOX_HEIGHT, GAP = 720, 92, 190, 46, 90

Point = tuple[float, float]


def architecture_svg() -> str:
    """The map as an SVG: a box for each room, an arrow for the imports from one room to another."""
    places = {room: place for number, row in enumerate(ROWS) for room, place in _places(row, number)}
    arrows = [_arrow(places[one], places[other]) for one, other in sorted(_imports())]
    boxes = [_box(room, place) for room, place in places.items()]
    height = ROW_HEIGHT * len(ROWS) + 8
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
            'font-family="sans-serif" font-size="14">',
            "<title>The rooms of the project, and which imports which</title>",
            f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
            '<marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" markerHeight="6" orient="auto">'
            '<path d="M0 0 8 4 0 8z" fill="#456"/></marker>',
            *arrows,
            *boxes,
            "</svg>",
            "",
        ]
    )


def _places(row: tuple[str, ...], number: int) -> list[tuple[str, Point]]:
    """The centre of each box of a row."""
    left = WIDTH / 2 - (len(row) - 1) * (BOX_WIDTH + GAP) / 2
    return [(room, (left + column * (BOX_WIDTH + GAP), ROW_HEIGHT * (number + 0.5))) for column, room in enumerate(row)]


def _imports() -> set[tuple[str, str]]:
    """Pairs of rooms of which the first imports the second; imports for types alone are left out."""
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True)
    pairs = (
        (_room(module), _room(imported))
        for module in graph.modules
        for imported in graph.find_modules_directly_imported_by(module)
    )
    return {(one, other) for one, other in pairs if one and other and one != other}


def _room(module: str) -> str | None:
    return next((room for row in ROWS for room in row if module == room or module.startswith(f"{room}.")), None)


def _arrow(start: Point, end: Point) -> str:
    (x1, y1), (x2, y2) = start, end
    y1, y2 = y1 + BOX_HEIGHT / 2, y2 - BOX_HEIGHT / 2
    rows = (y2 - y1) / ROW_HEIGHT
    right = (x1 + x2) / 2 > WIDTH / 2 or (x1 == x2 and x1 >= WIDTH / 2)
    side = 0.0 if rows < 1 else (1 if right else -1) * 70 * min(rows, 3.5)  # long arrows pass beside the boxes
    middle = (y1 + y2) / 2
    path = f"M{x1:.0f} {y1:.0f}C{x1 + side:.0f} {middle:.0f} {x2 + side:.0f} {middle:.0f} {x2:.0f} {y2:.0f}"
    return (
        f'<path d="{path}" fill="none" stroke="#456" stroke-opacity="{0.8 if rows < 1 else 0.3}" stroke-width="1.5" '
        'marker-end="url(#tip)"/>'
    )


def _box(room: str, centre: Point) -> str:
    x, y = centre
    return (
        f'<rect x="{x - BOX_WIDTH / 2:.0f}" y="{y - BOX_HEIGHT / 2:.0f}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" '
        'rx="6" fill="#eef3f8" stroke="#456"/>'
        f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" font-weight="bold">'
        f"{room.removeprefix('ablations.')}</text>"
    )
