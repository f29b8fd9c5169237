terraform {
  # Write-only arguments keep generated secrets out of state; they came with 1.11.
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }

  # Local: this root makes the bucket that every other state lives in.
  backend "local" {}
}
