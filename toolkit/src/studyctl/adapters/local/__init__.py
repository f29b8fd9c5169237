"""Real servers as processes of this machine, on 127.0.0.1: the only room that may start them.

`Server(program)` starts, finds and stops one; a program is a frozen value that says how its server is started, when it
is ready and where it keeps its data.
"""
