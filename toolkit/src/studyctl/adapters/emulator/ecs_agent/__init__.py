"""ECS that runs: task definitions become processes of this machine, and deployments really take place.

What is decided is decided by pure functions over frozen values (`rollout`, `placement`, `target_health`, `alarms`,
`tracking`, ...); `agent` is the loop that looks, asks them, and does what they say. `bridge` holds everything that
touches moto's objects.
"""
