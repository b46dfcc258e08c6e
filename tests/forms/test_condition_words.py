from dataclasses import replace
from typing import Any

from forms import Condition, Questionnaire
from forms.condition_words import sentence
from translations import speaking


def said(questionnaire: Questionnaire, how: Any, **parts: Any) -> str:
    return sentence(Condition(how, **parts), questionnaire.items)


def test_a_condition_reads_back_in_both_languages(questionnaire: Questionnaire) -> None:
    condition = questionnaire.items["hl_b"].show_if
    assert condition
    assert sentence(condition, questionnaire.items) == (
        "Hỏi khi “Thủ tục” là “Đất đai” hoặc “Khác” và “Biết qua đâu?” không chọn “Mạng”."
    )
    with speaking("en"):
        assert sentence(condition, questionnaire.items) == (
            "Asked if “Procedure” is “Land” or “Other” and “How did you know?” does not include “Internet”."
        )


def test_what_is_joined_within_stands_in_brackets(questionnaire: Questionnaire) -> None:
    land, other = (Condition("item", item="viec_gi", values=(code,)) for code in (1, 2))
    press = Condition("item", item="kenh", values=(2,))
    both = Condition("all", parts=(land, press))
    with speaking("en"):
        assert said(questionnaire, "any", parts=(both, other)) == (
            "Asked if (“Procedure” is “Land” and “How did you know?” includes “Press”) or “Procedure” is “Other”."
        )
        assert "it is not so that “Procedure” is “Land” and" in said(questionnaire, "not", parts=(both,))
        twice = Condition("not", parts=(replace(land),))
        assert said(questionnaire, "not", parts=(twice,)) == "Asked if “Procedure” is “Land”."
