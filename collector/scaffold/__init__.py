"""What `collector new-plugin` writes."""
