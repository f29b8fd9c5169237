data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

locals {
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.id

  read           = ["kms:Decrypt"]
  read_and_write = ["kms:Decrypt", "kms:GenerateDataKey*"]
  everyday_use   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]

  from_this_account = { "StringEquals aws:SourceAccount" = local.account }

  # What a service that calls KMS under its own name needs. `only` holds the conditions, written "operator key" = value:
  # without them anybody's alarm, topic or distribution, in any account, could make the service use our key.
  services = {
    autoscaling = { # volumes of instances that an auto-scaling group starts
      actions = local.everyday_use
      # Matched by condition, not named as principal: KMS refuses a policy naming a role that does not exist, and
      # this service-linked role appears with the account's first group.
      principal = { AWS = "*" }
      only = {
        "StringEquals kms:CallerAccount" = local.account
        "ArnEquals aws:PrincipalArn"     = local.autoscaling_role
      }
    }
    budgets = { # budget alerts to an encrypted topic
      actions   = local.read_and_write
      principal = { Service = "budgets.amazonaws.com" }
      only      = local.from_this_account
    }
    cloudfront = { # origin access control, reading an encrypted bucket
      actions   = local.read
      principal = { Service = "cloudfront.amazonaws.com" }
      only      = { "ArnLike aws:SourceArn" = "arn:${local.partition}:cloudfront::${local.account}:distribution/*" }
    }
    cloudwatch = { # alarm actions to an encrypted topic
      actions   = local.read_and_write
      principal = { Service = "cloudwatch.amazonaws.com" }
      only = merge(local.from_this_account, {
        "ArnLike aws:SourceArn" = "arn:${local.partition}:cloudwatch:${local.region}:${local.account}:alarm:*"
      })
    }
    cost_anomaly = { # cost anomaly alerts to an encrypted topic
      actions   = local.read_and_write
      principal = { Service = "costalerts.amazonaws.com" }
      only      = local.from_this_account
    }
    events = { # EventBridge rules to an encrypted topic
      actions   = local.read_and_write
      principal = { Service = "events.amazonaws.com" }
      # EventBridge names no source here; the encryption context names the topic instead, and it must be ours.
      only = { "ArnLike kms:EncryptionContext:aws:sns:topicArn" = "arn:${local.partition}:sns:${local.region}:${local.account}:*" }
    }
    log_delivery = { # vended logs (CloudFront, VPC) into an encrypted bucket
      actions   = local.read_and_write
      principal = { Service = "delivery.logs.amazonaws.com" }
      only = merge(local.from_this_account, {
        "ArnLike aws:SourceArn" = "arn:${local.partition}:logs:*:${local.account}:*"
      })
    }
    logs = { # log groups
      actions   = local.everyday_use
      principal = { Service = "logs.${local.region}.amazonaws.com" }
      only      = { "ArnLike kms:EncryptionContext:aws:logs:arn" = "arn:${local.partition}:logs:${local.region}:${local.account}:log-group:*" }
    }
    prometheus = { # the alert manager of Managed Prometheus to an encrypted topic
      actions   = local.read_and_write
      principal = { Service = "aps.amazonaws.com" }
      only = merge(local.from_this_account, {
        "ArnLike aws:SourceArn" = "arn:${local.partition}:aps:${local.region}:${local.account}:workspace/*"
      })
    }
    rds_events = { # RDS event subscriptions to an encrypted topic
      actions   = local.read_and_write
      principal = { Service = "events.rds.amazonaws.com" }
      only      = local.from_this_account
    }
    s3 = { # bucket notifications to an encrypted queue or topic
      actions   = local.read_and_write
      principal = { Service = "s3.amazonaws.com" }
      only      = local.from_this_account
    }
    sns = { # fan-out from a topic to an encrypted queue
      actions   = local.read_and_write
      principal = { Service = "sns.amazonaws.com" }
      only      = { "ArnLike aws:SourceArn" = "arn:${local.partition}:sns:${local.region}:${local.account}:*" }
    }
  }

  autoscaling_role = "arn:${local.partition}:iam::${local.account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
}
