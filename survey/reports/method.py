"""The last annexes of a report: how its figures came about, and how to compute them again."""

from __future__ import annotations

from survey.reports import conduct, leaders
from survey.reports.fieldwork import fieldwork
from survey.reports.labels import headline_name, is_open, label, lower, mode_label
from survey.reports.structure import LEFT, Block, Column, Command, Heading, Paragraph, Row, Table
from survey.results import from_file, wording
from survey.results.summary import Summary
from translations import N_, ngettext, phrases
from translations import gettext as _
from translations.formats import number, percent

SINGLE_PSU = {
    "refuse": N_("not estimated: a stratum of one village is refused"),
    "centered": N_("compared with the mean of all villages (centered)"),
    "average": N_("given the average variance of the other strata (average)"),
    "certainty": N_("taken to add nothing to the variance (certainty)"),
}


# How often nominal 95 % intervals held the truth, by villages in a commune: each commune's own, pooled, and pooled
# in the worst tenth of communes where these differ in ρ. From docs/coverage.md, p = 0.9: ρ = 0.05, log-normal ρ.
COVERAGE = ((2, 0.996, 0.981, 0.93), (4, 0.976, 0.975, 0.87), (20, 0.955, 0.963, 0.84))


def method(summary: Summary) -> list[Block]:
    """How the figures came about: computation, secrecy."""
    return [
        Heading(2, _("Computation")),
        *_computation(summary),
        Heading(2, _("Secrecy")),
        Paragraph(
            _(
                "Figures hidden in this report: %(count)s. Hidden are figures of fewer than 5 answers, of a "
                "sensitive question with fewer than 30 answers, or where a whole group gave the same answer to a "
                "sensitive question, and those from which a hidden one could be worked out. One or two cases of "
                "a sensitive answer read “under 3 cases”.",
                count=number(summary.hidden),
            )
        ),
    ]


def forms(summary: Summary) -> list[Block]:
    """Who was asked, and where every form is."""
    if summary.population.in_groups:
        return leaders.people(summary)
    came = summary.collection
    if is_open(summary):
        text = _(
            "The wave was open to everybody: there is no sample. Forms came in from %(units)s.",
            units=wording.units_counted(summary.of_communes, came.units_reached),
        )
    else:
        text = _(
            "The sample is stratified and drawn by village: %(villages)s in %(strata)s, in %(units)s.",
            villages=phrases.villages(came.villages),
            strata=ngettext("%(num)s stratum", "%(num)s strata", came.strata),
            units=wording.units_counted(summary.of_communes, came.units_reached),
        )
        text = " ".join((text, *conduct.unanswered(summary)))
    rows = [
        (_("Issued"), _("not printed by the system") if came.issued is None else number(came.issued)),
        (_("Collected"), number(came.collected)),
        (_("Valid, counted in the figures"), number(came.in_sample)),
    ]
    if came.rejected:
        rows.append((_("Rejected in the review, in no figure"), number(came.rejected)))
    if came.aside:
        rows.append((_("In lots set aside by two people, in no figure"), number(came.aside)))
    if not is_open(summary):
        rows.append((_("Not by the sample"), number(came.outside)))
    rows.extend((mode_label(mode), number(count)) for mode, count in came.modes.items() if count)
    blocks: list[Block] = [
        Paragraph(text),
        Table(
            _("Forms"),
            (Column(_("Forms"), 65, LEFT), Column(_("Number"), 35)),
            tuple(Row(row) for row in rows),
            (),
        ),
    ]
    if came.outside and not is_open(summary):
        blocks.append(
            Paragraph(
                _(
                    "Not by the sample: %(count)s. These forms came in without a drawn village; they are kept "
                    "apart and enter no figure.",
                    count=number(came.outside),
                )
            )
        )
    return [*blocks, *fieldwork(summary)]


def _computation(summary: Summary) -> list[Block]:
    form = {"title": str(summary.questionnaire.title), "version": str(summary.questionnaire.version)}
    texts = [_("Questionnaire: “%(title)s”, version %(version)s.", **form)]
    if summary.rule is not None:
        texts.append(
            _(
                "Rule of the index: %(rule)s. A blank is left out of numerator and denominator.",
                rule=lower(str(summary.rule.label)),
            )
        )
    texts.append(_weights(summary))
    if summary.calibrated:
        texts.append(
            _(
                "The weights were fitted to known totals (Deville & Särndal 1992). The variances know it: they "
                "come from the residuals of the regression on these totals."
            )
        )
    if summary.population.in_groups:
        return [Paragraph(text) for text in (*texts, *leaders.computation())]
    texts += _intervals(summary)
    return [*(Paragraph(text) for text in texts), *([] if is_open(summary) else [_coverage()])]


def _weights(summary: Summary) -> str:
    if not summary.weight_name:
        return leaders.weights() if summary.population.in_groups else _("Weights: everybody counts once.")
    if summary.weight_version is None:
        return _("Weights: %(weights)s.", weights=summary.weight_name)
    return _("Weights: version %(version)s.", version=summary.weight_name)


