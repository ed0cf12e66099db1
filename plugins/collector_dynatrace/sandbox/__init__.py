"""A local stand-in for Dynatrace's log ingest endpoint, for trying out and for tests."""
