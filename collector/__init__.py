"""A log collector: receivers, processors and exporters around one small core."""

from importlib.metadata import version as _version


def version() -> str:
    """The version that is installed."""
    return _version("twisted-log-collector")
