mock_provider "aws" {
  mock_data "aws_region" {
    defaults = { id = "us-east-1", name = "us-east-1" }
  }

  mock_data "aws_default_tags" {
    defaults = { tags = { Project = "study", Environment = "test" } }
  }

  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }

  mock_resource "aws_ebs_volume" {
    defaults = { id = "vol-0123456789abcdef0", arn = "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0" }
  }

  mock_resource "aws_network_interface" {
    defaults = { id = "eni-0123456789abcdef0", arn = "arn:aws:ec2:us-east-1:123456789012:network-interface/eni-0123456789abcdef0", private_ip = "10.0.11.20" }
  }

  mock_resource "aws_ssm_parameter" {
    defaults = { arn = "arn:aws:ssm:us-east-1:123456789012:parameter/study-test/vector-db/ca-certificate" }
  }

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::123456789012:role/study-test" }
  }

  mock_resource "aws_iam_instance_profile" {
    defaults = { arn = "arn:aws:iam::123456789012:instance-profile/study-test" }
  }

  mock_resource "aws_launch_template" {
    defaults = { id = "lt-0123456789abcdef0", latest_version = 1 }
  }
}

variables {
  name = "study-test"
  network = {
    vpc_id = "vpc-1"
    private_subnets = {
      a = { id = "subnet-a", availability_zone = "us-east-1a" }
      b = { id = "subnet-b", availability_zone = "us-east-1b" }
    }
  }
  namespace   = { id = "ns-1", name = "study-test.internal" }
  kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
  api_key = {
    secret_arn  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:study-test/vector-db-api-key-AbCdEf"
    kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/22222222-2222-3333-4444-555555555555"
  }
  volume  = { size_gib = 100 }
  qdrant  = { version = "1.20.0" }
  clients = { api = "sg-1" }
}

