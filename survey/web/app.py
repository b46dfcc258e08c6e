"""The web application: settings, database, language, refusals, blueprints; nothing else."""

from __future__ import annotations

import hashlib
import logging
import secrets
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import (
    Flask,
    Response,
    before_render_template,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_compress import Compress
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect, generate_csrf
from jinja2 import Template
from markupsafe import Markup
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

import translations
from survey.storage import faults, master_key
from survey.storage.database import Database
from survey.system import settings
from survey.system.dates import today
from survey.system.version import version
from survey.web import api, cookies, integers, interviewer, keying, kiosk, login, respondent, staff
from survey.web.pages import Request, open_tab, tabs
from survey.web.server import metrics, rejections
from survey.web.sign_in import choose_password, passkey_pages, password, single_sign_on
from survey.web.sign_in.sessions import Sessions
from translations import LANGUAGES, Refusal, formats
from translations import gettext as _

# Scripts, styles and pictures come from here and stand in files of their own.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "media-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), interest-cohort=()",
}
LARGEST_BODY = 100_000  # bytes; the API has its own, smaller bound, and pages of the staff a larger one
MOST_FIELDS = 2_000  # of a form


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
        SESSION_COOKIE_NAME="phien",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=(settings.base_url() or "").startswith("https:"),
        COMPRESS_ALGORITHM=["gzip"],
        COMPRESS_LEVEL=9,
        COMPRESS_STREAMS=False,
    )
    app.config.update(config)
    if app.config["PROXIES"]:
        app.wsgi_app = ProxyFix(app.wsgi_app, app.config["PROXIES"], 0, 0, 0, 0)  # type: ignore[method-assign]
    app.wsgi_app = _guarded(app.wsgi_app)  # type: ignore[method-assign, assignment]
    app.extensions["database"] = Database(app.config["DATABASE_URL"])
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(translations.gettext, _plural, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        percent=formats.percent,
        points=formats.points,
        number=formats.number,
        day=formats.day,
        interval=formats.interval,
    )
    app.jinja_env.globals.update(
        language=translations.language,
        languages=LANGUAGES,
        today=today,
        version=version,
        static=_static,
        here=_here,
        csrf_field=_csrf_field,
        large_text=_large_text,
        tabs=tabs,
        open_tab=open_tab,
    )
    csrf = CSRFProtect(app)
    for pages in (respondent.pages, kiosk.pages, api.pages):  # what they take is signed, bound, or JSON alone
        csrf.exempt(pages)
    Compress(app)
    login.manager.init_app(app)
    login.manager.unauthorized_handler(_ask_to_sign_in)
    metrics.watch(app)
    rejections.watch(app)
    before_render_template.connect(_name_page, app)
    app.before_request(_choose_language)
    app.after_request(_protect)
    app.register_error_handler(Refusal, _refuse)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _of_the_machine)
    app.register_error_handler(sqlite3.Error, _of_the_machine)
    app.register_error_handler(OSError, _of_the_machine)
    app.register_error_handler(Exception, _broken)
    for pages in (
        respondent.pages,
        kiosk.pages,
        keying.pages,
        interviewer.pages,
        staff.pages,
        password.pages,
        choose_password.pages,
        single_sign_on.pages,
        passkey_pages.pages,
        api.pages,
    ):
        app.register_blueprint(pages)
    app.add_url_rule("/static/<version>/<path:name>", "static", _send)
    return app


STATIC = Path(__file__).parent / "static"


def _version() -> str:
    """A short digest over all static files; counted once, but anew on each request while debugging."""
    if "static_version" not in current_app.extensions or current_app.debug:
        digest = hashlib.sha256()
        for path in sorted(path for path in STATIC.rglob("*") if path.is_file()):
            digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes())
        current_app.extensions["static_version"] = digest.hexdigest()[:12]
    return str(current_app.extensions["static_version"])


def _static(name: str) -> str:
    """The address of a static file. The version is a folder in it, so a script's `./other.js` carries it too."""
    return url_for("static", version=_version(), name=name)


def _send(version: str, name: str) -> Response:
    """A static file: kept for good under the present version, asked for again under any other."""
    response = send_from_directory(STATIC, name, max_age=31_536_000 if version == _version() else 0)
    with response:  # closes the file here: a server may forget it when the client has gone away meanwhile
        response.direct_passthrough = False  # a file that is passed through would not be compressed
        response.make_sequence()
    return response


def _plural(one: str, many: str, num: int) -> str:
    """The form of a message for a count; Jinja fills in the values by itself."""
    return translations.catalogue(translations.language()).ngettext(one, many, num)


def _csrf_field() -> Markup:
    """The hidden field that each form has which is sent by somebody who is signed in, or signs in."""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(generate_csrf())


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


def _large_text() -> bool:
    """`?size=` first, then the choice of before (a cookie that holds nothing else)."""
    return (request.args.get("size") or cookies.read("size")) == "large"


