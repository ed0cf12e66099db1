"""What Fluent Bit's and Fluentd's kubernetes filters put into a record, as resource attributes.

The names are OpenTelemetry's: https://opentelemetry.io/docs/specs/semconv/resource/k8s/
"""

from __future__ import annotations

from typing import Any

from collector.api import Resource

#: The key of that map.
KUBERNETES = "kubernetes"

_NAMES = {
    "namespace_name": "k8s.namespace.name",
    "namespace_id": "k8s.namespace.uid",
    "pod_name": "k8s.pod.name",
    "pod_id": "k8s.pod.uid",
    "pod_ip": "k8s.pod.ip",
    "host": "k8s.node.name",
    "container_name": "k8s.container.name",
    "container_image": "container.image.name",
    "container_image_id": "container.image.id",
    "docker_id": "container.id",
}
#: Maps whose keys are the users'.
_PREFIXES = {
    "labels": "k8s.pod.label.",
    "annotations": "k8s.pod.annotation.",
    "namespace_labels": "k8s.namespace.label.",
    "namespace_annotations": "k8s.namespace.annotation.",
}
#: Pods of a connection that are remembered.
_MOST = 1024
_NONE: tuple[dict[str, Any] | None, Resource] = (None, Resource({}))


class Pods:
    """One `Resource` for all records of a container, which exporters look at once."""

    def __init__(self, peer: Resource) -> None:
        self._peer = peer
        self._known: dict[tuple[Any, ...], tuple[dict[str, Any], Resource]] = {}

    def resource(self, said: dict[str, Any]) -> Resource:
        """The peer's resource and what the map says, which is not to be changed afterwards."""
        key = (said.get("pod_name"), said.get("container_name"), said.get("namespace_name"))
        try:
            known, resource = self._known.get(key, _NONE)
        except TypeError:  # a list where a name should be
            return self._made(said)
        if known is said:  # `Shapes` gives the same map again; to compare it costs 0.15 us more
            return resource
        if known != said:
            resource = self._made(said)
            if len(self._known) >= _MOST:
                self._known.clear()
        self._known[key] = said, resource
        return resource

    def _made(self, said: dict[str, Any]) -> Resource:
        attributes = dict(self._peer.attributes)
        for key, value in said.items():
            prefix = _PREFIXES.get(key)
            if prefix is not None and isinstance(value, dict):
                attributes.update((prefix + name, inner) for name, inner in value.items())
            else:
                attributes[_NAMES.get(key) or f"kubernetes.{key}"] = value
        return Resource(attributes)
