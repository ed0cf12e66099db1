"""Components for trying things out: generated events in; a terminal, a file or nothing out."""
