# The address of the database. Nodes come and go; clients keep talking to this
# interface, which the current node attaches as its second one. The name therefore
# never changes its answer, and no node needs the right to write to DNS.
resource "aws_network_interface" "address" {
  description     = "Address of ${local.identifier}"
  subnet_id       = local.subnet.id
  security_groups = [aws_security_group.database.id]

  tags = { Name = local.identifier }

  lifecycle {
    # Attached by the node itself.
    ignore_changes = [attachment]
  }
}

resource "aws_service_discovery_service" "node" {
  name = "vector-db"

  dns_config {
    namespace_id   = var.namespace.id
    routing_policy = "MULTIVALUE"

    dns_records {
      type = "A"
      ttl  = 60
    }
  }
}

resource "aws_service_discovery_instance" "node" {
  service_id  = aws_service_discovery_service.node.id
  instance_id = "vector-db"
  attributes  = { AWS_INSTANCE_IPV4 = aws_network_interface.address.private_ip }
}

# On the address: clients in, nothing out.
resource "aws_security_group" "database" {
  name        = local.identifier
  description = "Qdrant ${local.identifier}: only the named clients get in"
  vpc_id      = var.network.vpc_id

  tags = { Name = local.identifier }
}

resource "aws_vpc_security_group_ingress_rule" "client" {
  for_each = var.clients

  security_group_id            = aws_security_group.database.id
  referenced_security_group_id = each.value
  description                  = "Qdrant HTTPS and gRPC from ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = local.http_port
  to_port                      = local.grpc_port
}

# On the node's own interface: nothing in, HTTPS out.
resource "aws_security_group" "node" {
  name        = "${local.identifier}-node"
  description = "Node of ${local.identifier}: no way in, HTTPS out"
  vpc_id      = var.network.vpc_id

  tags = { Name = "${local.identifier}-node" }
}

resource "aws_vpc_security_group_egress_rule" "https" {
  security_group_id = aws_security_group.node.id
  description       = "HTTPS to AWS and to the download of Qdrant"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}
