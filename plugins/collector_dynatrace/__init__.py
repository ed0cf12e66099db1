"""Dynatrace's log ingest API: its limits, its answers, a sandbox of it, an exporter to it."""
