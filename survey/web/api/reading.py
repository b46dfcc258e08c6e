"""What programs read: waves, units, questionnaires, and the released results of a wave.

Lists are JSON arrays, whole unless `limit` asks for a page of them; the header `Link` then leads to the next one
(RFC 8288). Every answer has an `ETag`: who sends it back in `If-None-Match` is told 304 while nothing has changed.
A parameter that an address does not know is refused: the answer to a misspelt question would look right.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import wraps
from typing import Any, ParamSpec
from urllib.parse import urlencode

from flask import Response, jsonify, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from forms import Text
from survey.accounts.accounts import Right
from survey.integrity import unusual
from survey.responses.respondents import sample
from survey.results import disclosure, releases, result_table
from survey.results.releases import Publication
from survey.storage import audit
from survey.storage.models import Release, Unit, Wave
from survey.waves import questionnaires, units, waves
from survey.web import rows
from survey.web.api.blueprint import pages
from survey.web.current import database
from translations import N_, Denied, Refusal

P = ParamSpec("P")
PAGED = ("limit", "offset")


class Unknown(Refusal):
    """A parameter of the query that its address does not know."""

    status = 422


def takes(*names: str) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Refuses a query with another parameter than these, and the language of what is told."""
    known = (*names, "lang")

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def checked(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            for name in request.args:
                if name not in known:
                    raise Unknown(
                        "There is no parameter %(name)s here. Ask by one of: %(known)s.",
                        name=name[:40],
                        known=", ".join(known),
                    )
            return view(*args, **kwargs)

        return checked

    return decorate


@pages.page("/api/v1/waves", Right.PROGRESS)
@takes(*PAGED)
def wave_list() -> ResponseReturnValue:
    """Every wave, the one that begins last first."""
    with database().reading() as session:
        found = session.scalars(select(Wave).order_by(Wave.opens.desc(), Wave.code))
        records = [
            _wave(
                wave,
                questionnaires.by_digest(session, wave.questionnaire).name,
                releases.newest_public(session, wave.code),
            )
            for wave in found
        ]
    return _listed(records)


@pages.page("/api/v1/units", Right.PROGRESS)
@takes("on", *PAGED)
def unit_list() -> ResponseReturnValue:
    """Every unit that there is or was, by its code; `on=DATE` those of a day alone."""
    on = _day("on")
    with database().reading() as session:
        found = session.scalars(select(Unit).order_by(Unit.code))
        return _listed([_unit(unit) for unit in found if on is None or units.exists(unit, on)])


@pages.page("/api/v1/questionnaires", Right.PROGRESS)
@takes(*PAGED)
def questionnaire_list() -> ResponseReturnValue:
    """Every published version of a questionnaire."""
    with database().reading() as session:
        records = [
            {
                "name": questionnaire.name,
                "code": questionnaire.code,
                "version": questionnaire.version,
                "digest": questionnaire.digest,
                "title": _text(questionnaire.title),
            }
            for questionnaire in questionnaires.published(session)
        ]
    return _listed(records)


@pages.page("/api/v1/questionnaires/<name>", Right.PROGRESS)
@takes()
def questionnaire(name: str) -> ResponseReturnValue:
    """The document of a version, by a name like ho_gia_dinh@1."""
    with database().reading() as session:
        return _marked(jsonify(questionnaires.find(session, name).document))


@pages.page(
    "/api/v1/waves/<wave>/rows.<format>",
    Right.ROWS,
    act=N_("Downloaded responses one by one"),
    export=True,
    by_token=True,
)
@takes("release")
def wave_rows(wave: str, format: str) -> ResponseReturnValue:
    """The responses one by one, of the newest approved release or of another; the codebook as xlsx."""
    number = request.args.get("release", type=int)
    if number is None:
        with database().reading() as session:
            number = releases.require(session, waves.find(session, wave).code).number
    return rows.file(wave, format, number)


@pages.page(
    "/api/v1/waves/<wave>/results",
    Right.OWN_RESULTS,
    act=N_("Asked for a free table by the API"),
    changes_figures=False,
    of_groups=True,
)
@takes("by", "item", "rule", *PAGED)
def wave_results(wave: str) -> ResponseReturnValue:
    """The records of the newest approved release of a wave, what must be hidden hidden.

    Of a release that was withdrawn there are none, but why (410). Where nothing is released they are a draft of
    the present data, and the header `Hailong-Release` says so: for who may have the responses one by one, since
    the difference of two drafts is what one person answered. Who reads one commune is given the records of that
    one, by unit. A table that is not declared for others is noted as on the pages, and the header
    `Hailong-Dissemination` says that it, or a draft, stays in the house.
    """
    everything = current_user.may(Right.RESULTS)
    with database().reading() as session:
        wave_row = waves.find(session, wave)
        drafts = current_user.may(Right.ROWS)
        if (withdrawal := releases.withdrawal(session, wave_row.code)) is not None:
            raise withdrawal
        release = (releases.newest if drafts else releases.require)(session, wave_row.code)
        items, by = (tuple(request.args.getlist(name)) for name in ("item", "by"))
        if not everything:
            by = by or ("unit",)
            if by != ("unit",):
                raise Denied("You may read your own commune only: leave out “by”, or ask by unit.")
        people = sample(session, wave_row, release)
        records = result_table.released(session, people, items, by, request.args.get("rule"))
        records = unusual.flagged(session, wave_row, release, records)
    if not everything:
        records = tuple(record for record in records if record.domain == current_user.unit)
    answer = _listed(result_table.as_records(records))
    declared = disclosure.declared(wave_row, by)
    if not declared:
        audit.annotate(asked=request.query_string.decode())
        with database().writing():  # leaves an entry of its own
            pass
    answer.headers["Hailong-Dissemination"] = "open" if declared and release else "internal"
    answer.headers["Hailong-Release"] = "draft" if release is None else str(release.number)
    return answer


def _wave(wave: Wave, questionnaire: str, told: Publication) -> dict[str, Any]:
    return {
        "code": wave.code,
        "questionnaire": questionnaire,
        "kind": wave.kind.value,
        "public": wave.public,
        "opens": wave.opens.isoformat(),
        "closes": wave.closes.isoformat(),
        "simulated": wave.simulated,
        "release": None if told.release is None else told.release.number,
        "withdrawn": None if told.withdrawn is None else _withdrawal(told.withdrawn),
    }


def _withdrawal(release: Release) -> dict[str, Any]:
    """Which release was taken back, when and why."""
    day = release.withdrawn
    return {"release": release.number, "day": day and day.isoformat(), "reason": release.withdrawal}


def _unit(unit: Unit) -> dict[str, Any]:
    return {
        "code": unit.code,
        "name": unit.name,
        "kind": unit.kind,
        "parent": unit.parent,
        "valid_from": unit.valid_from.isoformat() if unit.valid_from else None,
        "valid_to": unit.valid_to.isoformat() if unit.valid_to else None,
        "replaces": unit.replaces.split(";") if unit.replaces else [],
    }


def _text(text: Text) -> dict[str, str]:
    return {"vi": text.vi, "en": text.en}


def _listed(records: list[dict[str, Any]]) -> Response:
    """The records, or the page of them that is asked for."""
    limit, offset = _count("limit", 1), _count("offset", 0) or 0
    end = len(records) if limit is None else offset + limit
    answer = jsonify(records[offset:end])
    if end < len(records):
        query = [pair for pair in request.args.items(multi=True) if pair[0] != "offset"]
        answer.headers["Link"] = f'<{request.path}?{urlencode([*query, ("offset", end)])}>; rel="next"'
    answer.headers["Hailong-Count"] = str(len(records))
    return _marked(answer)


def _marked(answer: Response) -> Response:
    """With its ETag, and 304 where the client has it already. A program may keep it, but nobody in between; of a
    person's browser nothing is left on the disk."""
    answer.headers["Cache-Control"] = "no-store" if current_user.session else "private, no-cache"
    answer.add_etag(weak=True)  # the same records, whether compressed on the way or not
    answer.make_conditional(request)
    return answer


def _count(name: str, least: int) -> int | None:
    """A number of the query; refused where it is none, or below `least`."""
    text = request.args.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= least):
        raise Refusal("Send %(name)s as a whole number from %(least)d up.", name=name, least=least)
    return int(text)


def _day(name: str) -> date | None:
    text = request.args.get(name)
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise Refusal("Send %(name)s as a day: 2026-03-01", name=name) from None
