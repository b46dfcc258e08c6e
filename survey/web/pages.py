"""Pages of staff: each says at its view whom it is for, and what it leaves in the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import wraps
from io import BytesIO
from typing import IO, Any, NamedTuple

import flask
from flask import Blueprint, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from survey.accounts.accounts import Right
from survey.storage import audit
from survey.storage.models import Wave
from survey.waves import questionnaires
from survey.web.current import database
from translations import Denied, NotFound
from translations import gettext as _

View = Callable[..., ResponseReturnValue]
MB = 1_000_000  # bytes


class Tab(NamedTuple):
    """A tab: its place in the row, its name, and the row: of a wave's fieldwork, or of a year."""

    place: int
    name: str
    row: str = "fieldwork"


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says about itself.

    act              what is done there, as the audit trail says it; None: nothing is written
    changes_figures  whether figures that were made before the act are stale
    export           its GET shows or sends data: that alone leaves an entry, and changes no figures
    single_response  it writes about one response: no entry, for its time would tell whose response it is
    reauthenticate   only for those who gave the password in the last ten minutes
    max_upload       bytes of what is sent; None: what the application takes
    in_memory        what is sent is never written to disk
    tab              its own tab, or the endpoint of the page under whose tab it stands
    figures          a wave's figures: links from one such page to another keep the release
    of_leaders       of a wave that asks leaders too; what has villages, sheets or interviewers is not
    """

    right: Right
    act: str | None = None
    changes_figures: bool = True
    export: bool = False
    single_response: bool = False
    reauthenticate: bool = False
    max_upload: int | None = None
    in_memory: bool = False
    tab: Tab | str | None = None
    figures: bool = False
    of_leaders: bool = False

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
            raise Denied("Your account may not open this page. Ask the administrator for the right, or sign out.")
        if page.reauthenticate and not current_user.proven:
            return redirect(url_for("sign_in.prove", next=request.full_path), 303)
        if not page.of_leaders and asks_leaders(kwargs.get("wave")):
            raise NotFound("This wave asks leaders: it has no such page. Choose another above.")
        with page.acting(kwargs):
            answer = view(*args, **kwargs)
            if page.export and request.method == "GET":  # noted before it leaves; what was refused is not
                if request.args:
                    audit.annotate(asked=request.query_string.decode())
                with database().writing():
                    pass
            return answer

    return guarded


def asks_leaders(wave: str | None) -> bool:
    """Whether there is a wave of this code that asks leaders."""
    if wave is None:
        return False
    with database().reading() as session:
        row = session.get(Wave, wave)
        return row is not None and questionnaires.by_digest(session, row.questionnaire).asks_leaders


def page_at(endpoint: str | None) -> Page | None:
    """The page of an endpoint; None where that is no page of staff."""
    blueprint = current_app.blueprints.get((endpoint or "").rpartition(".")[0])
    return blueprint.declared.get(endpoint or "") if isinstance(blueprint, Pages) else None


def tabs(row: str) -> list[tuple[str, str]]:
    """Endpoint and name of the tabs of a row that the person may open, in the order of the work."""
    leaders = asks_leaders((request.view_args or {}).get("wave"))
    open_tabs = [
        (page.tab, endpoint)
        for blueprint in current_app.blueprints.values()
        if isinstance(blueprint, Pages)
        for endpoint, page in blueprint.declared.items()
        if isinstance(page.tab, Tab) and page.tab.row == row and current_user.may(page.right)
        if page.of_leaders or not leaders
    ]
    return [(endpoint, _(tab.name)) for tab, endpoint in sorted(open_tabs)]


def open_tab() -> str | None:
    """The endpoint of the tab that the present page stands under; None where it has none."""
    page = page_at(request.endpoint)
    tab = page.tab if page else None
    return request.endpoint if isinstance(tab, Tab) else tab


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
