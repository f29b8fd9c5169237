mock_provider "aws" {
  mock_data "aws_caller_identity" {
    defaults = { account_id = "123456789012" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws" }
  }
  mock_data "aws_region" {
    defaults = { id = "eu-west-1" }
  }
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{}" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:123456789012:log-group:flow" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/flow-logs" }
  }
}

variables {
  name = "study-test"
  cidr = "10.9.0.0/16"
  zones = {
    a = { public = "10.9.1.0/24", private = "10.9.11.0/24", isolated = "10.9.21.0/24" }
    b = { public = "10.9.2.0/24", private = "10.9.12.0/24", isolated = "10.9.22.0/24" }
    c = { public = "10.9.3.0/24", private = "10.9.13.0/24", isolated = "10.9.23.0/24" }
  }
  flow_logs = { kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/logs" }
}

run "one_gateway_and_private_endpoints" {
  command = apply

  variables {
    nat_gateways      = "single"
    outbound_ports    = [443, 587]
    private_endpoints = ["ecr.api", "ecr.dkr", "kms", "logs", "secretsmanager", "sqs", "ssm"]
  }

  assert {
    condition     = keys(aws_nat_gateway.public) == ["a"] && keys(aws_eip.nat) == ["a"]
    error_message = "The single gateway must have the key it would have with one a zone, or switching recreates it."
  }

  assert {
    condition     = keys(aws_route_table.private) == ["a", "b", "c"] && keys(aws_route.private_internet) == ["a", "b", "c"]
    error_message = "Each zone must keep a route table of its own with a default route."
  }

  assert {
    condition = (
      contains([for rule in local.acl_rules.private.egress : "${rule.cidr} ${rule.from}"], "0.0.0.0/0 587") &&
      contains([for rule in local.acl_rules.public.ingress : "${rule.cidr} ${rule.from}"], "10.9.0.0/16 587") &&
      contains([for rule in local.acl_rules.public.egress : "${rule.cidr} ${rule.from}"], "0.0.0.0/0 587")
    )
    error_message = "An outbound port passes three walls: out of private, into public, out of public."
  }

  assert {
    condition     = length(aws_vpc_endpoint.interface) == 7 && alltrue([for endpoint in aws_vpc_endpoint.interface : endpoint.private_dns_enabled])
    error_message = "Each listed service gets an endpoint under its usual name."
  }

  assert {
    condition = alltrue(flatten([
      for document in data.aws_iam_policy_document.interface_door : [
        for statement in document.statement : contains(statement.condition[*].variable, "aws:PrincipalAccount") && !contains(statement.actions, "*")
      ]
    ]))
    error_message = "Every endpoint policy must name its calls and hold principals to this account."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.endpoints_https[0].cidr_ipv4 == "10.9.0.0/16" && aws_vpc_security_group_ingress_rule.endpoints_https[0].from_port == 443
    error_message = "Endpoints take HTTPS from inside the network only."
  }
}

# Runs on the state of the run before: what it keeps, it keeps by the same identity.
run "a_gateway_in_each_zone_by_default" {
  command = apply

  assert {
    condition     = keys(aws_nat_gateway.public) == ["a", "b", "c"] && keys(aws_eip.nat) == ["a", "b", "c"]
    error_message = "per_zone is the default and must give each zone a gateway."
  }

  assert {
    condition     = keys(aws_route.private_internet) == ["a", "b", "c"]
    error_message = "Each private subnet needs a default route."
  }

  assert {
    condition     = aws_nat_gateway.public["a"].id == run.one_gateway_and_private_endpoints.network.nat_gateway_ids["a"]
    error_message = "Going from one gateway to one a zone must leave the first, and its address, alone."
  }

  assert {
    condition     = aws_route.private_internet["b"].nat_gateway_id == aws_nat_gateway.public["b"].id && aws_route.private_internet["c"].nat_gateway_id == aws_nat_gateway.public["c"].id
    error_message = "Each zone must leave by its own gateway."
  }

  assert {
    condition     = length(output.network.private_subnet_ids) == 3 && output.network.private_subnets["c"].availability_zone == "eu-west-1c"
    error_message = "The output must name every private subnet and its zone."
  }

  assert {
    condition     = keys(aws_subnet.public) == ["a", "b", "c"] && keys(aws_subnet.private) == ["a", "b", "c"] && keys(aws_subnet.isolated) == ["a", "b", "c"]
    error_message = "Each zone must have a public, a private and an isolated subnet, keyed by its letter."
  }

  assert {
    condition     = aws_subnet.private["b"].availability_zone == "eu-west-1b" && aws_subnet.private["b"].cidr_block == "10.9.12.0/24"
    error_message = "A subnet must lie in its letter's zone and have its own range."
  }

  assert {
    condition     = alltrue([for subnet in concat(values(aws_subnet.public), values(aws_subnet.private), values(aws_subnet.isolated)) : !subnet.map_public_ip_on_launch])
    error_message = "No subnet may hand out public addresses."
  }

  assert {
    condition     = length(aws_route_table.isolated.route) == 0 && length(aws_route_table_association.isolated) == 3
    error_message = "Isolated subnets share one table without routes."
  }

  assert {
    condition = alltrue([
      for rule in concat(local.acl_rules.isolated.ingress, local.acl_rules.isolated.egress) :
      contains(concat(local.private_cidrs, local.isolated_cidrs), rule.cidr)
    ])
    error_message = "The isolated tier may speak with the private tier and itself only."
  }

  assert {
    condition = alltrue(flatten([
      for tier in values(local.acl_rules) : [
        for rule in tier.ingress : [for port in [20, 21, 22, 3389] : rule.from > port || rule.to < port] if rule.cidr == "0.0.0.0/0"
      ]
    ]))
    error_message = "No ACL may let the world in on FTP, SSH or RDP."
  }

  assert {
    condition     = toset([for rule in local.acl_rules.private.ingress : rule.from if rule.cidr == "0.0.0.0/0"]) == toset([32768])
    error_message = "From the world the private tier takes answers only, on the ephemeral ports."
  }

  assert {
    condition     = length(aws_network_acl.tier) == 3 && length(aws_default_network_acl.closed.ingress) == 0 && length(aws_default_network_acl.closed.egress) == 0
    error_message = "Each tier has its ACL, and the default one lets nothing through."
  }

  assert {
    condition     = aws_default_security_group.closed.ingress == null || length(aws_default_security_group.closed.ingress) == 0
    error_message = "The default security group must have no rules."
  }

  assert {
    condition     = aws_vpc_endpoint.s3.vpc_endpoint_type == "Gateway" && length(aws_vpc_endpoint.interface) == 0 && length(aws_security_group.endpoints) == 0
    error_message = "Without private_endpoints there is the S3 gateway endpoint and nothing that costs money."
  }

  assert {
    condition = alltrue([
      for variable in ["aws:PrincipalAccount", "aws:ResourceAccount"] :
      contains(data.aws_iam_policy_document.s3_door.statement[0].condition[*].variable, variable)
    ])
    error_message = "The S3 endpoint must hold principals and buckets to this account."
  }

  assert {
    condition     = toset(data.aws_iam_policy_document.s3_door.statement[1].actions) == toset(["s3:GetObject"])
    error_message = "AWS-owned buckets may be read, nothing else."
  }

  assert {
    condition     = aws_flow_log.network.traffic_type == "ALL" && aws_cloudwatch_log_group.flow.retention_in_days == 30 && aws_cloudwatch_log_group.flow.kms_key_id == var.flow_logs.kms_key_arn
    error_message = "All traffic is recorded, for 30 days unless told otherwise, under the given key."
  }

  assert {
    condition     = contains(data.aws_iam_policy_document.flow_logs_trust.statement[0].condition[*].variable, "aws:SourceAccount")
    error_message = "The flow-log role may be assumed for this account only."
  }
}

run "bad_input_is_refused" {
  command = plan

  variables {
    name              = "Study"
    cidr              = "10.0.0.0/8"
    zones             = { a = { public = "10.9.1.0/24", private = "10.9.11.0/24", isolated = "10.9.21.0/24" } }
    nat_gateways      = "none"
    outbound_ports    = [22, 443]
    private_endpoints = ["sagemaker"] # has no policy
    flow_logs         = { retention_days = 31, kms_key_arn = "arn:aws:kms:eu-west-1:123456789012:key/logs" }
  }

  expect_failures = [
    var.name,
    var.cidr,
    var.zones,
    var.nat_gateways,
    var.outbound_ports,
    var.private_endpoints,
    var.flow_logs,
  ]
}

run "a_full_zone_name_is_refused" {
  command = plan

  variables {
    zones = {
      a          = { public = "10.9.1.0/24", private = "10.9.11.0/24", isolated = "10.9.21.0/24" }
      eu-west-1b = { public = "10.9.2.0/24", private = "10.9.12.0/24", isolated = "10.9.22.0/24" }
    }
  }

  expect_failures = [var.zones]
}

run "host_bits_are_refused" {
  command = plan

  variables {
    zones = {
      a = { public = "10.9.1.5/24", private = "10.9.11.0/24", isolated = "10.9.21.0/24" }
      b = { public = "10.9.2.0/24", private = "10.9.12.0/24", isolated = "10.9.22.0/24" }
    }
  }

  expect_failures = [var.zones]
}

run "a_subnet_outside_is_refused" {
  command = plan

  variables {
    zones = {
      a = { public = "10.8.1.0/24", private = "10.9.11.0/24", isolated = "10.9.21.0/24" }
      b = { public = "10.9.2.0/24", private = "10.9.12.0/24", isolated = "10.9.22.0/24" }
    }
  }

  expect_failures = [aws_vpc.network]
}

run "overlapping_subnets_are_refused" {
  command = plan

  variables {
    zones = {
      a = { public = "10.9.0.0/20", private = "10.9.16.0/24", isolated = "10.9.21.0/24" }
      b = { public = "10.9.2.0/24", private = "10.9.17.0/24", isolated = "10.9.22.0/24" }
    }
  }

  expect_failures = [aws_vpc.network]
}