def _intervals(summary: Summary) -> list[str]:
    """How the intervals were computed, and where the intraclass correlation was pooled."""
    texts = []
    if is_open(summary):
        texts.append(
            _(
                "Range of variation, %(level)s: computed as if the people of one place and one day were a "
                "group drawn by chance (Korn–Graubard for shares, logit with t for the index). It shows how much "
                "the figure varies by chance among those who answered, and nothing of those who did not.",
                level=wording.LEVEL,
            )
        )
    else:
        texts.append(
            _(
                "Confidence interval, %(level)s: from the variance of the sample design by linearisation, with "
                "strata and villages (Korn–Graubard for shares, logit with t for the index).",
                level=wording.LEVEL,
            )
        )
        rule = summary.wave.single_psu
        texts.append(_("A stratum with one village is %(rule)s.", rule=_(SINGLE_PSU.get(rule, rule))))
    if any(record.variance == "pooled" for record in summary.records):
        texts.append(
            _(
                "Figures marked §: their own answers tell too little of how alike the people of one day are (the "
                "intraclass correlation of the question), so it is pooled over the places, and the range "
                "follows from the figure's own days. Every figure made so assumes that the places are alike in "
                "this."
            )
            if is_open(summary)
            else _(
                "Figures marked §: their own answers tell too little of how alike the people of a village are "
                "(the intraclass correlation of the question), so it is pooled over the communes, and the "
                "interval follows from the figure's own villages. Every figure made so assumes that the communes "
                "are alike in this."
            )
        )
    return texts


def _coverage_note() -> str:
    return _(
        "Simulated samples of 54 communes, 27 forms in a village, true share %(share)s, people of a "
        "village alike with an intraclass correlation of %(rho)s. Last column: the communes differ in it, "
        "and those with the largest design effect are looked at.",
        share=percent(0.9, 0),
        rho=number(0.05, 2),
    )


def _coverage() -> Table:
    """How far the intervals can be trusted: what the simulation found."""
    columns = (
        Column(_("Villages in a commune"), 28),
        Column(_("Of each commune alone"), 24),
        Column(_("Pooled"), 24),
        Column(_("Pooled, worst tenth of communes"), 24),
    )
    rows = tuple(
        Row((number(villages), percent(alone, 1), percent(pooled, 1), percent(worst, 0)))
        for villages, alone, pooled, worst in COVERAGE
    )
    caption = _(
        "How often an interval of %(level)s for a commune's share contained the true value, in a trial",
        level=wording.LEVEL,
    )
    return Table(caption, columns, rows, (_coverage_note(),))


def _trail(summary: Summary) -> list[Block]:
    """The end of the audit trail, kept in the report: a trail that was cut off later can't show it any more."""
    if summary.trail is None:
        return []
    entries, digest = summary.trail
    sentence = _(
        "The audit trail had %(entries)s entries then; the digest of the last one:", entries=number(entries)
    )
    return [Paragraph(sentence, leads=True), Command(digest)]


def again(summary: Summary) -> list[Block]:
    """The state of the data, and the commands that give the same figures."""
    wave = summary.wave.code
    release = f" --release {summary.release.number}" if summary.release else ""
    blocks: list[Block] = [
        Paragraph(_("All figures come from one state of the data, known by this SHA-256 digest:"), leads=True),
        Command(summary.data_version),
        *_trail(summary),
        Paragraph(_("The data with the weights, as a file:"), leads=True),
        Command(f"hailong data --wave {wave}{release} --format csv --out {wave}.csv"),
    ]
    index = summary.questionnaire.index
    lines = [(label(summary, summary.index.code), summary.index.estimate)] if summary.index is not None else []
    lines += [(headline_name(summary, headline), headline.line.estimate) for headline in summary.headlines]
    lines += [(label(summary, line.code), line.estimate) for line in summary.items[:1] if line.estimate.value]
    if summary.calibrated:
        blocks.append(
            Paragraph(
                _(
                    "The file gives the same figures. Its standard errors don't know the totals that the weights "
                    "were fitted to; those of the database do (hailong results)."
                )
            )
        )
    for name, record in lines:
        if wording.is_hidden(record) or "under_3" in record.flags or record.estimate is None:
            continue
        told = {"title": name, "figure": wording.cell(record)}
        pooled = index.codes().get(record.item, (record.item,)) if index else (record.item,)
        command = from_file.command(record, pooled, summary.rule, summary.wave.single_psu, f"{wave}.csv")
        if (
            command and not summary.calibrated and not summary.population.in_groups
        ):  # the file has no sizes of groups
            blocks += [
                Paragraph(_("%(title)s, %(figure)s, from that file:", **told), leads=True),
                Command(command),
            ]
        elif record.statistic == "index":
            command = f"hailong results --wave {wave} --item index --released{release} --output json"
            blocks += [
                Paragraph(_("%(title)s, %(figure)s, from the database:", **told), leads=True),
                Command(command),
            ]
    return blocks
