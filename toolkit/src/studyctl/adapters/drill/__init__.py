"""The data that a drill copies and restores: as they are behind the emulator's endpoints, with real programs."""
