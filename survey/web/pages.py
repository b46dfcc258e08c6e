"""Pages of staff: each says at its view whom it is for, and what it leaves in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import wraps
from io import BytesIO
from typing import IO, Any, NamedTuple

import flask
from flask import Blueprint, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from forms.populations import CITIZENS, Population
from survey.accounts.accounts import Right
from survey.storage import audit
from survey.storage.models import Wave, WaveKind
from survey.waves import questionnaires
from survey.web.current import database
from translations import Denied, NotFound
from translations import gettext as _

View = Callable[..., ResponseReturnValue]
MB = 1_000_000  # bytes


Used = Callable[[Session, Wave], bool]


class Tab(NamedTuple):
    """A tab of a bar, or a view within one.

    place  where it stands in its row
    row    its bar, one of `BARS`; of a view: the endpoint of the tab within which it stands
    view   of a tab with views: what the page is called among them
    used   whether a wave makes use of it; the tabs of those that it doesn't are folded away
    """

    place: int
    name: str
    row: str = "fieldwork"
    view: str = ""
    used: Used | None = None


# The bars, each with the endpoint of the tab under which it stands: the pages of the whole platform, the five of a
# wave's results, those of its fieldwork in the order of the work, those of a year.
BARS = {"main": None, "wave": None, "fieldwork": None, "year": "staff.years"}


def having(table: Any, *conditions: ColumnElement[bool]) -> Used:
    """A tab that a wave uses once the table has a row of it."""
    return lambda session, wave: bool(session.scalar(select(exists().where(table.wave == wave.code, *conditions))))


def of_kind(kind: WaveKind) -> Used:
    """A tab that every wave of a kind uses."""
    return lambda _session, wave: wave.kind is kind


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says about itself.

    act              what is done there, as the audit trail says it; None: nothing is written
    changes_figures  whether figures that were made before the act are stale
    export           its GET shows or sends data: that alone leaves an entry, and changes no figures
    single_response  it writes about one response: no entry, for its time would tell whose response it is
    reauthenticate   only for those who gave the password in the last ten minutes
    by_token         only for a program's token, never for somebody who is signed in
    max_upload       bytes of what is sent; None: what the application takes
    in_memory        what is sent is never written to disk
    tab              its own tab or view, or the endpoint of the page under whose tab it stands
    figures          a wave's figures: links from one such page to another keep the release
    of_groups        of a wave that asks people in groups too; what has villages, sheets or interviewers is not
    """

    right: Right
    act: str | None = None
    changes_figures: bool = True
    export: bool = False
    single_response: bool = False
    reauthenticate: bool = False
    by_token: bool = False
    max_upload: int | None = None
    in_memory: bool = False
    tab: Tab | str | None = None
    figures: bool = False
    of_groups: bool = False

    def acting(self, view_args: Mapping[str, object]) -> AbstractContextManager[None]:
        """Puts what the view writes into the audit trail."""
        if self.act is None:
            return nullcontext()
        changes = self.changes_figures and not self.export
        return audit.acting(current_user.name, self.act, view_args, changes_figures=changes)


class Pages(Blueprint):
    """A blueprint of pages that say everything about themselves: `declared` has each by its endpoint."""

    def __init__(self, name: str, import_name: str, url_prefix: str = "", max_upload: int | None = None) -> None:
        super().__init__(name, import_name, url_prefix=url_prefix)
        self.declared: dict[str, Page] = {}
        self._max_upload = max_upload
        self.url_value_preprocessor(_limit_body)

    def page(
        self,
        rule: str,
        right: Right,
        *,
        methods: Collection[str] = ("GET",),
        endpoint: str | None = None,
        outside: Callable[[View], View] = lambda view: view,
        **fields: Any,
    ) -> Callable[[View], View]:
        """Registers a view, guarded as its `Page` says.

        outside  a decorator that stands before the guard
        fields   of `Page`
        """
        page = Page(right, **{"max_upload": self._max_upload, **fields})
        if "POST" in methods and page.act is None and not page.single_response:
            raise ValueError(f"{rule} takes POST: give it an act, or say single_response")

        def declare(view: View) -> View:
            name = endpoint or view.__name__
            self.declared[f"{self.name}.{name}"] = page
            guarded = outside(guard(page, view))
            self.add_url_rule(rule, name, guarded, methods=methods)
            return guarded

        return declare

    def act(self, rule: str, right: Right, act: str | None = None, **fields: Any) -> Callable[[View], View]:
        """A page that is sent to, and shows nothing by itself."""
        return self.page(rule, right, methods=("POST",), act=act, **fields)

    def form(self, rule: str, right: Right, act: str | None = None, **fields: Any) -> Callable[[View], View]:
        """A page that is shown, and sent to."""
        return self.page(rule, right, methods=("GET", "POST"), act=act, **fields)


