"""`/api/v1`: what programs send and what they read."""

from survey.web.api import reading as reading
from survey.web.api import taking as taking
from survey.web.api.blueprint import pages, problem

__all__ = ["pages", "problem"]
