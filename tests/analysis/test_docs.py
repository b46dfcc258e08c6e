"""The examples of docs/statistics.md run as they stand."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "docs" / "statistics.md").read_text(encoding="utf-8")


def test_the_examples_give_what_they_show() -> None:
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert blocks
    told: list[str] = []
    runner = doctest.DocTestRunner(verbose=False)
    for place, block in enumerate(blocks):
        example = doctest.DocTestParser().get_doctest(block, {}, f"statistics.md {place}", None, None)
        assert example.examples
        runner.run(example, out=told.append)
    assert not runner.failures, "".join(told)
