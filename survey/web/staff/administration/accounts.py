"""Pages: the accounts of those who work with the platform."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from survey.accounts import (
    accounts,
    identities,
    mail,
    password_links,
    second_factors,
    sign_ins,
    tokens,
)
from survey.accounts.accounts import Right
from survey.accounts.password_links import Made
from survey.responses import devices
from survey.storage import audit
from survey.storage.models import Account, Role, Unit
from survey.system import addresses, dates, settings
from survey.waves import units, waves
from survey.web import current
from survey.web.current import database
from survey.web.pages import Tab
from survey.web.staff.blueprint import pages, role_name
from survey.web.staff.form import AS_TYPED, StaffForm, options
from translations import N_, Conflict, Lazy, Refusal, formats
from translations import gettext as _

OF_ONE_UNIT = (*accounts.OF_A_UNIT, Role.INTERVIEWER)  # the others work in all


class PersonForm(StaffForm):
    """Who gets an account, and what for."""

    name = StringField(
        Lazy("Name to sign in with"),
        [
            InputRequired(Lazy("Give a name to sign in with.")),
            Length(max=80, message=Lazy("Use at most 80 characters.")),
        ],
        filters=[lambda text: formats.nfc(text).strip() if text else text],
        render_kw=AS_TYPED,
    )
    role = SelectField(Lazy("Role"), [InputRequired(Lazy("Choose a role."))])
    unit = SelectField(
        Lazy("Commune or office"),
        default="",
        description=Lazy(
            "For the role “Commune”: the one whose results this account sees. For the role “Office”: whose duties "
            "it sees, of a department or a commune. An interviewer with a commune interviews only there."
        ),
    )

    mail = StringField(
        Lazy("E-mail address to send the link to"),
        description=Lazy("If you leave it blank, you get a letter to hand over. The address is not stored."),
        render_kw=AS_TYPED,
    )

    def validate_mail(self, field: StringField) -> None:
        """An address to which a letter can go, or none."""
        if field.data:
            try:
                field.data = mail.address(field.data)
            except Refusal as none:
                raise ValidationError(str(none)) from none

    def validate_unit(self, field: SelectField) -> None:
        """An account of a commune or an office is of one; others work in all."""
        if self.role.data in accounts.OF_A_UNIT and not field.data:
            raise ValidationError(Lazy("Choose the commune or office that this account is of."))


class IdentityForm(StaffForm):
    """What the provider of single sign-on will call somebody."""

    value = StringField(
        validators=[
            InputRequired(Lazy("Write what the provider calls the person.")),
            Length(max=identities.LONGEST, message=Lazy("Use at most 255 characters.")),
        ],
        filters=[lambda text: formats.nfc(text).strip() if text else text],
        render_kw=AS_TYPED,
    )

    def __init__(self, provider: settings.SingleSignOn) -> None:
        super().__init__()
        self.value.label.text = _(
            "What %(provider)s calls the person", provider=provider.name or _("single sign-on")
        )
        self.value.description = _("The %(claim)s there, exactly as written; it works once.", claim=provider.claim)


@pages.form(
    "/nguoi-dung",
    Right.PEOPLE,
    N_("Made an account"),
    changes_figures=False,
    tab=Tab(7, N_("Accounts"), "main"),
)
def people() -> ResponseReturnValue:
    """The accounts, and the form that adds one: its answer is the letter with the link for its password."""
    with database().reading() as session:
        places = {unit.code: unit for unit in units.answering(session, dates.today())}
        before = _accounts(session)
    form = _form(places)
    if not form.validate_on_submit():
        status = 422 if form.errors else 200
        return render_template("staff/people.html", form=form, accounts=before, places=places), status
    role = Role(form.role.data)
    try:
        with database().writing() as session:
            unit = form.unit.data or None if role in OF_ONE_UNIT else None
            accounts.add(session, form.name.data, role, None, unit)
            link = password_links.make(session, form.name.data)
    except Conflict as taken:
        form.name.errors = [str(taken)]
        return render_template("staff/people.html", form=form, accounts=before, places=places), 409
    done = _("The account %(name)s is made.", name=link.account)
    return _letter(link, done, form.mail.data if form.mail else "")


@pages.form(
    "/nguoi-dung/<name>", Right.PEOPLE, N_("Changed an account"), changes_figures=False, tab="staff.people"
)
def person(name: str) -> ResponseReturnValue:
    """One account: where it is signed in, and what an administrator does when a phone or a password is lost."""
    with database().reading() as session:
        name = accounts.find(session, name).name  # as it is kept: addresses are typed with blanks and marks apart
    act = request.form.get("act", "")
    provider = settings.single_sign_on()
    form = IdentityForm(provider) if provider else None
    if request.method == "POST" and (act != "identity" or (form and form.validate())):
        if act != "link" and act not in DONE:
            raise Refusal("Choose what to do with the account.")
        if name == current_user.name:
            raise Refusal("This is your own account: see “My account”, or ask another administrator.")
        return _link(name) if act == "link" else _change(name, act, provider, form)
    return _account(name, form)


def _link(name: str) -> ResponseReturnValue:
    """Makes a link for a new password."""
    to = request.form.get("mail", "").strip()
    to = mail.address(to) if to else ""
    with database().writing() as session:
        audit.annotate(act="link")
        link = password_links.make(session, name)
    return _letter(link, _("The password and the sign-ins of %(name)s no longer work.", name=link.account), to)


def _change(
    name: str, act: str, provider: settings.SingleSignOn | None, form: IdentityForm | None
) -> ResponseReturnValue:
    """Does one of `DONE` to the account."""
    with database().writing() as session:
        if act == "identity" and provider and form:
            identities.expect(session, name, provider.issuer, provider.claim, form.value.data)
        elif act == "devices":
            audit.annotate(account=name, act=act, to=current_user.name)
            devices.hand_over(session, name, current_user.name)
        else:
            BY_NAME.get(act, accounts.switch_on)(session, name)
    flash(_(DONE[act]))
    return redirect(url_for(".person", name=name), 303)


def _account(name: str, form: IdentityForm | None) -> ResponseReturnValue:
    with database().reading() as session:
        account = accounts.find(session, name)
        page = render_template(
            "staff/person.html",
            account=account,
            sign_ins=sign_ins.list_all(session, name),
            factor=second_factors.standing(session, name),
            needs_factor=account.role in second_factors.needing(session),
            waiting=password_links.waiting(session, name),
            by_mail=settings.mail_server() is not None,
            identity=identities.find(session, name),
            devices=devices.of_owner(session, name),
            called=waves.titles(session),
            tokens=tokens.list_all(session, name),
            form=form,
        )
    return page, 422 if form and form.errors else 200


def _letter(link: Made, done: str, to: str) -> ResponseReturnValue:
    """The letter to be handed over, which is shown this once; or nothing of it where it goes by mail."""
    base = current.here()
    address = addresses.password_link(base, link.code)
    trouble, server = "", settings.mail_server()
    if to and server:
        text = render_template("staff/password_letter.txt", password_link=link, base=base, address=address)
        try:
            mail.send(server, to, _("Your account at Hài Lòng"), text)
        except Refusal as refused:
            trouble = str(refused)
        else:
            sent = _("The link was sent to %(address)s.", address=to)
            flash(f"{done} {sent}")
            return redirect(url_for(".person", name=link.account), 303)
    page = render_template(
        "staff/password_letter.html", password_link=link, done=done, base=base, address=address, trouble=trouble
    )
    return page, 201


# What takes the account's name alone.
BY_NAME: dict[str, Callable[[Session, str], object]] = {
    "second-factor": accounts.reset_second_factor,
    "sign-ins": accounts.sign_out_everywhere,
    "no-identity": identities.remove,
    "off": accounts.switch_off,
}
# What an administrator does to an account besides making a link, and what is said then.
DONE = {
    "sign-ins": N_("All sign-ins of the account are ended."),
    "second-factor": N_("The second factor is removed; the person adds a new one."),
    "identity": N_("Saved: the first sign-in under this name links the account."),
    "no-identity": N_("The account is no longer linked; its sign-ins are ended."),
    "devices": N_("The devices are yours now: they stay in service when the account is switched off."),
    "off": N_(
        "The account is switched off, and its devices and tokens with it. Its name stays in the audit trail."
    ),
    "on": N_("The account is switched on again. Make a link for a new password: nothing from before opens it."),
}


def _form(places: Mapping[str, Unit], **fields: None) -> PersonForm:
    form = PersonForm(**fields)
    if settings.mail_server() is None:
        del form.mail
    form.role.choices = options(*((role.value, role_name(role)) for role in Role))
    form.unit.choices = options(*((code, _place(unit)) for code, unit in places.items()), blank="–")
    return form


def _place(unit: Unit) -> str:
    """A unit in the list: a commune with what it is, for another may bear its name."""
    return f"{unit.name} ({units.kind(unit)})" if unit.kind in units.COMMUNE_KINDS else unit.name


def _accounts(session: Session) -> list[Account]:
    return sorted(session.scalars(select(Account)), key=lambda account: formats.order(account.name))
