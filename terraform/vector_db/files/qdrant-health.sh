#!/bin/bash
# Runs each minute. Reports to CloudWatch whether Qdrant serves, and to the
# auto-scaling group when it has not served for a quarter of an hour: a new node is
# then worth more than another restart. Fails quietly, because no report is an alarm.
set -uo pipefail

failures_file=/run/qdrant-health.failures
failures_before_replacement=15

dimension="Dimensions=[{Name=AutoScalingGroupName,Value=$AUTO_SCALING_GROUP}]"

ready=0
if curl -fsS --max-time 10 --cacert "$DATA_DIR/tls/ca.pem" -o /dev/null https://127.0.0.1:6333/readyz; then
  ready=1
fi

metrics=("MetricName=Ready,$dimension,Value=$ready")
if mountpoint -q "$DATA_DIR"; then
  used=$(df --output=pcent "$DATA_DIR" | tail -n 1 | tr -dc '0-9')
  metrics+=("MetricName=DataVolumeUsed,$dimension,Unit=Percent,Value=$used")
fi
aws cloudwatch put-metric-data --namespace "$METRIC_NAMESPACE" --metric-data "${metrics[@]}" || true

if [[ $ready -eq 1 ]]; then
  rm -f "$failures_file"
  # A restart renews the certificate; seven days are left to notice if it does not.
  if ! openssl x509 -in "$DATA_DIR/tls/cert.pem" -noout -checkend 604800 >/dev/null; then
    systemctl restart --no-block qdrant.service
  fi
  exit 0
fi

failures=$(($(cat "$failures_file" 2>/dev/null || echo 0) + 1))
echo "$failures" >"$failures_file"
if [[ $failures -ge $failures_before_replacement ]]; then
  token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  instance=$(curl -fsS -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id)
  aws autoscaling set-instance-health --instance-id "$instance" --health-status Unhealthy
fi