run "a_dead_node_is_followed_by_one_with_the_same_volume_and_address" {
  command = apply

  assert {
    condition     = aws_autoscaling_group.node.min_size == 1 && aws_autoscaling_group.node.max_size == 1 && aws_autoscaling_group.node.vpc_zone_identifier == toset(["subnet-a"])
    error_message = "The group must hold exactly one node, in the zone of the volume."
  }

  assert {
    condition     = aws_autoscaling_group.node.instance_refresh[0].preferences[0].min_healthy_percentage == 0 && aws_autoscaling_group.node.instance_maintenance_policy[0].max_healthy_percentage == 100
    error_message = "The old node must go before the new one comes: both cannot hold the volume."
  }

  assert {
    condition     = aws_ebs_volume.data.availability_zone == "us-east-1a" && aws_network_interface.address.subnet_id == "subnet-a" && aws_service_discovery_instance.node.attributes["AWS_INSTANCE_IPV4"] == "10.0.11.20"
    error_message = "Volume, address and name must stay when the node goes."
  }

  assert {
    condition     = output.vector_db.endpoint == "https://vector-db.study-test.internal:6333"
    error_message = "Clients must get a name, never a node's address."
  }

  assert {
    condition     = tobool(aws_ebs_volume.data.encrypted) && aws_ebs_volume.data.kms_key_id == var.kms_key_arn && aws_ebs_volume.data.type == "gp3" && tobool(aws_ebs_volume.data.final_snapshot)
    error_message = "The data volume must be encrypted with the given key and leave a last snapshot."
  }

  assert {
    condition     = aws_dlm_lifecycle_policy.daily.policy_details[0].schedule[0].retain_rule[0].count == 30 && aws_dlm_lifecycle_policy.daily.policy_details[0].target_tags["SnapshotPolicy"] == aws_ebs_volume.data.tags["SnapshotPolicy"]
    error_message = "The snapshot policy must find the data volume and keep thirty days."
  }

  assert {
    condition     = aws_ssm_parameter.ca_certificate.type == "SecureString" && aws_ssm_parameter.ca_certificate.key_id == var.api_key.kms_key_arn
    error_message = "The certificate parameter must be encrypted with the given key."
  }

  assert {
    condition = alltrue([
      aws_launch_template.node.metadata_options[0].http_tokens == "required",
      aws_launch_template.node.metadata_options[0].http_put_response_hop_limit == 1,
      tobool(aws_launch_template.node.network_interfaces[0].associate_public_ip_address) == false,
      aws_launch_template.node.key_name == null,
      tobool(aws_launch_template.node.ebs_optimized),
      aws_launch_template.node.monitoring[0].enabled,
      tobool(aws_launch_template.node.block_device_mappings[0].ebs[0].encrypted),
      aws_launch_template.node.iam_instance_profile[0].arn != null,
      startswith(aws_launch_template.node.image_id, "resolve:ssm:/aws/service/ami-amazon-linux-latest/"),
    ])
    error_message = "IMDSv2 with one hop, no public address, no SSH key, encrypted disk, detailed monitoring and Amazon's own image are not negotiable."
  }

  assert {
    condition     = alltrue([for spec in aws_launch_template.node.tag_specifications : spec.tags["Project"] == "study"]) && anytrue([for tag in aws_autoscaling_group.node.tag : tag.key == "Project" && tag.propagate_at_launch])
    error_message = "What the group launches must carry the default tags."
  }

  assert {
    condition     = aws_vpc_security_group_ingress_rule.client["api"].referenced_security_group_id == "sg-1" && aws_vpc_security_group_ingress_rule.client["api"].cidr_ipv4 == null && aws_vpc_security_group_egress_rule.https.from_port == 443
    error_message = "Clients enter by security group, and the node leaves by HTTPS only."
  }

  assert {
    condition     = !anytrue([for statement in data.aws_iam_policy_document.node.statement : anytrue([for action in statement.actions : strcontains(action, "*") || strcontains(action, "Detach") || strcontains(action, "Delete")])])
    error_message = "The node's role must hold neither wildcards nor the right to detach or delete."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.node.statement : contains(["SeeWhoHoldsThem", "ReportHealth"], statement.sid)
      if contains(statement.resources, "*")
    ])
    error_message = "Only actions that know no resources may name all of them."
  }

  assert {
    condition     = startswith(local.user_data, "#cloud-config\n") && length(yamldecode(local.user_data).write_files) == 7 && length(local.user_data) < 16384
    error_message = "The user data must be valid cloud-config under EC2's limit."
  }

  assert {
    condition     = base64decode(aws_launch_template.node.user_data) == local.user_data && strcontains(local.user_data, var.api_key.secret_arn) && !can(regex("(?i)QDRANT__SERVICE__API_KEY=[A-Za-z0-9]", local.user_data))
    error_message = "The user data must name the secret and not hold it."
  }

  assert {
    condition = alltrue([for line in [
      "VOLUME_ID=vol-0123456789abcdef0",
      "DEVICE=/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_vol0123456789abcdef0",
      "NETWORK_INTERFACE_ID=eni-0123456789abcdef0",
      "QDRANT_URL=https://github.com/qdrant/qdrant/releases/download/v1.20.0/qdrant-aarch64-unknown-linux-musl.tar.gz",
      "HOST_NAME=vector-db.study-test.internal",
      "API_KEY_VERSION=1",
      ] : contains(split("\n", yamldecode(local.user_data).write_files[index(yamldecode(local.user_data).write_files[*].path, "/etc/qdrant/node.env")].content), line)
    ])
    error_message = "The node must be told which volume, address, release and name are its own."
  }

  assert {
    condition     = yamldecode(yamldecode(local.user_data).write_files[index(yamldecode(local.user_data).write_files[*].path, "/etc/qdrant/config.yaml")].content).service.enable_tls
    error_message = "Qdrant must serve TLS."
  }

  # Scripts arrive byte for byte: nothing in them is taken for a template.
  assert {
    condition     = yamldecode(local.user_data).write_files[index(yamldecode(local.user_data).write_files[*].path, "/usr/local/sbin/qdrant-prepare")].content == file("files/qdrant-prepare.sh")
    error_message = "The rendered script must be the file that was reviewed."
  }

  assert {
    condition     = !strcontains(local.user_data, "detach-volume") && !can(regex("mkfs[.a-z]* [^\n]*-f", local.files["/usr/local/sbin/qdrant-prepare"].content))
    error_message = "The script must never detach a volume from another node or format over a file system."
  }
}

run "disposable_leaves_nothing_and_a_new_key_replaces_the_node" {
  command = apply

  variables {
    is_disposable = true
    api_key = {
      secret_arn  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:study-test/vector-db-api-key-AbCdEf"
      kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/22222222-2222-3333-4444-555555555555"
      version     = 2
    }
  }

  assert {
    condition     = !tobool(aws_ebs_volume.data.final_snapshot)
    error_message = "A disposable volume must go without a snapshot that nobody asked for."
  }

  assert {
    condition     = strcontains(local.files["/etc/qdrant/node.env"].content, "API_KEY_VERSION=2")
    error_message = "The version must be part of the launch template, or the node keeps the old key."
  }
}

run "refuses_what_would_fail_at_night" {
  command = plan

  variables {
    api_key                 = { secret_arn = "hunter2", kms_key_arn = "arn:aws:kms:us-east-1:123456789012:key/22222222-2222-3333-4444-555555555555" }
    qdrant                  = { version = "latest" }
    instance_type           = "r6i.large"
    zone                    = "z"
    volume                  = { size_gib = 100, iops = 3000, throughput_mib = 1000 }
    snapshot_retention_days = 0
    name                    = "a-name-that-is-too-long-for-an-iam-role-of-this-module"
  }

  expect_failures = [var.api_key, var.qdrant, var.instance_type, var.zone, var.volume, var.snapshot_retention_days, var.name]
}

run "refuses_plain_http" {
  command = plan

  variables {
    qdrant = { version = "1.20.0", download_url = "http://example.com/{version}.tar.gz" }
  }

  expect_failures = [var.qdrant]
}
