"""The section `service` and the extensions: telemetry and health become ours."""

from __future__ import annotations

from .entries import Block, Entry, Scalar
from .extensions import EXTENSIONS, OTHERS
from .references import is_reference

_HERE = "127.0.0.1"
_ADMIN = "metrics, health and the status page are there; other machines need an admin.token, too"
_LEVELS = ("debug", "info", "warn", "error")
_FORMATS = {"json": "json", "console": "text"}


def convert(root: Block) -> None:
    """Change `service`, and leave the extensions out."""
    service = root.find("service")
    assert service is not None
    port = _metrics_port(service.block) or _health_port(root)
    telemetry = service.block.find("telemetry")
    at = service.block.entries.index(telemetry) if telemetry else 0
    if telemetry is not None:
        _telemetry(service.block, telemetry)
    if port and not service.block.find("admin"):
        address = Entry("endpoint", Scalar(f"{_HERE}:{port}"))
        admin = Entry("admin", Block(entries=[address]), service.line)
        admin.change(_ADMIN)
        service.block.entries.insert(at, admin)
    listed = service.block.find("extensions")
    if listed is not None:
        listed.leave_out(OTHERS)
    _leave_extensions(root)


def _telemetry(service: Block, telemetry: Entry) -> None:
    logs = telemetry.block.block("logs")
    level, encoding = logs.text("level").lower(), logs.text("encoding").lower()
    known = level if level in _LEVELS else ""
    if is_reference(logs.text("level")):
        known = logs.text("level")
    said = {"level": known, "format": _FORMATS.get(encoding, "")}
    below = [Entry(key, Scalar(value)) for key, value in said.items() if value]
    if below:
        at = service.entries.index(telemetry)
        service.entries.insert(at, Entry("log", Block(flow=True, entries=below)))
    carried = [
        theirs for theirs, ours in (("level", "level"), ("encoding", "format")) if said[ours]
    ]
    kept = f"logs ({', '.join(carried)}) is service.log here, " if below else ""
    metrics = "metrics are at service.admin, and " if telemetry.block.find("metrics") else ""
    telemetry.leave_out(f"{kept}{metrics}the collector sends nothing of its own elsewhere")


def _metrics_port(service: Block) -> str:
    """Where Prometheus asks, by either spelling."""
    metrics = service.block("telemetry", "metrics")
    for reader in metrics.block("readers").carried():
        port = reader.block.text("pull", "exporter", "prometheus", "port")
        if port.isdigit():
            return port
    return _port(metrics.text("address"))


def _health_port(root: Block) -> str:
    """Where probes ask; 13133 where it is not said."""
    named = root.block("service", "extensions").texts()
    for entry in root.block("extensions").carried():
        if entry.key in named and entry.key.partition("/")[0].startswith("health"):
            return _port(entry.block.text("endpoint") or ":13133")
    return ""


def _port(address: str) -> str:
    """Empty where it comes from the environment."""
    port = address.rpartition(":")[2]
    return port if port.isdigit() else ""


def _leave_extensions(root: Block) -> None:
    section = root.find("extensions")
    if section is None:
        return
    for entry in section.block.carried():
        type_ = (entry.key or "").partition("/")[0]
        entry.leave_out(EXTENSIONS.get(type_, OTHERS))
    section.fold()
