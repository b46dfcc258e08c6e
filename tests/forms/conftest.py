"""One small questionnaire with every kind of question, as the file that a province would write."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from forms import Questionnaire, load
from translations import speaking

WRITTEN = """\
code: thu
version: 2
title: {vi: Phiếu thử, en: Trial}
purpose: {vi: Để thử, en: To try}
consent: {vi: Gửi là đồng ý, en: Sending is consent}
joined: [hài lòng, thủ tục, dân tộc, dân tộc thiểu số]
scales:
  muc:
    1: {vi: Không hài lòng, en: Dissatisfied}
    2: {vi: Bình thường, en: Neutral}
    3: {vi: Hài lòng, en: Satisfied}
missing:
  98: {vi: Không biết, en: Don't know}
pages:
  - code: viec
    title: {vi: Việc, en: Business}
    items:
      - code: viec_gi
        kind: single
        label: {vi: Làm thủ tục gì?, en: What was it?}
        short: {vi: Thủ tục, en: Procedure}
        choices:
          1: {vi: Đất đai, en: Land}
          2: {vi: Khác, en: Other}
        missing: [98]
      - code: viec_gi_khac
        kind: text
        label: {vi: Việc khác là gì?, en: What else?}
        beside: viec_gi
        show_if: {item: viec_gi, any: [2]}
        max_length: 20
      - code: kenh
        kind: multiple
        label: {vi: Biết qua đâu?, en: How did you know?}
        choices:
          1: {vi: Loa, en: Loudspeaker}
          2: {vi: Báo, en: Press}
          10: {vi: Mạng, en: Internet}
      - code: lan
        kind: number
        label: {vi: Mấy lần?, en: How often?}
        minimum: 0
        maximum: 50
  - code: hl
    title: {vi: Mức độ, en: How satisfied}
    intro: {vi: Có hài lòng không?, en: Are you satisfied?}
    together: true
    items:
      - code: hl_a
        kind: scale
        scale: muc
        label: {vi: Thái độ, en: Manner}
      - code: hl_b
        kind: scale
        scale: muc
        label: {vi: Kết quả, en: Result}
        sensitive: true
        reason: {vi: Để biết, en: To know}
        show_if: {all: [{item: viec_gi, any: [1, 2]}, {not: {item: kenh, any: [10]}}]}
paper: [hl, viec]
index:
  title: {vi: Chỉ số, en: Index}
  rule: share
  rules:
    - name: share
      label: {vi: Tỷ lệ, en: Share}
      scores: {1: 0, 2: 0, 3: 1}
    - name: mean
      label: {vi: Trung bình, en: Mean}
      scores: {1: 0.2, 2: 0.5, 3: 1}
  areas:
    - code: V
      label: {vi: Dịch vụ, en: Service}
      factors:
        - code: V.A
          label: {vi: Công chức, en: Officials}
          items: [hl_a]
        - code: V.B
          label: {vi: Kết quả, en: Results}
          items: [hl_b]
headlines:
  - item: hl_b
    value: 1
    none: 3
    name: {vi: Không hài lòng, en: Dissatisfied}
"""


@pytest.fixture(scope="session")
def written() -> str:
    return WRITTEN


@pytest.fixture(scope="session")
def questionnaire(tmp_path_factory: pytest.TempPathFactory) -> Questionnaire:
    path = tmp_path_factory.mktemp("documents") / "thu.yaml"
    path.write_text(WRITTEN, encoding="utf-8")
    return load(path)


@pytest.fixture
def document(questionnaire: Questionnaire) -> dict[str, Any]:
    return questionnaire.document


@pytest.fixture
def english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "thu.yaml"
