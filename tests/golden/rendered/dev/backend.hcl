# Rendered from the environment's spec; change that instead.
bucket              = "study-state-123456789012-us-east-1"
key                 = "environments/dev/platform.tfstate"
region              = "us-east-1"
encrypt             = true
use_lockfile        = true
allowed_account_ids = ["123456789012"]
