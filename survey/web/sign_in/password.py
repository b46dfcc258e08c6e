"""Pages: signing in and out, and the own account: password, second factor, where one is signed in."""

from __future__ import annotations

import time
from contextlib import suppress

import segno
from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask import session as browser
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, logout_user
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy.exc import OperationalError
from wtforms import Form, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from survey.accounts import accounts, identities, second_factors, sign_ins
from survey.accounts.accounts import LEAST_PASSWORD, Person
from survey.responses import devices
from survey.storage import audit
from survey.storage.models import Role
from survey.waves import waves
from survey.web import integers, login
from survey.web.current import database
from survey.web.login import reauthenticated
from survey.web.sign_in import failed_attempts, lockout, passkeys
from translations import N_, Lazy, Refusal, ngettext
from translations import gettext as _

pages = Blueprint("sign_in", __name__)
HALF = "half-made"  # who has given the password and not the code, and the mark of that half made sign-in
SIGNED_ON = "signed-on"  # that somebody came in by single sign-on, whose provider can sign out too
LONGEST = 500  # characters of a name, a password or a code that are looked at
TOO_LONG = Length(max=LONGEST, message=Lazy("Use at most %(max)d characters."))
CODES = " · codes"  # wrong codes are counted apart from wrong passwords


class SignIn(Form):  # type: ignore[misc]
    """Name and password."""

    name = StringField(validators=[InputRequired(Lazy("Type the name of your account.")), TOO_LONG])
    password = PasswordField(validators=[InputRequired(Lazy("Type your password.")), TOO_LONG])


class Code(Form):  # type: ignore[misc]
    """A code of the phone, or a recovery code."""

    code = StringField(validators=[InputRequired(Lazy("Type the code.")), TOO_LONG])


OF_PROOF = ("csrf_token", "next", "username", "password", "code", "answer")


class Proof(Form):  # type: ignore[misc]
    """The password once more, and a code where there is a second factor."""

    password = PasswordField(validators=[InputRequired(Lazy("Type your password.")), TOO_LONG])
    code = StringField(validators=[TOO_LONG])


class NewPassword(Form):  # type: ignore[misc]
    """A new password, twice."""

    new = PasswordField(
        validators=[
            InputRequired(Lazy("Type a new password.")),
            TOO_LONG,
            Length(
                min=LEAST_PASSWORD,
                message=Lazy("Choose a password of at least %(least)d characters.", least=LEAST_PASSWORD),
            ),
        ]
    )
    again = PasswordField(validators=[EqualTo("new", Lazy("Type the new password the same way in both boxes."))])


class ChangePassword(NewPassword):
    """The old password, and the new one."""

    old = PasswordField(validators=[InputRequired(Lazy("Type your present password.")), TOO_LONG])


