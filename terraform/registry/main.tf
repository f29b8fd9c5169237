resource "aws_ecr_repository" "images" {
  for_each = var.repositories

  name = "${var.name}/${each.key}"
  # A tag names one image for ever: what was tested under it is what runs under it.
  image_tag_mutability = "IMMUTABLE"
  force_delete         = var.can_be_emptied

  encryption_configuration {
    encryption_type = "KMS"
    kms_key         = var.kms_key_arn
  }

  image_scanning_configuration {
    scan_on_push = true
  }
}

resource "aws_ecr_lifecycle_policy" "images" {
  for_each = var.repositories

  repository = aws_ecr_repository.images[each.key].name
  policy = jsonencode({
    rules = [
      {
        rulePriority = 1
        description  = "Images that no tag names, a week after they were pushed"
        selection    = { tagStatus = "untagged", countType = "sinceImagePushed", countUnit = "days", countNumber = 7 }
        action       = { type = "expire" }
      },
      {
        rulePriority = 2
        description  = "All but the newest ${var.keep_images}"
        selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = var.keep_images }
        action       = { type = "expire" }
      },
    ]
  })
}
