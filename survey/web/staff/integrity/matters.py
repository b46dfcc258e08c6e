"""Page: what is unusual in a wave or waits for somebody, and what is decided of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from math import isfinite

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy.orm import Session
from wtforms import RadioField, StringField
from wtforms.validators import InputRequired, Length

from survey.accounts.accounts import Right
from survey.integrity import effects, matter_words, matters, pattern_list, pattern_words, reinterview_sample
from survey.integrity.alike_forms import AlikeForms
from survey.integrity.arrivals import Flood
from survey.integrity.matters import Matter, MatterKind
from survey.integrity.patterns import Pattern
from survey.responses import lot_steps
from survey.results import release_steps
from survey.storage.models import MatterDecision, MatterState, Wave, WaveKind
from survey.system import dates
from survey.waves import waves
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages
from survey.web.staff.form import StaffForm, options
from translations import N_, Lazy, Refusal
from translations import gettext as _

YOUNG = timedelta(days=14)  # of an open wave: what is usual is hardly known


class MatterForm(StaffForm):
    """What becomes of one matter."""

    state = RadioField(
        Lazy("What becomes of it"),
        [InputRequired(Lazy("Choose what becomes of it."))],
        choices=options(
            (MatterState.EXPLAINED, Lazy("It is explained: the forms stay counted")),
            (MatterState.SET_ASIDE, Lazy("Its lots are set aside: another person confirms that")),
            (MatterState.REINTERVIEW, Lazy("People are asked again first; it stays open")),
            (MatterState.OPEN, Lazy("It is looked at once more")),
        ),
    )
    reason = StringField(
        Lazy("Why"),
        [
            InputRequired(Lazy("Say why, for whoever reads this next year.")),
            Length(max=matters.LONGEST_REASON),
        ],
        description=Lazy(
            "Everybody can read it, on the page of integrity and in reports. For example: a meeting on that "
            "evening. No names of people or places."
        ),
        render_kw={"maxlength": matters.LONGEST_REASON},
    )


@dataclass(frozen=True)
class MatterRow:
    """A matter as the page shows it; `key` makes its fields' ids, `form` is none where it is decided elsewhere,
    or not yet, because its days are `running`."""

    matter: Matter
    key: str
    title: str
    explanation: str
    effect: list[str]
    lots: list[tuple[int, int, lot_steps.LotState]]
    form: MatterForm | None
    where: str = ""
    surety: str = ""
    asked_again: list[str] = field(default_factory=list)
    running: bool = False


@pages.form(
    "/<wave>/viec-mo",
    Right.REVIEW,
    N_("Decided on an open matter"),
    endpoint="open_matters",
    tab=Tab(12, N_("Open matters")),
)
def open_matters(wave: str) -> ResponseReturnValue:
    """What is unusual or waits, the undecided first; a decision on one of them, with its reason."""
    subject, fault, sent = request.form.get("viec", ""), "", None
    if request.method == "POST":
        sent = MatterForm(prefix=matter_key(subject))
        if sent.validate_on_submit():
            try:
                return _decide(wave, subject, sent)
            except Refusal as refusal:
                fault = str(refusal)
    looked = pattern_list.ready(database(), wave)
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        names = pattern_words.names(session, wave_row)
        rows = [
            _row(session, wave_row, one, sent if one.subject == subject else None, names)
            for one in matters.matters(session, wave_row, looked.value.patterns if looked else ())
        ]
    return render_template(
        "staff/integrity_matters.html",
        wave=wave_row,
        waiting=[row for row in rows if row.matter.is_open],
        decided=[row for row in rows if not row.matter.is_open],
        states=matter_words.STATES,
        subject=subject,
        sent=sent,
        fault=fault,
        counting=looked is None,
        young=wave_row.kind is WaveKind.OPEN and dates.today() - wave_row.opens < YOUNG,
    ), 422 if fault or (sent and sent.errors) else 200


@pages.app_template_filter()
def decided_by(decision: MatterDecision) -> str:
    """Who decided on a matter, marked where the operator told the name."""
    return release_steps.written(decision.person, bool(decision.by_operator))


def matter_key(subject: str) -> str:
    """The mark of a matter on pages, from which its fields have their names."""
    return "m" + hashlib.sha256(subject.encode()).hexdigest()[:8]


def _row(
    session: Session, wave: Wave, matter: Matter, sent: MatterForm | None, names: Mapping[str, str]
) -> MatterRow:
    key, about, effect = matter_key(matter.subject), matter.about, None
    if isinstance(about, Flood | AlikeForms) and current_user.may(Right.RESULTS):
        effect = effects.effect(session, wave, about, set(matter.lots))
    standing = lot_steps.state(session, wave.code)
    lots = [(lot, lot_steps.size(session, lot), standing.get(lot, lot_steps.LotState())) for lot in matter.lots]
    running = isinstance(about, Flood) and about.last >= dates.today()
    decidable = isinstance(about, Flood | AlikeForms | Pattern) and not running
    form = sent or MatterForm(formdata=None, prefix=key) if decidable else None
    if form and not lots:
        form.state.choices = [one for one in form.state.choices or () if one.value != MatterState.SET_ASIDE]
    return MatterRow(
        matter,
        key,
        matter_words.title(matter, names),
        matter_words.explanation(matter),
        matter_words.effect(effect) if effect else [],
        lots,
        form,
        url_for(".quarantine", wave=wave.code) + "?trang-thai=cho" if matter.kind is MatterKind.HELD else "",
        _surety(about) if isinstance(about, Pattern) else "",
        _asked_again(session, wave, about) if isinstance(about, Pattern) else [],
        running,
    )


def _asked_again(session: Session, wave: Wave, about: Pattern) -> list[str]:
    """How far the re-interview sample of a pattern is."""
    return reinterview_sample.told(reinterview_sample.progress(session, wave, about.subject))


def _surety(about: Pattern) -> str:
    """How sure a pattern is; of one that was decided, and passes no more, that."""
    if not isfinite(about.p):
        return _("It is not seen any more.")
    words = pattern_words.surety(about)
    return words if about.sign == "passes" else _("%(words)s: it does not pass any more", words=words)


def _decide(wave: str, subject: str, form: MatterForm) -> ResponseReturnValue:
    state = MatterState(form.state.data)
    chosen = {int(lot) for lot in request.form.getlist("lo") if lot.isdecimal()}
    if subject.startswith("pattern:"):
        with database().reading() as session:  # what takes long is not done while nobody else can write
            pattern_list.look(session, waves.find(session, wave))
    with database().writing() as session:
        wave_row = waves.find(session, wave)
        matters.decide(session, wave_row, subject, state, form.reason.data, current_user.name, chosen or None)
    if state is MatterState.SET_ASIDE:
        flash(_("Proposed. The lots are set aside once another person confirms it; till then the matter is open."))
    else:
        flash(_("The decision is stored, with its reason and your name."))
    return redirect(url_for(".open_matters", wave=wave), 303)
