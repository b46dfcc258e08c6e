"""Pages of the clerks who key paper forms: a module a screen."""

from survey.web.keying import form, printed, settling
from survey.web.keying.blueprint import pages
from survey.web.keying.choosing import by_unit, village_of

__all__ = ["by_unit", "form", "pages", "printed", "settling", "village_of"]
