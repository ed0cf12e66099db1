"""OTTL's log context: text in, one Python function over a batch of events out."""
