"""Pages and screens of writing: prose, program code, forms."""

from __future__ import annotations

from random import Random

from training.drawings.colours import RGB, is_dark, mixed
from training.drawings.look import Look
from training.drawings.told import Told, of_chart
from training.drawings.words import CODE, CODE_STARTS, FIELDS, NUMBERS, prose

EDITORS: dict[str, list[tuple[RGB, RGB, list[RGB]]]] = {
    "training": [
        ((30, 30, 30), (212, 212, 212), [(86, 156, 214), (206, 145, 120), (106, 153, 85), (220, 220, 170)]),
        ((39, 40, 34), (248, 248, 242), [(249, 38, 114), (166, 226, 46), (230, 219, 116), (102, 217, 239)]),
        ((0, 43, 54), (131, 148, 150), [(133, 153, 0), (38, 139, 210), (42, 161, 152), (203, 75, 22)]),
        ((255, 255, 255), (30, 30, 30), [(0, 0, 200), (163, 21, 21), (0, 128, 0), (120, 40, 160)]),
        ((246, 248, 250), (36, 41, 46), [(215, 58, 73), (3, 47, 98), (34, 134, 58), (111, 66, 193)]),
    ],
    "test": [
        ((40, 42, 54), (248, 248, 242), [(255, 121, 198), (80, 250, 123), (241, 250, 140), (139, 233, 253)]),
        ((253, 246, 227), (101, 123, 131), [(181, 137, 0), (211, 54, 130), (38, 139, 210), (133, 153, 0)]),
    ],
}


def page_of_text(random: Random, look: Look) -> Told:
    """Paragraphs in one or two columns, with or without headings."""
    sheet = look.sheet()
    width, height = look.width, look.height
    size = min(width, height) * random.uniform(0.024, 0.05)
    leading = size * random.uniform(1.25, 1.8)
    margin = width * random.uniform(0.04, 0.13)
    columns = 2 if random.random() < 0.25 and size < width * 0.033 else 1
    gutter = margin * 0.6
    column = (width - margin * 2 - gutter * (columns - 1)) / columns
    top = height * random.uniform(0.03, 0.1)
    headed = random.random() < 0.5
    if headed:
        sheet.text(
            (margin, top + size),
            prose(random, random.randint(2, 4)).title(),
            look.ink,
            family=look.font,
            size=size * 1.8,
            anchor="lm",
        )
        top += size * 3
    n_letters = max(8, int(column / size / 0.53))
    first_in, between = random.random() < 0.4, random.random() < 0.6
    for at in range(columns):
        left, y, rest = margin + at * (column + gutter), top, random.randint(2, 8)
        line_at = 0
        while y < height - margin * 0.5 - leading:
            last = rest == 0
            words = prose(random, n_letters // 5 + 3)[
                : n_letters if not last else max(5, int(n_letters * random.uniform(0.2, 0.8)))
            ]
            begin = size * 2 if first_in and line_at == 0 else 0
            words = words[: n_letters - (4 if begin else 0)]
            sheet.text(
                (left + begin, y),
                words.capitalize() if line_at == 0 else words,
                look.ink,
                family=look.font,
                size=size,
                anchor="la",
            )
            y += leading
            line_at, rest = line_at + 1, rest - 1
            if last:
                line_at, rest = 0, random.randint(2, 8)
                y += leading * (0.8 if between else 0)
                if random.random() < 0.12 and y < height - leading * 4:
                    sheet.text(
                        (left, y), prose(random, 2).title(), look.ink, family=look.font, size=size * 1.3, anchor="la"
                    )
                    y += leading * 1.6
    endings: tuple[str, ...] = ("in two columns",) if columns == 2 else ("in one column",)
    endings += ("with a heading", "with a title") if headed else ()
    more = ("lines of text", "several paragraphs", "a letter or a report")
    facts = {"columns": str(columns)}
    light = ("white text on a dark background",) if look.dark else ()
    return Told(sheet.finished(), of_chart("page of text", endings) + light + more[:2], facts)


