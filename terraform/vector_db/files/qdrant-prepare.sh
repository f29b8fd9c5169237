#!/bin/bash
# Runs as root before each start of Qdrant, on the first boot as after a crash. Each
# step looks first and acts only when needed; a failure ends the script and systemd
# tries again. Nothing here detaches anything: a volume or an address still held by
# an old node is waited for, because two nodes writing to one file system destroy it.
set -euo pipefail

log() { echo "qdrant-prepare: $*"; }

instance_id() {
  local token
  token=$(curl -fsS -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token)
  curl -fsS -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id
}

attach_volume() {
  local state
  until [[ -b $DEVICE ]]; do
    state=$(aws ec2 describe-volumes --volume-ids "$VOLUME_ID" --query 'Volumes[0].State' --output text)
    log "volume $VOLUME_ID is $state"
    if [[ $state == available ]]; then
      aws ec2 attach-volume --volume-id "$VOLUME_ID" --instance-id "$1" --device /dev/sdf >/dev/null || true
    fi
    sleep 5
  done
}

mount_volume() {
  local written
  mkdir -p "$DATA_DIR"
  if ! mountpoint -q "$DATA_DIR"; then
    # Format only what was never written: a new volume reads as zeros. mkfs without
    # -f is the second lock, it refuses a device that carries a file system.
    written=$(head -c 4194304 "$DEVICE" | tr -d '\0' | wc -c)
    if [[ $written -eq 0 ]]; then
      log "volume is blank, making a file system"
      mkfs.xfs -q "$DEVICE"
    fi
    mount -t xfs -o noatime,nodev,nosuid "$DEVICE" "$DATA_DIR"
  fi
  xfs_growfs "$DATA_DIR" >/dev/null # after the volume was enlarged
}

make_directories() {
  install -d -o root -g root -m 0755 "$DATA_DIR" "$DATA_DIR/bin"
  install -d -o qdrant -g qdrant -m 0750 "$DATA_DIR/storage" "$DATA_DIR/snapshots"
  install -d -o root -g qdrant -m 0750 "$DATA_DIR/tls"
}

install_qdrant() {
  # Kept on the volume, so that a node replaced at night needs no download.
  local kept="$DATA_DIR/bin/qdrant-$QDRANT_VERSION" work
  if [[ ! -x $kept ]]; then
    log "downloading Qdrant $QDRANT_VERSION"
    work=$(mktemp -d "$DATA_DIR/bin/.download.XXXXXX")
    curl -fsSL --proto '=https' --tlsv1.2 --retry 5 --max-time 600 -o "$work/qdrant.tar.gz" "$QDRANT_URL"
    if [[ -n $QDRANT_SHA256 ]]; then
      echo "$QDRANT_SHA256  $work/qdrant.tar.gz" | sha256sum --check --status
    fi
    tar -xzf "$work/qdrant.tar.gz" -C "$work" --no-same-owner qdrant
    install -o root -g root -m 0755 "$work/qdrant" "$kept.new"
    mv "$kept.new" "$kept"
    rm -rf "$DATA_DIR"/bin/.download.*
  fi
  install -o root -g root -m 0755 "$kept" /usr/local/bin/qdrant.new
  mv /usr/local/bin/qdrant.new /usr/local/bin/qdrant
}

expires_within_days() { ! openssl x509 -in "$1" -noout -checkend $(($2 * 86400)) >/dev/null 2>&1; }

make_certificate() {
  local tls="$DATA_DIR/tls" ca_is_new=false
  if [[ ! -s $tls/ca.key ]] || expires_within_days "$tls/ca.pem" 400; then
    log "making a certificate authority"
    cat >"$tls/ca.cnf" <<EOF
[req]
distinguished_name = name
x509_extensions = authority
prompt = no
[name]
CN = vector database authority
[authority]
basicConstraints = critical,CA:TRUE,pathlen:0
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
EOF
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -config "$tls/ca.cnf" -keyout "$tls/ca.key.new" -out "$tls/ca.pem.new"
    mv "$tls/ca.pem.new" "$tls/ca.pem" && mv "$tls/ca.key.new" "$tls/ca.key"
    ca_is_new=true
  fi
  if $ca_is_new || expires_within_days "$tls/cert.pem" 30 || ! openssl x509 -in "$tls/cert.pem" -noout -checkhost "$HOST_NAME" | grep -q 'does match'; then
    log "making a certificate for $HOST_NAME"
    cat >"$tls/cert.ext" <<EOF
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:$HOST_NAME,IP:127.0.0.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
EOF
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=vector database' -keyout "$tls/key.pem.new" -out "$tls/cert.csr"
    openssl x509 -req -in "$tls/cert.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -set_serial "0x$(openssl rand -hex 16)" -days 397 -extfile "$tls/cert.ext" -out "$tls/cert.pem.new"
    mv "$tls/key.pem.new" "$tls/key.pem" && mv "$tls/cert.pem.new" "$tls/cert.pem"
  fi
  chown root:root "$tls/ca.key" && chmod 0600 "$tls/ca.key"
  chown root:qdrant "$tls/key.pem" "$tls/cert.pem" "$tls/ca.pem" && chmod 0640 "$tls/key.pem" "$tls/cert.pem" "$tls/ca.pem"

  # Only the public half: clients verify the server with it.
  aws ssm put-parameter --name "$CA_PARAMETER" --type SecureString --key-id "$SECRETS_KEY_ARN" --overwrite --value "file://$tls/ca.pem" >/dev/null
}

fetch_api_key() {
  local key
  key=$(aws secretsmanager get-secret-value --secret-id "$API_KEY_SECRET_ARN" --query SecretString --output text)
  (umask 077 && printf 'QDRANT__SERVICE__API_KEY=%s\n' "$key" >/run/qdrant.env)
}

# Last, so that clients reach this node only when it has everything.
attach_address() {
  local holder
  while true; do
    holder=$(aws ec2 describe-network-interfaces --network-interface-ids "$NETWORK_INTERFACE_ID" --query 'NetworkInterfaces[0].Attachment.InstanceId' --output text)
    if [[ $holder == "$1" ]]; then
      return
    fi
    log "address $NETWORK_INTERFACE_ID is held by $holder"
    if [[ $holder == None ]]; then
      aws ec2 attach-network-interface --network-interface-id "$NETWORK_INTERFACE_ID" --instance-id "$1" --device-index 1 >/dev/null || true
    fi
    sleep 5
  done
}

main() {
  local instance
  instance=$(instance_id)
  attach_volume "$instance"
  mount_volume
  make_directories
  install_qdrant
  make_certificate
  fetch_api_key
  attach_address "$instance"
}

main "$@"
