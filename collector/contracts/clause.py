"""What all contracts have in common: how a component is made, and how a fault is told."""

from __future__ import annotations

import functools
import re
import socket
import traceback
import unittest
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from ..component import Component
from ..context import Context
from ..faults import summary
from ..stand_ins import context
from ..tasks import spawn
from .documented import undocumented
from .leftovers import Leftovers

S = TypeVar("S")
#: A port that the kernel picks, in a configuration.
_ANY_PORT = re.compile(r":0(?=/|$)")


def in_reactor(clause: Callable[[S], Awaitable[None]]) -> Callable[[S], Deferred[None]]:
    """A test that is a coroutine: it runs as a Task, and must leave nothing in the reactor."""

    @functools.wraps(clause)
    def run(self: S) -> Deferred[None]:
        async def body() -> None:
            from twisted.internet import reactor

            case: Any = self
            who = getattr(case, "plugin", type(case)).__name__
            leftovers = Leftovers(reactor)
            try:
                await clause(self)
            except (AssertionError, unittest.SkipTest):
                raise
            except Exception as e:  # noqa: BLE001 whatever it is, it is the plugin's
                case.fail(
                    f"{who}: it raised {type(e).__name__}: {e}, where nobody catches it: "
                    f"{_where(e)}"
                )
            left = await leftovers.found()
            if left:
                case.fail(
                    f"{who}: after stop() there is still {', '.join(left)}: cancel, close and "
                    "await in stop() what start() and what came after it have begun"
                )

        return spawn(body())

    return run


def _where(error: Exception) -> str:
    """The line that raised."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"line {last.lineno} of {last.filename}, in {last.name}"


class Contract:
    """What the contracts ask of the TestCase they are mixed into."""

    #: The component's class.
    plugin: ClassVar[type[Component[Any]]]
    #: Its configuration, as it stands in a file. `setUp` may set one that a test makes.
    config: Mapping[str, Any] = {}
    #: Seconds for a clause.
    timeout = 20
    kind: ClassVar[str]

    addCleanup: Any
    fail: Any
    flushLoggedErrors: Any

    def make(self, reactor: Any = None, **given: Any) -> Any:
        """A new component, not started; `given` goes into its `context`. For each test."""
        return self.made(self.config, context(self.kind, reactor=reactor, **given))

    def made(self, config: Mapping[str, Any], context: Context) -> Any:
        """The component of a configuration. Override where its class is not all it takes."""
        return self.plugin(self.plugin.config_type.model_validate(config), context)

    def hold(self, kept: Any, fault: str) -> None:
        """Fail with a sentence that names the fault, unless the rule was kept."""
        if not kept:
            self.fail(f"{self.plugin.__name__}: {fault}")

    def none(self, faults: Iterable[str]) -> None:
        """Fail with all faults that were found."""
        found = list(dict.fromkeys(faults))
        self.hold(not found, "; ".join(found))

    def _raised(self, said_of: Callable[[Failure], str] = Failure.getErrorMessage) -> str:
        """What was logged as raised until now, each once."""
        return "; ".join(dict.fromkeys(map(said_of, self.flushLoggedErrors())))

    def check_log(self) -> None:
        """Nothing raised where the core had to catch it."""
        said = self._raised(summary)
        self.hold(not said, f"it raised where it must not, which was logged: {said}")

    def check_counters(self, component: Component[Any]) -> None:
        """Every counter a component used is described."""
        metrics = component.context.metrics
        used = {name for name, _ in metrics.counts if name.startswith(f"{self.kind}_")}
        missing = sorted(name.partition("_")[2] for name in used - set(metrics.helps))
        self.hold(not missing, f"it counts {missing} and says in `counters` nothing of them")

    def test_contract_configuration_is_documented(self) -> None:
        """Each key has its description, and a type that says its unit."""
        self.none(undocumented(self.plugin.config_type))

    def test_contract_counters_are_described(self) -> None:
        """Each says what it counts."""
        empty = sorted(name for name, said in self.plugin.counters.items() if not said.strip())
        self.hold(not empty, f"`counters` says nothing of {empty}: say what each counts")


def with_free_ports(config: Any) -> Any:
    """The same configuration with a port of its own wherever the kernel would pick one."""
    return with_texts(config, lambda text: _ANY_PORT.sub(f":{_free_port()}", text))


def with_texts(config: Any, changed: Callable[[str], str]) -> Any:
    """The same configuration with each of its texts changed."""
    if isinstance(config, Mapping):
        return {key: with_texts(value, changed) for key, value in config.items()}
    if isinstance(config, list | tuple):
        return [with_texts(value, changed) for value in config]
    return changed(config) if isinstance(config, str) else config


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
