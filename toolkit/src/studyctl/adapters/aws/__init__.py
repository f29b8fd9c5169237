"""AWS through boto3, which nothing outside this package imports."""
