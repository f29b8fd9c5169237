"""What users ask for over HTTP."""
