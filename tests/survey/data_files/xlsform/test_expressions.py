from typing import Any

import pytest

from survey.data_files.xlsform.expressions import Asked, UnclearError, condition, limits, relevant

EARLIER = {
    "a": Asked("a", {"1": 1, "2": 2, "3": 3}),
    "b.x": Asked("b_x", {"yes": 1, "no": 2}),
    "n": Asked("n", {}),
}
A1, A2 = {"item": "a", "any": [1]}, {"item": "a", "any": [2]}
B = {"item": "b_x", "any": [1]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("${a} = '1'", A1),
        ("${a}=1", A1),
        ("1 = ${ a }", A1),
        ("${a} != ‘1’", {"not": A1}),
        ("selected(${b.x}, 'yes')", B),
        ('not(selected(${b.x}, "yes"))', {"not": B}),
        ("${a} = 1 or ${a} = 2", {"item": "a", "any": [1, 2]}),
        ("${a} >= 2", {"item": "a", "any": [2, 3]}),
        ("2 > ${a}", A1),
        ("${a} = 1 and (${a} = 2 or ${b.x} = 'yes')", {"all": [A1, {"any": [A2, B]}]}),
        ("${a} != ''", {"item": "a", "any": [1, 2, 3]}),
    ],
)
def test_what_conditions_as_data_can_say_is_read(text: str, said: dict[str, Any]) -> None:
    assert condition(text, EARLIER) == said


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("${n} > 3", "n is no question with choices."),
        ("${later} = 1", "later is no earlier question that was taken over."),
        ("${a} = 9", "a has no choice 9."),
        ("${a} > 3", "no choice of a is meant by it."),
        ("${a} = ${b.x}", "it compares two questions."),
        ("count-selected(${a}) > 1", "the function count-selected is not read here."),
        ("${a} = 1 and", "it ends in the middle."),
        ("${a} ~ 1", "“~ 1” is not read here."),
        ("(" * 30 + "${a} = 1" + ")" * 30, "it is nested too deep."),
        ("true()", "“true” is not read here."),
    ],
)
def test_what_they_can_t_say_is_told_with_the_reason(english: None, text: str, why: str) -> None:
    with pytest.raises(UnclearError) as unclear:
        condition(text, EARLIER)
    assert str(unclear.value.why) == why


def test_limits_are_read_and_what_is_more_is_told(english: None) -> None:
    found = limits(". >= 0 and . < 120", whole=True)
    assert (found.minimum, found.maximum, found.unclear) == (0, 119, None)
    found = limits(". >= 0.5 and . <= 2 and . != 1", whole=False)
    assert (found.minimum, found.maximum, str(found.unclear)) == (0.5, 2, "“. != 1” is not read here.")
    assert limits("string-length(.) < 21", whole=False).length == 20
    assert limits("regex(., '[0-9]')", whole=False).unclear


@pytest.mark.parametrize(
    "said",
    [
        A1,
        {"item": "a", "any": [3, 1]},
        {"not": B},
        {"all": [{"item": "a", "any": [1, 2]}, {"not": {"any": [A1, B]}}]},
    ],
)
def test_a_condition_reads_back_as_it_was_written(said: dict[str, Any]) -> None:
    text = relevant(said, {"a": False, "b_x": True}).replace("${b_x}, '1'", "${b.x}, 'yes'")
    assert condition(text, EARLIER) == said
