"""What an answer that is no success means, for any API."""

from __future__ import annotations

import pytest

from collector.api import Hold, Poison, Retry, TooLarge
from collector.outputs.http_answers import MAX_AFTER, refusal, retry_after


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, Poison), (408, Retry), (413, TooLarge), (429, Retry), (500, Retry), (503, Retry)],
)
def test_what_a_status_means(status: int, kind: type[Exception]) -> None:
    found = refusal(status, False, "no", {}, 7.0)
    assert type(found) is kind
    assert str(found) == f"{status}: no"
    assert getattr(found, "after", 7.0) == 7.0


def test_the_rest_needs_a_person() -> None:
    for status, page, why in (
        (401, False, "what to do"),
        (307, False, "redirects are not followed"),
        (400, True, "an HTML page answered"),
        (418, False, "not known to give"),
        (501, False, "not known to give"),
    ):
        found = refusal(status, page, "", {401: "what to do"}, None)
        assert isinstance(found, Hold)
        assert why in str(found)
        assert str(found).endswith(f"; the server said {status}")


def test_how_long_to_wait() -> None:
    date = {"retry-after": "Thu, 01 Jan 1970 00:01:40 GMT"}
    assert retry_after(date, now=40.0) == 60.0
    assert retry_after({"retry-after": "99999999999"}, 0) == MAX_AFTER
    assert retry_after({"retry-after": "soon"}, 0) is None
    assert retry_after({}, 0) is None
