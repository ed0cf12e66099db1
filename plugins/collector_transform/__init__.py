"""Filters, transforms and routes, written in the OpenTelemetry Transformation Language."""
