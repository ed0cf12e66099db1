"""The detectors that have a name, by it."""

from __future__ import annotations

from .detector import Detector, unquoted, with_digit
from .numbers import cards, ibans, ipv6

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_BEYOND = r"\x{80}-\x{10FFFF}"
#: One of a mailbox; letters beyond ASCII are in, for addresses may have them.
_MAILBOX = rf"[A-Za-z0-9.!#%&+_~{_BEYOND}-]"
_LABEL = rf"[A-Za-z0-9{_BEYOND}-]"


_ALL = (
    Detector(
        "card", r"\d(?:[ -]?\d){12,}", hint=r"(?:\b|[A-Za-z_])[2-6](?:[ -]?\d){12}", within=cards
    ),
    Detector(
        "iban",
        r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b",
        hint=r"\b[A-Z]{2}\d{2} ?[A-Z0-9]{4}",
        within=ibans,
    ),
    Detector("email", rf"{_MAILBOX}+@{_LABEL}+(?:\.{_LABEL}+)+", hint=rf"{_MAILBOX}@{_LABEL}+\."),
    Detector(
        "password",
        r"(?i)(?:password|passwd|pwd|secret|key|token)[\"']?\s*[=:]\s*"
        r"(\"[^\"]+|'[^']+|[^\s\"',;&]+)",
        hint=r"(?i:password|passwd|pwd|secret|key|token)[\"']?\s*[=:]",
        group=1,
        within=unquoted,
    ),
    Detector("ipv4", rf"\b{_OCTET}(?:\.{_OCTET}){{3}}\b", hint=r"\d\.\d{1,3}\.\d{1,3}\.\d"),
    Detector(
        "ipv6",
        r"(?:\w*:){2,}[\w.]*",
        hint="[0-9A-Fa-f]::|::[0-9A-Fa-f]|(?:[0-9A-Fa-f]{1,4}:){6}",
        within=ipv6,
    ),
    # What an API of Dynatrace, or its agent, is called with.
    Detector(
        "dynatrace_token", r"dt0[a-z]\d\d\.[A-Z0-9]{24}\.[A-Z0-9]{64}", hint=r"dt0[a-z]\d\d\."
    ),
    Detector(
        "aws_key", r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b", hint="A[KSBC][IC]A[A-Z2-7]{16}"
    ),
    Detector("github_token", r"g(?:h[pousr]|ithub_pat)_\w{22,}", hint=r"g(?:h[pousr]|ithub_pat)_"),
    Detector("gitlab_token", r"gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[\w-]{20,}", hint="gl[a-z]{2,4}-"),
    Detector("slack_token", r"x(?:ox[abeoprs]|app)-[A-Za-z0-9-]{10,}", hint="x(?:ox[a-z]|app)-"),
    Detector("google_api_key", r"AIza[\w-]{35}", hint="AIza"),
    Detector("stripe_key", r"[rs]k_(?:live|test)_[A-Za-z0-9]{16,}", hint="k_(?:live|test)_"),
    Detector("jwt", r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]*", hint=r"eyJ[\w-]+\.eyJ"),
    Detector(
        "bearer",
        r"(?i)\bbearer\s+([\w.~+/-]{16,}=*)",
        hint=r"(?i:bearer)\s",
        group=1,
        within=with_digit,
    ),
    Detector(
        "basic_auth",
        r"(?i)authorization[\"']?\s*[:=]\s*[\"']?basic\s+([\w+/-]{4,}=*)",
        hint=r"(?i:basic)\s",
        group=1,
    ),
    Detector(
        "private_key",
        r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)"
        r"(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)",
        hint="PRIVATE KEY(?: BLOCK)?-",
    ),
    Detector("url_password", r"://[^\s/:@?#]*:([^\s/@]+)@", group=1),
)
KNOWN = {detector.name: detector for detector in _ALL}

#: What may be meant to be read: not looked for unless it is asked for.
ON_REQUEST = frozenset({"password", "ipv4", "ipv6"})
