"""A text speaks the reader's language; a condition is decided from data; a kind knows what it can do."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms import KINDS, Condition, Questionnaire, Text
from translations import speaking


def test_a_text_is_printed_in_the_language_of_the_moment() -> None:
    text = Text("Hài lòng", "Satisfied")
    assert str(text) == "Hài lòng"
    with speaking("en"):
        assert str(text) == "Satisfied"


def test_an_item_never_changes(questionnaire: Questionnaire) -> None:
    item = questionnaire.items["viec_gi"]
    with pytest.raises(FrozenInstanceError):
        item.label = Text("khác", "other")  # type: ignore[misc]
    with pytest.raises(TypeError):
        item.choices[1] = Text("khác", "other")  # type: ignore[index]


def test_every_kind_is_known_by_its_name_and_is_choices_a_number_or_a_text() -> None:
    assert (
        list(KINDS) == [kind.name for kind in KINDS.values()] == ["single", "multiple", "scale", "number", "text"]
    )
    assert all(kind.has_choices + kind.is_number + kind.is_text == 1 for kind in KINDS.values())


def test_missing_choices_are_offered_and_are_no_valid_answer(questionnaire: Questionnaire) -> None:
    item = questionnaire.items["viec_gi"]
    assert list(item.choices) == [1, 2, 98]
    assert item.missing == {98}
    assert item.valid == (1, 2)


ITEM = Condition("item", item="C2", values=(6, 7))


@pytest.mark.parametrize(
    ("answers", "holds"),
    [
        ({"C2": 6}, True),
        ({"C2": [1, 7]}, True),
        ({"C2": [1, 2]}, False),
        ({"C2": []}, False),
        ({"C2": 5}, False),
        ({}, False),
    ],
)
def test_a_condition_holds_when_one_of_its_values_was_chosen(answers: dict[str, Any], holds: bool) -> None:
    assert ITEM.holds(answers) is holds
    assert Condition("not", parts=(ITEM,)).holds(answers) is not holds


def test_all_and_any_join_conditions() -> None:
    other = Condition("item", item="C4", values=(1,))
    assert Condition("all", parts=(ITEM, other)).holds({"C2": 6, "C4": 1})
    assert not Condition("all", parts=(ITEM, other)).holds({"C2": 6})
    assert Condition("any", parts=(ITEM, other)).holds({"C4": 1})
    assert not Condition("any", parts=(ITEM, other)).holds({"C4": 2})
    assert Condition("any", parts=(ITEM, Condition("not", parts=(other,)))).items == {"C2", "C4"}


leaves = st.builds(
    Condition,
    st.just("item"),
    item=st.sampled_from("abc"),
    values=st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple),
)
conditions = st.recursive(
    leaves,
    lambda inner: (
        st.builds(
            Condition, st.sampled_from(["all", "any"]), parts=st.lists(inner, min_size=1, max_size=3).map(tuple)
        )
        | st.builds(Condition, st.just("not"), parts=st.tuples(inner))
    ),
    max_leaves=6,
)


def decided(document: dict[str, Any], answers: dict[str, Any]) -> bool:
    """The same decision from the data alone, as the script of the page makes it."""
    if "item" in document:
        given = answers.get(document["item"])
        return any(value in document["any"] for value in (given if isinstance(given, list) else [given]))
    if "not" in document:
        return not decided(document["not"], answers)
    if "all" in document:
        return all(decided(part, answers) for part in document["all"])
    return any(decided(part, answers) for part in document["any"])


answered = st.dictionaries(st.sampled_from("abc"), st.integers(1, 3) | st.lists(st.integers(1, 3)))


@given(conditions, answered)
def test_the_data_of_a_condition_decides_alike_in_the_page(condition: Condition, answers: dict[str, Any]) -> None:
    assert decided(condition.document, answers) == condition.holds(answers)
