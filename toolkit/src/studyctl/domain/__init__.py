"""Pure values and decisions: no file, no network, no clock but the one handed in."""
