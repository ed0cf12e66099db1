"""The process: graph, service, administration and command line."""
