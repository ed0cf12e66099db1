"""Bytes out: gathering, encoding, queueing, sending and settling."""
