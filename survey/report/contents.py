"""What the report says, once for all formats: headings, paragraphs, tables and a figure, in the language of the
moment.

Every sentence is chosen by a rule that respects the intervals: nothing is "higher" or "lower" unless the corrected
test says so, no zero stands without its bound, and a hidden figure takes the sentence around it along.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from analysis import Estimate
from forms import Item
from survey import wording
from survey.models import Unit, WaveKind
from survey.report.structure import (
    LEFT,
    Block,
    Column,
    Command,
    Figure,
    Heading,
    Notice,
    Paragraph,
    Report,
    Row,
    Table,
)
from survey.summary import Headline, Line, Summary, UnitLine
from translations import N_, language
from translations import gettext as _
from translations.formats import number, official_day, order, percent

ROMAN = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII")
COMMUNE_KINDS = {
    "phường": N_("%(name)s ward"),
    "xã": N_("%(name)s commune"),
    "đặc khu": N_("%(name)s special zone"),
}
STANDINGS = {"above": N_("higher"), "below": N_("lower"), "same": N_("not told apart")}
SINGLE_PSU = {
    "refuse": N_("not estimated: a stratum of one village is refused"),
    "centered": N_("compared with the mean of all villages (centered)"),
    "average": N_("given the average variance of the other strata (average)"),
    "certainty": N_("taken to add nothing to the variance (certainty)"),
}
MODES = {
    "phone": N_("Online, on a phone or computer"),
    "kiosk": N_("At a kiosk"),
    "paper": N_("On paper"),
    "interviewer": N_("With an interviewer"),
}


def contents(summary: Summary) -> Report:
    """The report of a wave in the language of the moment."""
    sections = [
        (_("Main results"), _main(summary)),
        (_("Results by factor and question"), _parts(summary)),
        (_("Results by commune"), _communes(summary)),
        (_("How it was done"), method(summary)),
        (_("How to compute it again"), again(summary)),
    ]
    blocks: list[Block] = [*_opening(summary)]
    for title, inner in sections:
        blocks += [Heading(1, title.upper()), *inner] if inner else []
    blocks.append(
        Paragraph(
            _("This is the report on wave %(wave)s, respectfully submitted./.", wave=summary.wave.code), leads=True
        )
    )
    province = summary.province.name
    return Report(
        language=language(),
        authority=_("People's Committee of %(province)s Province", province=province).upper(),
        issuer=_("Department of Home Affairs").upper(),
        state=_("Socialist Republic of Viet Nam").upper(),
        motto=_("Independence - Freedom - Happiness"),
        number=_("No.: ……/BC-SNV"),
        place_and_day=_(
            "%(province)s, day … month … year %(year)s", province=province, year=str(summary.data_day.year)
        ),
        kind=_("Report").upper(),
        subject=subject(summary),
        addressee=_("To: the People's Committee of %(province)s Province.", province=province),
        marks=marks(summary),
        blocks=tuple(_numbered(blocks)),
        copies_title=_("Copies to:"),
        copies=(
            _("- As above;"),
            _("- People's Committees of the communes;"),
            _("- Kept: office, administrative reform."),
        ),
        signatory=_("Director").upper(),
        signer=_("(Full name)"),
    )


def subject(summary: Summary) -> tuple[str, str]:
    """What the report is about; an open wave is no survey of a sample, and its title doesn't say so."""
    wave = summary.wave.code
    if summary.wave.kind is WaveKind.OPEN:
        return _("Opinions gathered from people"), _("on how they were served, wave %(wave)s", wave=wave)
    return (
        _("Results of the survey of people's satisfaction"),
        _("with the service of administrative agencies, wave %(wave)s", wave=wave),
    )


def marks(summary: Summary) -> tuple[str, ...]:
    """What stands on every page of every format."""
    found = []
    if summary.draft:
        found.append(_("Draft").upper())
    if summary.wave.simulated:
        found.append(_("Made-up data"))
    return tuple(found)


# Names: a report may speak another language than the page on which its summary was gathered.


def label(summary: Summary, code: str) -> str:
    """The name of an item or of a part of the index."""
    if code in summary.questionnaire.items:
        return str(summary.questionnaire.items[code].short)
    return str(summary.questionnaire.index.label(code)) if summary.questionnaire.index else code


