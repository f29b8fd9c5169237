provider "aws" {
  region              = var.account.region
  allowed_account_ids = [var.account.id]

  default_tags {
    tags = {
      Project    = var.account.project
      Owner      = var.account.owner
      CostCenter = var.account.cost_center
      Purpose    = "terraform-state"
    }
  }
}
