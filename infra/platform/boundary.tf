# What any role of this environment may do at most. People make it with infra/bootstrap; what deploys can only read it, and can
# make no role without it. It is read and not named, so that plans show it: proofs count what the account really has.
data "aws_partition" "current" {}

data "aws_iam_policy" "boundary" {
  arn = "arn:${data.aws_partition.current.partition}:iam::${var.environment.account_id}:policy/boundaries/${local.name}-workloads"
}

locals {
  boundary_arn = data.aws_iam_policy.boundary.arn
}
