"""What the platform adds to a published version of a questionnaire, in a file beside its document."""

from __future__ import annotations

from pathlib import Path

from forms.document import Part, plain, read
from forms.questionnaire import Questionnaire

FOLDER = Path(__file__).parent / "documents"


def supplement(questionnaire: Questionnaire, name: str) -> Part | None:
    """The part of this name, from `documents/<name>/<questionnaire>.yaml`; None unless it is for this digest."""
    path = FOLDER / name / f"{questionnaire.name}.yaml"
    if not path.is_file():
        return None
    document, places = read(path)
    parts = Part(plain(Part(document, places=places)), places=places).table(f"digest {name}")
    return parts[name] if parts["digest"].string(64) == questionnaire.digest else None
