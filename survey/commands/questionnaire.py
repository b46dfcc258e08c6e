"""`hailong questionnaire`: checking, publishing and listing versions of questionnaires."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

import forms
from forms import crosswalk as forms_crosswalk
from forms import hints, texts
from forms.writing import written
from survey.commands import Commands, say
from survey.commands.options import option, out
from survey.data_files import questionnaire_files, translation_files
from survey.data_files.xlsform import exporting
from survey.operations import installation
from survey.paper import form as paper_form
from survey.reports import questionnaire as in_word
from survey.responses import crosswalks
from survey.system.atomic_file import atomic_write
from survey.system.dates import today
from survey.waves import questionnaires, recordings
from survey.workshop import drafts, edits
from translations import Refusal, reason, speaking
from translations import gettext as _

FILE = click.Path(path_type=Path)
DRAFT = "/quan-tri/bo-phieu/nhap/{}"

questionnaire = Commands("questionnaire", help=_("Questionnaires: documents that never change once published."))


@questionnaire.command(
    help=_(
        "Say what is wrong with a document, and where; if nothing is, what one might look at again. "
        "Nothing is stored."
    )
)
@click.argument("file", metavar="FILE", type=FILE)
def check(file: Path) -> None:
    document = forms.load(file)
    say("%(name)s is in order: %(items)d items.", name=document.name, items=len(document.items))
    for hint in hints.of(document):
        if not hint.is_binding:
            say("Hint, %(place)s: %(hint)s %(repair)s", place=hint.place, hint=hint, repair=hint.repair)
    _keeps_its_promise(document)


def _keeps_its_promise(document: forms.Questionnaire) -> None:
    """Refuses a document that asks who the person is."""
    if hint := next((one for one in hints.of(document) if one.is_binding), None):
        raise Refusal("%(place)s: %(hint)s %(repair)s", place=hint.place, hint=hint, repair=hint.repair)


@questionnaire.command(help=_("Store a version, for good. Safe to repeat; other content needs a new version."))
@click.argument("file", metavar="FILE", type=FILE)
@click.option("--because", metavar="TEXT", help=_("Why a question that asks who the person is stays in it."))
def publish(file: Path, because: str | None) -> None:
    document = forms.load(file)
    if not (because or "").strip():
        _keeps_its_promise(document)
    with installation.opened().writing() as session:
        is_new = questionnaires.publish(session, document, today())
    recordings.keep(document, file.parent)
    if is_new:
        say("%(name)s is published: %(digest)s", name=document.name, digest=document.digest)
    else:
        say("%(name)s was published before, with this content.", name=document.name)


@questionnaire.command(
    help=_(
        "Store which items of a later version are which of an earlier one: `from`, `to`, and `items` with `item` "
        "and `was`. Both versions stay as they are; a later crosswalk between them takes the place of this one."
    )
)
@click.argument("file", metavar="FILE", type=FILE)
def crosswalk(file: Path) -> None:
    with installation.opened().writing() as session:
        matched = forms_crosswalk.load(file, lambda name: questionnaires.find(session, name))
        is_new = crosswalks.publish(session, matched, today())
    if is_new:
        say(
            "%(new)s is compared with %(old)s by this crosswalk: %(items)d items.",
            new=matched.new.name,
            old=matched.old.name,
            items=len(matched.matches),
        )
    else:
        say("This crosswalk is already in use.")


@questionnaire.command("list", help=_("All versions, as tab-separated lines: code@version, title, digest."))
def list_versions() -> None:
    with installation.opened().reading() as session:
        for version in questionnaires.published(session):
            click.echo("\t".join((version.name, str(version.title), version.digest)))


@questionnaire.command(
    "import",
    help=_(
        "Make a document of a form from elsewhere: an .xlsx in XLSForm, as KoboToolbox and ODK take it. It says "
        "for each row what was not taken over and what became of it; the document goes to standard output, "
        "to --out, or with --draft into the workshop, where a document (.yaml) can be taken on too."
    ),
)
@click.argument("file", metavar="FILE", type=FILE)
@out(required=False)
@click.option(
    "--draft", is_flag=True, help=_("Begin a draft of it, which anybody who writes questions goes on with.")
)
def import_form(file: Path, out: Path | None, draft: bool) -> None:
    made = questionnaire_files.read(file)
    if draft:
        usual = [edits.USUAL] if edits.fill_in(made.document) else []
        for words in usual:
            say("Note, %(remark)s", remark=words)
        with speaking("vi"):  # whoever goes on with it reads them on its page
            remarks = [str(one) for one in [*(made.workbook.remarks if made.workbook else ()), *usual]]
        with installation.opened().writing() as session:
            row = drafts.begin(session, f"@{getpass.getuser()}", made.document, remarks=remarks)
            row.edited_at = 0  # nobody is at it now
            say("Draft %(number)d is in the workshop: %(address)s", number=row.id, address=DRAFT.format(row.id))
    if out is not None or not draft:
        _put(written(made.document), out)
    if made.workbook:
        for remark in made.workbook.remarks:
            say("Note, %(remark)s", remark=remark)
        say("%(taken)d of %(rows)d rows are in the document.", taken=made.workbook.taken, rows=made.workbook.rows)
    try:
        forms.parse(made.document)
    except forms.DocumentError as error:
        say("It can't be published yet. First of what is missing: %(error)s", error=error)


def _put(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
    else:
        with atomic_write(out) as opened:
            opened.write(text.encode())


FORMATS = ("yaml", "xlsform", "pdf", "docx")


@questionnaire.command(
    help=_(
        "Write a version to a file: the document itself (yaml), a workbook that KoboToolbox and ODK take and that "
        "reads back as the same document (xlsform), the paper form (pdf), or for reading in Word (docx)."
    )
)
@click.argument("name", metavar="CODE@VERSION")
@option("--format", "form", type=[*FORMATS], required=True, help=_("Format of the file."))
@option("--lang", type=["vi", "en"], default="vi", help=_("Language of a Word file."))
@out()
def export(name: str, form: str, lang: str, out: Path) -> None:
    with installation.opened().reading() as session:
        document = questionnaires.find(session, name)
    makers = {
        "yaml": lambda: written(document.document).encode(),
        "xlsform": lambda: exporting.written(document),
        "pdf": lambda: paper_form.form(document).pdf(),
        "docx": lambda: in_word.docx(document, lang),
    }
    with atomic_write(out) as file:
        file.write(makers[form]())
    say("%(name)s is in %(file)s.", name=document.name, file=out)


@questionnaire.group(cls=Commands, help=_("The texts of a version as a table for translators: Excel, or PO."))
def translations() -> None:
    pass


@translations.command(
    "export",
    help=_(
        "Write all texts: an .xlsx with a column a language, or a .po of one language. It marks what is missing, "
        "and what changed since another version."
    ),
)
@click.argument("name", metavar="CODE@VERSION")
@option("--language", "code", metavar="CODE", help=_("A further language, such as tyz; of a .po, its language."))
@option("--called", metavar="TEXT", help=_("What the further language calls itself, such as Tày."))
@option("--since", metavar="CODE@VERSION", help=_("The version before."))
@out()
def export_texts(name: str, code: str | None, called: str | None, since: str | None, out: Path) -> None:
    with installation.opened().reading() as session:
        document = questionnaires.find(session, name).document
        before = questionnaires.find(session, since).document if since else None
    if out.suffix == ".po":
        content = translation_files.po(document, code or "en", before)
    else:
        further = {code: called or code} if code and code not in ("vi", "en") else {}
        content = translation_files.xlsx(document, further, before)
    with atomic_write(out) as file:
        file.write(content)
    say("%(name)s is in %(file)s.", name=name, file=out)


@translations.command(
    "import",
    help=_("Put the texts of such a file into a version: the document of the next version goes to --out."),
)
@click.argument("file", metavar="FILE", type=FILE)
@option("--into", "name", metavar="CODE@VERSION", required=True, help=_("The version that was exported."))
@option("--language", "code", metavar="CODE", help=_("A further language, such as tyz; of a .po, its language."))
@option("--called", metavar="TEXT", help=_("What the further language calls itself, such as Tày."))
@out()
def import_texts(file: Path, name: str, code: str | None, called: str | None, out: Path) -> None:
    with installation.opened().reading() as session:
        document = questionnaires.find(session, name).document
    if file.suffix == ".po":
        language = code or "en"
        read = translation_files.read_po_file(_content(file), language)
        further = {} if language in ("vi", "en") else {language: called or language}
    else:
        read, further = translation_files.read_xlsx(_content(file), file.name)
    made = texts.translated(document, read, further)
    made["version"] += 1
    forms.parse(made)
    with atomic_write(out) as opened:
        opened.write(written(made).encode())
    say("%(name)s is in %(file)s.", name=f"{made['code']}@{made['version']}", file=out)


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refusal(
            "%(file)s can't be read (%(reason)s). Name another file.", file=file, reason=reason(error)
        ) from None
