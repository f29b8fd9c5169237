locals {
  metric_namespace = "VectorDatabase"

  # Read by both scripts and both units. Only names and addresses: everything here
  # can be read by whoever may describe the launch template.
  settings = {
    API_KEY_SECRET_ARN   = var.api_key.secret_arn
    API_KEY_VERSION      = var.api_key.version # a new key replaces the node
    AUTO_SCALING_GROUP   = local.identifier
    AWS_DEFAULT_REGION   = data.aws_region.current.id
    CA_PARAMETER         = aws_ssm_parameter.ca_certificate.name
    DATA_DIR             = local.data_directory
    DEVICE               = "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_${replace(aws_ebs_volume.data.id, "-", "")}"
    HOST_NAME            = local.host
    METRIC_NAMESPACE     = local.metric_namespace
    NETWORK_INTERFACE_ID = aws_network_interface.address.id
    QDRANT_SHA256        = var.qdrant.sha256
    QDRANT_URL           = replace(var.qdrant.download_url, "{version}", var.qdrant.version)
    QDRANT_VERSION       = var.qdrant.version
    SECRETS_KEY_ARN      = var.api_key.kms_key_arn
    VOLUME_ID            = aws_ebs_volume.data.id
  }

  files = {
    "/etc/qdrant/node.env" = {
      permissions = "0644"
      content     = join("", [for key, value in local.settings : "${key}=${value}\n"])
    }
    "/etc/qdrant/config.yaml" = {
      permissions = "0644"
      content = yamlencode({
        log_level = "INFO"
        service = {
          host                  = "0.0.0.0"
          http_port             = local.http_port
          grpc_port             = local.grpc_port
          enable_tls            = true
          enable_static_content = false
        }
        storage = {
          storage_path   = "${local.data_directory}/storage"
          snapshots_path = "${local.data_directory}/snapshots"
        }
        tls = {
          cert     = "${local.data_directory}/tls/cert.pem"
          key      = "${local.data_directory}/tls/key.pem"
          cert_ttl = 3600 # seconds; renewed files are read again
        }
        telemetry_disabled = true
      })
    }
    "/usr/local/sbin/qdrant-prepare"            = { permissions = "0755", content = file("${path.module}/files/qdrant-prepare.sh") }
    "/usr/local/sbin/qdrant-health"             = { permissions = "0755", content = file("${path.module}/files/qdrant-health.sh") }
    "/etc/systemd/system/qdrant.service"        = { permissions = "0644", content = file("${path.module}/files/qdrant.service") }
    "/etc/systemd/system/qdrant-health.service" = { permissions = "0644", content = file("${path.module}/files/qdrant-health.service") }
    "/etc/systemd/system/qdrant-health.timer"   = { permissions = "0644", content = file("${path.module}/files/qdrant-health.timer") }
  }

  data_directory = "/var/lib/qdrant"
  user_data      = templatefile("${path.module}/templates/cloud-init.yaml.tftpl", { files = local.files })
}
