"""OTLP: logs from every OpenTelemetry SDK and collector, and to any that takes them."""
