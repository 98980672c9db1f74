#!/usr/bin/env bash
# Certificates, keys and kubeconfig files of one test cluster.
#
#   pki.sh DIR init API_SERVER_IP [SAN...]   CA, API server, control plane clients, admin.conf
#   pki.sh DIR node NAME IP                  kubelet of NAME: nodes/NAME.{crt,key,conf}
#   pki.sh DIR tweed NAME                    out-of-cluster Tweed daemon of NAME: tweed/NAME.{crt,key,conf}
#   pki.sh DIR client FILE ORGANISATION CN   any other client: FILE.{crt,key,conf}
#
# Several commands can be joined by "--" in one call. What exists already and says the same is kept, so a second run
# changes nothing.
set -euo pipefail

readonly days=365

# Prints "IP:x" or "DNS:x", as openssl wants a subject alternative name.
san() {
  if [[ $1 =~ ^[0-9.]+$ || $1 == *:* ]]; then printf 'IP:%s' "$1"; else printf 'DNS:%s' "$1"; fi
}

# An address as URLs have it.
host() {
  if [[ $1 == *:* ]]; then printf '[%s]' "$1"; else printf '%s' "$1"; fi
}

# new_key FILE: RSA, because fabric8's client reads it without Bouncy Castle whatever the PEM heading says.
new_key() {
  (umask 077; openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.tmp" 2>/dev/null)
  mv "$1.tmp" "$1"
}

# issue BASENAME SUBJECT USAGE [SAN...]: BASENAME.crt and BASENAME.key, signed by the cluster's CA.
issue() {
  local base=$1 subject=$2 usage=$3 names='' name
  shift 3
  for name in "$@"; do names+="${names:+,}$(san "$name")"; done
  # A machine of that name may have had another address in the cluster before.
  [[ -e $base.crt && $(cat "$base.request" 2>/dev/null) == "$subject $usage $names" ]] && return
  mkdir -p "$(dirname "$base")"
  rm -f "$base.conf"
  [[ -e $base.key ]] || new_key "$base.key"
  openssl req -new -key "$base.key" -subj "$subject" -out "$base.csr"
  openssl x509 -req -in "$base.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" -days $days -sha256 \
    -set_serial "0x$(openssl rand -hex 8)" -out "$base.crt.tmp" 2>/dev/null -extfile <(
      printf 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\n'
      printf 'extendedKeyUsage=%s\n' "$usage"
      [[ -z $names ]] || printf 'subjectAltName=%s\n' "$names"
    )
  mv "$base.crt.tmp" "$base.crt"
  rm -f "$base.csr"
  echo "$subject $usage $names" >"$base.request"
}

# kubeconfig BASENAME: BASENAME.conf with everything embedded, so that the file works wherever it is copied to.
kubeconfig() {
  local base=$1
  [[ -e $base.conf ]] && return
  (umask 077; cat >"$base.conf.tmp" <<CONFIG
apiVersion: v1
kind: Config
current-context: bed
clusters:
- name: bed
  cluster:
    server: https://$(host "$(<"$dir/api-server")"):6443
    certificate-authority-data: $(base64 -w0 "$dir/ca.crt")
users:
- name: bed
  user:
    client-certificate-data: $(base64 -w0 "$base.crt")
    client-key-data: $(base64 -w0 "$base.key")
contexts:
- name: bed
  context: {cluster: bed, user: bed}
CONFIG
  )
  mv "$base.conf.tmp" "$base.conf"
}

client() {
  issue "$1" "$2" clientAuth
  kubeconfig "$1"
}

init() {
  local ip=$1
  mkdir -p "$dir"
  if [[ -e $dir/api-server && $(<"$dir/api-server") != "$ip" ]]; then
    echo "pki.sh: $dir belongs to a cluster at $(<"$dir/api-server"), not $ip; use another directory" >&2
    exit 1
  fi
  echo "$ip" >"$dir/api-server"
  # What an expired authority has signed is worth nothing either.
  if [[ -e $dir/ca.crt ]] && ! openssl x509 -in "$dir/ca.crt" -noout -checkend 86400 >/dev/null; then
    find "$dir" -type f \( -name '*.crt' -o -name '*.key' -o -name '*.conf' -o -name '*.request' \) -delete
  fi
  if [[ ! -e $dir/ca.crt ]]; then
    new_key "$dir/ca.key"
    openssl req -x509 -new -key "$dir/ca.key" -subj /CN=tweed-bed-ca -days $days -sha256 -out "$dir/ca.crt" \
      -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
  fi
  if [[ ! -e $dir/sa.pub ]]; then
    new_key "$dir/sa.key"
    openssl pkey -in "$dir/sa.key" -pubout -out "$dir/sa.pub"
  fi
  # Key generation is all the work there is, and every certificate is on its own: side by side.
  local pids=() pid
  issue "$dir/apiserver" /CN=kube-apiserver serverAuth "$@" 127.0.0.1 10.96.0.1 fd00:96::1 localhost \
    kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local & pids+=($!)
  issue "$dir/apiserver-kubelet-client" /O=system:masters/CN=kube-apiserver-kubelet-client clientAuth & pids+=($!)
  client "$dir/admin" /O=system:masters/CN=kubernetes-admin & pids+=($!)
  client "$dir/controller-manager" /CN=system:kube-controller-manager & pids+=($!)
  client "$dir/scheduler" /CN=system:kube-scheduler & pids+=($!)
  client "$dir/kube-proxy" /CN=system:kube-proxy & pids+=($!)
  for pid in "${pids[@]}"; do wait "$pid"; done
}

node() {
  issue "$dir/nodes/$1" "/O=system:nodes/CN=system:node:$1" clientAuth,serverAuth "$1" "$2"
  kubeconfig "$dir/nodes/$1"
}

usage() {
  sed -n '2,10s/^# \{0,1\}//p' "$0" >&2
  exit 64
}

run() {
  local command=$1
  shift
  case $command:$# in
    init:0 | init: | node:[013-9] | tweed:[02-9] | client:[0124-9]) usage ;;
    init:*) init "$@" ;;
    node:2) node "$@" ;;
    tweed:1) client "$dir/tweed/$1" "/O=tweed:nodes/CN=tweed:node:$1" ;;
    client:3) client "$dir/$1" "/O=$2/CN=$3" ;;
    *) usage ;;
  esac
}

[[ $# -ge 2 ]] || usage
dir=$1
shift
words=()
for word in "$@" --; do
  if [[ $word == -- ]]; then
    [[ ${#words[@]} -gt 0 ]] || usage
    run "${words[@]}"
    words=()
  else
    words+=("$word")
  fi
done
