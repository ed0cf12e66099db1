"""The processor `redact`: takes what is nobody's business out of bodies and attributes."""
