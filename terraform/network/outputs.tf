output "network" {
  description = "Everything a workload needs to join this network. Lists are in the order of the zones' letters."
  value = {
    vpc_id = aws_vpc.network.id
    cidr   = aws_vpc.network.cidr_block

    public_subnet_ids   = [for letter in local.letters : aws_subnet.public[letter].id]
    private_subnet_ids  = [for letter in local.letters : aws_subnet.private[letter].id]
    isolated_subnet_ids = [for letter in local.letters : aws_subnet.isolated[letter].id]

    private_subnets = {
      for letter, subnet in aws_subnet.private : letter => { id = subnet.id, availability_zone = subnet.availability_zone }
    }

    endpoints_security_group_id = one(aws_security_group.endpoints[*].id)
    s3_prefix_list_id           = aws_vpc_endpoint.s3.prefix_list_id

    nat_gateway_ids     = { for letter, gateway in aws_nat_gateway.public : letter => gateway.id }
    nat_public_ips      = { for letter, address in aws_eip.nat : letter => address.public_ip }
    flow_log_group_name = aws_cloudwatch_log_group.flow.name
  }
}
