"""Dead letters: lines of JSON in a few files for each component."""
