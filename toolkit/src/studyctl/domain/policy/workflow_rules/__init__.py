"""Rules over the pipeline's own files, for what zizmor and checkov do not see."""
