"""Pages: the report that goes out. What will be printed is shown before it is kept."""

from __future__ import annotations

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import DateField, HiddenField, StringField
from wtforms.validators import InputRequired

from survey.accounts.accounts import Right
from survey.reports import issuing, letter
from survey.results import releases
from survey.results.summary import Issue
from survey.storage.models import IssuedReport, Release, Wave
from survey.system import dates
from survey.waves import units, waves
from survey.web.current import database
from survey.web.staff.administration.waves import DAYS
from survey.web.staff.blueprint import pages
from survey.web.staff.form import AS_TYPED, StaffForm
from survey.web.staff.results.reports import KINDS
from translations import N_, Lazy, NotFound, Refusal, speaking
from translations import gettext as _


class IssueForm(StaffForm):
    """What a report that goes out bears. `seen`: how it stood before the person's eyes."""

    number = StringField(
        Lazy("Number of the report"),
        [InputRequired(Lazy("Give the report its number, as it stands in the register: 123/BC-SNV"))],
        description=Lazy("The number alone is enough; the sign of the document is added to it."),
        render_kw={"maxlength": 60, **AS_TYPED},
    )
    day = DateField(Lazy("Day of the report"), [InputRequired(Lazy("Give the day of the report."))], format=DAYS)
    seen = HiddenField()


@pages.form(
    "/<wave>/cong-bo/phat-hanh", Right.RELEASE, N_("Issued a report"), of_groups=True, tab="staff.release_list"
)
def issue(wave: str) -> ResponseReturnValue:
    """Issues the report of the release that is shown, once number and day were seen as they will be printed."""
    form = IssueForm() if request.method == "POST" else IssueForm(formdata=None, day=dates.today())
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        release = releases.require(session, wave_row.code)
        last = next(iter(issuing.list_all(session, wave)), None)
        province = units.province(session).name
    if request.method == "GET" or not form.validate_on_submit():
        return _page(wave_row, release, last, form)
    number = letter.numbered(form.number.data)
    try:  # before anybody reads that it will be printed so
        issuing.refuse(release, number, form.day.data)
    except Refusal as refusal:
        return _page(wave_row, release, last, form, fault=refusal)
    with speaking("vi"):  # the language of what goes out
        printed = letter.bearing(province, Issue(number, form.day.data))
    seen = " · ".join((*printed, last.number if last else "–"))
    if form.seen.data != seen:
        form.seen.data = seen
        return _page(wave_row, release, last, form, printed)
    try:
        with database().writing() as session:
            chosen = releases.find(session, wave, release.number)
            issuing.issue(session, chosen, number, form.day.data, current_user.name, last.id if last else None)
    except Refusal as refusal:
        return _page(wave_row, release, last, form, fault=refusal)
    flash(_("The report %(number)s is issued and stored as it is.", number=number))
    return redirect(url_for(".release_list", wave=wave), 303)


def _page(
    wave: Wave,
    release: Release,
    last: IssuedReport | None,
    form: IssueForm,
    printed: tuple[str, ...] = (),
    fault: Refusal | None = None,
) -> ResponseReturnValue:
    page = render_template(
        "staff/issue.html", wave=wave, release=release, last=last, form=form, printed=printed, fault=fault
    )
    return page, fault.status if fault else 422 if form.errors else 200


@pages.page(
    "/<wave>/cong-bo/<int:id>/<format>",
    Right.RESULTS,
    act=N_("Downloaded an issued report"),
    export=True,
    of_groups=True,
)
def issued_report(wave: str, id: int, format: str) -> ResponseReturnValue:
    """An issued report as it went out."""
    if format not in ("docx", "pdf"):
        raise NotFound("There is no report in the format %(format)s. Choose one on the page.", format=format)
    with database().reading() as session:
        issued = issuing.find(session, wave, id)
    answer = Response(issued.pdf if format == "pdf" else issued.word, content_type=KINDS[format].content_type)
    answer.headers["Content-Disposition"] = (
        f'attachment; filename="bao-cao-{wave}-{issued.day.isoformat()}.{format}"'
    )
    return answer
