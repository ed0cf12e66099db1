"""The names a plugin may import: what is here stays, what is new is decided."""

from __future__ import annotations

import collector.api


def test_every_name_is_exported_once_and_exists() -> None:
    names = collector.api.__all__
    assert names == sorted(set(names), key=lambda name: (not name.isupper(), name))
    assert all(hasattr(collector.api, name) for name in names)


def test_nothing_public_is_left_out() -> None:
    modules = {"annotations", "command", "component", "delivery", "event", "fields", "inputs"}
    public = {name for name in vars(collector.api) if name.isidentifier() and name[0] != "_"}
    assert public - set(collector.api.__all__) <= modules | {"outputs", "tasks"}
