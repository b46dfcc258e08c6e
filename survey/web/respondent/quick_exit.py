"""The quick exit, and the neutral page to which it leads: a calendar.

It is a page of ours because a link out would tell another server that somebody left here, would fail where the
network is closed, and could not stand on a kiosk. It bears no name, no mark and no way back.
"""

from __future__ import annotations

import calendar as months
from datetime import date

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from survey.system.dates import today
from survey.web import bound_device


def leave() -> ResponseReturnValue:
    """Away from here at once; a kiosk goes back to its start."""
    if device := bound_device.here():
        return redirect(url_for("kiosk.start", wave=device.wave, unit=device.unit), 303)
    return redirect(url_for(".calendar"), 303)


def forget() -> ResponseReturnValue:
    """An empty picture on the pages behind a form, with which the browser forgets the pages that it keeps whole.

    On the way back it would show the filled form again although that is no-store (Chromium does), and without a
    script nothing else empties it. Sent with the page itself it comes too early: the form is still the one shown.
    Never "storage" or "cookies": the same device may hold sealed forms still to be sent.
    """
    answer = make_response("", 204)
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


def calendar() -> ResponseReturnValue:
    """The days of a month, today's unless `thang=YYYY-MM` names another."""
    day = today()
    try:
        first = date.fromisoformat(f"{request.args['thang']}-01")
    except (KeyError, ValueError):
        first = day.replace(day=1)
    if not 1900 <= first.year <= 2100:
        first = day.replace(day=1)
    before, after = (first.year * 12 + first.month - 1 + step for step in (-1, 1))
    return render_template(
        "respondent/calendar.html",
        first=first,
        day=day,
        weeks=months.Calendar().monthdatescalendar(first.year, first.month),
        before=f"{before // 12:04}-{before % 12 + 1:02}",
        after=f"{after // 12:04}-{after % 12 + 1:02}",
    )
