"""What each role needs, in plain words, and proofs that it is granted that and nothing else."""
