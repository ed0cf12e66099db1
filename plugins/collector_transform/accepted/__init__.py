"""Processors of OpenTelemetry whose work the core does."""
