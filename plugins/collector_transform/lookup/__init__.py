"""The processor `lookup`: columns of a table, by what an event holds."""
