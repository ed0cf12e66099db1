"""Actions on attributes: the processors `attributes` and `resource`."""
