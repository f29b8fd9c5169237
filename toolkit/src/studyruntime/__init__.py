"""What every service of the platform is built on: the same code on a laptop and in the cloud, chosen by variables."""
