"""Fluent Forward: what Fluent Bit, Fluentd and their client libraries send, into events."""
