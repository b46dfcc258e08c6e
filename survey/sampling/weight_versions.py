"""Weights of a wave, in versions: a version never changes, and one of them is the current one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, literal, select
from sqlalchemy.orm import Session, aliased

from survey.responses.response_weights import MOST_ADULTS
from survey.storage import audit
from survey.storage.models import Wave, WaveKind, Weight, WeightVersion
from survey.system import dates
from translations import N_, NotFound
from translations import gettext as _
from translations.formats import number

# How the report of a version calls what it was adjusted by and fitted by.
BY = {"stratum": N_("stratum"), "unit": N_("commune"), "psu": N_("village")}
METHODS = {"post": N_("post-stratification"), "raking": N_("raking"), "linear": N_("linear calibration")}


class NewWeights:
    """A new version of a wave's given weights, made when the first weight differs from those given before.
    Computed weights are no part of it: what was fitted for some people says nothing of those who come later."""

    def __init__(self, session: Session, wave: Wave, source: str) -> None:
        self.session, self.wave, self.source = session, wave, source
        before = given(session, wave)
        self.before = None if before is None else before.id
        self.version: WeightVersion | None = None

    def add(self, weights: dict[UUID, float]) -> None:
        """Notes the weights of some responses; those that hold already change nothing."""
        rows = self.session.execute(
            select(Weight.response, Weight.weight).where(
                Weight.version == self.before, Weight.response.in_(weights)
            )
        )
        current = {row.response: row.weight for row in rows}
        changed = {id: weight for id, weight in weights.items() if current.get(id) != weight}
        if not changed:
            return
        version = self.version = self.version or self._begin()
        self.session.connection().execute(
            insert(Weight.__table__),  # type: ignore[arg-type]
            [{"version": version.id, "response": id, "weight": weight} for id, weight in changed.items()],
        )

    def _begin(self) -> WeightVersion:
        last = self.session.scalar(
            select(func.max(WeightVersion.version)).where(WeightVersion.wave == self.wave.code)
        )
        version = WeightVersion(
            wave=self.wave.code, version=(last or 0) + 1, made=dates.today(), source=self.source
        )
        self.session.add(version)
        self.session.flush()
        return version

    def keep(self) -> int | None:
        """Fills the new version up from the one before and makes it current; its number, if there is one."""
        if self.version is None:
            return None
        new = aliased(Weight)
        self.session.execute(
            insert(Weight).from_select(
                ["version", "response", "weight"],
                select(literal(self.version.id), Weight.response, Weight.weight).where(
                    Weight.version == self.before,
                    ~select(new.response)
                    .where(new.version == self.version.id, new.response == Weight.response)
                    .exists(),
                ),
            )
        )
        self.wave.weights = self.version.id
        return self.version.version


def keep(
    session: Session, wave: Wave, source: str, report: dict[str, Any] | None, weights: dict[UUID, float]
) -> WeightVersion:
    """Keeps a new version of a wave's weights and makes it the current one; of two at once, one waits."""
    session.execute(select(Wave.code).where(Wave.code == wave.code).with_for_update(key_share=True))
    last = session.scalar(select(func.max(WeightVersion.version)).where(WeightVersion.wave == wave.code))
    version = WeightVersion(
        wave=wave.code, version=(last or 0) + 1, made=dates.today(), source=source, report=report
    )
    session.add(version)
    session.flush()
    session.connection().execute(
        insert(Weight.__table__),  # type: ignore[arg-type]
        [{"version": version.id, "response": id, "weight": weight} for id, weight in weights.items()],
    )
    wave.weights = version.id
    audit.annotate(version=version.version)
    session.flush()
    return version


def versions(session: Session, wave: str) -> list[WeightVersion]:
    """The versions of a wave, the newest first."""
    query = select(WeightVersion).where(WeightVersion.wave == wave).order_by(WeightVersion.version.desc())
    return list(session.scalars(query))


def current(session: Session, wave: Wave) -> WeightVersion | None:
    """The version that holds, where there is one."""
    return None if wave.weights is None else session.get_one(WeightVersion, wave.weights)


class NoWeights(NotFound):
    """The wave has no weights of this number."""

    listed_by = "hailong weights list"


def use(session: Session, wave: Wave, number: int) -> WeightVersion:
    """Makes a version the current one; refused where there is none of this number."""
    version = next((one for one in versions(session, wave.code) if one.version == number), None)
    if version is None:
        raise NoWeights(
            "The wave %(code)s has no weights of version %(number)s. Choose some from the list.",
            code=wave.title,
            number=number,
        )
    wave.weights = version.id
    audit.annotate(version=number)
    session.flush()
    return version


def given(session: Session, wave: Wave) -> WeightVersion | None:
    """The weights from elsewhere with which computed ones begin: the current version, else the newest."""
    version = current(session, wave)
    if version is not None and version.report is None:
        return version
    return next((one for one in versions(session, wave.code) if one.report is None), None)


def source(version: WeightVersion) -> str:
    """Where a version comes from, in the language of the moment."""
    report = version.report
    if report is None:
        return version.source
    steps = [_base(report["base"])]
    if "nonresponse" in report:
        by = BY[report["nonresponse"]["by"]]
        steps.append(_("non-response by %(classes)s", classes=_(by)))
    if "calibration" in report:
        report_line = report["calibration"]
        method, names = METHODS[report_line["method"]], ", ".join(report_line["variables"])
        steps.append(_("%(method)s to %(variables)s", method=_(method), variables=names))
    if report.get("bounds"):
        low, high = (number(bound, 2) for bound in report["bounds"])
        steps.append(_("product of all factors from %(low)s to %(high)s", low=low, high=high))
    steps += [
        _("counted together: %(name)s (%(reason)s)", name=one["name"], reason=one["reason"])
        for one in report.get("joint", ())
    ]
    return "; ".join(steps)


def _base(report: dict[str, Any]) -> str:
    if report["source"] == "draw":
        if not report.get("noted", 1):
            return _("draw (no form notes the adults of its household: each household counts as one person)")
        return _("draw × adults of the household, at most %(most)s", most=report["most_adults"])
    if report["source"] == "version":
        return _("version %(version)s", version=report["version"])
    return _("everybody once")


def origin(session: Session, wave: Wave) -> str:
    """Where the weights that hold come from; empty where everybody counts once."""
    version = current(session, wave)
    if version is not None:
        return source(version)
    if wave.kind is WaveKind.SAMPLE and wave.draw is not None:
        return _("draw × adults of the household, at most %(most)s", most=MOST_ADULTS)
    return ""


def named(session: Session, wave: Wave) -> str:
    """How the weights that hold are called; empty where everybody counts once."""
    version, report = current(session, wave), origin(session, wave)
    return (
        report
        if version is None
        else _("version %(version)s (%(source)s)", version=version.version, source=report)
    )
