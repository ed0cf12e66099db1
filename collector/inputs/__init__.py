"""Bytes in: sockets, framing, and gathering reads into batches."""
