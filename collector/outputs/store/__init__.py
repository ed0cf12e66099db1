"""The durable store under a disk queue: requests in one SQLite file. Synchronous, one thread."""
