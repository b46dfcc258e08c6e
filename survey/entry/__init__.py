"""Pages of the clerks who key paper forms: a module a screen."""

from survey.entry import form, printed, settling
from survey.entry.blueprint import pages
from survey.entry.choosing import by_unit, village_of

__all__ = ["by_unit", "form", "pages", "printed", "settling", "village_of"]
