"""Text on its way to a person: without secrets, and without what a terminal would obey."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

#: Shorter ones would turn up in every other word, and their gaps would tell what they are.
SHORTEST = 4
#: A line of a key file is a secret too; shorter lines of a secret are not looked for alone.
_SHORTEST_LINE = 16


class Redactor:
    """Replaces every occurrence of the secrets it knows by `***`."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._forms: tuple[str, ...] = ()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Know more of them: after a reload, or when a token was read from a file."""
        forms = {form for secret in secrets for form in _forms(secret)}
        # The longest first: one secret may be the beginning of another.
        self._forms = tuple(sorted(forms.union(self._forms), key=len, reverse=True))

    def hide(self, secret: str) -> None:
        """Know one more."""
        self.add([secret])

    def __call__(self, text: str) -> str:
        """The text without the secrets; nothing else of it is changed."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, "***")
        return text

    def shown(self, text: str) -> str:
        """The text without the secrets, printable and on one line."""
        return printable(self(text))


def printable(text: str) -> str:
    r"""Control characters, line ends, changes of the direction of writing: as `\x1b`, `\n`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _forms(secret: str) -> Iterator[str]:
    """How a secret looks in messages: as it is, quoted as text, in a URL, line by line."""
    bare = secret.strip()
    lines = [line for line in bare.splitlines() if len(line) >= _SHORTEST_LINE]
    for form in (secret, bare, *lines):
        if len(form.strip()) >= SHORTEST:
            yield from (form, repr(form)[1:-1], json.dumps(form)[1:-1])
            yield from (quote(form, safe=""), quote(form), quote_plus(form))