def value_label(item: Item, line: Line) -> str:
    """The choice that a line of a headline stands for."""
    choice = item.choices.get(int(line.code)) if line.code.isdecimal() else None
    return str(choice) if choice else line.label


def asked(item: Item) -> str:
    """The question as it is asked; its words are joined for phones, which a search would not find."""
    return str(item.label).replace("\N{NO-BREAK SPACE}", " ")


def headline_name(summary: Summary, headline: Headline) -> str:
    """What the value that matters means, as a head of department would say it."""
    named = {(one.item, one.value): str(one.name) for one in summary.questionnaire.headlines}
    return named.get((headline.code, headline.worst), headline.name)


def blank_label(item: Item, headline: Headline) -> str:
    """How people did not answer: "don't know" is among the values, or it is counted with the blanks."""
    shown = {line.code for line in headline.values}
    silent = any(str(code) not in shown for code in item.missing)
    return _("Left blank, don't know or no answer") if silent else _("Left blank")


def commune(unit: Unit) -> str:
    """A unit with its kind, as it stands within a sentence: phường Hà Tu."""
    return _(COMMUNE_KINDS[unit.kind], name=unit.name) if unit.kind in COMMUNE_KINDS else unit.name


def standing(line: UnitLine) -> str:
    """Against the rest of the province; a dash where that can't be told or must not be seen."""
    if line.standing is None or wording.is_hidden(line.index):
        return "–"
    return _(STANDINGS[line.standing])


def mode_label(mode: str) -> str:
    """The way in which people answered."""
    return _(MODES[mode])


def is_apart(line: UnitLine) -> bool:
    """Whether it is seen, and told apart from the rest of the province."""
    return line.standing in ("above", "below") and not wording.is_hidden(line.index)


def ranks(line: UnitLine) -> str:
    """A rank is a range: 3–21."""
    if line.ranks is None or wording.is_hidden(line.index):
        return "–"
    return f"{line.ranks[0]}–{line.ranks[1]}"


def scored(line: Line) -> Estimate:
    """An item's record as a part of the index: by the rule of means its score lies in 0…1 too."""
    return replace(line.estimate, statistic="index") if line.estimate.statistic == "mean" else line.estimate


def by_name(summary: Summary) -> list[UnitLine]:
    """The communes in Vietnamese order: a table is no ranking."""
    return sorted(summary.units, key=lambda line: order(line.unit.name))


def interval_title(summary: Summary) -> str:
    """The head of the column of limits."""
    return wording.interval_name(("not_a_sample",) if _is_open(summary) else ())


def _is_open(summary: Summary) -> bool:
    return summary.wave.kind is WaveKind.OPEN


def _day(value: object) -> str:
    return official_day(value)  # type: ignore[arg-type]


# The sections


def _opening(summary: Summary) -> list[Block]:
    blocks: list[Block] = []
    if summary.wave.simulated:
        blocks.append(
            Notice(
                _("The data are made up (simulated) to try the system out. They say nothing of the real province.")
            )
        )
    if summary.draft:
        blocks.append(Notice(_("This is a draft: the figures are not released and may still change.")))
    blocks.append(
        Paragraph(
            _(
                "The Department of Home Affairs reports the results of wave %(wave)s (form “%(title)s”, version "
                "%(version)s), held from %(opens)s to %(closes)s. The figures rest on the data of %(day)s.",
                wave=summary.wave.code,
                title=str(summary.questionnaire.title),
                version=str(summary.questionnaire.version),
                opens=_day(summary.wave.opens),
                closes=_day(summary.wave.closes),
                day=_day(summary.data_day),
            )
        )
    )
    if _is_open(summary):
        blocks.append(
            Paragraph(
                _(
                    "Everybody who wished could answer; nobody was drawn. The figures describe those who "
                    "answered, and know nothing of those who did not. Their limits are therefore called a range "
                    "of variation, not a confidence interval."
                )
            )
        )
    return blocks


def _main(summary: Summary) -> list[Block]:
    blocks: list[Block] = []
    if summary.index is not None:
        blocks.append(Heading(2, _("Satisfaction index")))
        blocks.extend(_index(summary, summary.index))
    if summary.headlines:
        blocks.append(Heading(2, _("Harassment and money outside the rules")))
        blocks.append(
            Paragraph(
                _(
                    "Beside each answer stands the share of people who gave none. How they would have answered "
                    "is not known, so the figure is also given for the two extremes."
                )
            )
        )
        for headline in summary.headlines:
            blocks.extend(_headline(summary, headline))
    return blocks


