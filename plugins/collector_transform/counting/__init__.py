"""Events counted by key, in intervals: what repeats, and what is too much."""
