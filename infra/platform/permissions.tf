# What each workload may do, from what workloads.tf says it does. No wildcard: every statement names its resources.
data "aws_iam_policy_document" "workload" {
  for_each = local.workloads

  dynamic "statement" {
    for_each = each.value.consumes == null ? [] : [each.value.consumes]

    content {
      sid       = "ConsumeTasks"
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"]
      resources = [module.queues[statement.value].queue.arn]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.publishes) == 0 ? [] : [each.value.publishes]

    content {
      sid       = "PublishTasks"
      actions   = ["sqs:SendMessage", "sqs:GetQueueAttributes"]
      resources = [for key in statement.value : module.queues[key].queue.arn]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.publishes) > 0 || each.value.consumes != null ? ["messages"] : []

    content {
      sid       = "UseMessageKey"
      actions   = length(each.value.publishes) > 0 ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
      resources = [module.encryption.keys["messages"].arn]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["sqs.${var.environment.region}.amazonaws.com"]
      }
    }
  }

  dynamic "statement" {
    for_each = length(each.value.reads) == 0 ? [] : [each.value.reads]

    content {
      sid       = "ReadObjects"
      actions   = ["s3:GetObject"]
      resources = [for key in statement.value : "${module.buckets[key].bucket.arn}/*"]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.lists) == 0 ? [] : [each.value.lists]

    content {
      sid       = "ListBuckets"
      actions   = ["s3:ListBucket"]
      resources = [for key in statement.value : module.buckets[key].bucket.arn]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.writes) == 0 ? [] : [each.value.writes]

    content {
      sid       = "WriteObjects"
      actions   = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]
      resources = [for key in statement.value : "${module.buckets[key].bucket.arn}/*"]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.deletes) == 0 ? [] : [each.value.deletes]

    content {
      sid       = "DeleteObjects"
      actions   = ["s3:DeleteObject"]
      resources = [for key in statement.value : "${module.buckets[key].bucket.arn}/*"]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.reads) + length(each.value.writes) == 0 ? [] : ["objects"]

    content {
      sid       = "UseObjectKey"
      actions   = length(each.value.writes) > 0 ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
      resources = [module.encryption.keys["objects"].arn]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${var.environment.region}.amazonaws.com"]
      }
    }
  }

  # The vector database's certificate authority; the parameter is encrypted.
  dynamic "statement" {
    for_each = each.value.uses_vector ? [module.vector_db.vector_db.ca_certificate_parameter] : []

    content {
      sid       = "ReadCertificateAuthority"
      actions   = ["ssm:GetParameter"]
      resources = [statement.value.arn]
    }
  }

  dynamic "statement" {
    for_each = each.value.uses_vector ? ["secrets"] : []

    content {
      sid       = "DecryptCertificateAuthority"
      actions   = ["kms:Decrypt"]
      resources = [module.encryption.keys["secrets"].arn]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["ssm.${var.environment.region}.amazonaws.com"]
      }
    }
  }

  statement {
    sid       = "ConnectToCache"
    actions   = ["elasticache:Connect"]
    resources = module.cache.cache.connect_arns
  }
}
