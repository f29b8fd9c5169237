data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  letters = sort(keys(var.zones))
}

resource "aws_vpc" "network" {
  cidr_block           = var.cidr
  enable_dns_support   = true
  enable_dns_hostnames = true # interface endpoints and private names need it

  tags = { Name = var.name }

  lifecycle {
    precondition {
      condition     = length(local.misplaced_subnets) == 0
      error_message = "Subnets must lie inside cidr and be /28 or larger. These do not: ${join(", ", local.misplaced_subnets)}."
    }

    precondition {
      condition     = length(local.overlapping_subnets) == 0
      error_message = "Every tier of every zone needs a range of its own. These overlap: ${join(", ", local.overlapping_subnets)}."
    }
  }
}

# What is created without naming a group or an ACL lands in these two, so they let nothing through.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.network.id

  tags = { Name = "${var.name}-default-closed" }
}

resource "aws_default_network_acl" "closed" {
  default_network_acl_id = aws_vpc.network.default_network_acl_id

  tags = { Name = "${var.name}-default-closed" }

  lifecycle {
    # AWS moves a subnet here while its own ACL is being exchanged.
    ignore_changes = [subnet_ids]
  }
}