def _index(summary: Summary, line: Line) -> list[Block]:
    title = label(summary, line.code)
    count = len(summary.questionnaire.index.codes()["index"]) if summary.questionnaire.index else 0
    blocks: list[Block] = [
        Paragraph(_("%(title)s: %(sentence)s.", title=title, sentence=wording.sentence(line.estimate)))
    ]
    if summary.rule is not None:
        blocks.append(
            Paragraph(
                _(
                    "Rule: %(rule)s, pooled over all valid answers to the %(count)s questions of the index in "
                    "wave %(wave)s. It is an index of this survey alone: another survey or another rule gives "
                    "another figure, and the two do not form one series.",
                    rule=lower(str(summary.rule.label)),
                    count=number(count),
                    wave=summary.wave.code,
                )
            )
        )
    rest = _rest(summary, line.estimate)
    if rest:
        blocks.append(Paragraph(rest))
    rows = [_figure_row(label(summary, part.code), part.estimate) for part in summary.areas]
    rows.append(_figure_row(title, line.estimate, strong=True))
    blocks.append(
        Table(
            _("Satisfaction index by area"),
            _figure_columns(summary, _("Area"), _("Index")),
            tuple(rows),
            _notes([part.estimate for part in summary.areas] + [line.estimate]),
        )
    )
    return blocks


def _rest(summary: Summary, record: Estimate) -> str:
    """The other side of a share: those who answered "neutral" or worse."""
    share = summary.rule is not None and set(summary.rule.scores.values()) <= {0, 1}
    if not share or not wording.has_interval(record) or {"none", "all"} & set(record.flags):
        return ""
    turned = replace(
        record,
        estimate=1 - (record.estimate or 0.0),
        low=1 - (record.high or 0.0),
        high=1 - (record.low or 0.0),
    )
    return _(
        "The other answers, %(figure)s %(bracket)s, are neutral or worse.",
        figure=wording.figure(turned),
        bracket=wording.bracket(turned),
    )


def _headline(summary: Summary, headline: Headline) -> list[Block]:
    item = summary.questionnaire.items[headline.code]
    record, name = headline.line.estimate, headline_name(summary, headline)
    rows = [
        _figure_row(value_label(item, line), line.estimate, strong=line is headline.line)
        for line in headline.values
    ]
    closed = any(wording.is_hidden(line.estimate) for line in headline.values)
    if headline.blank is not None and not closed:
        rows.append(
            Row(
                (
                    _(
                        "%(blank)s (of %(asked)s people asked)",
                        blank=blank_label(item, headline),
                        asked=number(headline.asked),
                    ),
                    "–",
                    percent(headline.blank),
                    "–",
                )
            )
        )
    blocks: list[Block] = [
        Table(
            asked(item),
            _figure_columns(summary, _("Answer"), _("Share")),
            tuple(rows),
            _notes([line.estimate for line in headline.values]),
        ),
        Paragraph(_("%(title)s: %(sentence)s.", title=name, sentence=wording.sentence(record))),
    ]
    countable = not closed and "under_3" not in record.flags
    if countable and headline.blank is not None and headline.least is not None and headline.most is not None:
        blocks.append(
            Paragraph(
                _(
                    "Asked were %(asked)s people, %(answered)s answered; weighted, %(blank)s gave no answer. If "
                    "none of these would have given it, the share would be %(least)s; if all of them would, "
                    "%(most)s.",
                    asked=number(headline.asked),
                    answered=number(headline.answered),
                    blank=percent(headline.blank),
                    least=percent(headline.least),
                    most=percent(headline.most),
                )
            )
        )
    return blocks


