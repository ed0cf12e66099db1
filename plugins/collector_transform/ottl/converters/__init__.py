"""OTTL's converters: values in, a value out."""
