"""The connectors: events to the pipelines that are for them."""
