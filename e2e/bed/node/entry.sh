#!/usr/bin/env bash
# First process of a bed node (under tini). Runs again on every restart of the container, as a boot does.
# Its contract (environment, mounts, READY lines) is in e2e/bed/README.md.
set -euo pipefail

roles=" ${BED_ROLES:-node} "
name=${BED_NODE_NAME:-$(hostname)}
service_cidr=${BED_SERVICE_CIDR:-10.96.0.0/16}
logs=/var/log/bed
components=()
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export KUBECONFIG=/pki/admin.conf

has_role() { [[ $roles == *" $1 "* ]]; }

fail() {
  echo "BED FAILED $name: $*"
  bed-logs 25
  exit 1
}

# start NAME COMMAND...: in the background, its output in the log named after it.
start() {
  local component=$1
  shift
  "$@" >>"$logs/$component.log" 2>&1 &
  components+=("$component=$!")
}

# await SECONDS WHAT COMMAND...: until the command succeeds.
await() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "$what not ready in time"
    dead_component
    sleep 0.1
  done
}

dead_component() {
  local entry
  for entry in "${components[@]}"; do
    kill -0 "${entry#*=}" 2>/dev/null || fail "${entry%%=*} has ended"
  done
}

# Called by await.
# shellcheck disable=SC2317
healthy() { curl -sf --max-time 2 -o /dev/null "$1"; }
# shellcheck disable=SC2317
healthy_tls() { curl -skf --max-time 2 -o /dev/null "$1"; }

