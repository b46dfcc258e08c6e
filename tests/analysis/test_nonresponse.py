"""The adjustment for those who did not answer."""

from __future__ import annotations

import numpy as np
import pytest

from analysis import DesignError
from analysis.nonresponse import classes, factors


def test_those_who_answered_stand_for_the_silent_of_their_class() -> None:
    # By hand: in A three of five asked at weight 10 answered: 50/30; in B two of two at weight 4: 8/8.
    weight, label = [10, 10, 10, 4, 4], ["A", "A", "A", "B", "B"]
    found = classes(weight, label, {"A": 50, "B": 8})
    assert [(one.label, one.factor, one.people) for one in found] == [("A", pytest.approx(5 / 3), 3), ("B", 1, 2)]
    adjusted = np.array(weight) * factors(found, label)
    assert adjusted.tolist() == pytest.approx([50 / 3] * 3 + [4, 4])
    assert adjusted.sum() == pytest.approx(58)


def test_a_class_without_an_answer_is_named() -> None:
    with pytest.raises(DesignError, match="Nobody answered in B, C"):
        classes([1.0], ["A"], {"A": 2, "B": 1, "C": 1})
    with pytest.raises(DesignError, match="Nobody was asked in A"):
        classes([1.0], ["A"], {})
    assert classes([1.0], ["A"], {"A": 1, "B": 0})[0].factor == 1  # nobody belonged to the population there
