"""Page: what a draft counts and whom it asks."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from forms.populations import CITIZENS, POPULATIONS
from survey.accounts.accounts import Right
from survey.web.current import database
from survey.web.keying.blueprint import holds_what_was_typed
from survey.web.staff.blueprint import pages
from survey.web.staff.workshop import drafts as draft_pages
from survey.web.staff.workshop import score_fields
from survey.workshop import edits

PAGE = "/bo-phieu/nhap/<int:id>/thang-diem"
PLACES = (
    "index",
    "population",
    "people",
    "groups",
    "open_rows",
)  # of the document, of which the page tells the faults


@pages.page(PAGE, Right.PUBLISH, tab="staff.workshop")
def draft_scores(id: int) -> ResponseReturnValue:
    """A draft's population, its index and the scores of each scale's levels."""
    with database().reading() as session:
        one = draft_pages.opened(session, id)
    return _page(one)


def _page(one: draft_pages.Open, status: int = 200, trouble: str = "") -> ResponseReturnValue:
    items = score_fields.scored(one.written)
    page = render_template(
        "staff/workshop_scores.html",
        draft=one,
        trouble=trouble,
        faults=[fault for fault in one.looked.faults if fault.steps[:1] and fault.steps[0] in PLACES],
        populations=POPULATIONS,
        population=one.written.get("population", CITIZENS.name),
        groups=score_fields.groups(one.written),
        new_groups=score_fields.NEW_GROUPS,
        in_groups=[one.name for one in POPULATIONS.values() if one.in_groups],
        index=one.written.get("index"),
        items=items,
        factors=edits.factors(one.written),
        factor_of={item["code"]: edits.factor_of(one.written, item["code"]) for item in items},
        rules=score_fields.rules(one.written),
        scales=score_fields.scales(one.written),
        table=score_fields.table,
        new_rules=score_fields.RULES,
    )
    return page, status


@pages.record
def _guarded_by_itself(state: BlueprintSetupState) -> None:
    state.app.extensions["csrf"].exempt(save_scores)


@pages.act(
    f"{PAGE}/luu", Right.QUESTIONS, draft_pages.CHANGED, changes_figures=False, outside=holds_what_was_typed
)
def save_scores(id: int) -> ResponseReturnValue:
    """Takes the population, the index and the scores as they were typed, right or not."""
    return draft_pages.saved(
        id,
        "thang-diem",
        lambda written: score_fields.change(written, request.form),
        lambda one, _code, trouble: _page(one, 409, trouble),
        lambda _code: url_for(".draft_scores", id=id),
    )
