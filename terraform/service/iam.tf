data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }

    # ECS may take these roles for this account's tasks only.
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${local.partition}:ecs:${local.region}:${local.account}:*"]
    }
  }
}

# The execution role is ECS itself, before the container runs: pull, log, inject.
resource "aws_iam_role" "execution" {
  name                 = "${var.name}-execution"
  description          = "ECS starts tasks of ${var.name} with it"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "execution" {
  name   = "start_tasks"
  role   = aws_iam_role.execution.id
  policy = data.aws_iam_policy_document.execution.json
}

data "aws_iam_policy_document" "execution" {
  #checkov:skip=CKV_AWS_356:ecr:GetAuthorizationToken knows no resources
  statement {
    sid       = "LogInToRegistry"
    actions   = ["ecr:GetAuthorizationToken"]
    resources = ["*"]
  }

  statement {
    sid       = "PullImage"
    actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    resources = [var.container.repository_arn]
  }

  statement {
    sid       = "WriteLogs"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.main.arn}:*"]
  }

  dynamic "statement" {
    for_each = length(local.injected_secrets) == 0 ? [] : ["secrets"]

    content {
      sid       = "ReadSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = distinct(local.injected_secrets[*].arn)
    }
  }

  dynamic "statement" {
    for_each = length(local.injected_secrets) == 0 ? [] : ["secrets"]

    content {
      sid       = "DecryptSecrets"
      actions   = ["kms:Decrypt"]
      resources = distinct(local.injected_secrets[*].kms_key_arn)

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["secretsmanager.${local.region}.${data.aws_partition.current.dns_suffix}"]
      }
    }
  }
}

# The task role is the application. It holds what `permissions` says, no more.
resource "aws_iam_role" "task" {
  name                 = "${var.name}-task"
  description          = "The application in tasks of ${var.name}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "task" {
  for_each = merge(
    var.permissions,
    { for document in data.aws_iam_policy_document.exec : "exec" => document.json },
    { for document in data.aws_iam_policy_document.collector : "collector" => document.json },
  )

  name   = each.key
  role   = aws_iam_role.task.id
  policy = each.value
}

data "aws_iam_policy_document" "exec" {
  #checkov:skip=CKV_AWS_356:the session channels and logs:DescribeLogGroups know no resources
  #checkov:skip=CKV_AWS_111:the session channels know no resources
  count = var.has_exec ? 1 : 0

  statement {
    sid = "OpenSession"
    actions = [
      "logs:DescribeLogGroups",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }

  statement {
    sid       = "RecordSession"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${var.cluster.exec.log_group_arn}:*"]
  }

  statement {
    sid       = "EncryptSession"
    actions   = ["kms:Decrypt"]
    resources = [var.cluster.exec.kms_key_arn]
  }
}
