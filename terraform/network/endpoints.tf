# The doors to AWS services that do not lead through NAT. Each has a policy: only this account's principals may pass,
# only to this account's resources and with the calls that workloads make. A leaked key of another account cannot carry
# data out of here, even where the IAM policy of a task was written too wide.
locals {
  own = "${local.region}:${local.account}"

  # `actions` work on `resources`; `unscoped` are calls that know no resource, or only ones that AWS owns.
  endpoint_services = {
    "ecr.api"        = local.registry_door
    "ecr.dkr"        = local.registry_door
    "ec2messages"    = { unscoped = local.instance_agent.ec2messages, actions = [], resources = [] }
    "ssmmessages"    = { unscoped = local.instance_agent.ssmmessages, actions = [], resources = [] }
    "kms"            = { unscoped = [], actions = local.kms_calls, resources = ["arn:${local.partition}:kms:${local.own}:key/*"] }
    "logs"           = { unscoped = [], actions = local.logs_calls, resources = ["arn:${local.partition}:logs:${local.own}:log-group:*"] }
    "secretsmanager" = { unscoped = [], actions = local.secrets_calls, resources = ["arn:${local.partition}:secretsmanager:${local.own}:secret:*"] }
    "sns"            = { unscoped = [], actions = ["sns:Publish"], resources = ["arn:${local.partition}:sns:${local.own}:*"] }
    "sqs"            = { unscoped = [], actions = local.sqs_calls, resources = ["arn:${local.partition}:sqs:${local.own}:*"] }
    "ssm" = {
      unscoped = local.instance_agent.ssm
      # put: the node of the vector database publishes its certificate authority
      actions   = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:PutParameter"]
      resources = ["arn:${local.partition}:ssm:${local.own}:parameter/*"]
    }
  }

  registry_door = {
    unscoped  = ["ecr:GetAuthorizationToken"]
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = ["arn:${local.partition}:ecr:${local.own}:repository/*"]
  }

  kms_calls     = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"]
  logs_calls    = ["logs:CreateLogStream", "logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"]
  secrets_calls = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
  sqs_calls     = ["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:SendMessage"]

  # What the SSM agent of a managed instance calls, as in AWS's own policy for it.
  instance_agent = {
    ec2messages = [
      "ec2messages:AcknowledgeMessage", "ec2messages:DeleteMessage", "ec2messages:FailMessage",
      "ec2messages:GetEndpoint", "ec2messages:GetMessages", "ec2messages:SendReply",
    ]
    ssmmessages = [
      "ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
    ]
    ssm = [
      "ssm:DescribeAssociation", "ssm:DescribeDocument", "ssm:GetDeployablePatchSnapshotForInstance", "ssm:GetDocument",
      "ssm:GetManifest", "ssm:ListAssociations", "ssm:ListInstanceAssociations", "ssm:PutComplianceItems",
      "ssm:PutConfigurePackageResult", "ssm:PutInventory", "ssm:UpdateAssociationStatus",
      "ssm:UpdateInstanceAssociationStatus", "ssm:UpdateInstanceInformation",
    ]
  }

  # Buckets of AWS that hold image layers, the operating system's packages and the SSM agent's.
  aws_owned_buckets = [
    "prod-${local.region}-starport-layer-bucket",
    "al2023-repos-${local.region}-de612dc2",
    "amazon-ssm-${local.region}",
    "amazon-ssm-packages-${local.region}",
    "aws-ssm-${local.region}",
    "patch-baseline-snapshot-${local.region}",
  ]
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.network.id
  service_name      = "com.amazonaws.${local.region}.s3"
  vpc_endpoint_type = "Gateway"
  route_table_ids   = [for table in aws_route_table.private : table.id]
  policy            = data.aws_iam_policy_document.s3_door.json

  tags = { Name = "${var.name}-s3" }
}

data "aws_iam_policy_document" "s3_door" {
  #checkov:skip=CKV_AWS_283:an endpoint policy limits and grants nothing; conditions hold it to this account, AWS's own buckets are public reading
  statement {
    sid = "OwnPrincipalsToOwnBuckets"
    actions = [
      "s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetBucketLocation", "s3:GetObject",
      "s3:GetObjectAttributes", "s3:GetObjectTagging", "s3:GetObjectVersion", "s3:ListBucket",
      "s3:ListBucketMultipartUploads", "s3:ListMultipartUploadParts", "s3:PutObject", "s3:PutObjectTagging",
    ]
    resources = ["arn:${local.partition}:s3:::*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:PrincipalAccount"
      values   = [local.account]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceAccount"
      values   = [local.account]
    }
  }

  # Read without our identity: layers by pre-signed address, packages anonymously.
  statement {
    sid       = "AnyoneReadsAwsOwnedBuckets"
    actions   = ["s3:GetObject"]
    resources = [for bucket in local.aws_owned_buckets : "arn:${local.partition}:s3:::${bucket}/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = var.private_endpoints

  vpc_id              = aws_vpc.network.id
  service_name        = "com.amazonaws.${local.region}.${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = [for subnet in aws_subnet.private : subnet.id]
  security_group_ids  = [aws_security_group.endpoints[0].id]
  private_dns_enabled = true # workloads use the service's usual name and land here
  policy              = data.aws_iam_policy_document.interface_door[each.key].json

  tags = { Name = "${var.name}-${each.key}" }
}

data "aws_iam_policy_document" "interface_door" {
  for_each = var.private_endpoints

  dynamic "statement" {
    for_each = {
      for sid, rule in {
        OwnResources = { actions = local.endpoint_services[each.key].actions, resources = local.endpoint_services[each.key].resources }
        NoResource   = { actions = local.endpoint_services[each.key].unscoped, resources = ["*"] }
      } : sid => rule if length(rule.actions) > 0
    }

    content {
      sid       = "OwnPrincipals${statement.key}"
      actions   = statement.value.actions
      resources = statement.value.resources

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:PrincipalAccount"
        values   = [local.account]
      }
    }
  }
}

resource "aws_security_group" "endpoints" {
  count = length(var.private_endpoints) > 0 ? 1 : 0

  name        = "${var.name}-endpoints"
  description = "Interface endpoints: HTTPS from inside the network, nothing outwards"
  vpc_id      = aws_vpc.network.id

  tags = { Name = "${var.name}-endpoints" }
}

resource "aws_vpc_security_group_ingress_rule" "endpoints_https" {
  count = length(var.private_endpoints) > 0 ? 1 : 0

  security_group_id = aws_security_group.endpoints[0].id
  description       = "HTTPS from inside the network"
  cidr_ipv4         = var.cidr
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = { Name = "${var.name}-endpoints-https" }
}
