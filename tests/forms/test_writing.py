from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import forms
from forms.document import Part, plain, read
from forms.writing import written

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=20).map(str.strip)
TREES = st.recursive(
    WORDS
    | st.integers(-999, 999)
    | st.booleans()
    | st.sampled_from(["no", "18:30", "1", "1.5", "~", "null", "a: b", "- c"]),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.dictionaries(WORDS, inner, min_size=1, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize("questionnaire", forms.shipped(), ids=lambda one: one.name)
def test_a_questionnaire_is_written_as_one_writes_it_and_reads_back(
    questionnaire: forms.Questionnaire, tmp_path: Path
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(written(questionnaire.document), encoding="utf-8")
    assert forms.load(path).digest == questionnaire.digest
    assert path.read_text(encoding="utf-8").startswith(f"code: {questionnaire.code}\nversion: ")


@given(st.dictionaries(WORDS, TREES, min_size=1, max_size=3))
def test_whatever_is_written_reads_back(
    tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]
) -> None:
    path = tmp_path_factory.mktemp("w") / "x.yaml"
    try:
        wanted = plain(Part(document))
    except forms.DocumentError:
        return  # what no document can hold
    path.write_text(written(wanted), encoding="utf-8")
    assert plain(Part(read(path)[0])) == wanted
