"""What axe finds on a page: its rules for WCAG 2.2 AA, and targets of 24 px, which it looks for only if asked."""

from __future__ import annotations

from typing import Any
from weakref import WeakSet

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page

SOURCE = AXE_FILE_PATH.read_text(encoding="utf-8")
AXE: WeakSet[Page] = WeakSet()  # pages that load it by themselves


def violations(page: Page, **rules: bool) -> list[str]:
    """Each violation on the page as it stands now: the rule and the first element that breaks it.

    rules  switches rules on or off by their names, with `_` for `-`
    """
    if page not in AXE:
        page.evaluate(SOURCE)
        # To send it to each page anew would take as long as half of what it does there.
        page.add_init_script(SOURCE)
        AXE.add(page)
    switches = {"target_size": True, **rules}
    options: dict[str, Any] = {
        "resultTypes": ["violations"],
        "preload": False,  # would copy the sheets of a shadow root into a style, which the pages' policy refuses
        "rules": {rule.replace("_", "-"): {"enabled": on} for rule, on in switches.items()},
    }
    found: list[str] = page.evaluate(
        "async (options) => (await axe.run(options)).violations.map((one) => `${one.id}: ${one.nodes[0].html}`)",
        options,
    )
    return found
