"""Which version of the application this is, for whoever decides whether it can work with a shape of the database.

It is raised with every release whose code needs another shape than the one before; a contract names the first version
that survives it (MIN_APP_VERSION in its module).
"""

APP_VERSION = "1.0.0"
