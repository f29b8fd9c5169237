"""The outside world: terraform, AWS, files, the emulator. Each awkward library is known to one room."""
