locals {
  tags = {
    Project    = var.account.project
    Owner      = var.account.owner
    CostCenter = var.account.cost_center
    Purpose    = "terraform-state"
  }
  max_retries = 10 # as in infra/platform: an end to what AWS does not serve
}

provider "aws" {
  region              = var.account.region
  allowed_account_ids = [var.account.id]
  max_retries         = local.max_retries

  default_tags {
    tags = local.tags
  }
}

# Where state, ledger and images outlive the loss of the region; nothing is there when no environment keeps copies.
provider "aws" {
  alias               = "backup"
  region              = local.has_copies ? local.copy_region : var.account.region
  allowed_account_ids = [var.account.id]
  max_retries         = local.max_retries

  default_tags {
    tags = local.tags
  }
}
