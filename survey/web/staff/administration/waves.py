"""Pages: the waves, and opening one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import BooleanField, DateField, RadioField, SelectField, StringField
from wtforms.validators import InputRequired, Regexp, ValidationError

from survey.accounts.accounts import Right
from survey.responses import form_counts
from survey.storage.models import Wave, WaveKind
from survey.system import dates
from survey.waves import questionnaires, waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.form import AS_TYPED, StaffForm, options
from survey.web.staff.newest_release import NewestRelease, newest_release
from translations import N_, Conflict, Lazy

DAYS = ["%Y-%m-%d", "%d/%m/%Y"]  # the second one is what a browser without a calendar is given by hand


@dataclass(frozen=True)
class WaveRow:
    """A wave in the list.

    state  "coming", "running" or "closed"
    forms  those the person may know of
    newest  its newest release and how far it is, for whoever reads results; of those approved, for a commune
    """

    wave: Wave
    title: str
    state: str
    forms: int
    newest: NewestRelease | None


def contact_field() -> StringField:
    """Whom people can call about a wave: of a new one, and among what may always change."""
    return StringField(
        Lazy("Whom people can call"),
        filters=[lambda text: text.strip() if text else text],
        description=Lazy(
            "The office and its telephone number. The form, its receipt, kiosks, posters and letters say it."
        ),
        render_kw={"maxlength": waves.LONGEST_CONTACT},
    )


class WaveForm(StaffForm):
    """What a new wave needs."""

    title = StringField(
        Lazy("Name of the wave"),
        filters=[lambda text: text.strip() if text else text],
        description=Lazy(
            "It stands in all that people read: pages, reports, printed forms. Left blank, it is the name of the "
            "questionnaire and the year."
        ),
        render_kw={"maxlength": waves.TITLE_LENGTH},
    )
    code = StringField(
        Lazy("Code of the wave"),
        [
            InputRequired(Lazy("Give the wave a code, such as dot-1-2026.")),
            Regexp(
                rf"(?:{waves.CODE.pattern})\Z",
                message=Lazy("Use 1 to 40 lower-case letters without accents, digits and hyphens: dot-1-2026"),
            ),
        ],
        filters=[lambda text: text.strip() if text else text],
        description=Lazy(
            "Lower-case letters without accents, digits and hyphens. It stands in addresses and commands and "
            "never changes."
        ),
        render_kw={"maxlength": 40, **AS_TYPED},
    )
    questionnaire = SelectField(
        Lazy("Questionnaire"),
        [InputRequired(Lazy("Choose a questionnaire."))],
        validate_choice=True,
        description=Lazy(
            "If no question counts for an index, the survey has no headline figure and communes are not compared. "
            "That is no fault: each question has its own results."
        ),
    )
    kind = RadioField(
        Lazy("Kind"),
        [InputRequired(Lazy("Choose who is asked."))],
        choices=options(
            (WaveKind.SAMPLE.value, Lazy("Sample: people drawn at random")),
            (WaveKind.OPEN.value, Lazy("Open: anybody may answer")),
        ),
    )
    contact = contact_field()
    public = BooleanField(
        Lazy("Show on the first page"),
        description=Lazy("Anybody may answer it from there. Only an open wave can be public."),
    )
    kept = BooleanField(
        Lazy("The same villages as in the wave before"),
        description=Lazy(
            "A change since that wave is then measured more exactly. Leave it unticked if the villages "
            "are drawn again."
        ),
    )
    opens = DateField(Lazy("First day"), [InputRequired(Lazy("Give the first day."))], format=DAYS)
    closes = DateField(Lazy("Last day"), [InputRequired(Lazy("Give the last day."))], format=DAYS)

    def validate_public(self, field: BooleanField) -> None:
        """A sample wave is reached by its link or code only."""
        if field.data and self.kind.data == WaveKind.SAMPLE:
            raise ValidationError(Lazy("A sample wave is reached by its link or code only: leave this unticked."))

    def validate_kept(self, field: BooleanField) -> None:
        """Only a sample has villages."""
        if field.data and self.kind.data == WaveKind.OPEN:
            raise ValidationError(Lazy("An open wave has no villages: leave this unticked."))

    def validate_closes(self, field: DateField) -> None:
        """The days run forwards."""
        if field.data and self.opens.data and field.data < self.opens.data:
            raise ValidationError(Lazy("Give a last day that is not before the first one."))


@pages.page("/", Right.PROGRESS, tab=Tab(3, N_("Waves"), "main"))
def index() -> ResponseReturnValue:
    """The waves, the newest first; a commune's account reads the counts of its own forms."""
    with database().reading() as session:
        rows = [
            WaveRow(
                wave,
                str(questionnaires.by_digest(session, wave.questionnaire).title),
                _state(wave),
                _forms(form_counts.by_unit(session, wave.code)),
                newest_release(session, wave),
            )
            for wave in waves.list_all(session)
        ]
    return render_template("staff/index.html", rows=rows)


def _state(wave: Wave) -> str:
    today = dates.today()
    return "coming" if today < wave.opens else "running" if waves.is_asking(wave) else "closed"


def _forms(counts: Mapping[str, Mapping[str, int]]) -> int:
    unit = current_user.unit
    return sum(sum(modes.values()) for place, modes in counts.items() if unit is None or place == unit)


@pages.form("/dot-moi", Right.WAVES, N_("Opened a wave"), tab="staff.index")
def new_wave() -> ResponseReturnValue:
    """The form that opens a wave."""
    with database().reading() as session:
        published = {version.name: version for version in questionnaires.published(session)}
        beside_made_up = waves.any_made_up(session)
        sampled = any(wave.kind is WaveKind.SAMPLE for wave in waves.list_all(session))
    form = WaveForm()
    if not sampled:  # there are no villages to keep
        del form.kept
    form.questionnaire.choices = options(
        *((name, f"{version.title} ({name})") for name, version in published.items())
    )
    if request.method == "GET":
        form.questionnaire.data = request.args.get("questionnaire")
    if not form.validate_on_submit():
        shown = render_template("staff/new_wave.html", form=form, beside_made_up=beside_made_up)
        return shown, 422 if form.errors else 200
    try:
        with database().writing() as session:
            waves.create(
                session,
                form.code.data,
                published[form.questionnaire.data],
                WaveKind(form.kind.data),
                form.opens.data,
                form.closes.data,
                title=form.title.data or "",
                contact=form.contact.data or "",
                public=form.public.data,
                villages="kept" if form.kept and form.kept.data else "new",
            )
    except Conflict as taken:
        field = form.title if isinstance(taken, waves.SameTitle) else form.code
        field.errors = [str(taken)]
        return render_template("staff/new_wave.html", form=form, beside_made_up=beside_made_up), 409
    return redirect(url_for(".progress", wave=form.code.data))
