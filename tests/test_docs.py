"""What the documents tell a newcomer to type is there: every command and every option."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po

from survey.commands import COMMANDS, HIDDEN, Program

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [
    ROOT / "README.md",
    ROOT / "README.en.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
BLOCK = re.compile(r"^```[a-z]*\n(.*?)^```", re.M | re.S)
CALL = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:\.venv/bin/)?(hailong .+)$")


def calls() -> list[tuple[str, str]]:
    """Every line of a block of code that calls hailong, with its document."""
    return [
        (path.name, found.group(1))
        for path in DOCUMENTS
        for block in BLOCK.findall(path.read_text(encoding="utf-8"))
        for line in block.replace("\\\n", " ").splitlines()
        if (found := CALL.match(line.strip()))
    ]


@pytest.mark.parametrize(("document", "line"), calls())
def test_a_documented_command_can_be_typed(document: str, line: str) -> None:
    words = shlex.split(line.split(" | ")[0].split(" > ")[0].split(" < ")[0], comments=True)[1:]
    context = click.Context(Program("hailong"))
    command: click.Command = context.command
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words.pop(0))
        assert found is not None, f"{document}: {line}"
        command = found
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [
        word for word in words if word.startswith("--") and word.split("=")[0] not in known | {"--help", "--lang"}
    ]
    assert not unknown, f"{document}: {line}"


def test_faults_of_others_are_mended_within_days_by_how_grave_they_are() -> None:
    """Each severity of CVSS has its days, the graver the fewer, and somebody looks every week."""
    said = (ROOT / "docs" / "deployment.md").read_text("utf-8").partition("\n## Vulnerabilities\n")[2]
    said = said.partition("\n## ")[0]
    rows = re.findall(r"^\| ([a-z]+)[^|]*(?:\([^)]*\))? \| (\d+) days", said, re.M)
    assert [name for name, _days in rows] == ["exploited", "high", "medium", "low"]
    days = [int(number) for _name, number in rows]
    assert days == sorted(set(days))
    assert "weekly" in said
    assert "requirements.lock" in said
    assert re.search(r"^audit:.*\n\t.*audit", (ROOT / "Makefile").read_text("utf-8"), re.M)


def test_what_a_document_has_made_is_a_target_of_make() -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text("utf-8"), re.M))
    said = {
        (path.name, target)
        for path in DOCUMENTS
        for target in re.findall(r"(?:^ *|`)make (?:-C \S+ )?([a-z-]+)", path.read_text("utf-8"), re.M)
    }
    assert ("deployment.md", "audit") in said
    assert not [one for one in said if one[1] not in targets]


def test_the_documents_speak_of_the_commands() -> None:
    assert len(calls()) > 10


def test_every_command_is_written_about() -> None:
    said = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
    assert not [name for name in COMMANDS if name not in HIDDEN and f"hailong {name}" not in said]


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in HIDDEN])
def test_every_command_explains_itself(name: str) -> None:
    context = click.Context(Program("hailong"))
    command = Program("hailong").get_command(context, name)
    assert command is not None
    assert command.get_short_help_str(200)
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_of_the_documents_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name}: {target}"


def anchors_of(text: str) -> set[str]:
    """What a link to a heading of a document is called: small letters and digits, a hyphen for each space."""
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def anchors(path: Path) -> set[str]:
    return anchors_of(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_a_heading_find_it(path: Path) -> None:
    for document, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", path.read_text(encoding="utf-8")):
        assert anchor in anchors(path.parent / document if document else path), f"{path.name}: {anchor}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_file_that_a_document_names_is_there(path: Path) -> None:
    """But in a decision that another has replaced, and for the language that nobody has added yet."""
    text = path.read_text(encoding="utf-8")
    named = re.findall(
        r"`((?:survey|analysis|forms|translations|tests|benchmarks|deploy|docs)/[a-z0-9_./-]+)[`:]", text
    )
    replaced = re.search(r"^Status: replaced", text, re.M)
    assert replaced or not [one for one in named if "/tyz/" not in one and not (ROOT / one).exists()]


GUIDES = sorted((ROOT / "docs" / "huong-dan").glob("*.md"))


@pytest.mark.parametrize("path", [*GUIDES, ROOT / "docs" / "administrators.md", ROOT / "docs" / "gioi-han.md"])
def test_a_guide_begins_with_the_way_to_each_of_its_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    head, _parts, rest = text.partition("\n## ")
    assert rest
    title = next(iter(anchors_of(head)))
    assert anchors_of(text) - {title} == set(re.findall(r"\(#([^)]+)\)", head))


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_a_guide_calls_each_page_as_the_page_calls_itself(path: Path) -> None:
    with (ROOT / "translations" / "vi" / "LC_MESSAGES" / "messages.po").open("rb") as catalogue:
        words = {message.string for message in read_po(catalogue)}
    text = path.read_text(encoding="utf-8")
    bold = {*re.findall(r"\*\*(.+?)\*\*", text.partition("\n## ")[0])}
    bold |= {name for name in re.findall(r"\*\*(.+?)\*\*", text) if " → " in name}
    assert not [page for name in bold for page in name.split(" → ") if page not in words]


def test_both_tables_of_settings_have_the_same_lines() -> None:
    vietnamese, english = (
        re.findall(r"^\| (`HAILONG_.+?) \|", path.read_text("utf-8"), re.M)
        for path in (ROOT / "docs" / "huong-dan" / "5-van-hanh.md", ROOT / "docs" / "administrators.md")
    )
    assert vietnamese
    assert vietnamese == english


def test_a_guide_has_pictures_and_each_picture_is_small_and_shown() -> None:
    shown = {
        (path.parent / picture).resolve()
        for path in DOCUMENTS
        for picture in re.findall(r"!\[.+?\]\(([^)]+)\)", path.read_text("utf-8"))
    }
    taken = re.findall(r'^    "([a-z-]+)": ', (ROOT / "docs" / "pictures.py").read_text("utf-8"), re.M)
    pictures = set((ROOT / "docs" / "hinh").iterdir())
    assert pictures == shown == {ROOT / "docs" / "hinh" / f"{name}.png" for name in taken}
    assert not [path.name for path in pictures if path.stat().st_size > 120_000]
    assert len(GUIDES) == 6
    assert not [path.name for path in GUIDES if "](../hinh/" not in path.read_text("utf-8")]


def test_every_decision_is_listed_once_with_its_date_and_status() -> None:
    folder = ROOT / "docs" / "decisions"
    row = re.compile(r"^\| \[(\d{4})\]\((\d{4}-[a-z-]+\.md)\) \| (.+) \| (.+) \| (.+) \|$", re.M)
    listed = row.findall((folder / "README.md").read_text("utf-8"))
    assert [name for _number, name, *_rest in listed] == sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert [int(number) for number, *_rest in listed] == list(range(1, len(listed) + 1))
    for number, name, title, date, status in listed:
        head = f"# {number} {title}\n\nDate: {date}  \nStatus: {status}\n\n"
        assert (folder / name).read_text("utf-8").startswith(head), name
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", date), name
        assert re.match(r"(accepted|replaced by \d{4})(;|$)", status), name
