"""Skipping questions of a form in a browser: most tests only want to come to the question that they are about."""

from __future__ import annotations

from playwright.sync_api import Page

SKIP = """(button) => {
  if (!button.checkVisibility()) throw new Error("there is nothing to be skipped");
  button.click();
}"""


def skip(page: Page, times: int = 1) -> None:
    """Skips so many questions: the first as a person does, the others by the same button without a pointer that
    moves there and waits for it to stand still, which takes four times the work."""
    button = page.locator("[data-skip]")
    button.click()
    button.evaluate(f"(button, times) => {{ for (; times > 0; times -= 1) ({SKIP})(button); }}", times - 1)


def skip_to(page: Page, selector: str) -> None:
    """Skips questions until something of this selector can be seen, without a pointer."""
    page.locator("[data-skip]").evaluate(
        f"""(button, selector) => {{
          const seen = () => [...document.querySelectorAll(selector)].some((one) => one.checkVisibility());
          while (!seen()) ({SKIP})(button);
        }}""",
        selector,
    )