def code(random: Random, look: Look) -> Told:
    """Lines of a program in a monospaced font, coloured by word, with or without numbers."""
    sheet = look.sheet()
    ground, ink, colours = random.choice(EDITORS[look.style])
    width, height = look.width, look.height
    sheet.box((0, 0, width, height), ground)
    size = min(width, height) * random.uniform(0.034, 0.06)
    leading, y, left = size * random.uniform(1.3, 1.7), size * random.uniform(0.6, 1.5), size
    if random.random() < 0.35:
        sheet.box((0, 0, width, size * 2), mixed(ground, ink, 0.15))
        for at, dot in enumerate(((255, 95, 86), (255, 189, 46), (39, 201, 63))):
            sheet.disc((size * (1 + at * 1.3), size), size * 0.4, dot)
        y += size * 2
    numbered = random.random() < 0.55
    if numbered:
        left += size * 2
    at, n_letters = 1, int((width - left) / size / 0.6)
    indent = 0
    while y < height - leading:
        words = "" if random.random() < 0.1 else random.choice(CODE)
        indent = min(2, max(0, indent + random.choice((-1, 0, 0, 1))))
        if numbered:
            place = (left - size * 0.7, y)
            sheet.text(place, str(at), mixed(ground, ink, 0.45), family=look.monospaced, size=size * 0.9, anchor="ra")
        words = "  " * indent + words
        x = left
        for part in _parts(words[:n_letters]):
            bare = part.strip()
            coloured = bare.startswith(("#", "//", '"')) or bare in CODE_STARTS
            colour = (
                colours[0]
                if bare in CODE_STARTS
                else random.choice(colours[1:])
                if coloured or random.random() < 0.4
                else ink
            )
            sheet.text((x, y), part, colour, family=look.monospaced, size=size, anchor="la")
            x += len(part) * size * 0.602
        y += leading
        at += 1
    shade = "a dark" if is_dark(ground) else "a light"
    said = (f"source code on {shade} background", "lines of code", "a computer program", "a code editor")
    return Told(sheet.finished(), said + (("source code with line numbers",) if numbered else ()))


def form(random: Random, look: Look) -> Told:
    """Labels with boxes or lines to fill in, ticks, a button."""
    sheet = look.sheet()
    width, height, letters = look.width, look.height, look.letters * 1.05
    n = random.randint(3, 6)
    top = height * random.uniform(0.04, 0.08)
    left, right = width * random.uniform(0.06, 0.12), width * random.uniform(0.86, 0.94)
    if random.random() < 0.7:
        heading = random.choice(("Sign up", "Contact", "Application", "Register", "Order form", "Feedback"))
        sheet.text((left, top + letters), heading, look.ink, family=look.font, size=letters * 1.7, anchor="lm")
        top += letters * 3
    row = (height * 0.96 - top) / (n + 1)
    beside = random.random() < 0.45
    ruled = random.random() < 0.2
    radius = random.choice((0, 0, 3)) if look.style == "training" else 5
    box = mixed(look.ground, (255, 255, 255), 0.6) if not look.dark else mixed(look.ground, look.ink, 0.12)
    ticks = random.choice((0, 0, 1, 2))
    weight = max(0.8, look.stroke * 0.6)
    for at, word in enumerate(random.sample(FIELDS, n)):
        y = top + row * at
        if at >= n - ticks:
            side = min(row * 0.42, letters * 1.1)
            for k in range(2):
                x = left + k * (right - left) / 2
                sheet.box((x, y + row * 0.3, x + side, y + row * 0.3 + side), box, outline=look.ink, width=weight)
                look.write(sheet, (x + side + letters * 0.5, y + row * 0.3 + side / 2), word, anchor="lm")
            continue
        start = left + (letters * 6 if beside else 0)
        upper, lower = (y + row * 0.18, y + row * 0.78) if beside else (y + row * 0.42, y + row * 0.92)
        look.write(
            sheet,
            (left, (upper + lower) / 2 if beside else y + row * 0.2),
            word + random.choice(("", ":")),
            anchor="lm",
        )
        if ruled:
            sheet.line([(start, lower), (right, lower)], look.ink, width=weight)
        else:
            edge = mixed(look.ground, look.ink, 0.55)
            sheet.box((start, upper, right, lower), box, outline=edge, width=weight, radius=radius)
        if random.random() < 0.25:
            look.write(sheet, (start + letters * 0.5, (upper + lower) / 2), prose(random, 2), times=0.85, anchor="lm")
    button = random.random() < 0.75
    if button:
        y = top + row * n + row * 0.15
        colour = look.colour(0).rgb
        sheet.box((left, y, left + letters * 6.5, y + row * 0.65), colour, radius=radius)
        ink = (255, 255, 255) if is_dark(colour) else (20, 20, 20)
        sheet.text(
            (left + letters * 3.2, y + row * 0.33),
            random.choice(("Send", "Submit", "Save")),
            ink,
            family=look.font,
            size=letters,
        )
    endings: tuple[str, ...] = (
        f"with {NUMBERS[n]} fields",
        "with empty boxes" if not ruled else "with lines to write on",
    )
    endings += (f"with a {look.colour(0).name} button", "with a button") if button else ()
    return Told(sheet.finished(), of_chart("form", endings), {"count": str(n)})


def _parts(words: str) -> list[str]:
    """The words with the spaces before each of them."""
    parts: list[str] = []
    for word in words.split(" "):
        parts.append(word if not parts else " " + word)
    return parts
