locals {
  tags = {
    Project     = var.environment.project
    Environment = var.environment.name
    Owner       = var.environment.owner
    CostCenter  = var.environment.cost_center
  }

  # The first call is counted too. With backoff, ten last 4 to 8 minutes: longer than AWS throttles a large apply, and an
  # end to one that AWS does not serve. The provider's own 25 would go on for most of an hour.
  max_retries = 10
}

provider "aws" {
  region              = var.environment.region
  allowed_account_ids = [var.environment.account_id]
  max_retries         = local.max_retries

  default_tags {
    tags = local.tags
  }
}

# CloudFront reads its certificate and web ACL from us-east-1 only, and Cost Explorer answers only there.
provider "aws" {
  alias               = "global"
  region              = "us-east-1"
  allowed_account_ids = [var.environment.account_id]
  max_retries         = local.max_retries

  default_tags {
    tags = local.tags
  }
}

# Where copies live that must survive the loss of the region.
provider "aws" {
  alias               = "backup"
  region              = var.environment.backup_region
  allowed_account_ids = [var.environment.account_id]
  max_retries         = local.max_retries

  default_tags {
    tags = local.tags
  }
}
