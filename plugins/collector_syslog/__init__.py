"""Syslog: RFC 3164 and RFC 5424, and what senders make of them, into events."""