def _choose_language() -> None:
    """`?lang=` first, then the choice of before (a cookie that holds nothing else), then Vietnamese."""
    translations.speak(request.args.get("lang") or cookies.read("lang") or "vi")


def _guarded(answer: WSGIApplication) -> WSGIApplication:
    """The same with `HEADERS` on whatever leaves; through Flask's own headers they would cost ten times that."""

    def guarded(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        def started(status: str, headers: list[tuple[str, str]], fault: Any = None) -> Any:
            return start(status, [*headers, *HEADERS.items()], fault)

        return answer(environ, started)

    return guarded


def _protect(response: Response) -> Response:
    if cookies.over_tls():
        subdomains = "; includeSubDomains" if current_app.config["HSTS_SUBDOMAINS"] else ""
        response.headers.setdefault("Strict-Transport-Security", f"max-age=31536000{subdomains}")
    if request.endpoint != "static" or response.status_code >= 400:
        response.headers.setdefault("Cache-Control", "no-store")
    if not request.args:
        return response
    if "Hailong-Kept" in request.headers:  # a tablet keeps the page in each language: nobody chose one
        return response
    for name, known in (("lang", tuple(LANGUAGES)), ("size", ("normal", "large"))):
        chosen = request.args.get(name)
        # Of a page alone: the language of a downloaded report is no choice for the pages.
        if chosen in known and chosen != cookies.read(name) and response.mimetype == "text/html":
            cookies.keep(response, name, chosen, 31_536_000)
    return response


def _wants_json() -> bool:
    return request.path.startswith("/api/")


def _answer(status: int, title: str, what: str) -> ResponseReturnValue:
    if _wants_json():
        return api.problem(status, what)
    # After a fault of ours nothing is asked of the database any more, not even who is signed in.
    home = password.home(current_user) if status < 500 and current_user.is_authenticated else "/"
    return render_template("refusal.html", status=status, title=title, what=what, home=home), status


def _refuse(refusal: Refusal) -> ResponseReturnValue:
    if refusal.status == 403 and current_user.is_authenticated:
        logging.getLogger("hailong").warning("denied to %r at %s", current_user.name, request.endpoint)
    if isinstance(refusal, faults.Unavailable | master_key.NoKey):
        return _unavailable(refusal)
    if refusal.status == 503:
        answer = make_response(_answer(503, _("Please wait a moment"), str(refusal)))
        answer.headers["Retry-After"] = answer.headers["Refresh"] = "5"
        return answer
    titles = {403: _("Not for this account"), 404: _("Not found"), 409: _("Not done"), 410: _("Closed")}
    return _answer(refusal.status, titles.get(refusal.status, _("Please correct this")), str(refusal))


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    rejections.as_forged()
    return _answer(400, _("The page was open for too long"), _("Go back, reload the page and send it again."))


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if isinstance(error, RequestEntityTooLarge):
        return _answer(413, _("Too large"), _("What was sent is too large. Send less, or ask the administrator."))
    if status == 404:
        return _answer(404, _("Not found"), _("There is no page at this address. Begin at the first page."))
    if status == 405:
        return _answer(405, _("Not here"), _("This address does not take that. Begin at the first page."))
    if error.response is not None or status < 400:
        return error.get_response()
    return _answer(status, _("Please correct this"), _("The request can't be answered. Begin at the first page."))


def _of_the_machine(error: DBAPIError | sqlite3.Error | OSError) -> ResponseReturnValue:
    """What the disk or the database refuses; a fault of the program's own goes where all of them go."""
    told = faults.told(error)
    if told is None:
        return _broken(error)
    return _refuse(told)


def _unavailable(refusal: Refusal) -> ResponseReturnValue:
    """Nothing can be kept now: nothing is lost, and a client may try again by itself. The log says why."""
    faults.log(refusal, f"nothing can be kept at {request.endpoint}")
    answer = make_response(
        _answer(
            503,
            _("Please try again in a minute"),
            _("Nothing can be kept at this moment. What was confirmed is there; what was not can be sent again."),
        )
    )
    answer.headers["Retry-After"] = "30"
    return answer


def _broken(error: Exception) -> ResponseReturnValue:
    """A fault of ours: the person gets a number, the log gets the fault, and neither gets an answer or a form."""
    number = secrets.token_hex(4)
    logging.getLogger("hailong").error("fault %s at %s", number, request.endpoint, exc_info=error)
    return _answer(
        500,
        _("A fault on our side"),
        _(
            "Nothing of yours is lost that was confirmed. Try again in a minute; fault number %(number)s.",
            number=number,
        ),
    )


def _ask_to_sign_in() -> ResponseReturnValue:
    if _wants_json():
        return api.problem(401, _("Sign in, or send a token: Authorization: Bearer …"))
    return redirect(url_for("sign_in.sign_in", next=request.full_path if request.method == "GET" else None))
