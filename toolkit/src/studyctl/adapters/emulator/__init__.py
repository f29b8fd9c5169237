"""An AWS emulator on this machine: moto's server in a process of its own, plus what it lacks.

`process` starts, finds and stops it and is cheap to import; everything that imports moto is behind `server`.
"""
