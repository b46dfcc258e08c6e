"""Which Hài Lòng this is: its version, and the commit that it was made from."""

from __future__ import annotations

from functools import cache
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = Path(__file__).with_name("commit.txt")  # setup.py writes it into a package


@cache
def version() -> str:
    """Such as `0.2.0 (50d120fa1b2c)`: the release, and the commit that this process began with."""
    return f"{metadata.version('hai-long')} ({commit() or '?'})"


def commit() -> str | None:
    """The first twelve letters of the commit that is checked out, or that the package was built from; None if
    neither is known."""
    try:
        return (_checked_out(ROOT / ".git") if (ROOT / ".git").exists() else BUILT.read_text())[:12]
    except OSError:
        return None


def _checked_out(git: Path) -> str:
    """What HEAD names, read from git's own files: its program refuses a checkout of another account's."""
    if git.is_file():  # a worktree
        git = git.parent / git.read_text().removeprefix("gitdir:").strip()
    head = (git / "HEAD").read_text().strip()
    if not head.startswith("ref: "):
        return head
    name, shared = head.removeprefix("ref: "), git / "commondir"
    common = git / shared.read_text().strip() if shared.is_file() else git
    if (common / name).is_file():
        return (common / name).read_text()
    packed = (common / "packed-refs").read_text().splitlines()
    return next((line for line in packed if line.endswith(f" {name}")), "")
