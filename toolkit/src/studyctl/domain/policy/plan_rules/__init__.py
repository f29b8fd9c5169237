"""Security controls that are asked of a plan, on the same interface as the rules over policies."""
