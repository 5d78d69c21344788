"""What drawings say and what is said of them: names, families, titles, categories, numbers in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
MEASURES = (
    "sales", "revenue", "cost", "profit", "visitors", "output", "demand", "rainfall", "growth", "energy", "users",
    "orders", "traffic", "budget", "prices", "exports", "speed", "weight", "income", "votes",
)  # fmt: skip
GROUPINGS = (
    "region", "month", "year", "quarter", "product", "team", "country", "city", "age", "day", "group", "sector",
    "channel", "category",
)  # fmt: skip
CATEGORIES = (
    "North", "South", "East", "West", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Q1", "Q2", "Q3", "Q4", "Mon", "Tue",
    "Wed", "Thu", "Fri", "A", "B", "C", "D", "Alpha", "Beta", "Gamma", "Retail", "Web", "Apps", "Food", "Steel", "Coal",
    "Wind", "Solar", "Gas", "Rent", "Rail", "Road", "2021", "2022", "2023", "2024", "Other",
)  # fmt: skip
STEPS = (
    "Start", "End", "Read file", "Check", "Valid?", "Retry", "Save", "Send", "Load", "Sort", "Filter", "Build", "Test",
    "Ship", "Input", "Output", "Done?", "Yes", "Plan", "Review", "Order", "Pay", "Pack", "Error", "Queue", "Parse",
    "Merge", "Store", "Notify", "Approve",
)  # fmt: skip
PEOPLE = (
    "Ada", "Ben", "Chen", "Dora", "Emil", "Fatma", "Gus", "Hana", "Ivo", "Jun", "Kai", "Lena", "Max", "Nia", "CEO",
    "CTO", "Sales", "Legal", "Design", "Ops", "Finance",
)  # fmt: skip
ROOMS = ("Kitchen", "Bath", "Hall", "Bedroom", "Office", "Living", "Store", "Closet", "Dining", "Garage")
FIELDS = (
    "Name", "Email", "Address", "City", "Date", "Phone", "Country", "Company", "Password", "Comment", "Amount", "Title",
)  # fmt: skip
PROSE = (
    "the", "a", "of", "and", "to", "in", "water", "light", "report", "year", "small", "great", "process", "time",
    "between", "results", "method", "under", "several", "people", "system", "first", "change", "measure", "often",
    "value", "because", "river", "station", "would", "figure", "number", "later", "working", "paper", "city", "although",
    "evidence", "morning", "simple", "over", "public", "after", "model", "found", "with", "more", "less",
)  # fmt: skip
CODE = (
    "def load(path):", "    return data[key]", "for i in range(n):", "if not found:", "    total += value",
    "import json", "class Store:", "    self.items = []", "while queue:", "    x = queue.pop()", "try:", "except KeyError:",
    "    raise ValueError(name)", "print(result)", "    if a < b:", "        swap(a, b)", "else:", "    pass",
    "const n = list.length;", "let x = 0;", "function run(a, b) {", "  return a + b;", "}", "# sum of squares",
    "// check the input", "with open(name) as f:", "    rows = f.read()", "assert x > 0", "int main() {", "  free(p);",
)  # fmt: skip
CODE_STARTS = ("def", "return", "for", "if", "import", "class", "while", "try:", "except", "else:", "const", "let")

NAMES: Mapping[str, Sequence[str]] = {
    "pie chart": ("pie chart", "pie graph", "pie diagram", "circle chart"),
    "bar chart": ("bar chart", "bar graph", "bar plot", "bar diagram", "column chart"),
    "line chart": ("line chart", "line graph", "line plot", "line diagram", "curve plot"),
    "scatter plot": ("scatter plot", "scatter chart", "scatter graph", "scatterplot", "scatter diagram", "dot plot"),
    "area chart": ("area chart", "area graph", "area plot", "filled line chart"),
    "histogram": ("histogram", "frequency histogram", "histogram plot", "distribution plot"),
    "heat map": ("heat map", "heatmap", "heat map chart", "matrix plot", "correlation matrix"),
    "box plot": ("box plot", "boxplot", "box and whisker plot", "box-and-whisker chart", "whisker plot"),
    "radar chart": ("radar chart", "spider chart", "radar plot", "spider graph", "web chart"),
    "Venn diagram": ("Venn diagram", "Venn chart", "diagram of overlapping circles", "set diagram"),
    "flow diagram": ("flow diagram", "flowchart", "flow chart", "process diagram", "process flow", "block diagram"),
    "network graph": ("network graph", "network diagram", "graph of nodes and edges", "node-link diagram", "network"),
    "organisation chart": ("organisation chart", "org chart", "organization chart", "tree diagram", "hierarchy chart"),
    "timeline": ("timeline", "time line", "timeline diagram", "timeline of events"),
    "Gantt chart": ("Gantt chart", "Gantt diagram", "project schedule", "project plan chart"),
    "table": ("table", "data table", "table of data", "table of numbers", "spreadsheet", "grid of cells"),
    "page of text": ("page of text", "text page", "document page", "page of writing", "text document", "printed page"),
    "code": ("source code", "code", "code listing", "program code", "screenshot of code", "code snippet"),
    "form": ("form", "input form", "form with fields", "questionnaire", "web form", "form to fill in"),
    "floor plan": ("floor plan", "floorplan", "plan of a flat", "apartment plan", "blueprint", "room layout"),
    "map": ("map", "street map", "city map", "road map", "map of a place"),
}
"""By kind, what it is called, the plainest first."""
_WITH_DATA = ("chart", "graph", "data visualization", "statistics chart", "figure")
FAMILIES: Mapping[str, Sequence[str]] = {
    "pie chart": _WITH_DATA,
    "bar chart": _WITH_DATA,
    "line chart": _WITH_DATA,
    "scatter plot": _WITH_DATA,
    "area chart": _WITH_DATA,
    "histogram": _WITH_DATA,
    "box plot": _WITH_DATA,
    "radar chart": _WITH_DATA,
    "heat map": ("chart", "data visualization", "figure"),
    "Venn diagram": ("diagram", "figure"),
    "flow diagram": ("diagram", "schematic", "figure", "boxes and arrows"),
    "network graph": ("diagram", "graph", "figure"),
    "organisation chart": ("diagram", "chart", "figure", "hierarchy"),
    "timeline": ("diagram", "figure"),
    "Gantt chart": ("chart", "diagram", "schedule"),
    "table": ("rows and columns",),
    "page of text": ("text", "document", "writing", "paragraphs", "screenshot of text", "scanned page"),
    "code": ("text", "programming", "screenshot", "screenshot of text"),
    "form": ("screenshot", "document with fields"),
    "floor plan": ("plan", "architectural drawing", "diagram"),
    "map": ("cartography", "geography"),
}
"""By kind, what it is a kind of: words that are true of other kinds, too."""
TEMPLATES = ("{}", "{a}", "a picture of {a}", "an image of {a}", "this is {a}", "{a} in a document")


def say(template: str, name: str) -> str:
    """`a picture of {a}` with `area chart` gives `a picture of an area chart`."""
    return template.format(name, a=with_article(name))


def with_article(name: str) -> str:
    """The words with `a` or `an` before them; mass nouns and plurals alone."""
    if name in MASS:
        return name
    return f"{'an' if name[:1].lower() in 'aeio' or name.startswith('um') else 'a'} {name}"


MASS = frozenset(
    ("source code", "code", "program code", "text", "writing", "paragraphs", "programming", "rows and columns",
     "geography", "cartography", "boxes and arrows")
)  # fmt: skip


def title(random: Random) -> tuple[str, str]:
    """What a chart is of, as it is said (`sales by region`) and as it is written above it."""
    said = f"{random.choice(MEASURES)} by {random.choice(GROUPINGS)}"
    return said, random.choice((said.capitalize(), said.title(), said.upper()))


def labels(random: Random, n: int) -> list[str]:
    """Names of `n` categories, all different."""
    return random.sample(CATEGORIES, n)


def prose(random: Random, n_words: int) -> str:
    """So many words that look like text and mean nothing."""
    return " ".join(random.choices(PROSE, k=n_words))
