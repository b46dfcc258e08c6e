"""A rule of a sheet reaches only what it is for: class names are scoped by page (how: the head of style.css)."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SURVEY = Path(__file__).resolve().parent.parent / "survey"
STATIC, TEMPLATES = SURVEY / "web" / "static", SURVEY / "web" / "templates"
CLASS = re.compile(r"\.([a-zA-Z][\w-]*)")
PAGE = re.compile(r'\[data-page="([^"]+)"\]')
# What a sheet's own words begin with. The two of everybody's words have none; the last two stand under their root.
PREFIXES = {
    "results.css": ("plot-", "tile", "verdict-"),
    "staff.css": ("staff-", "plot-"),
    "keying.css": ("keying-",),
    "public.css": ("public-",),
}
ROOTS = {
    "results.css": "results",
    "staff.css": "staff",
    "keying.css": "keying",
    "public.css": "public",
    "kiosk.css": "kiosk",
    "interviewer.css": "tablet",
}
STATES_OF_THE_ROOT = {"large", "steps", "kiosk", "tablet", "person", "first"}
SHEETS = {path.name: re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL) for path in STATIC.rglob("*.css")}


def selectors(sheet: str) -> Iterator[str]:
    """Each selector of a sheet, once for each rule, in @media too; no steps of a movement, no sheets of paper."""
    text = re.sub(r"@(keyframes|page)[^{]*\{([^{}]*|\{[^}]*\})*\}", "", SHEETS[sheet])
    for head in re.findall(r"([^{}]+)\{", text):
        plain = head.rpartition(";")[2].strip()
        if not plain.startswith("@"):
            yield from (one.strip() for one in re.split(r",(?![^()]*\))", plain))


def words(selector: str) -> list[str]:
    return CLASS.findall(re.sub(r'"[^"]*"', "", selector))


def lead(selector: str) -> str | None:
    """The first class of a selector after its root: `below` of `.staff .below` and of `.large .below > a`."""
    own = [word for word in words(selector) if word not in {*ROOTS.values(), *STATES_OF_THE_ROOT}]
    return own[0] if own else None


EVERYBODYS = {lead(one) for one in selectors("style.css")} - {None}
OF_ANSWERING = {lead(one) for one in selectors("respondent.css")} - {None}


@pytest.mark.parametrize("sheet", sorted(PREFIXES))
def test_a_rule_begins_with_its_page_or_with_a_component_that_bears_the_name_of_its_sheet(sheet: str) -> None:
    bare = {
        one
        for one in selectors(sheet)
        if not PAGE.search(one)
        and (word := lead(one))
        and not word.startswith(PREFIXES[sheet])
        and not (word in EVERYBODYS and f".{ROOTS[sheet]} " in one)
    }
    assert bare == set()


def test_each_block_of_a_sheet_is_closed() -> None:
    """What stands in an open one holds on narrow screens alone, say."""
    assert [name for name, text in SHEETS.items() if text.count("{") != text.count("}")] == []


@pytest.mark.parametrize("sheet", ["kiosk.css", "interviewer.css"])
def test_a_rule_of_a_shared_device_begins_with_the_device(sheet: str) -> None:
    assert {one for one in selectors(sheet) if not one.startswith(f".{ROOTS[sheet]}")} == set()


def test_nobody_takes_a_word_of_the_sheets_of_all_for_something_else() -> None:
    assert EVERYBODYS.isdisjoint(OF_ANSWERING)
    prefixed = tuple(prefix for own in PREFIXES.values() for prefix in own)
    assert {word for word in EVERYBODYS | OF_ANSWERING if word.startswith(prefixed)} == set()


@pytest.mark.parametrize("sheet", ["style.css", "respondent.css"])
def test_a_state_of_one_thing_is_not_styled_as_a_thing_of_its_own(sheet: str) -> None:
    """`.ask.wrong` says what is wrong; a rule `.wrong` would reach whatever else is."""
    states = {
        word
        for one in selectors(sheet)
        for run in re.findall(r"(?:\.[a-zA-Z][\w-]*){2,}", re.sub(r":not\([^)]*\)", "", one))
        for word in CLASS.findall(run)[1:]
    } - STATES_OF_THE_ROOT
    assert states & {lead(one) for one in selectors(sheet)} == set()


def classes(text: str) -> set[str]:
    """The classes that a template gives, those in its expressions too, and to a table and its columns."""
    given = re.findall(r'class(?:es)?="((?:[^"{]|\{\{.*?\}\}|\{%.*?%\})*)"', text, re.DOTALL)
    given += re.findall(r'[\[ ]\{"([a-z -]+)": ', text)
    return {word for one in given for word in re.findall(r"[a-zA-Z][\w-]*", one)}


def with_parts(name: str) -> set[str]:
    """A template and what it extends, includes and imports from."""
    text = (TEMPLATES / name).read_text(encoding="utf-8")
    found = {name}
    for other in re.findall(r'{%-? *(?:extends|include|from|import) "([^"]+)"', text):
        found |= with_parts(other)
    return found


HTML = {str(path.relative_to(TEMPLATES)): path.read_text(encoding="utf-8") for path in TEMPLATES.rglob("*.html")}
GIVEN = {name: classes(text) for name, text in HTML.items()}
SCRIPTS = "\n".join(path.read_text(encoding="utf-8") for path in STATIC.rglob("*.js"))
# Words in quotation marks of scripts and programs: what they give to an element, or hand to a template as a state.
GIVING = re.compile(r"(?:classList|className|class: ).*|put\(.*\"className\".*|element\(.*")
IN_SCRIPTS = {
    word
    for line in GIVING.findall(SCRIPTS)
    for said in re.findall(r"""["'`]([^"'`]*)["'`]""", line)
    for word in re.findall(r"[\w-]+", said)
}
IN_PROGRAMS = {
    word for path in SURVEY.rglob("*.py") for word in re.findall(r'"([a-z_]+)"', path.read_text(encoding="utf-8"))
}


def made(given: set[str]) -> set[str]:
    """What elements may bear where templates give these: what scripts give, and states, `told-{{ standing }}`."""
    states = {word + state for word in given if word.endswith("-") for state in IN_PROGRAMS}
    return given | states | IN_SCRIPTS | IN_PROGRAMS


def test_a_rule_for_a_page_finds_its_words_on_that_page() -> None:
    astray = []
    for sheet in SHEETS:
        for one in selectors(sheet):
            for page in PAGE.findall(one):
                assert f"{page}.html" in HTML, one
                there = made({word for name in with_parts(f"{page}.html") for word in GIVEN[name]})
                own = set(words(PAGE.split(one)[-1])) - {*ROOTS.values(), *STATES_OF_THE_ROOT}
                astray += [one for word in own if word not in there]
    assert astray == []


def test_no_rule_is_for_what_is_nowhere() -> None:
    given = made({word for own in GIVEN.values() for word in own})
    dead = {
        (sheet, word) for sheet in SHEETS for one in selectors(sheet) for word in words(one) if word not in given
    }
    assert dead == set()


def test_no_class_is_given_that_no_sheet_and_no_script_knows() -> None:
    known = {word for sheet in SHEETS for one in selectors(sheet) for word in words(one)} | IN_SCRIPTS
    known |= {word for said in re.findall(r"""["'`]([^"'`\n]*)["'`]""", SCRIPTS) for word in CLASS.findall(said)}
    said = {name: re.findall(r'class(?:es)?="([\w -]*)"', text) for name, text in HTML.items()}
    unknown = {
        (name, word) for name, own in said.items() for one in own for word in one.split() if word not in known
    }
    assert unknown == set()


def test_a_family_of_pages_has_one_sheet_beside_the_one_of_all() -> None:
    """staff.css on the staff's pages alone, and so on: else a word would need to be the only one of its name.
    Beside it where figures are drawn: results.css, whose words are those of charts.html."""
    linked = {name: re.findall(r"static\('([\w/]+\.css)'\)", text) for name, text in HTML.items()}
    assert {name: own for name, own in linked.items() if own} == {
        "base.html": ["style.css", "respondent.css"],  # the second stands in a block that others fill
        "respondent/calendar.html": ["style.css", "respondent.css"],
        "staff/layout.html": ["results.css", "staff.css"],
        "staff/workshop_phone.html": ["style.css", "respondent.css"],  # of a page within the page
        "keying/frame.html": ["keying.css"],
        "sign_in/page.html": ["keying.css"],
        "interviewer/frame.html": ["interviewer.css"],
        "kiosk/shell.html": ["kiosk/kiosk.css"],
        "public/frame.html": ["public.css"],
        "public/results.html": ["results.css"],
    }
    blocks = {name: "{% block sheet %}" in text for name, text in HTML.items()}
    assert {name for name, own in blocks.items() if own} == {
        "base.html",
        "staff/layout.html",
        "keying/frame.html",
        "sign_in/page.html",
    }


def test_a_table_and_the_token_of_a_form_are_each_written_in_one_place() -> None:
    """`parts.table` says the roles lost on a narrow screen; `csrf_field()` is in each form that is posted."""
    assert {name for name, text in HTML.items() if "<table" in text} == {
        "staff/parts.html",
        "respondent/calendar.html",  # the neutral page, which has no sheet of the staff
        "public/integrity.html",  # of everybody's, which say the roles by themselves
        "public/results.html",
    }
    assert {name for name, text in HTML.items() if 'name="csrf_token"' in text or ".csrf_token" in text} == set()
    posted = {
        (name, form)
        for name, text in HTML.items()
        for form in re.findall(r'<form [^>]*method="post".*?</form>', text, re.DOTALL)
        if "csrf_field()" not in form and "passkey_parts()" not in form
    }
    # Answers, and the pages of those who have no account, have tokens of their own.
    own = ("respondent/", "kiosk/", "interviewer/form.html")
    assert {name for name, _form in posted if not name.startswith(own)} == set()
