output "keys" {
  description = "Every key by its class: { arn, id, alias }. `alias` is the name with its prefix \"alias/\"."
  value = {
    for class, key in aws_kms_key.class : class => {
      arn   = key.arn
      id    = key.key_id
      alias = aws_kms_alias.class[class].name
    }
  }
}
