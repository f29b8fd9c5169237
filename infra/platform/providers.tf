locals {
  tags = {
    Project     = var.environment.project
    Environment = var.environment.name
    Owner       = var.environment.owner
    CostCenter  = var.environment.cost_center
  }
}

provider "aws" {
  region              = var.environment.region
  allowed_account_ids = [var.environment.account_id]

  default_tags {
    tags = local.tags
  }
}

# CloudFront reads its certificate and web ACL from us-east-1 only, and Cost Explorer answers only there.
provider "aws" {
  alias               = "global"
  region              = "us-east-1"
  allowed_account_ids = [var.environment.account_id]

  default_tags {
    tags = local.tags
  }
}

# Where copies live that must survive the loss of the region.
provider "aws" {
  alias               = "backup"
  region              = var.environment.backup_region
  allowed_account_ids = [var.environment.account_id]

  default_tags {
    tags = local.tags
  }
}
