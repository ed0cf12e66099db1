"""HTTP in: Dynatrace's log ingest API, and JSON of anybody."""
