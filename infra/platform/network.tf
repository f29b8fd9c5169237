module "network" {
  source = "../../terraform/network"

  name              = local.name
  cidr              = var.network.cidr
  zones             = var.network.zones
  nat_gateways      = var.network.nat_gateways
  private_endpoints = var.network.private_endpoints
  flow_logs         = local.logs

  permissions_boundary_arn = local.boundary_arn
}

resource "aws_route53_zone" "public" {
  #checkov:skip=CKV2_AWS_38:a signed zone fails for everybody until its parent publishes the DS record, and the parent is not ours
  #checkov:skip=CKV2_AWS_39:the public names are few and the same for everybody; who asks for them tells nothing
  for_each = var.domain.hosted_zone_id == null ? toset(["created"]) : toset([])
  name     = var.domain.name
  comment  = "Delegate ${var.domain.name} to this zone's name servers."
}

locals {
  zone_id = var.domain.hosted_zone_id != null ? var.domain.hosted_zone_id : aws_route53_zone.public["created"].zone_id

  # The balancer answers under the public name itself, unless a CDN stands in front of it.
  balancer_domain = local.has_edge ? "origin.${var.domain.name}" : var.domain.name
}
