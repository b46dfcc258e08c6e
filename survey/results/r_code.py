"""A figure in R: the lines of the package `survey` that give it again from the downloaded data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from analysis import Estimate
from forms import Questionnaire, Rule

LONELY = {"refuse": "fail", "centered": "adjust", "average": "average", "certainty": "certainty"}


def lines(
    record: Estimate,
    items: Iterable[str],
    questionnaire: Questionnaire,
    rule: Rule | None,
    single_psu: str,
    file: str,
    groups: Mapping[str, int] | None = None,
) -> str:
    """Estimate, standard error and, where the variance is the domain's own, interval of a record (R's survey 4.4).

    items  the questions that it pools; one but for the index and its parts
    file   as `hailong data --format csv` writes it
    groups  of leaders, with their sizes
    """
    fpc = ", fpc = ~fpc" if groups else ""
    domain = "" if record.domain is None else f' & unit == "{record.domain}"'
    return "\n".join(
        [
            "library(survey)",
            f'options(survey.lonely.psu = "{LONELY[single_psu]}")',
            f'd <- read.csv("{file}", colClasses = "character", na.strings = "")',
            "d$weight <- as.numeric(d$weight)",
            "d$stratum <- factor(d$stratum)",
            *_scored(record, list(items), questionnaire, rule),
            *([f"d$fpc <- {_scores(groups)}[as.character(d$stratum)]"] if groups else []),
            f"every <- svydesign(~psu, strata = ~stratum, weights = ~weight{fpc}, nest = TRUE, data = d)",
            f"some <- subset(every, x > 0{domain})",
            "m <- svyratio(~y, ~x, some)",
            "p <- as.numeric(coef(m)); se <- as.numeric(SE(m))",
            "c(p, se)",
            *(_interval(record) if record.variance == "direct" and record.df else ()),
        ]
    )


def _scored(record: Estimate, items: list[str], questionnaire: Questionnaire, rule: Rule | None) -> Iterator[str]:
    """y and x of each row, whose totals the figure divides: scores and the number of answers that have one."""
    own = questionnaire.items.get(record.item)  # None for the index and its parts
    if record.value is None and rule is not None and (own is None or not own.kind.is_number):
        yield f"items <- c({', '.join(map(_quoted, items))})"
        tables = {tuple(rule.scores[item].items()) for item in items}
        if len(tables) == 1:
            yield f"score <- {_scores(rule.scores[items[0]])}"
            yield "s <- sapply(d[items], function(level) score[level])"
        else:
            yield "score <- list("
            yield ",\n".join(f"  {item} = {_scores(rule.scores[item])}" for item in items) + ")"
            yield "s <- sapply(items, function(item) score[[item]][d[[item]]])"
        yield "d$x <- rowSums(!is.na(s))"
        yield "d$y <- rowSums(s, na.rm = TRUE)"
        return
    column = f"d${record.item}"
    yield f"d$x <- as.numeric(!is.na({column}))"
    if record.value is None:
        yield f"d$y <- as.numeric({column})"
        return
    codes = f"c({', '.join(map(_quoted, record.value.split(',')))})"
    if own is not None and own.kind.several:
        yield f'd$y <- sapply(strsplit({column}, ";"), function(chosen) as.numeric(any(chosen %in% {codes})))'
    else:
        yield f"d$y <- as.numeric({column} %in% {codes})"


def _scores(scores: Mapping[Any, float]) -> str:
    return f"c({', '.join(f'{_quoted(level)} = {worth:g}' for level, worth in scores.items())})"


def _interval(record: Estimate) -> Iterator[str]:
    # Where strata weigh unequally there are fewer than R's degf(some) counts (Satterthwaite).
    yield f"df <- {record.df:.12g}"
    if record.statistic == "index":  # logit
        yield "plogis(qlogis(p) + c(-1, 1) * qt(0.975, df) * se / (p * (1 - p)))"
    elif record.statistic == "proportion":  # Korn–Graubard, the effective size capped at n
        yield "n <- nrow(some)"
        yield "e <- if (p %in% 0:1) n else p * (1 - p) / se^2"
        yield "e <- min(n, e * (qt(0.975, n - 1) / qt(0.975, df))^2)"
        yield "qbeta(c(0.025, 0.975), e * p + 0:1, e * (1 - p) + 1:0)"
    else:
        yield "p + c(-1, 1) * qt(0.975, df) * se"


def _quoted(text: object) -> str:
    return f'"{text}"'
