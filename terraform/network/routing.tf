locals {
  # The single gateway is the first of the per-zone ones: going from one to the other adds or removes the rest and
  # leaves it, its address and its connections alone.
  nat_letters = var.nat_gateways == "single" ? slice(local.letters, 0, 1) : local.letters
}

resource "aws_internet_gateway" "public" {
  vpc_id = aws_vpc.network.id

  tags = { Name = var.name }
}

resource "aws_eip" "nat" {
  #checkov:skip=CKV2_AWS_19:the address belongs to a NAT gateway, which the check does not count as in use
  for_each = toset(local.nat_letters)

  domain = "vpc"

  tags = { Name = "${var.name}-nat-${each.key}" }

  depends_on = [aws_internet_gateway.public] # an address can be released only while the gateway exists
}

resource "aws_nat_gateway" "public" {
  for_each = toset(local.nat_letters)

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = { Name = "${var.name}-${each.key}" }

  depends_on = [aws_internet_gateway.public]
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.network.id

  tags = { Name = "${var.name}-public" }
}

resource "aws_route" "public_internet" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.public.id
}

resource "aws_route_table_association" "public" {
  for_each = var.zones

  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public.id
}

# A table a zone even with a single gateway, so that only the route changes when each zone gets its own.
resource "aws_route_table" "private" {
  for_each = var.zones

  vpc_id = aws_vpc.network.id

  tags = { Name = "${var.name}-private-${each.key}" }
}

resource "aws_route" "private_internet" {
  for_each = var.zones

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.public[contains(local.nat_letters, each.key) ? each.key : local.nat_letters[0]].id
}

resource "aws_route_table_association" "private" {
  for_each = var.zones

  subnet_id      = aws_subnet.private[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}

# No route but the network's own: nothing here can reach the internet or be reached from it.
resource "aws_route_table" "isolated" {
  vpc_id = aws_vpc.network.id

  tags = { Name = "${var.name}-isolated" }
}

resource "aws_route_table_association" "isolated" {
  for_each = var.zones

  subnet_id      = aws_subnet.isolated[each.key].id
  route_table_id = aws_route_table.isolated.id
}
