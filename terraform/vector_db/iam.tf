# No aws:SourceAccount: EC2 does not send it when it hands a role to an instance.
# iam:PassRole already keeps the role inside the account.
data "aws_iam_policy_document" "node_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "node" {
  name                 = "${local.identifier}-node"
  description          = "What the node of ${local.identifier} needs to start by itself"
  assume_role_policy   = data.aws_iam_policy_document.node_trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_instance_profile" "node" {
  name = "${local.identifier}-node"
  role = aws_iam_role.node.name
}

resource "aws_iam_role_policy" "node" {
  name   = "node"
  role   = aws_iam_role.node.id
  policy = data.aws_iam_policy_document.node.json
}

data "aws_iam_policy_document" "node" {
  # Attach only. Detaching is what ending the old node does; a node that could
  # detach could take the volume from under a living one.
  statement {
    sid       = "TakeVolumeAndAddress"
    actions   = ["ec2:AttachNetworkInterface", "ec2:AttachVolume"]
    resources = [aws_ebs_volume.data.arn, aws_network_interface.address.arn]
  }

  statement {
    sid       = "OntoThisNode"
    actions   = ["ec2:AttachNetworkInterface", "ec2:AttachVolume"]
    resources = ["arn:${data.aws_partition.current.partition}:ec2:${local.account}:instance/*"]

    condition {
      test     = "StringEquals"
      variable = "aws:ResourceTag/Name"
      values   = [local.identifier]
    }
  }

  statement {
    sid       = "SeeWhoHoldsThem" # these actions know no resources
    actions   = ["ec2:DescribeNetworkInterfaces", "ec2:DescribeVolumes"]
    resources = ["*"]
  }

  # Attaching an encrypted volume makes a grant on behalf of the caller.
  statement {
    sid       = "GrantVolumeKeyToEC2"
    actions   = ["kms:CreateGrant"]
    resources = [var.kms_key_arn]

    condition {
      test     = "Bool"
      variable = "kms:GrantIsForAWSResource"
      values   = ["true"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ec2.${data.aws_region.current.id}.amazonaws.com"]
    }
  }

  statement {
    sid       = "UseVolumeKeyThroughEC2"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ec2.${data.aws_region.current.id}.amazonaws.com"]
    }
  }

  statement {
    sid       = "ReadApiKey"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [var.api_key.secret_arn]
  }

  statement {
    sid       = "PublishCertificateAuthority"
    actions   = ["ssm:PutParameter"]
    resources = [aws_ssm_parameter.ca_certificate.arn]
  }

  statement {
    sid       = "DecryptApiKey"
    actions   = ["kms:Decrypt"]
    resources = [var.api_key.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["secretsmanager.${data.aws_region.current.id}.amazonaws.com"]
    }
  }

  # It writes the certificate and never reads it back.
  statement {
    sid       = "EncryptCertificateAuthority"
    actions   = ["kms:Encrypt"]
    resources = [var.api_key.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = ["ssm.${data.aws_region.current.id}.amazonaws.com"]
    }
  }

  statement {
    sid       = "ReportHealth" # bound by namespace: the action knows no resources
    actions   = ["cloudwatch:PutMetricData"]
    resources = ["*"]

    condition {
      test     = "StringEquals"
      variable = "cloudwatch:namespace"
      values   = [local.metric_namespace]
    }
  }

  statement {
    sid       = "AskToBeReplaced"
    actions   = ["autoscaling:SetInstanceHealth"]
    resources = ["arn:${data.aws_partition.current.partition}:autoscaling:${local.account}:autoScalingGroup:*:autoScalingGroupName/${local.identifier}"]
  }
}

resource "aws_iam_role_policy" "session_manager" {
  name   = "session-manager"
  role   = aws_iam_role.node.id
  policy = data.aws_iam_policy_document.session_manager.json
}

# What Session Manager needs and no more: AmazonSSMManagedInstanceCore would also let
# the node read every parameter of the account.
data "aws_iam_policy_document" "session_manager" {
  #checkov:skip=CKV_AWS_111:the four channel actions know neither resources nor conditions of their own
  statement {
    sid       = "ReportToSystemsManager"
    actions   = ["ssm:UpdateInstanceInformation"]
    resources = ["arn:${data.aws_partition.current.partition}:ec2:${local.account}:instance/*"]

    # Only with the credentials of a node: those that EC2 hands to an instance carry
    # its ARN.
    condition {
      test     = "ArnLike"
      variable = "ec2:SourceInstanceARN"
      values   = ["arn:${data.aws_partition.current.partition}:ec2:${local.account}:instance/*"]
    }
  }

  statement {
    sid = "OpenSessions"
    actions = [
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]
    resources = ["*"]
  }
}
