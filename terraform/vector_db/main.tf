data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# Auto-scaling groups, and what a launch template makes, do not inherit the
# provider's default tags.
data "aws_default_tags" "current" {}

locals {
  identifier = "${var.name}-vector-db"
  subnet     = var.network.private_subnets[var.zone]
  http_port  = 6333
  grpc_port  = 6334
  host       = "vector-db.${var.namespace.name}"

  account = "${data.aws_region.current.id}:${data.aws_caller_identity.current.account_id}"
  tags    = merge(data.aws_default_tags.current.tags, { Name = local.identifier })
}

# One node, always. It keeps nothing of its own: data, certificate and binary are on
# the volume (volume.tf), the address is a network interface (address.tf). A new
# node takes both over and is found under the same name and the same address.
resource "aws_launch_template" "node" {
  name        = local.identifier
  description = "Node of ${local.identifier}"

  # Resolved at each launch, so that a replacement is a patched one and a new image
  # never shows up in a plan. The parameter is Amazon's own; nobody else can write
  # below /aws/service.
  image_id      = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
  instance_type = var.instance_type
  ebs_optimized = true
  user_data     = base64encode(local.user_data)

  instance_initiated_shutdown_behavior = "terminate"
  update_default_version               = true

  iam_instance_profile {
    arn = aws_iam_instance_profile.node.arn
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  monitoring {
    enabled = true
  }

  network_interfaces {
    associate_public_ip_address = false
    delete_on_termination       = true
    security_groups             = [aws_security_group.node.id]
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_type           = "gp3"
      volume_size           = 16
      encrypted             = true
      kms_key_id            = var.kms_key_arn
      delete_on_termination = true
    }
  }

  dynamic "tag_specifications" {
    for_each = toset(["instance", "volume", "network-interface"])

    content {
      resource_type = tag_specifications.value
      tags          = local.tags
    }
  }

  lifecycle {
    precondition {
      condition     = length(local.user_data) <= 16384
      error_message = "The user data is over EC2's limit of 16 KiB: shorten the scripts in files/."
    }
  }
}

resource "aws_autoscaling_group" "node" {
  name                = local.identifier
  min_size            = 1
  max_size            = 1
  desired_capacity    = 1
  vpc_zone_identifier = [local.subnet.id]

  # The group sees a dead machine by itself. A machine that runs while Qdrant does
  # not serve is reported by the node (files/qdrant-health.sh).
  health_check_type         = "EC2"
  health_check_grace_period = 900
  default_instance_warmup   = 300
  enabled_metrics           = ["GroupInServiceInstances", "GroupTerminatingInstances"]

  launch_template {
    id      = aws_launch_template.node.id
    version = aws_launch_template.node.latest_version
  }

  # Two nodes can never hold the volume at once, so the old one goes first.
  instance_maintenance_policy {
    min_healthy_percentage = 0
    max_healthy_percentage = 100
  }

  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 0
      max_healthy_percentage = 100
    }
  }

  dynamic "tag" {
    for_each = local.tags

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }

  # A node without its rights cannot finish its start.
  depends_on = [
    aws_iam_role_policy.node,
    aws_iam_role_policy.session_manager,
    aws_service_discovery_instance.node,
  ]
}
