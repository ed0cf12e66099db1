"""OpenTelemetry's processor `redaction`."""
