# One ACL a tier, the coarse wall behind the security groups. ACLs keep no connection state, so the way back of every
# permitted connection, to the caller's ephemeral port, is a rule of its own. All rules are TCP: the VPC resolver and
# time service pass no ACL, and nothing here speaks UDP.
locals {
  world = "0.0.0.0/0"

  # The load balancer and NAT use every port from 1024 up as their own. RDP's is left out on the way in, as no rule may
  # open it to the world; the price is that one in 64,000 NAT connections gets that port and has to be retried.
  ephemeral_but_rdp = [{ from = 1024, to = 3388 }, { from = 3390, to = 65535 }]

  # Linux picks its own ports from this range; tasks and instances call nothing from outside it.
  linux_ephemeral = { from = 32768, to = 60999 }
  unprivileged    = { from = 1024, to = 65535 }

  outbound = [for port in sort([for port in var.outbound_ports : format("%05d", port)]) : { from = tonumber(port), to = tonumber(port) }]
  web      = [{ from = 80, to = 80 }, { from = 443, to = 443 }]

  private_cidrs  = [for letter in local.letters : var.zones[letter].private]
  isolated_cidrs = [for letter in local.letters : var.zones[letter].isolated]

  # Lists of { cidr, from, to }; a rule's place in its list gives its number.
  acl_rules = {
    public = {
      ingress = concat(
        [for ports in concat(local.web, local.ephemeral_but_rdp) : merge(ports, { cidr = local.world })],
        # tasks on their way out through NAT
        [for ports in local.outbound : merge(ports, { cidr = var.cidr }) if !contains([80, 443], ports.from)],
      )
      egress = concat(
        # answers to visitors, calls to targets, answers to tasks behind NAT
        [merge(local.unprivileged, { cidr = local.world })],
        [for ports in local.outbound : merge(ports, { cidr = local.world })],
      )
    }
    private = {
      ingress = [
        { cidr = var.cidr, from = 443, to = 443 }, # interface endpoints
        merge(local.unprivileged, { cidr = var.cidr }),
        merge(local.linux_ephemeral, { cidr = local.world }),
      ]
      egress = concat(
        [for ports in local.outbound : merge(ports, { cidr = local.world })],
        [{ cidr = var.cidr, from = 443, to = 443 }],
        [merge(local.unprivileged, { cidr = var.cidr })],
      )
    }
    # Spoken to by the private tier and by itself only: a hole in the public tier does not lead here.
    isolated = {
      ingress = [for cidr in concat(local.private_cidrs, local.isolated_cidrs) : merge(local.unprivileged, { cidr = cidr })]
      egress  = [for cidr in concat(local.private_cidrs, local.isolated_cidrs) : merge(local.unprivileged, { cidr = cidr })]
    }
  }

  acl_subnets = {
    public   = aws_subnet.public
    private  = aws_subnet.private
    isolated = aws_subnet.isolated
  }
}

resource "aws_network_acl" "tier" {
  for_each = local.acl_rules

  vpc_id     = aws_vpc.network.id
  subnet_ids = [for subnet in local.acl_subnets[each.key] : subnet.id]

  dynamic "ingress" {
    for_each = each.value.ingress

    content {
      rule_no    = 100 + 10 * ingress.key
      action     = "allow"
      protocol   = "tcp"
      cidr_block = ingress.value.cidr
      from_port  = ingress.value.from
      to_port    = ingress.value.to
    }
  }

  dynamic "egress" {
    for_each = each.value.egress

    content {
      rule_no    = 100 + 10 * egress.key
      action     = "allow"
      protocol   = "tcp"
      cidr_block = egress.value.cidr
      from_port  = egress.value.from
      to_port    = egress.value.to
    }
  }

  tags = { Name = "${var.name}-${each.key}" }
}
