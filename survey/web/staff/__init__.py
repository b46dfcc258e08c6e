"""Pages of those who run the survey and read its results: a module a screen."""

from importlib import import_module

from werkzeug.utils import find_modules

from survey.web.staff.blueprint import pages

for module in find_modules(__name__, include_packages=False, recursive=True):
    import_module(module)

__all__ = ["pages"]
