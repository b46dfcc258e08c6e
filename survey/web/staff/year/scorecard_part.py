"""Page: a criterion of a scorecard: its scores with their proof, who answers for it, and the form of one score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import StringField, TextAreaField

from forms.scorecard import SELF, ScorecardPart
from survey.accounts.accounts import Right
from survey.storage.models import Score, ScoreKind, Unit
from survey.system import references
from survey.web.current import database
from survey.web.staff.blueprint import pages
from survey.web.staff.form import AS_TYPED, decimal_point, iso_days
from survey.web.staff.year.row_form import RowForm
from survey.web.staff.year.scorecard import KINDS, of_unit
from survey.web.staff.year.scorecards import checked, listed
from survey.year import duties, score_rows, scorecard_table, scores
from survey.year.rows import Cells
from survey.year.scores import PartValue
from translations import N_, Lazy, NotFound
from translations import gettext as _

# What is asked of the explanation, by kind.
WHY = {
    ScoreKind.SELF: N_("Explanation, where a proof is missing"),
    ScoreKind.ASSESSED: N_("Why it differs from the self score, or what proof is missing"),
    ScoreKind.OFFICIAL: N_("Explanation"),
}


class ScoreForm(RowForm):
    """One score of a criterion."""

    value = StringField(Lazy("Points"), filters=[decimal_point], render_kw={"inputmode": "decimal", "size": 8})
    evidence = TextAreaField(
        Lazy("Documents that prove it"),
        description=Lazy("One in a line: sign, day, name. 214/BC-SKHCN 28/10/2026 Online services in nine months"),
        filters=[iso_days],
        render_kw={"rows": 3, **AS_TYPED},
    )
    explanation = TextAreaField(Lazy("Explanation"), render_kw={"rows": 3})

    @property
    def cells(self) -> dict[str, str]:
        """The form as a row of a file: documents apart by semicolons."""
        lines = [line.strip(" ;") for line in (self.evidence.data or "").splitlines()]
        return super().cells | {"evidence": "; ".join(filter(None, lines))}


@pages.page(
    "/nam/<int:year>/bang-diem/<document>/<part>",
    Right.YEAR,
    methods=["GET", "POST"],
    act=N_("Gave a score"),
    tab="staff.scorecards",
)
def scorecard_part(year: int, document: str, part: str) -> ResponseReturnValue:
    """The criterion. `don-vi`: of a unit; `loai`: the kind of score that the form takes."""
    checked(year)
    unit = request.args.get("don-vi") or None
    form = ScoreForm()
    with database().reading() as session:
        value = _value(session, year, document, part, unit)
        kinds = kinds_of(value.part)
        kind = _kind(kinds, value)
    form.explanation.label.text = _(WHY[kind])
    if (
        form.validate_on_submit()
        and _reasoned(form, kind, value)
        and _stored(form, year, document, part, unit, kind)
    ):
        flash(_("The score is stored beside the former ones and holds from now on."))
        return redirect(_address(year, document, part, unit), 303)
    with database().reading() as session:
        found = scorecard_table.table(session, year, document, unit)
        line = next(one for one in found.lines if one.part.code == part)
        leaves = [one.code for one in found.card.whole.leaves]
        history = scores.history(session, year, document, part, unit)
        page = render_template(
            "staff/year_scorecard_part.html",
            year=year,
            years=listed(session, year),
            found=found,
            line=line,
            names={one.code: one.name for one in session.scalars(select(Unit))},
            beside=_beside(leaves, part),
            history=history,
            asked=_targets(session, year, document, part, found.unit if unit else None),
            kinds=kinds,
            kind=kind,
            names_of_kinds=KINDS,
            others=_keeps_out(history, kind),
            references=references.read,
            form=form,
            unit=unit,
        )
    return page, 422 if form.errors else 200


def _value(session: Session, year: int, document: str, part: str, unit: str | None) -> PartValue:
    found = scores.part_value(session, year, document, part, unit)
    if not part or found is None:
        raise NotFound("%(name)s has no such part.", name=document[:60])
    return found


def kinds_of(part: ScorecardPart) -> list[ScoreKind]:
    """What kinds of score a part can be given: none of a sum or an unknown maximum, no self score of a survey."""
    if part.parts or part.max is None:
        return []
    return [*ScoreKind] if part.by == SELF else [ScoreKind.OFFICIAL]


def _kind(kinds: Sequence[ScoreKind], value: PartValue) -> ScoreKind:
    """The kind that is asked for, else the first that isn't there yet."""
    asked = request.args.get("loai", "")
    by_name = {kind.value: kind for kind in kinds}
    missing = [kind for kind in kinds if value.of(kind.value) is None]
    return by_name.get(asked) or next(iter([*missing, *kinds[-1:]]), ScoreKind.SELF)


def _reasoned(form: ScoreForm, kind: ScoreKind, value: PartValue) -> bool:
    """Whether an appraisal that differs from the self score says why."""
    own = value.self_
    if kind is ScoreKind.ASSESSED and own is not None and form.cells["value"] and not form.cells["explanation"]:
        try:
            differs = float(form.cells["value"]) != own.value
        except ValueError:
            return True  # what is wrong with it is said of the value
        if differs:
            form.explanation.errors = [_("Say why it differs from the self score: the office reads it.")]
            return False
    return True


def _stored(form: ScoreForm, year: int, document: str, part: str, unit: str | None, kind: ScoreKind) -> bool:
    def keep(session: Session, cells: Cells) -> None:
        card = scores.version_of(session, year, document, unit)
        given = {"part": part, "unit": unit or "", **cells}
        scores.put(session, year, card, kind, given, current_user.name)

    return form.store(keep)


def _address(year: int, document: str, part: str, unit: str | None) -> str:
    return url_for(".scorecard_part", year=year, document=document, part=part, **of_unit(unit))


def _beside(leaves: Sequence[str], part: str) -> tuple[str | None, str | None]:
    """The criteria before and after it in the document."""
    if part not in leaves:
        return None, None
    at = leaves.index(part)
    return (leaves[at - 1] if at else None), (leaves[at + 1] if at + 1 < len(leaves) else None)


def _targets(session: Session, year: int, document: str, part: str, unit: Unit | None) -> list[Any]:
    """Every version of the targets on it, of this year's plan and of the next one's, the newest first."""
    measure = scorecard_table.measure_of(document, part)
    found = [
        line
        for planned in (year + 1, year)
        for line in duties.lines(session, planned, history=True)
        if line.kind == "target" and line.measure == measure and line.unit == (unit.code if unit else None)
    ]
    return sorted(found, key=lambda line: (line.code, line.version), reverse=True)


def _keeps_out(history: Sequence[Score], kind: ScoreKind) -> bool:
    """Whether the account gave the other of the two scores, so that somebody else gives this one."""
    other = score_rows.APART.get(kind)
    return any(one.kind is other and one.by.casefold() == current_user.name.casefold() for one in history)
