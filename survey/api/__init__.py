"""`/api/v1`: what programs send and what they read."""

from survey.api import reading as reading
from survey.api import taking as taking
from survey.api.blueprint import pages, problem

__all__ = ["pages", "problem"]
