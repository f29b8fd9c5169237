output "repositories" {
  description = "Every repository by its key: { arn, url, name }. An image is URL@DIGEST."
  value = {
    for key, repository in aws_ecr_repository.images : key => {
      arn  = repository.arn
      url  = repository.repository_url
      name = repository.name
    }
  }
}
