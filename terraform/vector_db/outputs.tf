output "vector_db" {
  description = "What a client, an alarm or a policy needs. Clients send the API key and verify the server with the PEM in ca_certificate_parameter."
  value = {
    endpoint   = "https://${local.host}:${local.http_port}"
    host       = local.host
    port       = local.http_port
    grpc_port  = local.grpc_port
    private_ip = aws_network_interface.address.private_ip

    api_key_secret_arn       = var.api_key.secret_arn
    ca_certificate_parameter = { arn = aws_ssm_parameter.ca_certificate.arn, name = aws_ssm_parameter.ca_certificate.name }

    security_group_id      = aws_security_group.database.id
    node_security_group_id = aws_security_group.node.id
    volume_id              = aws_ebs_volume.data.id
    autoscaling_group_name = aws_autoscaling_group.node.name
    role_arn               = aws_iam_role.node.arn
    snapshot_policy_arn    = aws_dlm_lifecycle_policy.daily.arn
  }
}
