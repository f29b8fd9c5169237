"""What every test here shares."""

from hypothesis import settings

# A loaded machine is no failure: properties are about results, and how long a run takes is judged elsewhere.
settings.register_profile("here", deadline=None)
settings.load_profile("here")
