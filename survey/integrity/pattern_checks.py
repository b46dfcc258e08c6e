"""The checks of patterns in words: what each looks at, what it saw, and what that may come from."""

from __future__ import annotations

from dataclasses import dataclass

from translations import N_


@dataclass(frozen=True)
class Check:
    """One check in words.

    name     in a list
    looked   what it looks at, and beside what
    seen     what was seen of a group: `group`, `n`, `seen` and `usual`, each with its unit; `item` and `scale`
             where there is one
    reasons  what it may come from, honest reasons first; `more` where there is more than usual of it, where it
             differs
    """

    name: str
    looked: str
    seen: str
    reasons: str
    more: str = ""


CHECKS = {
    "alike": Check(
        N_("Forms nearly the same"),
        N_("Pairs of forms that agree more than two people who feel alike do, beside other groups."),
        N_(
            "%(group)s: %(seen)s pairs of forms agree in nearly every answer, where %(usual)s pairs are usual "
            "(among %(n)s forms)"
        ),
        N_(
            "Unusual. It may come from neighbours who answered together, from a family that shared one form, "
            "or from somebody who read the answers out; it may also be forms that were copied."
        ),
    ),
    "odd": Check(
        N_("Answers that do not hang together"),
        N_("Forms whose answers go together as hardly anybody’s do, beside other groups."),
        N_(
            "%(group)s: in %(seen)s of %(n)s forms the answers go together as hardly anybody’s do, where "
            "%(usual)s forms are usual"
        ),
        N_(
            "Unusual. It may come from questions that were misunderstood or translated on the spot, from "
            "people who were in a hurry, or from a column that was keyed one line off; it may also be answers"
            " by chance."
        ),
    ),
    "straight": Check(
        N_("One level throughout"),
        N_("Forms with the same level in nearly every answer, beside groups that are as satisfied."),
        N_(
            "%(group)s: %(seen)s of %(n)s forms have one level nearly throughout, where %(usual)s forms are "
            "usual among people as satisfied"
        ),
        N_(
            "Unusual. Many honest people tick one level throughout, above all when they are tired, cannot "
            "read well or are content with everything; it may also be forms that were filled in quickly by "
            "one hand."
        ),
    ),
    "scatter": Check(
        N_("How far a person’s answers differ"),
        N_("How far the answers of one person differ from each other, beside people who are as satisfied."),
        N_(
            "%(group)s: the answers of one person differ more than those of %(seen)s in 100 people as "
            "satisfied, where %(usual)s in 100 people are usual (mean of %(n)s forms)"
        ),
        N_(
            "Unusual. It may come from how the questions were read out, or from people who answered only in "
            "broad terms; it may also be forms that were filled in without asking."
        ),
        N_(
            "Unusual. It may come from people who had very different dealings, or from keying that slipped a "
            "line; it may also be answers by chance."
        ),
    ),
    "blank": Check(
        N_("Blanks"),
        N_("People who left more questions blank than most do, beside other groups."),
        N_(
            "%(group)s: in %(seen)s of %(n)s forms more is left blank than in most, where about %(usual)s "
            "forms are usual"
        ),
        N_(
            "Unusual: little is left blank. It may come from somebody who patiently asked everything again; "
            "it may also be blanks that were filled in afterwards."
        ),
        N_(
            "Unusual: much is left blank. It may come from forms that were collected in a hurry, from poor "
            "print or scans, or from people who had no dealings with the office; it may also be questions "
            "that were not asked."
        ),
    ),
    "unsure": Check(
        N_("“Don’t know”"),
        N_("People who say “don’t know” more than most do, beside other groups."),
        N_(
            "%(group)s: in %(seen)s of %(n)s forms there is more “don’t know” than in most, where about "
            "%(usual)s forms are usual"
        ),
        N_(
            "Unusual: hardly anybody says “don’t know”. It may come from an interviewer who asks once more, "
            "or does not read that choice out; it may also be answers that people did not give."
        ),
        N_(
            "Unusual: many say “don’t know”. It may come from people who had few dealings with the office, or"
            " from an interviewer who accepts it quickly; it may also be questions that were not asked."
        ),
    ),
    "silent": Check(
        N_("Sensitive questions left open"),
        N_("People who leave more sensitive questions open than most do, beside other groups."),
        N_(
            "%(group)s: in %(seen)s of %(n)s forms more sensitive questions are left open than in most, where "
            "about %(usual)s forms are usual"
        ),
        N_(
            "Unusual: hardly anybody leaves a sensitive question open. It may come from trust in who asks; it"
            " may also be answers that people did not give."
        ),
        N_(
            "Unusual: many leave sensitive questions open. It may come from an official, a neighbour or "
            "relatives who were present; it may also be questions that were not asked."
        ),
    ),
    "spread": Check(
        N_("How far people differ"),
        N_("How far people of one village differ from each other, beside other groups."),
        N_(
            "%(group)s: people of one village differ from each other %(seen)s times as much as in the whole "
            "wave, where %(usual)s times is usual (at least %(n)s forms)"
        ),
        N_(
            "Unusual: people are very alike. It may come from a meeting at which many filled in together, or "
            "from a small place with one experience; it may also be one hand that wrote what it holds for "
            "typical."
        ),
        N_(
            "Unusual: people differ more than elsewhere. It may come from two hamlets or groups that live "
            "very different lives; it may also be answers by chance."
        ),
    ),
    "villages": Check(
        N_("How far villages differ"),
        N_("How far the villages of a group differ from each other, beside other groups."),
        N_(
            "%(group)s: its villages differ from each other %(seen)s times as much as in the whole wave, where "
            "%(usual)s times is usual (at least %(n)s villages)"
        ),
        N_(
            "Unusual: the villages are very alike. It may come from villages that are one place in truth; it "
            "may also be one hand that filled in for several."
        ),
        N_(
            "Unusual: the villages differ more than elsewhere. It may come from one that has its own road, "
            "office or dispute; it may also be one in which somebody else answered."
        ),
    ),
    "day_spread": Check(
        N_("How far people of a day differ"),
        N_("How far people who answered on one day differ from each other, beside other groups."),
        N_(
            "%(group)s: people of one day differ from each other %(seen)s times as much as in the whole wave, "
            "where %(usual)s times is usual (at least %(n)s forms)"
        ),
        N_(
            "Unusual: people are very alike. It may come from a meeting at which many filled in together; it may "
            "also be one hand that wrote what it holds for typical."
        ),
        N_(
            "Unusual: people differ more than elsewhere. It may come from two groups with very different lives; "
            "it may also be answers by chance."
        ),
    ),
    "days_apart": Check(
        N_("How far days differ"),
        N_("How far the days of a group differ from each other, beside other groups."),
        N_(
            "%(group)s: its days differ from each other %(seen)s times as much as in the whole wave, where "
            "%(usual)s times is usual (at least %(n)s days)"
        ),
        N_(
            "Unusual: the days are very alike. It may come from a place with one experience; it may also be one "
            "hand that sent a few forms each day."
        ),
        N_(
            "Unusual: the days differ more than elsewhere. It may come from a meeting or an event on one of them; "
            "it may also be one on which somebody else answered."
        ),
    ),
    "days": Check(
        N_("The busiest day"),
        N_("Forms of the day on which a group had most, beside groups with as many forms."),
        N_(
            "%(group)s: %(seen)s of %(n)s forms are of one day, where %(usual)s forms are usual on the busiest day"
        ),
        N_(
            "Unusual. It may come from a meeting, a market day, several people who asked together, or from "
            "forms that were all dated when they were handed in; it may also be forms that nobody went to a "
            "household for."
        ),
    ),
    "digits": Check(
        N_("Last digits"),
        N_("The last digits of numbers that people say, beside those of everybody."),
        N_(
            "%(group)s: the last digits of %(n)s numbers at “%(item)s” are away from everybody’s %(seen)s "
            "times as far as chance brings, where %(usual)s times is usual"
        ),
        N_(
            "Unusual: the digits are more even than people’s. It may be chance in a place with people of all "
            "ages; it may also be numbers that were made up."
        ),
        N_(
            "Unusual: some digits come too often. It may come from people who know their age only roughly, or"
            " from an interviewer who rounds; it may also be numbers that were made up."
        ),
    ),
    "order": Check(
        N_("Neighbours in the pile"),
        N_("Whether forms that lie beside each other in the batch are more alike than those of other batches."),
        N_(
            "%(group)s: forms that lie beside each other have a correlation of %(seen)s, where %(usual)s is "
            "usual (0 is unrelated, 1 is alike throughout; %(n)s pairs of neighbours)"
        ),
        N_(
            "Unusual. It may come from households that were visited house by house, so that relatives lie "
            "beside each other, or from forms that were sorted; it may also be one hand that wrote one after "
            "the other."
        ),
    ),
    "level": Check(
        N_("The level of satisfaction"),
        N_("The mean level of satisfaction beside that of others in the same communes."),
        N_(
            "%(group)s: the mean level of satisfaction is %(seen)s points, that of others in the same communes "
            "%(usual)s points (%(scale)s; %(n)s forms)"
        ),
        N_(
            "Unusual: less satisfied than others in the same communes. It may come from the villages or hours"
            " at which they were met, or from a way of answering that invites frankness; it may also be "
            "answers that were turned."
        ),
        N_(
            "Unusual: more satisfied than others in the same communes. It may come from the villages or hours"
            " at which they were met, or from politeness towards who asks; it may also be answers that were "
            "turned."
        ),
    ),
    "cases": Check(
        N_("Sensitive cases"),
        N_("How many name a sensitive case, beside others in the same communes."),
        N_("%(group)s: of %(n)s people %(seen)s name a case at “%(item)s”, where %(usual)s people are usual"),
        N_(
            "Unusual: hardly anybody names a case. It may come from somebody who was present, from a voice on"
            " the other side, or from people who were met at the office; it may also be answers that were "
            "left out."
        ),
        N_(
            "Unusual: many name a case. It may come from one event that everybody heard of; it may also be "
            "answers that people did not give."
        ),
    ),
    "jump": Check(
        N_("The change since the wave before"),
        N_("How far the mean level changed since the wave before, beside other communes."),
        N_(
            "%(group)s: the mean level of satisfaction changed by %(seen)s points since the wave before, where "
            "%(usual)s points is usual (%(scale)s; %(n)s forms of both waves)"
        ),
        N_(
            "Unusual. Much may have become worse: an office that moved, a project, a dispute; other villages "
            "may have been drawn; it may also be that the wave before was too good."
        ),
        N_(
            "Unusual. Much may have become better: a new office, new people; other villages may have been "
            "drawn; it may also be answers that people did not give."
        ),
    ),
    "turned": Check(
        N_("Keyed twice, differently"),
        N_(
            "Answers that are not satisfied once a second person keyed the form, and were keyed as satisfied "
            "first."
        ),
        N_(
            "%(group)s: of %(n)s answers that are not satisfied, %(seen)s were keyed as satisfied at first, "
            "where %(usual)s answers are usual"
        ),
        N_(
            "Unusual. It may come from haste, from a habit of typing the commonest level, or from a keyboard;"
            " it may also be answers that were turned."
        ),
    ),
}
