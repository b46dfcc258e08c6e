"""What the report says of the fieldwork: where every paper form is, and what became of the households drawn."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.keying import ErrorRate
from analysis.response_rates import response_rates
from survey.fieldwork import accounting
from survey.reports.structure import LEFT, Block, Column, Paragraph, Row, Table
from survey.results.collection import Households, Paper
from survey.results.summary import Summary
from translations import gettext as _
from translations import ngettext
from translations.formats import number, percent

RATES = ("RR1", "RR2", "RR3", "RR5", "COOP1", "REF1", "CON1")  # RR2 where somebody answered in part


def fieldwork(summary: Summary) -> list[Block]:
    """Accounts of the paper forms and rates of response, as far as forms were printed or households drawn."""
    came = summary.collection
    blocks: list[Block] = []
    if came.paper is not None:
        blocks.append(_accounts(came.paper))
    if came.keying is not None:
        blocks.append(Paragraph(keying(came.keying)))
    if came.households is not None:
        blocks.extend(_rates(came.households))
    return blocks


def lines(paper: Paper) -> Iterator[tuple[str, int, bool]]:
    """The account in words and numbers; True where the number is a part of the line above that is no part."""
    total = paper.total
    yield _("Issued"), total.issued, False
    yield _("Collected and entered"), total.entered, False
    yield _("Collected, waiting to be entered"), total.waiting, False
    yield _("Void"), total.void, False
    for code, count in paper.void.items():
        yield _(accounting.REASONS[code]) if code in accounting.REASONS else code, count, True
    yield _("Missing"), total.missing, False
    if total.missing:
        yield _("of these with a reason noted"), total.explained, True


def _accounts(paper: Paper) -> Table:
    return Table(
        _("Paper forms: issued = collected + void + missing"),
        (Column(_("Paper forms"), 65, LEFT), Column(_("Number"), 35)),
        tuple(Row((f"– {text}" if part else text, number(count))) for text, count, part in lines(paper)),
        (),
    )


def keying(errors: ErrorRate) -> str:
    """How often keying went wrong, in a sentence."""
    base = {
        "errors": number(errors.errors),
        "fields": number(errors.fields),
        "forms": number(errors.forms),
    }
    if errors.rate is None or errors.low is None or errors.high is None:
        return _(
            "Double entry: %(errors)s errors in %(fields)s fields of %(forms)s forms keyed twice. These are too "
            "few for a rate.",
            **base,
        )
    high = number(1000 * errors.high, 2)
    if not errors.errors:
        return _(
            "Double entry: no error in %(fields)s fields of %(forms)s forms keyed twice, at most %(high)s in "
            "1,000 fields.",
            high=high,
            **base,
        )
    return _(
        "Double entry: %(rate)s errors in 1,000 fields [%(low)s; %(high)s], from %(errors)s errors in %(fields)s "
        "fields of %(forms)s forms keyed twice without seeing each other.",
        rate=number(1000 * errors.rate, 2),
        low=number(1000 * errors.low, 2),
        high=high,
        **base,
    )


def _rates(households: Households) -> list[Block]:
    counts = households.counted
    rates, heavy = response_rates(counts), response_rates(households.weighted) if households.weighted else {}
    rows = []
    for name in RATES:
        if name == "RR2" and not counts.partial:
            continue
        rate = rates[name]
        cells = [
            meaning(name),
            "–" if rate.base is None else number(rate.base, 0 if rate.base == round(rate.base) else 1),
            _share(rate.share),
        ]
        rows.append(Row((*cells, _share(heavy[name].share)) if heavy else tuple(cells)))
    columns = [
        Column(_("Rate"), 49 if heavy else 64, LEFT),
        Column(_("Of households"), 18),
        Column(_("Share"), 18),
    ]
    if heavy:
        columns.append(Column(_("Weighted"), 15))
    blocks: list[Block] = [
        Paragraph(
            _(
                "Of %(drawn)s households drawn, %(complete)s answered in full and %(partial)s in part; "
                "%(refused)s refused or broke off, in %(away)s nobody was met, %(other)s could not answer or gave "
                "a form that can't be used, %(gone)s were not there any more, and of %(unknown)s nothing is "
                "known. A household that was replaced counts as what became of it; its replacement does not "
                "count here.",
                drawn=number(counts.drawn),
                complete=number(counts.complete),
                partial=number(counts.partial),
                refused=number(counts.refused),
                away=number(counts.no_contact),
                other=number(counts.other),
                gone=number(counts.not_eligible),
                unknown=number(counts.unknown),
            )
        ),
        Table(_("Response rates (AAPOR, Standard Definitions, 2023)"), tuple(columns), tuple(rows), ()),
    ]
    if households.beyond:
        beyond = ngettext(
            "%(num)d answer came beyond the households drawn. It is in no rate; where it came from a replacement "
            "that nobody noted, the rates are too high.",
            "%(num)d answers came beyond the households drawn. They are in no rate; where they came from "
            "replacements that nobody noted, the rates are too high.",
            households.beyond,
        )
        blocks.insert(1, Paragraph(beyond))
    return blocks


def _share(share: float | None) -> str:
    return "–" if share is None else percent(share)


def meaning(name: str) -> str:
    """One of `RATES` in words."""
    return {
        "RR1": _("RR1: complete interviews, of all that may be there"),
        "RR2": _("RR2: likewise, with partial interviews"),
        "RR3": _("RR3: as RR1, with a share of those not known"),
        "RR5": _("RR5: as RR1, of those known to be there"),
        "COOP1": _("COOP1: complete interviews, of those met"),
        "REF1": _("REF1: refusals, of all that may be there"),
        "CON1": _("CON1: somebody met, of all that may be there"),
    }[name]
