"""The loss of a region: what could be had again elsewhere, what takes the environment's place, what a drill found."""
