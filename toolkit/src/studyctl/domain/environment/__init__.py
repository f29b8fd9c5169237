"""What an environment is: frozen values, parsed once, that are right or do not exist."""

from studyctl.domain.environment.base import Problem
from studyctl.domain.environment.environment import Environment
from studyctl.domain.environment.parsing import InvalidEnvironment, parse_environment

__all__ = ["Environment", "InvalidEnvironment", "Problem", "parse_environment"]
