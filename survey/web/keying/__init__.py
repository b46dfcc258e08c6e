"""Pages of the clerks who key paper forms: a module a screen."""

from survey.web.keying import printed, settling, unnumbered
from survey.web.keying.blueprint import pages
from survey.web.keying.choosing import by_unit, village_of

__all__ = ["by_unit", "pages", "printed", "settling", "unnumbered", "village_of"]
