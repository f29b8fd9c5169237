# No egress rule: a cache answers and never calls.
resource "aws_security_group" "cache" {
  name        = local.identifier
  description = "Cache ${local.identifier}: only the named clients get in"
  vpc_id      = var.network.vpc_id

  tags = { Name = local.identifier }
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.clients

  security_group_id            = aws_security_group.cache.id
  referenced_security_group_id = each.value
  description                  = "Cache from ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}
