"""A faulty component in, what its contract says of it out."""

from __future__ import annotations

import unittest
from typing import Any

from twisted.trial.unittest import TestCase

from collector.contracts import leftovers


def fault(contract: type[Any], clause: str, plugin: type[Any], **said: Any) -> str:
    """The sentence of one clause. Run outside of trial, for the clause has the reactor."""
    return " ".join(problems(contract, clause, plugin, **said)) or "it keeps the contract"


def problems(contract: type[Any], clause: str, plugin: type[Any], **said: Any) -> list[str]:
    """All that is wrong, a sentence each."""
    case = type("Trial", (contract, TestCase), {"plugin": plugin, "patience": 0.3, **said})
    result = unittest.TestResult()
    patience, leftovers.PATIENCE = leftovers.PATIENCE, 0.05
    try:
        case(f"test_contract_{clause}").run(result)
    finally:
        leftovers.PATIENCE = patience
    return [_last(text) for _, text in (*result.failures, *result.errors)]


def keeps(contract: type[Any], plugin: type[Any], **said: Any) -> list[str]:
    """All that is wrong by any clause: none, of a sound component."""
    names = [name for name in dir(contract) if name.startswith("test_contract_")]
    assert len(names) > 4
    found = (problems(contract, name[14:], plugin, **said) for name in names)
    return [text for each in found for text in each]


def _last(text: str) -> str:
    lines = text.strip().splitlines()
    starts = [n for n, line in enumerate(lines) if line and not line.startswith(" ")]
    return " ".join(lines[starts[-1] :])
