# The data. It is not part of the launch template, so it outlives every node.
resource "aws_ebs_volume" "data" {
  #checkov:skip=CKV2_AWS_9:its snapshots are made by the lifecycle policy below, which selects it by tag
  availability_zone = local.subnet.availability_zone
  type              = "gp3"
  size              = var.volume.size_gib
  iops              = var.volume.iops
  throughput        = var.volume.throughput_mib
  encrypted         = true
  kms_key_id        = var.kms_key_arn
  final_snapshot    = !var.is_disposable

  tags = {
    Name           = "${local.identifier}-data"
    SnapshotPolicy = local.identifier
  }
}

data "aws_iam_policy_document" "snapshots_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["dlm.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.aws_caller_identity.current.account_id]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:dlm:${local.account}:policy/*"]
    }
  }
}

# AWS's managed policy may delete every snapshot of the account; this one only
# those of this volume.
data "aws_iam_policy_document" "snapshots" {
  statement {
    sid       = "SnapshotThisVolume"
    actions   = ["ec2:CreateSnapshot"]
    resources = [aws_ebs_volume.data.arn, local.snapshots_arn]
  }

  statement {
    sid       = "TagNewSnapshots"
    actions   = ["ec2:CreateTags"]
    resources = [local.snapshots_arn]

    condition {
      test     = "StringEquals"
      variable = "ec2:CreateAction"
      values   = ["CreateSnapshot"]
    }
  }

  statement {
    sid       = "ExpireSnapshotsOfThisVolume"
    actions   = ["ec2:DeleteSnapshot"]
    resources = [local.snapshots_arn]

    condition {
      test     = "ArnEquals"
      variable = "ec2:ParentVolume"
      values   = [aws_ebs_volume.data.arn]
    }
  }

  statement {
    sid       = "Describe" # these actions know no resources
    actions   = ["ec2:DescribeInstances", "ec2:DescribeSnapshots", "ec2:DescribeVolumes"]
    resources = ["*"]
  }
}

locals {
  snapshots_arn = "arn:${data.aws_partition.current.partition}:ec2:${data.aws_region.current.id}::snapshot/*"
}

resource "aws_iam_role" "snapshots" {
  name                 = "${local.identifier}-snapshots"
  description          = "Lets Data Lifecycle Manager snapshot the data volume of ${local.identifier}"
  assume_role_policy   = data.aws_iam_policy_document.snapshots_trust.json
  permissions_boundary = var.permissions_boundary_arn
}

resource "aws_iam_role_policy" "snapshots" {
  name   = "snapshots"
  role   = aws_iam_role.snapshots.id
  policy = data.aws_iam_policy_document.snapshots.json
}

resource "aws_dlm_lifecycle_policy" "daily" {
  description        = "Daily snapshots of ${local.identifier}"
  execution_role_arn = aws_iam_role.snapshots.arn
  state              = "ENABLED"

  policy_details {
    resource_types = ["VOLUME"]
    target_tags    = { SnapshotPolicy = local.identifier }

    schedule {
      name      = "daily"
      copy_tags = true

      create_rule {
        interval      = 24
        interval_unit = "HOURS"
        times         = ["03:00"]
      }

      retain_rule {
        count = var.snapshot_retention_days
      }
    }
  }

  depends_on = [aws_iam_role_policy.snapshots]
}
