"""What is wrong with a request, or with one record of it."""

from __future__ import annotations


class Malformed(ValueError):
    """The request is not what it claims to be. None of it can be taken, however often it comes."""


class TooMany(ValueError):
    """The request has more records than are taken at once; smaller ones are welcome."""


class Unacceptable(ValueError):
    """One record cannot be taken; those beside it can."""