def guard(page: Page, view: View) -> View:
    """The view for those who have the page's right; others are asked to sign in (401) or told no (403)."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        if not current_user.is_authenticated:
            return current_app.login_manager.unauthorized()  # type: ignore[attr-defined, no-any-return]
        if current_user.first and request.blueprint == "api":
            raise Denied("Sign in on the website first: your account has something to complete there.")
        if current_user.first:
            return redirect(url_for(current_user.first), 303)
        if not current_user.may(page.right):
            if not current_user.session:
                raise Denied("This token's role or scope is too narrow for this address. Ask for one that has it.")
            raise Denied("Your account may not open this page. Ask the administrator for the right, or sign out.")
        if page.by_token and current_user.session:
            raise Denied("Only a program's token opens this address. On the website, open the wave's page Rows.")
        if page.reauthenticate and not current_user.proven:
            # By 307 a browser sends again what was typed; the page of the password takes it along.
            status = 307 if request.method == "POST" else 303
            return redirect(url_for("sign_in.prove", next=request.full_path), status)
        if not page.of_groups and population_of(kwargs.get("wave")).in_groups:
            raise NotFound("This wave asks people in groups: it has no such page. Choose another above.")
        with page.acting(kwargs):
            answer = view(*args, **kwargs)
            if page.export and request.method == "GET":  # noted before it leaves; what was refused is not
                if request.args:
                    audit.annotate(asked=request.query_string.decode())
                with database().writing():
                    pass
            return answer

    return guarded


def population_of(wave: str | None) -> Population:
    """Whom a wave asks, citizens where there is none of this code; looked up once a request, for each bar asks."""
    if wave is None:
        return CITIZENS
    known: dict[str, Population] = g.setdefault("populations", {})
    if wave not in known:
        with database().reading() as session:
            row = session.get(Wave, wave)
            known[wave] = questionnaires.by_digest(session, row.questionnaire).population if row else CITIZENS
    return known[wave]


def page_at(endpoint: str | None) -> Page | None:
    """The page of an endpoint; None where that is no page of staff."""
    blueprint = current_app.blueprints.get((endpoint or "").rpartition(".")[0])
    return blueprint.declared.get(endpoint or "") if isinstance(blueprint, Pages) else None


def tabs(row: str) -> list[tuple[str, str]]:
    """Endpoint and name of the tabs of a bar, or of the views within a tab, that the person may open, in order."""
    in_groups = population_of((request.view_args or {}).get("wave")).in_groups
    open_tabs = [
        (page.tab, endpoint)
        for endpoint, page in _declared()
        if isinstance(page.tab, Tab) and page.tab.row == row and current_user.may(page.right)
        if page.of_groups or not in_groups
        if page.right is not Right.OWN_RESULTS or current_user.unit
    ]
    open_tabs.sort(key=lambda one: one[0].place)
    return [(endpoint, _(tab.name)) for tab, endpoint in open_tabs]


def views(endpoint: str) -> list[tuple[str, str]]:
    """The views within a tab, itself the first; none where it is the only one."""
    own = page_at(endpoint)
    others = tabs(endpoint)
    if own is None or not isinstance(own.tab, Tab) or not others:
        return []
    itself = [(endpoint, _(own.tab.view or own.tab.name))] if current_user.may(own.right) else []
    return itself + others


def open_tabs() -> list[str]:
    """The endpoints of the tabs that the present page stands under, from the page upwards."""
    found: list[str] = []
    endpoint = request.endpoint
    while page := page_at(endpoint):
        if isinstance(page.tab, Tab):
            found.append(endpoint or "")
            endpoint = BARS.get(page.tab.row, page.tab.row)
        else:
            endpoint = page.tab
    return found


def open_bar() -> str | None:
    """The bar in which the present page's tab stands; None where it has none."""
    under = open_tabs()
    page = page_at(under[-1]) if under else None
    return page.tab.row if page and isinstance(page.tab, Tab) else None


def unused(wave: Wave, row: str = "fieldwork") -> list[str]:
    """The endpoints of a bar's tabs that the wave doesn't use; none as long as it uses nothing at all."""
    doubtful = [
        (endpoint, page.tab.used)
        for endpoint, page in _declared()
        if isinstance(page.tab, Tab) and page.tab.row == row and page.tab.used
    ]
    with database().reading() as session:
        without = [endpoint for endpoint, used in doubtful if not used(session, wave)]
    return without if len(without) < len(doubtful) else []


def _declared() -> Iterator[tuple[str, Page]]:
    for blueprint in current_app.blueprints.values():
        if isinstance(blueprint, Pages):
            yield from blueprint.declared.items()


class Request(flask.Request):
    """Flask's, which writes a large body to disk, but for pages that say `in_memory`."""

    def _get_file_stream(self, *args: Any, **kwargs: Any) -> IO[bytes]:
        page = page_at(self.endpoint)
        return BytesIO() if page and page.in_memory else super()._get_file_stream(*args, **kwargs)


def _limit_body(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Raises the limit for those who are signed in, before the guard against forged forms reads the body."""
    page = page_at(endpoint)
    if page and page.max_upload and request.method == "POST" and current_user.is_authenticated:
        request.max_content_length = page.max_upload
