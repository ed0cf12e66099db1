"""Events that are lines of one message, joined."""
