"""The platform on one machine: what it is made of, and what each part is told."""
