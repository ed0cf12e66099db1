"""The contracts of `collector.testing`: what every component keeps, by its kind."""
