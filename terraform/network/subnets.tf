# Arithmetic for the network's preconditions. A variable's own validation may not lead back to the variable by locals.
locals {
  subnets = flatten([for zone in var.zones : [
    for cidr in values(zone) : {
      cidr    = cidr
      address = split("/", cidr)[0]
      prefix  = try(tonumber(split("/", cidr)[1]), 32)
    }
  ]])

  cidr_prefix = try(tonumber(split("/", var.cidr)[1]), 32)

  misplaced_subnets = [
    for subnet in local.subnets : subnet.cidr
    if subnet.prefix > 28 || subnet.prefix < local.cidr_prefix ||
    try(cidrhost("${subnet.address}/${local.cidr_prefix}", 0) != cidrhost(var.cidr, 0), false)
  ]

  # Two ranges overlap exactly when they are one range at the shorter of their prefixes.
  overlapping_subnets = distinct(flatten([
    for i, one in local.subnets : [
      for j, other in local.subnets : one.cidr
      if i != j && try(
        cidrhost("${one.address}/${min(one.prefix, other.prefix)}", 0) == cidrhost("${other.address}/${min(one.prefix, other.prefix)}", 0),
        false
      )
    ]
  ]))
}

# Three tiers a zone. In none of them is a public address given unasked: load balancer and NAT bring their own.
resource "aws_subnet" "public" {
  for_each = var.zones

  vpc_id                  = aws_vpc.network.id
  availability_zone       = "${local.region}${each.key}"
  cidr_block              = each.value.public
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-public-${each.key}" }
}

resource "aws_subnet" "private" {
  for_each = var.zones

  vpc_id                  = aws_vpc.network.id
  availability_zone       = "${local.region}${each.key}"
  cidr_block              = each.value.private
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_subnet" "isolated" {
  for_each = var.zones

  vpc_id                  = aws_vpc.network.id
  availability_zone       = "${local.region}${each.key}"
  cidr_block              = each.value.isolated
  map_public_ip_on_launch = false

  tags = { Name = "${var.name}-isolated-${each.key}" }
}