def _parts(summary: Summary) -> list[Block]:
    blocks: list[Block] = []
    index, lines = summary.questionnaire.index, {line.code: line for line in summary.factors}
    if index is not None and lines:
        blocks.append(Heading(2, _("By area and factor")))
        blocks.extend(_extremes(summary))
        areas = {line.code: line for line in summary.areas}
        rows = []
        for area in index.areas:
            code = f"index:{area.code}"
            if code in areas:
                rows.append(_figure_row(str(area.label), areas[code].estimate, strong=True))
            rows.extend(
                _figure_row(str(factor.label), lines[f"index:{factor.code}"].estimate)
                for factor in area.factors
                if f"index:{factor.code}" in lines
            )
        blocks.append(
            Table(
                _("Satisfaction index by area and factor"),
                _figure_columns(summary, _("Area, factor"), _("Index")),
                tuple(rows),
                _notes([line.estimate for line in (*summary.areas, *summary.factors)]),
            )
        )
    if summary.items:
        blocks.append(Heading(2, _("By question")))
        blocks.append(
            Table(
                _("Satisfied answers by question"),
                _figure_columns(summary, _("Question asked"), _("Satisfied")),
                _item_rows(summary),
                _notes([scored(line) for line in summary.items]),
            )
        )
    return blocks


def _extremes(summary: Summary) -> list[Block]:
    shown = [line for line in summary.factors if wording.has_interval(line.estimate)]
    if len(shown) < 2:
        return []
    ordered = sorted(shown, key=lambda line: line.estimate.estimate or 0.0)
    return [
        Paragraph(
            _(
                "The highest estimate among the factors is %(high)s: %(high_figure)s; the lowest is %(low)s: "
                "%(low_figure)s. This is the order of the estimates; no test was made of the differences "
                "between factors.",
                high=lower(label(summary, ordered[-1].code)),
                high_figure=wording.cell(ordered[-1].estimate),
                low=lower(label(summary, ordered[0].code)),
                low_figure=wording.cell(ordered[0].estimate),
            )
        )
    ]


def _item_rows(summary: Summary) -> tuple[Row, ...]:
    """The questions under their factors; those of no factor at the end."""
    lines = {line.code: line for line in summary.items}
    rows: list[Row] = []
    for area in summary.questionnaire.index.areas if summary.questionnaire.index else ():
        for factor in area.factors:
            own = [lines.pop(code) for code in factor.items if code in lines]
            if own:
                rows.append(Row((str(factor.label),), strong=True))
                rows.extend(_figure_row(label(summary, line.code), scored(line)) for line in own)
    rows.extend(_figure_row(label(summary, line.code), line.estimate) for line in lines.values())
    return tuple(rows)


def _communes(summary: Summary) -> list[Block]:
    if not summary.units:
        return []
    blocks: list[Block] = []
    if summary.index is not None:
        blocks.extend(_groups(summary))
        blocks.append(_unit_figure(summary, summary.index))
        blocks.append(_unit_table(summary))
    if summary.headlines:
        blocks.append(_unit_headlines(summary))
    return blocks


def _groups(summary: Summary) -> list[Block]:
    seen = [line for line in summary.units if not wording.is_hidden(line.index)]
    known = [line for line in seen if line.standing is not None]
    blocks: list[Block] = [
        Paragraph(
            _(
                "Each commune is compared with the rest of the province, by a test that allows for %(count)s "
                "comparisons at once. The communes fall into three groups:",
                count=number(len(known)),
            )
        )
    ]
    for group, title in (
        ("above", _("Higher than the rest of the province")),
        ("same", _("Not told apart from the rest of the province")),
        ("below", _("Lower than the rest of the province")),
    ):
        there = [commune(line.unit) for line in known if line.standing == group]
        names = f" ({', '.join(there)})" if there and group != "same" else ""
        blocks.append(Paragraph(f"- {title}: {number(len(there))}{names}."))
    left = len(summary.units) - len(known)
    if left:
        blocks.append(Paragraph(_("- Not compared, because too few answered: %(count)s.", count=number(left))))
    blocks.append(
        Paragraph(
            _(
                "“Not told apart” does not mean equal: the answers are too few to decide. For the same reason a "
                "rank is given only as the range that the data allow; within it no commune is ahead of another."
            )
        )
    )
    return blocks


def _unit_figure(summary: Summary, index: Line) -> Figure:
    shown = sorted(by_name(summary), key=_height, reverse=True)
    return Figure(
        caption=_("Satisfaction index of the communes with its interval (%)"),
        alt=_(
            "Interval plot of %(count)s communes, a row each: a dot for the index and a line for its interval, "
            "against the province's index of %(whole)s. The same figures stand in the table below.",
            count=number(len(shown)),
            whole=wording.cell(index.estimate),
        ),
        lines=tuple((line.unit.name, line.index, is_apart(line)) for line in shown),
        whole=index.estimate,
        name=_("Whole province"),
        notes=(
            _(
                "Dashed line and band: the whole province and its interval. Full dot: told apart from the rest "
                "of the province by the corrected test. Hollow dot: not told apart."
            ),
        ),
    )


