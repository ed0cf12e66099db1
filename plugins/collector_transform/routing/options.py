"""What may be said of the connector `routing`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator, model_validator

from collector.api import Config

from ..program import ErrorMode
from .table import Entry, Table, table

Pipelines = Annotated[tuple[str, ...], Field(min_length=1)]


class RouteOptions(Config):
    """Pipelines, and the condition of the events that go there."""

    #: Whose paths these are where they do not say it.
    context: Literal["log", "resource"] = "resource"
    #: An OTTL condition, such as `severity_number >= SEVERITY_NUMBER_ERROR`.
    condition: str | None = None
    #: The older spelling of it, in its place, such as `route() where attributes["team"] == "db"`.
    statement: str | None = None
    #: The pipelines of the events for which it is true, such as `[logs/errors]`.
    pipelines: Pipelines
    #: `move`: what goes there goes nowhere else. `copy`: the routes below are asked too.
    action: Literal["move", "copy"] = "move"

    @field_validator("context", mode="before")
    @classmethod
    def _of_the_event(cls, context: Any) -> Any:
        if context == "request":
            raise ValueError("request is not here: events keep nothing of their request's headers")
        return context

    @model_validator(mode="after")
    def _has_one(self) -> RouteOptions:
        if (self.condition is None) == (self.statement is None):
            raise ValueError("expected a condition, or a statement such as route() where ...")
        return self


class RoutingConfig(Config):
    """Routes, asked in their order."""

    #: Routes, asked in their order.
    table: Annotated[tuple[RouteOptions, ...], Field(max_length=100)]
    #: Pipelines for what no route has moved, such as `[logs/rest]`. Without any it is dropped, and
    #: counted with the reason `not_routed`.
    default_pipelines: tuple[str, ...] = ()
    #: What an event does on which a condition fails. With `ignore` and `silent` it goes to the
    #: default pipelines, with `propagate` nowhere, counted as above.
    error_mode: ErrorMode = "ignore"

    @field_validator("table")
    @classmethod
    def _some(cls, routes: tuple[RouteOptions, ...]) -> tuple[RouteOptions, ...]:
        if not routes:  # pydantic's own bound counts the valid ones
            raise ValueError("expected a route, which has a condition and pipelines")
        return routes

    @model_validator(mode="after")
    def _readable(self) -> RoutingConfig:
        self.compiled()
        return self

    def compiled(self) -> Table:
        """The table, ready to run. Raises Misread."""
        entries = [
            Entry(
                ("table", n, "condition" if route.statement is None else "statement"),
                route.condition or route.statement or "",
                route.context,
                route.pipelines,
                moves=route.action == "move",
            )
            for n, route in enumerate(self.table)
        ]
        return table(entries, self.default_pipelines, self.error_mode)
