"""What a configuration comes to: everything that is needed to build the graph, checked."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from collector.component import Component, Config
from collector.inputs.options import IntakeOptions
from collector.outputs.options import OutletOptions

from .problem import Problem
from .service import ServiceConfig

if TYPE_CHECKING:
    from .trials import Trial

#: The way to the pipelines of a file.
PIPELINES = ("service", "pipelines")


@dataclass(frozen=True)
class ComponentSpec:
    """One component, ready to be made. Its configuration stays out of `repr`: it has secrets."""

    #: receivers, processors, exporters or connectors.
    section: str
    #: `type` or `type/name`.
    id: str
    #: What is installed under this name, or `module:Class`.
    type: str
    cls: builtins.type[Component[Any]]
    config: Config = field(repr=False)
    #: The core's part of the block; of exporters only.
    outlet: OutletOptions | None
    #: The same of receivers.
    intake: IntakeOptions | None
    line: int
    column: int


@dataclass(frozen=True)
class PipelineSpec:
    """Ids of components, each of which exists; processors in order."""

    #: `logs` or `logs/name`.
    id: str
    receivers: tuple[str, ...]
    processors: tuple[str, ...]
    exporters: tuple[str, ...]


@dataclass(frozen=True)
class Description:
    """A configuration without errors. Components that no pipeline names are in it too."""

    #: By section and id, in the order of the file.
    components: Mapping[tuple[str, str], ComponentSpec]
    pipelines: tuple[PipelineSpec, ...]
    service: ServiceConfig
    warnings: tuple[Problem, ...]
    #: The tests in the file; nothing but `collector test` looks at them.
    trials: tuple[Trial, ...] = ()

    @property
    def exporters(self) -> tuple[str, ...]:
        """Those that pipelines name, in their order."""
        ids = dict.fromkeys(id for pipeline in self.pipelines for id in pipeline.exporters)
        return tuple(id for id in ids if ("exporters", id) in self.components)

    @property
    def receivers(self) -> tuple[str, ...]:
        """The same of receivers."""
        ids = dict.fromkeys(id for pipeline in self.pipelines for id in pipeline.receivers)
        return tuple(id for id in ids if ("receivers", id) in self.components)

    @property
    def connectors(self) -> tuple[str, ...]:
        """The same of connectors."""
        ids = dict.fromkeys(id for pipeline in self.pipelines for id in pipeline.exporters)
        return tuple(id for id in ids if ("connectors", id) in self.components)

    @property
    def disk_queues(self) -> Mapping[str, int]:
        """The exporters of all pipelines whose queues are on the disk, with their sizes."""
        options = {id: self.components["exporters", id].outlet for id in self.exporters}
        return {
            id: outlet.queue.size
            for id, outlet in options.items()
            if outlet is not None and outlet.queue.type == "disk"
        }