def _height(line: UnitLine) -> float:
    """Where the row of a commune stands in the plot: what can't be seen below all that can."""
    hidden = wording.is_hidden(line.index) or line.index.estimate is None
    return -1.0 if hidden else line.index.estimate or 0.0


def _unit_table(summary: Summary) -> Table:
    rows = [
        Row(
            (
                _upper(commune(line.unit)),
                wording.base(line.index),
                wording.figure(line.index, 1) + wording.mark(line.index),
                wording.bracket(line.index, 1),
                ranks(line),
                standing(line),
            )
        )
        for line in by_name(summary)
    ]
    return Table(
        _("Satisfaction index by commune"),
        (
            Column(_("Ward, commune or special zone"), 26, LEFT),
            Column(_("People"), 8),
            Column(_("Index"), 13),
            Column(interval_title(summary), 17),
            Column(_("Possible ranks"), 10),
            Column(_("Against the rest"), 26),
        ),
        tuple(rows),
        _notes([line.index for line in summary.units]),
    )


def _unit_headlines(summary: Summary) -> Table:
    rows = [
        Row((_upper(commune(line.unit)), *(_with_base(record) for record in line.headlines)))
        for line in by_name(summary)
    ]
    share = 72 // len(summary.headlines)
    return Table(
        _("Harassment and money outside the rules by commune"),
        (
            Column(_("Ward, commune or special zone"), 100 - share * len(summary.headlines), LEFT),
            *(Column(headline_name(summary, headline), share) for headline in summary.headlines),
        ),
        tuple(rows),
        (
            _(
                "In square brackets: %(interval)s; after it the number of people who answered.",
                interval=lower(interval_title(summary)),
            ),
            *_notes([record for line in summary.units for record in line.headlines]),
        ),
    )


