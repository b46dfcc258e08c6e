"""Every word the software says is there in Vietnamese."""

import re
from collections import defaultdict
from pathlib import Path

import click
import pytest
import wtforms
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import survey.accounts.openid  # noqa: F401 (every room is there, with its refusals)
from translations import Refusal

ROOT = Path(__file__).resolve().parent.parent
METHODS = [
    ("survey/web/templates/**.html", "jinja2"),
    ("survey/pdf/templates/**.svg", "jinja2"),
    ("{translations,forms,analysis,survey}/**.py", "python"),
    ("**.py", "python"),
]


def refusals(kind: type[Refusal] = Refusal) -> list[str]:
    """The names of everything that is raised with a text for a person."""
    return [kind.__name__, *(name for one in kind.__subclasses__() for name in refusals(one))]


KEYWORDS = {
    "_": None,
    "gettext": None,
    "N_": None,
    "lazy": None,
    "Lazy": None,
    "say": None,
    "ngettext": (1, 2),
    **dict.fromkeys(["fault", "Unfit"], (2,)),
    **dict.fromkeys([*refusals(), "DesignError", "Problem"]),
}
ROOMS = {"translations", "forms", "analysis", "survey"}
PLACES = re.compile(r"%\((\w+)\)")
# A count before one of these nouns; a total ("3 of %(all)s forms"), a bound and a share of them are no such count.
COUNT = re.compile(
    r"(?<!of )(?<!to )%\((?!most|least|fewest|max|whole|share|response\))\w+\)[sd] "
    r"(forms|people|persons|villages|communes|units|households|rows)\b"
)
# Those that still say it as of many, most of a number that is never one: the list only gets shorter.
OF_MANY = ROOT / "tests/of_many.txt"


@pytest.fixture(scope="module")
def catalogue() -> Catalog:
    with open(ROOT / "translations/vi/LC_MESSAGES/messages.po", "rb") as file:
        return read_po(file, locale="vi")


@pytest.fixture(scope="module")
def messages() -> dict[object, str]:
    """Every message of code and templates, with where it is said: in a template, if it is in one too."""
    found: dict[object, str] = {}
    options = {"survey/web/templates/**.html": {"newstyle_gettext": "true", "trimmed": "true"}}
    for name, line, message, _comments, _context in extract_from_dir(
        str(ROOT),
        METHODS,
        options,
        keywords=KEYWORDS,
        directory_filter=lambda folder: (
            Path(folder).relative_to(ROOT).parts[:1] == () or Path(folder).relative_to(ROOT).parts[0] in ROOMS
        ),
    ):
        if message and (message not in found or name.endswith(".html")):
            found[message] = f"{name}:{line}"
    assert len(found) > 100
    return found


def test_every_message_has_vietnamese(catalogue: Catalog, messages: dict[object, str]) -> None:
    missing = [
        f"{where}: {message!r}"
        for message, where in messages.items()
        if (entry := catalogue.get(message)) is None or not all(_texts(entry.string))
    ]
    assert not missing, "\n".join(missing)


def test_a_translation_fills_in_the_same_places(catalogue: Catalog) -> None:
    wrong = [
        entry.id
        for entry in catalogue
        if entry.id
        for text in _texts(entry.string)
        if set(PLACES.findall(text)) - set(PLACES.findall(" ".join(_texts(entry.id))))
    ]
    assert not wrong


def test_a_count_before_a_noun_is_told_of_one_too(messages: dict[object, str]) -> None:
    """English has “1 form”: such a message has a plural, or takes in a phrase of `translations.phrases`."""
    told = {message for message in messages if isinstance(message, str) and COUNT.search(message)}
    assert told == set(OF_MANY.read_text(encoding="utf-8").splitlines())


def test_a_template_can_write_what_it_says(catalogue: Catalog, messages: dict[object, str]) -> None:
    """A template fills in even what has no places: a percent sign is written as two."""
    wrong = []
    for message, where in messages.items():
        entry = catalogue.get(message)
        for text in [*_texts(message), *(_texts(entry.string) if entry else ())]:
            try:
                if ".html:" in where:
                    text % defaultdict(int)
            except (TypeError, ValueError):
                wrong.append(f"{where}: {text!r}")
    assert not wrong, "\n".join(wrong)


def test_nothing_is_kept_that_nobody_says(catalogue: Catalog, messages: dict[object, str]) -> None:
    said = {_texts(message)[0] for message in messages}
    # click's own words are said by click.
    idle = [
        entry.id for entry in catalogue if entry.id and _texts(entry.id)[0] not in said and not _clicks(entry.id)
    ]
    assert not idle, "\n".join(map(str, idle))


def test_no_text_stands_inside_an_f_string() -> None:
    """Python 3.11 and what collects the texts see an f-string as one piece: a text in it would be overlooked."""
    inside = re.compile(r"""f['"].*\{(_|N_|ngettext|gettext|Lazy)\(""")
    wrong = [
        f"{path}:{number}"
        for room in sorted(ROOMS)
        for path in (ROOT / room).rglob("*.py")
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if inside.search(line)
    ]
    assert not wrong


def _texts(message: object) -> list[str]:
    return list(message) if isinstance(message, (tuple, list)) else [str(message or "")]


def _clicks(message: object) -> bool:
    source = "".join(path.read_text(encoding="utf-8") for path in Path(click.__file__).parent.glob("*.py"))
    source += "".join(path.read_text(encoding="utf-8") for path in Path(wtforms.__file__).parent.rglob("*.py"))
    return _texts(message)[0].replace("\n", "\\n").replace("\t", "\\t") in source