@pages.route("/dang-nhap", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    wanted = local(request.values.get("next"))
    form = SignIn(request.form)
    if request.method == "GET":
        if current_user.is_authenticated:
            return redirect(wanted or home(current_user))
        return render_template("sign_in/sign_in.html", form=form, next=wanted, wrong=False)
    person = None
    if form.validate():
        if wait := lockout.seconds_to_wait(form.name.data):
            page = render_template("sign_in/sign_in.html", form=form, next=wanted, wrong=False, wait=span(wait))
            return page, 429, {"Retry-After": str(wait)}
        with database().reading() as session:
            person = accounts.sign_in(session, form.name.data, form.password.data)
        if person is None:
            failed_attempts.note(form.name.data, "password")
    if person is None:
        # One answer for both, so that nobody learns which names exist.
        return render_template("sign_in/sign_in.html", form=form, next=wanted, wrong=not form.errors), 422
    lockout.was_right(person.name)
    return go_on(person, wanted, int(time.time()))


def go_on(
    person: Person, wanted: str | None, authenticated_at: int, *, vouched: bool = False
) -> ResponseReturnValue:
    """Lets somebody in who has shown who they are, or asks for the code of the second factor first.

    authenticated_at   when the password was given, here or to the provider of single sign-on
    vouched  that provider vouches for a second factor of its own, and none of ours is asked for
    """
    with database().reading() as session:
        two_steps = not vouched and second_factors.has(session, person.name)
    if two_steps:
        with database().writing() as session:
            browser[HALF] = [person.name, sign_ins.begin(session, person.name, authenticated_at, half=True).id]
        return redirect(url_for("sign_in.code", next=wanted), 303)
    with audit.acting(person.name, N_("Signed in")), database().writing() as session:
        login.enter(session, person, authenticated_at, vouched=vouched)
    return led_on(person.name, wanted)


@pages.route("/dang-nhap/ma", methods=["GET", "POST"])
def code() -> ResponseReturnValue:
    """The second step: a code of the phone, or a recovery code."""
    wanted = local(request.values.get("next"))
    name, mark = browser.get(HALF) or ("", "")
    with database().reading() as session:
        begun = sign_ins.find(session, mark, name, half=True)
        factor = second_factors.standing(session, name)
    if begun is None:  # over, or ended with all that opened the account: a new password, a factor taken away
        browser.pop(HALF, None)
        return redirect(url_for(".sign_in", next=wanted), 303)
    form = Code(request.form)
    if request.method == "POST" and form.validate():
        if wait := lockout.seconds_to_wait(name + CODES):
            form.code.errors = [_too_many(wait)]
            page = render_template("sign_in/code.html", form=form, next=wanted, factor=factor)
            return page, 429, {"Retry-After": str(wait)}
        with audit.acting(name, N_("Signed in")), database().writing() as session:
            account = accounts.find(session, name)
            lasts = sign_ins.find(session, mark, name, half=True) is not None
            right = lasts and not account.off and second_factors.check(session, name, form.code.data)
            if right:
                sign_ins.end_here(session, mark)
                login.enter(session, accounts.person_of(account), begun.authenticated_at)
            else:
                audit.discard()
        if right:
            lockout.was_right(name + CODES)
            return led_on(name, wanted)
        failed_attempts.note(name, "code")
        form.code.errors = [
            _("This code is not right, or was used before. Type the one that the phone shows now.")
        ]
    page = render_template("sign_in/code.html", form=form, next=wanted, factor=factor)
    return page, 422 if form.errors else 200


def led_on(name: str, wanted: str | None) -> ResponseReturnValue:
    """To where somebody who has just signed in wanted, or must go first, or begins; the browser is known from now
    on."""
    browser.pop(HALF, None)
    first = url_for(current_user.first) if current_user.first else None
    answer = make_response(redirect(first or wanted or home(current_user), 303))
    lockout.know_browser(answer, name)
    return answer


@pages.post("/dang-xuat")
def sign_out() -> ResponseReturnValue:
    if current_user.is_authenticated and current_user.session:
        with database().writing() as session:
            sign_ins.end_here(session, current_user.session)
    logout_user()
    flash(_("You are signed out."))
    answer = make_response(redirect(url_for(".sign_in"), 303))
    # Never "storage" or "cookies": the same device may be a kiosk or a tablet with sealed forms still to be sent.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@pages.route("/doi-mat-khau", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
def change_password() -> ResponseReturnValue:
    form = ChangePassword(request.form)
    if request.method == "POST" and form.validate():
        if wait := lockout.seconds_to_wait(current_user.name):
            form.old.errors = [_too_many(wait)]
            page = render_template("sign_in/change_password.html", form=form, least=LEAST_PASSWORD)
            return page, 429, {"Retry-After": str(wait)}
        acting = audit.acting(current_user.name, N_("Changed their own password"))
        try:
            with acting, database().writing() as session:
                person = accounts.change_password(session, current_user.name, form.old.data, form.new.data)
                if person is not None:
                    login.enter(session, person)  # every sign-in of this account has just ended
                else:
                    audit.discard()
        except Refusal as easy:
            lockout.was_right(current_user.name)
            form.new.errors = [str(easy)]
            return render_template("sign_in/change_password.html", form=form, least=LEAST_PASSWORD), 422
        if person is not None:
            lockout.was_right(person.name)
            flash(_("The password is changed. Wherever else you were signed in, you are signed out now."))
            return redirect(home(current_user), 303)
        failed_attempts.note(current_user.name, "again")
        form.old.errors = [_("This is not your password. Type the one that you signed in with.")]
    return render_template("sign_in/change_password.html", form=form, least=LEAST_PASSWORD), (
        422 if form.errors else 200
    )


@pages.get("/tai-khoan")
@login_required  # type: ignore[untyped-decorator]
def account() -> ResponseReturnValue:
    """The own account: what it is, and where it is signed in."""
    with database().reading() as session:
        shown = sign_ins.list_all(session, current_user.name, current_user.session)
        factor = second_factors.standing(session, current_user.name)
        keys = passkeys.list_all(session, current_user.name)
        linked = identities.has(session, current_user.name)
        owned = devices.of_owner(session, current_user.name)
        called = waves.titles(session)
    return render_template(
        "sign_in/account.html",
        devices=owned,
        called=called,
        sign_ins=shown,
        factor=factor,
        passkeys=keys,
        linked=linked,
        home=home(current_user),
    )


@pages.post("/tai-khoan/ket-thuc")
@login_required  # type: ignore[untyped-decorator]
def end() -> ResponseReturnValue:
    """Ends one of the own sign-ins, or all but this one."""
    number = request.form.get("number", None, integers.bounded_int)
    with audit.acting(current_user.name, N_("Ended their own sign-ins")), database().writing() as session:
        ended = sign_ins.end(session, current_user.name, number, but=current_user.session)
    flash(ngettext("%(num)d sign-in is ended.", "%(num)d sign-ins are ended.", ended))
    return redirect(url_for(".account"), 303)


@pages.route("/tai-khoan/lop-thu-hai", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
@reauthenticated("sign_in.second_factor")
def second_factor() -> ResponseReturnValue:
    """Adds codes of a phone: a picture for it, and its first code; then the recovery codes, this once."""
    with database().reading() as session:
        factor = second_factors.standing(session, current_user.name)
    if factor and factor.phone:
        return redirect(url_for(".account"), 303)
    form = Code(request.form)
    signer = URLSafeTimedSerializer(current_app.secret_key or "", salt=f"second factor of {current_user.name}")
    secret = second_factors.new_secret()
    if request.method == "POST":
        try:
            secret = bytes.fromhex(signer.loads(request.form.get("secret", ""), max_age=3600))
        except BadSignature:
            form.code.errors = [_("The page was open for too long. Scan the new QR code.")]
        else:
            if form.validate():
                acting = audit.acting(current_user.name, N_("Set up codes on their own phone"))
                with acting, database().writing() as session:
                    codes = second_factors.enrol(session, current_user.name, secret, form.code.data)
                    if codes is None:
                        audit.discard()
                if codes == []:
                    flash(_("From now on codes from the phone open this account too."))
                    return redirect(url_for(".account"), 303)
                if codes is not None:
                    return recovery(codes, _("The second factor is added. From now on signing in asks for it."))
                form.code.errors = [
                    _(
                        "This code does not match the QR code. Check that the phone's clock is right, and "
                        "type the next one."
                    )
                ]
    picture = segno.make(second_factors.uri(secret, current_user.name), error="m")
    page = render_template(
        "sign_in/second_factor.html",
        form=form,
        secret=signer.dumps(secret.hex()),
        letters=second_factors.in_letters(secret),
        picture=picture.svg_data_uri(scale=5, border=4, light="white"),
        must=current_user.first is not None,
    )
    return page, 422 if form.errors else 200


@pages.post("/tai-khoan/bo-lop-thu-hai")
@login_required  # type: ignore[untyped-decorator]
@reauthenticated("sign_in.account")
def remove_factor() -> ResponseReturnValue:
    """Takes the codes of the own phone away, for a new one."""
    with (
        audit.acting(current_user.name, N_("Removed the codes of their own phone")),
        database().writing() as session,
    ):
        second_factors.remove_phone(session, current_user.name)
    flash(_("The codes from the phone are removed. Set them up again as soon as you have the new phone."))
    return redirect(url_for(".account"), 303)


@pages.post("/tai-khoan/ma-du-phong")
@login_required  # type: ignore[untyped-decorator]
@reauthenticated("sign_in.account")
def renew_codes() -> ResponseReturnValue:
    """Makes new recovery codes of the own account and shows them, this once."""
    with (
        audit.acting(current_user.name, N_("Made new recovery codes for their own account")),
        database().writing() as session,
    ):
        codes = second_factors.renew_codes(session, current_user.name)
    return recovery(codes, _("These are new. The previous recovery codes no longer work: throw them away."))


def recovery(codes: list[str], done: str) -> ResponseReturnValue:
    """The page that shows recovery codes, with what was just done."""
    page = render_template("sign_in/recovery.html", codes=codes, done=done, home=home(current_user))
    return page, 201


@pages.route("/xac-nhan", methods=["GET", "POST"])
@login_required  # type: ignore[untyped-decorator]
def prove() -> ResponseReturnValue:
    """Asks for the password once more, and for a code where there is a second factor; or for a passkey alone."""
    wanted = local(request.values.get("next")) or home(current_user)
    with database().reading() as session:
        factor = second_factors.standing(session, current_user.name)
        linked = identities.has(session, current_user.name)
    typed, form = carried(), Proof(request.form)
    fields = {"next": wanted, "factor": factor, "linked": linked, "carried": typed}
    if typed and (current_user.proven or "password" not in request.form):  # from the page that asked for it
        return (
            redirect(wanted, 307)
            if current_user.proven
            else render_template("sign_in/prove.html", form=Proof(), **fields)
        )
    if request.method == "POST" and form.validate():
        if wait := lockout.seconds_to_wait(current_user.name):
            form.password.errors = [_too_many(wait)]
            page = render_template("sign_in/prove.html", form=form, **fields)
            return page, 429, {"Retry-After": str(wait)}
        with database().writing() as session:
            right = accounts.sign_in(session, current_user.name, form.password.data) is not None and (
                not factor or second_factors.check(session, current_user.name, form.code.data or "")
            )
            if right:
                sign_ins.prove(session, current_user.session)
        if right:
            lockout.was_right(current_user.name)
            return redirect(wanted, 307 if typed else 303)
        failed_attempts.note(current_user.name, "again")
        form.password.errors = [
            _("The password or the code is not right. Type both again.")
            if factor
            else _("This is not your password. Type the one that you signed in with.")
        ]
    page = render_template("sign_in/prove.html", form=form, **fields)
    return page, 422 if form.errors else 200


def carried() -> list[tuple[str, str]]:
    """What was typed on the page that asked for the password: it goes along, and back by a redirection (307)."""
    return [(name, text) for name, text in request.form.items(multi=True) if name not in OF_PROOF]


@pages.before_app_request
def _in_use() -> None:
    """Notes now and then that a sign-in is in use; here, since no transaction is open yet."""
    if request.endpoint == "static" or "_user_id" not in browser:
        return
    if current_user.is_authenticated and sign_ins.rested(current_user.seen):
        with suppress(OperationalError), database().writing() as session:
            sign_ins.touch(session, current_user.session)


def _too_many(wait: int) -> str:
    return _("The password was wrong too many times. Wait %(span)s, then try again.", span=span(wait))


def span(seconds: int) -> str:
    """How long to wait, in whole seconds up to a minute and a half, else in minutes."""
    if seconds <= 90:
        return ngettext("%(num)d second", "%(num)d seconds", seconds)
    minutes = -(-seconds // 60)
    return ngettext("%(num)d minute", "%(num)d minutes", minutes)


def home(person: Person) -> str:
    """Where somebody begins: keyers at the paper, interviewers with an interview, auditors at the audit trail,
    offices at their work, all others at the waves."""
    own = {
        Role.KEYER: "keying.choose_wave",
        Role.INTERVIEWER: "interviewer.choose_wave",
        Role.AUDITOR: "staff.audit_trail",
        Role.OFFICE: "duties.my_work",
    }
    return url_for(own[person.role]) if person.role in own else "/quan-tri/"


def local(address: str | None) -> str | None:
    """The address as a browser reads it, if it is a path of this server: signing in leads to no other site."""
    # Browsers drop tabs and line breaks out of an address, and take \ for /.
    plain = "".join(character for character in address or "" if character not in "\t\r\n").replace("\\", "/")
    return plain if plain.startswith("/") and not plain.startswith("//") else None
