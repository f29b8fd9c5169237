provider "aws" {
  region              = var.account.region
  allowed_account_ids = [var.account.id]
  max_retries         = 10 # as in infra/platform: an end to what AWS does not serve

  default_tags {
    tags = {
      Project    = var.account.project
      Owner      = var.account.owner
      CostCenter = var.account.cost_center
      Purpose    = "terraform-state"
    }
  }
}
