"""GitHub as far as our workflows need it: a hosting side, a runner, stand-ins for the actions of others."""