prepare_kernel_views() {
  local directory
  mount --make-rshared /
  # Docker mounts these read-only; they belong to this container's own namespaces ("bind" or the mount point is busy).
  for directory in /proc/sys /sys /sys/fs/cgroup; do
    mount -o remount,bind,rw "$directory" || true
  done
  # cgroup v1: one mount for each controller. cgroup v2: processes have to leave the root before it may have children.
  if [[ -e /sys/fs/cgroup/cgroup.controllers ]]; then
    mkdir -p /sys/fs/cgroup/bed
    xargs -rn1 </sys/fs/cgroup/cgroup.procs >/sys/fs/cgroup/bed/cgroup.procs 2>/dev/null || true
    sed 's/\</+/g' /sys/fs/cgroup/cgroup.controllers >/sys/fs/cgroup/cgroup.subtree_control || true
  else
    for directory in /sys/fs/cgroup/*; do
      [[ -d $directory && ! -L $directory ]] || continue
      mount -o remount,bind,rw "$directory" || true
    done
  fi
  # The kubelet insists on opening it.
  [[ -e /dev/kmsg ]] || ln -s /dev/null /dev/kmsg
}

own_address() {
  ip -4 -o address show dev eth0 scope global | awk '{split($4, a, "/"); print a[1]; exit}'
}

start_control_plane() {
  mkdir -p /var/lib/etcd
  # The words in BED_..._ARGS are meant to be split.
  # shellcheck disable=SC2086
  start etcd etcd --name bed --data-dir /var/lib/etcd --unsafe-no-fsync \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster bed=http://127.0.0.1:2380 ${BED_ETCD_ARGS:-}
  cat >/run/audit.yaml <<'CONFIG'
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - {level: Metadata, userGroups: ["system:serviceaccounts:tweed-system"]}
  - {level: None}
CONFIG
  # shellcheck disable=SC2086
  start kube-apiserver kube-apiserver --audit-policy-file /run/audit.yaml --audit-log-path /var/log/audit.jsonl --etcd-servers http://127.0.0.1:2379 --advertise-address "$ip" \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged \
    --service-cluster-ip-range "$service_cidr" --kubelet-preferred-address-types InternalIP \
    --tls-cert-file /pki/apiserver.crt --tls-private-key-file /pki/apiserver.key --client-ca-file /pki/ca.crt \
    --kubelet-client-certificate /pki/apiserver-kubelet-client.crt \
    --kubelet-client-key /pki/apiserver-kubelet-client.key --kubelet-certificate-authority /pki/ca.crt \
    --service-account-issuer https://kubernetes.default.svc --service-account-key-file /pki/sa.pub \
    --service-account-signing-key-file /pki/sa.key ${BED_API_SERVER_ARGS:-}
  await 60 kube-apiserver kubectl get --raw /readyz
  # shellcheck disable=SC2086
  start kube-controller-manager kube-controller-manager --kubeconfig /pki/controller-manager.conf \
    --authentication-kubeconfig /pki/controller-manager.conf --authorization-kubeconfig /pki/controller-manager.conf \
    --leader-elect=false --allocate-node-cidrs=false --use-service-account-credentials \
    --service-cluster-ip-range "$service_cidr" --root-ca-file /pki/ca.crt \
    --service-account-private-key-file /pki/sa.key \
    --cluster-signing-cert-file /pki/ca.crt --cluster-signing-key-file /pki/ca.key \
    --node-monitor-grace-period 16s ${BED_CONTROLLER_MANAGER_ARGS:-}
  # shellcheck disable=SC2086
  start kube-scheduler kube-scheduler --kubeconfig /pki/scheduler.conf \
    --authentication-kubeconfig /pki/scheduler.conf --authorization-kubeconfig /pki/scheduler.conf \
    --leader-elect=false ${BED_SCHEDULER_ARGS:-}
  await 60 kube-controller-manager healthy_tls https://127.0.0.1:10257/healthz
  await 60 kube-scheduler healthy_tls https://127.0.0.1:10259/healthz
  echo "BED READY control-plane $name"
}

install_cni_plugins() {
  local choice=${BED_CNI_PLUGINS:-none}
  [[ ! -e /opt/cni/.bed ]] || return 0
  mkdir -p /opt/cni/bin /etc/cni/net.d
  case $choice in
    none) ;;
    current | old) cp /opt/bed/cni-"$choice"/* /opt/cni/bin/ ;;
    *) fail "BED_CNI_PLUGINS=$choice: say none, current or old" ;;
  esac
  touch /opt/cni/.bed
}

import_images() {
  local archive
  for archive in /images/*.tar; do
    [[ -e $archive ]] || continue
    bed-import "$archive" >>"$logs/containerd.log" 2>&1 || fail "image archive $archive cannot be imported"
  done
}

start_kube_proxy() {
  local mode=${BED_KUBE_PROXY:-nftables}
  [[ $mode != off ]] || return 0
  cat >/run/kube-proxy.yaml <<CONFIG
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: $mode
clientConnection: {kubeconfig: /pki/kube-proxy.conf}
# The machine's limit is not a container's to change.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
CONFIG
  # shellcheck disable=SC2086
  start kube-proxy kube-proxy --config /run/kube-proxy.yaml --hostname-override "$name" ${BED_KUBE_PROXY_ARGS:-}
}

start_node() {
  # No init system here that would bring the host's firewall back after a boot.
  if grep -qi '^ENABLED=yes' /etc/ufw/ufw.conf 2>/dev/null; then /usr/lib/ufw/ufw-init start >>"$logs/ufw.log" 2>&1 || true; fi
  if [[ -d /etc/firewalld ]]; then bed-firewalld start || true; fi
  install_cni_plugins
  start containerd containerd --config /etc/bed/containerd.toml
  await 30 containerd ctr version
  import_images
  # shellcheck disable=SC2086
  start kubelet kubelet --config /etc/bed/kubelet.yaml --kubeconfig "/pki/nodes/$name.conf" \
    --hostname-override "$name" --node-ip "$ip" --tls-cert-file "/pki/nodes/$name.crt" \
    --tls-private-key-file "/pki/nodes/$name.key" ${BED_KUBELET_ARGS:-}
  start_kube_proxy
  await 60 kubelet healthy http://127.0.0.1:10248/healthz
  await 120 "Node $name" kubectl get node "$name"
  echo "BED READY node $name"
}

mkdir -p "$logs"
# As systemd-tmpfiles does at boot; the image has none.
sed -n 's/^r! //p' /etc/tmpfiles.d/*.conf 2>/dev/null | xargs -r rm -f || true
prepare_kernel_views
ip=${BED_IP:-$(own_address)}
[[ -n $ip ]] || fail "eth0 has no IPv4 address; set BED_IP"
# A newer Docker (26, not 20.10) gives an internal network no default route; without one the node reaches no Service.
if [[ $ip == *:* ]]; then family=-6 gateway=${ip%:*}:1; else family=-4 gateway=${ip%.*}.1; fi
[[ -n $(ip $family route show default) ]] || ip $family route add default via "$gateway" || fail "no default route via $gateway"
[[ -r /pki/ca.crt ]] || fail "/pki is empty; mount the directory that pki.sh made"
# A network namespace starts with the value of the machine below, which Docker has turned on.
sysctl -qw net.ipv4.ip_forward="${BED_IP_FORWARD:-0}"
sysctl -qw net.ipv6.conf.all.forwarding="${BED_IP_FORWARD:-0}" 2>/dev/null || true

has_role control-plane || has_role node || fail "BED_ROLES=${BED_ROLES:-}: say control-plane, node or both"
if has_role control-plane; then start_control_plane; fi
if has_role node; then
  [[ -r /pki/nodes/$name.conf ]] || fail "/pki/nodes/$name.conf is missing; run pki.sh DIR node $name $ip"
  start_node
fi

# Ends with the first component that ends: half a node helps nobody.
wait -n || true
dead_component
fail "a component has ended"
