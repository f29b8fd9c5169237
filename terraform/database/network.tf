# No egress rule: a database answers and never calls.
resource "aws_security_group" "database" {
  name        = local.identifier
  description = "PostgreSQL of ${local.identifier}: only the named clients get in"
  vpc_id      = var.network.vpc_id

  tags = { Name = local.identifier }
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.clients

  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = each.value
  description                  = "PostgreSQL from ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}
