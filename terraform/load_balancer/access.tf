resource "aws_security_group" "balancer" {
  name_prefix = "${var.name}-balancer-"
  description = "Public load balancer of ${var.name}"
  vpc_id      = var.network.vpc_id

  tags = { Name = "${var.name}-balancer" }

  # A load balancer cannot be without a group: put the new one in first.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_vpc_security_group_ingress_rule" "world" {
  #checkov:skip=CKV_AWS_260:port 80 only answers with a redirect to HTTPS
  for_each = var.ingress == "world" ? { https = 443, http = 80 } : {}

  security_group_id = aws_security_group.balancer.id
  description       = each.key == "https" ? "HTTPS from anyone" : "HTTP from anyone, answered with a redirect to HTTPS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = each.value
  to_port           = each.value
}

data "aws_ec2_managed_prefix_list" "cdn" {
  count = var.ingress == "cdn" ? 1 : 0

  name = "com.amazonaws.global.cloudfront.origin-facing"
}

# Port 443 alone: the CDN speaks HTTPS to its origins, and the list counts as 55
# of the 60 rules that a group may have, so port 80 would not fit beside it.
resource "aws_vpc_security_group_ingress_rule" "cdn" {
  count = var.ingress == "cdn" ? 1 : 0

  security_group_id = aws_security_group.balancer.id
  description       = "HTTPS from the origin-facing addresses of CloudFront" # EC2 refuses an apostrophe here
  prefix_list_id    = data.aws_ec2_managed_prefix_list.cdn[0].id
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

# Health checks use the traffic port, so these rules are all a target needs.
resource "aws_vpc_security_group_egress_rule" "targets" {
  for_each = toset([for port in distinct(values(var.target_groups)[*].port) : tostring(port)])

  security_group_id = aws_security_group.balancer.id
  description       = "Requests and health checks to targets on port ${each.key}"
  cidr_ipv4         = var.network.cidr
  ip_protocol       = "tcp"
  from_port         = tonumber(each.key)
  to_port           = tonumber(each.key)
}