def method(summary: Summary) -> list[Block]:
    """How the figures came about: people, forms, computation, secrecy."""
    return [
        Heading(2, _("People and forms")),
        *_people(summary),
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


def _people(summary: Summary) -> list[Block]:
    came = summary.collection
    if _is_open(summary):
        text = _(
            "The wave was open to everybody: there is no sample. Forms came in from %(units)s communes.",
            units=number(came.units_reached),
        )
    else:
        text = _(
            "The sample is stratified and drawn by village: %(villages)s villages in %(strata)s strata, in "
            "%(units)s communes.",
            villages=number(came.villages),
            strata=number(came.strata),
            units=number(came.units_reached),
        )
    rows = [
        (_("Issued"), _("not printed by the system") if came.issued is None else number(came.issued)),
        (_("Collected"), number(came.collected)),
        (_("Valid, counted in the figures"), number(came.in_sample)),
    ]
    if not _is_open(summary):
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
    if came.outside and not _is_open(summary):
        blocks.append(
            Paragraph(
                _(
                    "Not by the sample: %(count)s. These forms came in without a drawn village; they are kept "
                    "apart and enter no figure.",
                    count=number(came.outside),
                )
            )
        )
    return blocks


def _computation(summary: Summary) -> list[Block]:
    texts = []
    if summary.rule is not None:
        texts.append(
            _(
                "Rule of the index: %(rule)s. A blank is left out of numerator and denominator.",
                rule=lower(str(summary.rule.label)),
            )
        )
    texts.append(
        _("Weights: everybody counts once.")
        if summary.weight_version is None
        else _("Weights: version %(version)s.", version=str(summary.weight_version))
    )
    if _is_open(summary):
        texts.append(
            _(
                "Range of variation, %(level)s: computed as if the people of one commune and one day were a "
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
        texts.append(
            _(
                "A stratum with one village is %(rule)s.",
                rule=_(SINGLE_PSU.get(summary.wave.single_psu, summary.wave.single_psu)),
            )
        )
    if any(record.variance == "pooled" for record in summary.records):
        texts.append(
            _(
                "Communes with few villages: how alike the people of a village are (the intraclass correlation "
                "of the question) is pooled over the communes, and each commune's interval follows from its own "
                "villages. Every figure made so assumes that the communes are alike in this."
            )
        )
    return [Paragraph(text) for text in texts]


def again(summary: Summary) -> list[Block]:
    """The state of the data, and the commands that give the same figures."""
    wave = summary.wave.code
    blocks: list[Block] = [
        Paragraph(_("All figures come from one state of the data, known by this SHA-256 digest:"), leads=True),
        Command(summary.data_version),
        Paragraph(_("The data with the weights, as a file:"), leads=True),
        Command(f"hailong data --wave {wave} --format csv --out {wave}.csv"),
    ]
    named = [
        (headline_name(summary, headline), headline.line.estimate, f"{headline.code}={headline.worst}")
        for headline in summary.headlines
    ]
    named += [
        (label(summary, line.code), line.estimate, f"{line.code}={line.estimate.value}")
        for line in summary.items[:1]
        if line.estimate.value
    ]
    for name, record, item in named:
        if wording.is_hidden(record) or "under_3" in record.flags or record.estimate is None:
            continue
        blocks.append(
            Paragraph(
                _("%(title)s, %(figure)s, from that file:", title=name, figure=wording.cell(record)), leads=True
            )
        )
        blocks.append(
            Command(
                f"hailong estimate {wave}.csv --weights weight --strata stratum --psu psu "
                f"--item {item} --variance auto --single-psu {summary.wave.single_psu} --output json"
            )
        )
    if summary.index is not None and not wording.is_hidden(summary.index.estimate):
        blocks.append(
            Paragraph(
                _(
                    "%(title)s, %(figure)s, from the database:",
                    title=label(summary, summary.index.code),
                    figure=wording.cell(summary.index.estimate),
                ),
                leads=True,
            )
        )
        blocks.append(Command(f"hailong results --wave {wave} --item index --released --output json"))
    return blocks


# Tables


def _figure_columns(summary: Summary, what: str, figure: str) -> tuple[Column, ...]:
    return (
        Column(what, 45, LEFT),
        Column(_("People who answered"), 15),
        Column(figure, 17),
        Column(interval_title(summary), 23),
    )


def _figure_row(name: str, record: Estimate, *, strong: bool = False) -> Row:
    return Row(
        (name, wording.base(record), wording.figure(record) + wording.mark(record), wording.bracket(record)),
        strong,
    )


def _with_base(record: Estimate) -> str:
    """Figure, interval and base in one narrow cell; "0 trên 54" holds its base already."""
    shown = wording.cell(record, 1)
    if not shown or wording.is_hidden(record) or record.estimate is None and record.high is None:
        return shown
    base = "" if {"none", "all"} & set(record.flags) else f"; {wording.people(record.n)}"
    return f"{shown}{base}{wording.mark(record)}"


def _notes(records: Sequence[Estimate]) -> tuple[str, ...]:
    """What the signs and words in a table mean; only those that occur."""
    signs = [sign for sign in wording.MARKS.values() if any(wording.mark(record) == sign for record in records)]
    notes = [wording.key(sign) for sign in signs]
    if any(wording.is_hidden(record) for record in records):
        notes.append(_("hidden: not published, so that nobody's answer can be worked out."))
    if any("none" in record.flags and not wording.is_hidden(record) for record in records):
        notes.append(
            _(
                "0 of …: no case among those who answered. That does not mean there is none; “at most” says what "
                "may be."
            )
        )
    return tuple(notes)


def _numbered(blocks: Iterable[Block]) -> Iterable[Block]:
    """The blocks with their numbers: I. for sections, 1. within each, tables and figures throughout."""
    section = part = tables = figures = 0
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            section, part = section + 1, 0
            yield replace(block, text=f"{ROMAN[section - 1]}. {block.text}")
        elif isinstance(block, Heading):
            part += 1
            yield replace(block, text=f"{part}. {block.text}")
        elif isinstance(block, Table):
            tables += 1
            yield replace(block, caption=_("Table %(no)s. %(caption)s", no=str(tables), caption=block.caption))
        elif isinstance(block, Figure):
            figures += 1
            yield replace(block, caption=_("Figure %(no)s. %(caption)s", no=str(figures), caption=block.caption))
        else:
            yield block


def lower(text: str) -> str:
    """A name as it stands within a sentence."""
    return text[:1].lower() + text[1:]


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
