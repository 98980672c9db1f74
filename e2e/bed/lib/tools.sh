# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # variables of the other parts of ./dev, which sets -e
# The programs built from Go modules: Kubernetes, CNI plugins, helm, Argo CD, cyclonus, the probe. Sourced by ./dev.

readonly kubernetes_version=1.35.4
readonly helm_version=4.3.1
readonly cni_version=1.9.1
readonly old_cni_version=1.1.1
readonly containerd2_version=2.2.9

go_command() { CGO_ENABLED=0 nice "$go" "$@"; }
# No state of the checkout goes in: git shows it only to the checkout's owner.
go_build() { go_command build -trimpath -buildvcs=false "$@"; }

# Sets kubernetes to the directory with the binary and one link for each component.
setup_kubernetes() {
  cached kubernetes "$(hash_of "$bed/kubernetes" "$kubernetes_version")" \
    "Building Kubernetes $kubernetes_version (once; some 13 minutes of one core)" build_kubernetes
  kubernetes=$REPLY
  link_kube_api_test
}

build_kubernetes() {
  local name
  cd "$bed/kubernetes"
  go_build -ldflags "-s -w -X k8s.io/component-base/version.gitVersion=v$kubernetes_version" -o "$1/kubernetes" .
  for name in etcd kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
    ln -s kubernetes "$1/$name"
  done
}

# The layout in which fabric8's kube-api-test looks for binaries before it would download any, and the controllers beside.
link_kube_api_test() {
  local name
  kube_api_test=$cache/kube-api-test
  local directory
  directory=$kube_api_test/k8s/$kubernetes_version-linux-$(architecture)
  mkdir -p "$directory"
  for name in etcd kube-apiserver kube-controller-manager kubectl; do
    [[ $(readlink "$directory/$name") == "$kubernetes/$name" ]] || ln -sfT "$kubernetes/$name" "$directory/$name"
  done
}

# This machine's architecture as Go, Docker and Kubernetes call it.
architecture() {
  case $(uname -m) in
    x86_64) echo amd64 ;;
    aarch64) echo arm64 ;;
    *) die "no images are made for $(uname -m), only for x86_64 and aarch64" ;;
  esac
}

# setup_cni ARCHITECTURE: sets cni to a directory with the plugins of our images.
setup_cni() {
  cached cni "$(hash_of "$bed/cni" "$cni_version" "$1")" "Building CNI plugins $cni_version for $1" build_cni "$1"
  cni=$REPLY
}

build_cni() {
  cd "$bed/cni"
  local plugins=github.com/containernetworking/plugins plugin
  for plugin in main/bridge main/loopback ipam/host-local meta/portmap; do
    GOARCH=$2 go_build -ldflags "-s -w -X $plugins/pkg/utils/buildversion.BuildVersion=v$cni_version" \
      -o "$1/${plugin#*/}" "$plugins/plugins/$plugin"
  done
}

# Plugins as an older installation has them, for the test that they are replaced.
setup_old_cni() {
  cached cni-old "$(hash_of "$old_cni_version")" "Building CNI plugins $old_cni_version" build_old_cni
  old_cni=$REPLY
}

build_old_cni() {
  local plugins=github.com/containernetworking/plugins
  cd "$1"
  GOBIN=$1 go_command install -trimpath \
    -ldflags "-s -w -X $plugins/pkg/utils/buildversion.BuildVersion=v$old_cni_version" \
    $plugins/plugins/{main/bridge,main/loopback,ipam/host-local,meta/portmap}@v$old_cni_version
}

# The container runtime of newer nodes than Debian 13's, which asks CNI plugins for STATUS. Sets containerd2 to a directory.
setup_containerd2() {
  cached containerd2 "$(hash_of "$containerd2_version")" "Building containerd $containerd2_version" build_containerd2
  containerd2=$REPLY
}

build_containerd2() {
  local module=github.com/containerd/containerd/v2
  cd "$1"
  GOBIN=$1 go_command install -trimpath -ldflags "-s -w -X $module/version.Version=$containerd2_version" \
    $module/cmd/{containerd,containerd-shim-runc-v2}@v$containerd2_version
}

setup_helm() {
  cached helm "$(hash_of "$helm_version")" "Building helm $helm_version" build_helm
  helm=$REPLY/helm
}

build_helm() {
  cd "$1"
  GOBIN=$1 go_command install -trimpath -ldflags '-s -w' helm.sh/helm/v4/cmd/helm@v$helm_version
}

# Sets argocd to the directory with what of Argo CD the tests run: one binary, a link for each component, the objects that
# these want in the cluster, and the program that the repo-server runs for each commit.
setup_argocd() {
  cached argocd "$(hash_of "$bed/argocd")" "Building Argo CD (once; some 5 minutes of one core)" build_argocd
  argocd=$REPLY
}

build_argocd() {
  local name module
  cd "$bed/argocd"
  # Argo CD is the one module that may want a newer Go than the machine's.
  export GOTOOLCHAIN=auto
  go_build -ldflags '-s -w' -o "$1/argocd" .
  for name in argocd-application-controller argocd-repo-server redis; do
    ln -s argocd "$1/$name"
  done
  module=$(go_command list -m -f '{{.Dir}}' github.com/argoproj/argo-cd/v3)
  install -m 755 "$module/hack/git-verify-wrapper.sh" "$1"
  install -m 644 -D -t "$1/manifests" "$module"/manifests/crds/{application,appproject}-crd.yaml "$module"/manifests/base/config/argocd-*.yaml
}

# The oracle of NetworkPolicies. Sets cyclonus to the program.
setup_cyclonus() {
  cached cyclonus "$(hash_of "$bed/cyclonus")" "Building the engine of cyclonus" build_cyclonus
  cyclonus=$REPLY/cyclonus
}

build_cyclonus() {
  cd "$bed/cyclonus"
  go_build -ldflags '-s -w' -o "$1/cyclonus" .
}

setup_probe() {
  cached probe "$(hash_of "$bed/probe")" "Building the probe" build_probe
  probe=$REPLY/probe
}

build_probe() {
  cd "$bed/probe"
  go_build -ldflags '-s -w' -o "$1/probe" .
}
