# What each workload may do, from what workloads.tf says it does. No wildcard: every statement names its resources.
data "aws_iam_policy_document" "workload" {
  for_each = local.workloads

  dynamic "statement" {
    for_each = each.value.consumes == null ? [] : [each.value.consumes]

    content {
      sid       = "ConsumeTasks"
      actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
      resources = [module.queues[statement.value].queue.arn]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.publishes) == 0 ? [] : [each.value.publishes]

    content {
      sid       = "PublishTasks"
      actions   = ["sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"]
      resources = [for key in statement.value : module.queues[key].queue.arn]
    }
  }

  dynamic "statement" {
    for_each = length(each.value.publishes) > 0 || each.value.consumes != null ? ["messages"] : []

    content {
      sid       = "UseMessageKey"
      actions   = length(each.value.publishes) > 0 ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
      resources = [module.encryption.keys["messages"].arn]
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
    for_each = length(each.value.reads) == 0 ? [] : [each.value.reads]

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
    for_each = length(each.value.reads) + length(each.value.writes) == 0 ? [] : ["objects"]

    content {
      sid       = "UseObjectKey"
      actions   = length(each.value.writes) > 0 ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"]
      resources = [module.encryption.keys["objects"].arn]
    }
  }

  statement {
    sid       = "ConnectToCache"
    actions   = ["elasticache:Connect"]
    resources = module.cache.cache.connect_arns
  }
}
