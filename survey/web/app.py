"""The web application: settings, database, language, refusals, blueprints; nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Flask, before_render_template, current_app, request
from flask_compress import Compress
from flask_wtf.csrf import CSRFProtect
from jinja2 import Template
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

import translations
from survey.storage.database import Database
from survey.system import settings
from survey.system.dates import today
from survey.system.version import version
from survey.web import (
    api,
    duties,
    headers,
    integers,
    interviewer,
    keying,
    kiosk,
    login,
    markup,
    preferences,
    public,
    refusals,
    respondent,
    staff,
    static_files,
    trial,
)
from survey.web.pages import Request, open_bar, open_tabs, population_of, tabs, unused, views
from survey.web.server import metrics, rejections
from survey.web.sign_in import choose_password, passkey_pages, password, single_sign_on
from survey.web.sign_in.sessions import Sessions
from translations import LANGUAGES, formats

LARGEST_BODY = 100_000  # bytes; the API has its own, smaller limit, and pages of staff a larger one
MOST_FIELDS = 2_000  # of a form
BLUEPRINTS = (
    public.pages,
    respondent.pages,
    kiosk.pages,
    keying.pages,
    interviewer.pages,
    staff.pages,
    duties.pages,
    trial.pages,
    password.pages,
    choose_password.pages,
    single_sign_on.pages,
    passkey_pages.pages,
    api.pages,
)
# What they take is signed, bound, JSON alone, or a trial of which nothing is read.
WITHOUT_TOKEN = (respondent.pages, kiosk.pages, trial.pages, api.pages)


class Number(IntegerConverter):
    """A number in an address, as large as a column of a database takes; a larger one is no address of ours."""

    def __init__(self, map: Map) -> None:
        super().__init__(map, max=integers.LARGEST)


class Application(Flask):
    """Flask without its look, at each call, whether a view or a hook is asynchronous: none of ours is."""

    request_class = Request

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def create_app(**config: Any) -> Flask:
    """The application. `config` overrides: DATABASE_URL, SECRET_KEY, RATE, and Flask's own."""
    app = Application(__name__, static_folder=None, template_folder="templates")
    app.session_interface = Sessions()
    app.url_map.converters["int"] = Number
    _configure(app, config)
    if app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, app.config["PROXIES"], 0, 0, 0, 0)  # type: ignore[method-assign]
    app.wsgi_app = headers.with_headers(app.wsgi_app)  # type: ignore[method-assign, assignment]
    app.extensions["database"] = Database(app.config["DATABASE_URL"])
    _set_up_templates(app)
    csrf = CSRFProtect(app)
    for pages in WITHOUT_TOKEN:
        csrf.exempt(pages)
    Compress(app)
    login.manager.init_app(app)
    metrics.watch(app)
    rejections.watch(app)
    refusals.register(app)
    app.before_request(preferences.choose_language)
    app.after_request(preferences.remember)
    app.after_request(headers.protect)
    for pages in BLUEPRINTS:
        app.register_blueprint(pages)
    app.add_url_rule("/static/<version>/<path:name>", "static", static_files.send)
    return app


SESSION_COOKIE = {
    "SESSION_COOKIE_NAME": "phien",
    "SESSION_COOKIE_HTTPONLY": True,
    "SESSION_COOKIE_SAMESITE": "Lax",
}


def _configure(app: Flask, config: dict[str, Any]) -> None:
    app.config.update(
        SECRET_KEY=config.get("SECRET_KEY") or settings.secret_key(),
        DATABASE_URL=config.get("DATABASE_URL") or settings.database_url(),
        RATE=settings.rate(),
        BASE_URL=settings.base_url(),
        PROXIES=settings.proxies(),
        HSTS_SUBDOMAINS=settings.hsts_subdomains(),
        KIOSK_IDLE=settings.kiosk_idle(),
        KIOSK_WARNING=30,  # seconds of the countdown
        KIOSK_RECEIPT=30,  # seconds for which a receipt stands there
        MAX_CONTENT_LENGTH=LARGEST_BODY,
        MAX_FORM_PARTS=MOST_FIELDS,
        **SESSION_COOKIE,
        SESSION_COOKIE_SECURE=(settings.base_url() or "").startswith("https:"),
        COMPRESS_ALGORITHM=["gzip"],
        COMPRESS_LEVEL=9,
        COMPRESS_STREAMS=False,
    )
    app.config.update(config)


def _set_up_templates(app: Flask) -> None:
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(translations.gettext, _plural, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for filter in (formats.percent, formats.points, formats.number, formats.day, formats.ended, formats.first_few):
        app.jinja_env.filters[filter.__name__] = filter
    app.jinja_env.globals.update(
        language=translations.language,
        text_language=translations.text_language,
        languages=LANGUAGES,
        offered_languages=preferences.offered,
        today=today,
        version=version,
        static=static_files.address,
        here=_here,
        csrf_field=markup.csrf_field,
        with_roles=markup.with_roles,
        large_text=preferences.large_text,
        population_of=population_of,
        tabs=tabs,
        views=views,
        open_tabs=open_tabs,
        open_bar=open_bar,
        unused=unused,
    )
    before_render_template.connect(_name_page, app)


def _plural(one: str, many: str, num: int) -> str:
    """The form of a message for a count; Jinja fills in the values by itself."""
    return translations.catalogue(translations.language()).ngettext(one, many, num)


def _here(**changed: str | None) -> str:
    """The address of this page with some parts of its query changed, left out where None: a link from `?` on."""
    other = {name: [] if value is None else [value] for name, value in changed.items()}
    return _to_get() + "?" + urlencode({**request.args.to_dict(flat=False), **other}, doseq=True)


def _to_get() -> str:
    """Nothing, or the nearest page above this one, where a form was sent to an address that can't be looked at."""
    if request.url_rule is None or "GET" in (request.url_rule.methods or ()):
        return ""
    pages, path = current_app.url_map.bind(request.host), request.path
    while path := path.rpartition("/")[0]:
        if pages.test(path, "GET"):
            return path
    return "/"


def _name_page(_app: Flask, template: Template, context: dict[str, Any], **_more: Any) -> None:
    """Tells each page its name, "staff/units", under which the sheets style what it alone has."""
    context["page_name"] = (template.name or "").removesuffix(".html")
