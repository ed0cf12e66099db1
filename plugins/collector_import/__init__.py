"""The command `collector import`: configurations of the OpenTelemetry Collector, made ours."""
