"""The list of targets sorts by its heads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from survey.results.targets import Verdict
from survey.web.staff.results.target_list import target_list


def line(name: str, value: float, estimate: float | None, verdict: Verdict) -> Any:
    record = SimpleNamespace(estimate=estimate, n=None if estimate is None else 100)
    return SimpleNamespace(
        name=name, target=SimpleNamespace(value=value), record=record, verdict=verdict, responsible=name
    )


LINES = [
    line("Xử lý phản ánh", 80, 0.9, Verdict.REACHED),
    line("Ẩn", 70, None, Verdict.UNSEEN),
    line("Ánh sáng", 95, 0.5, Verdict.MISSED),
    line("Đường", 85, 0.8, Verdict.UNDECIDED),
]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("", ["Xử lý phản ánh", "Ẩn", "Ánh sáng", "Đường"]),
        ("ket-luan", ["Ánh sáng", "Đường", "Xử lý phản ánh", "Ẩn"]),
        ("-ket-luan", ["Xử lý phản ánh", "Đường", "Ánh sáng", "Ẩn"]),
        ("uoc-luong", ["Ánh sáng", "Đường", "Xử lý phản ánh", "Ẩn"]),
        ("-chi-tieu", ["Ánh sáng", "Đường", "Xử lý phản ánh", "Ẩn"]),
    ],
)
def test_what_is_missed_comes_first_and_what_can_not_be_judged_last(asked: str, names: list[str]) -> None:
    with Flask(__name__).test_request_context(f"/?xep={asked}"):
        assert [one.name for one in target_list(LINES).rows] == names
