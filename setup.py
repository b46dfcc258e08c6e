"""Writes the commit that a package is built from into it; all else stands in setup.cfg."""

import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

sys.path.insert(0, str(Path(__file__).parent))
from survey.system.version import ROOT, commit


def bake(folder: Path) -> None:
    """Leaves the commit beside survey/system/version.py, where this is built from a checkout."""
    if (ROOT / ".git").exists():
        (folder / "survey" / "system" / "commit.txt").write_text(f"{commit()}\n")


class BuildWithCommit(build_py):
    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            bake(Path(self.build_lib))


class PackWithCommit(sdist):
    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        super().make_release_tree(base_dir, files)
        bake(Path(base_dir))


setup(cmdclass={"build_py": BuildWithCommit, "sdist": PackWithCommit})
