"""The server side of the log ingest API, without I/O: a request's parts in, records out."""
