"""Put a platform on AWS and keep it there: plan, apply, release, prove, roll back."""

__version__ = "0.1.0"
