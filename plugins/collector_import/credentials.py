"""Authenticators, which are extensions there, in; tokens of a receiver, headers of an exporter out.

A secret that stands in the file is not copied to another place of it: the environment is named
instead, and a comment says where it stood. Nothing is opened to all that was not.
"""

from __future__ import annotations

from collector.api import is_loopback, split_endpoint

from .entries import Block, Entry, Scalar
from .references import is_reference
from .rules import Spot

_OPEN = "as before, whoever reaches the port may send; tokens or tls.client_ca_file would say who"


def guard(spot: Spot) -> None:
    """Say of an HTTP server whom it lets in. `spot` is its mapping."""
    block = spot.entry.block if spot.way else spot.component.block
    auth = block.find("auth")
    if auth is not None:
        _replace(spot.root, block, auth)
    elif not block.text("tls", "client_ca_file") and not _is_local(block.text("endpoint")):
        at = spot.entry if spot.way else spot.component
        block.entries.append(_new("auth", Scalar("none"), _OPEN, at.line))


def tokens(block: Block, at: Entry, variable: str, why: str) -> None:
    """Have clients show a token of the environment, in place of an entry that is left out."""
    at.leave_out(why)
    said = f"put what clients shall show as a token into the variable {variable}"
    new = _listed("tokens", f"${{env:{variable}}}", said, at.line)
    block.entries.insert(block.entries.index(at) + 1, new)


def authorize(spot: Spot) -> None:
    """Give an exporter the header that its authenticator would have made. `spot`: `auth`."""
    name = spot.entry.block.text("authenticator")
    said = _authorization(name, spot.root.block("extensions", name) if name else Block())
    if said is None:
        spot.leave_out("requests go without it: say it in headers, if a header will do")
        return
    entry, parent = spot.entry, spot.parent
    spot.leave_out("an exporter says it in headers")
    headers = parent.find("headers")
    if headers is None:
        headers = Entry("headers", Block(), entry.line)
        parent.entries.insert(parent.entries.index(entry), headers)
    if not isinstance(headers.value, Block):
        headers.value = Block()
    if not any((each.key or "").lower() == "authorization" for each in headers.block.carried()):
        value, why = said
        headers.block.entries.append(_new("Authorization", Scalar(value), why, entry.line))


def _authorization(name: str, extension: Block) -> tuple[str, str] | None:
    """The header that an extension makes, and what is to be said of it; None: no fixed one."""
    type_, token, file = name.partition("/")[0], extension.text("token"), extension.text("filename")
    if type_ not in {"bearertokenauth", "basicauth"}:
        return None
    scheme = "Basic" if type_ == "basicauth" else extension.text("scheme") or "Bearer"
    known = token if is_reference(token) else f"${{file:{file}}}" if file else ""
    if known:
        return f"{scheme} {known}", "the extension's header is written here"
    what = "user:password in base64" if scheme == "Basic" else "the token"
    why = f"put {what} into the variable EXPORTER_AUTHORIZATION; it stood in the extension"
    return f"{scheme} ${{env:EXPORTER_AUTHORIZATION}}", why


def _replace(root: Block, block: Block, auth: Entry) -> None:
    name = auth.block.text("authenticator")
    extension = root.block("extensions", name) if name else Block()
    token, file = extension.text("token"), extension.text("filename")
    if name.partition("/")[0] != "bearertokenauth" or not (is_reference(token) or file):
        why = "what it asks for stands in an extension, and is not copied from there"
        tokens(block, auth, "RECEIVER_TOKEN", why)
        return
    at = block.entries.index(auth)
    auth.leave_out("a receiver has tokens itself")
    key, value = ("tokens", token) if is_reference(token) else ("token_files", file)
    new = _listed(key, value, "", auth.line)
    block.entries.insert(at + 1, new)


def _listed(key: str, value: str, why: str, line: int) -> Entry:
    items = Block(listed=True, flow=True, entries=[Entry(None, Scalar(value))])
    return _new(key, items, why, line)


def _new(key: str, value: Scalar | Block, why: str, line: int) -> Entry:
    entry = Entry(key, value, line)
    if why:
        entry.change(why)
    return entry


def _is_local(endpoint: str) -> bool:
    """Whether only this machine reaches it; a server that does not say listens there."""
    try:
        return not endpoint or is_loopback(split_endpoint(endpoint)[0])
    except ValueError:
        return False
