# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # variables of the other parts of ./dev, which sets -e
# Suites that others wrote, from their Go modules, against a cluster with Tweed. Sourced by ./dev.

# Every name under which a suite asks for the test pods' image, and for busybox, which is in it.
readonly agnhost_names='agnhost:2.59 agnhost:2.55 agnhost:2.45 agnhost:2.43 busybox:1.37.0-1'

# Sets conformance to a directory with e2e.test, ginkgo, cnp.test and its CRD, cyclonus, and image.tar of the test pods.
setup_conformance() {
  root_image tweed/bed-agnhost-base minbase "$bed/kubernetes-e2e/packages"
  cached conformance "$(hash_of "$REPLY" "$bed/kubernetes-e2e" "$bed/cluster-network-policy" "$bed/cyclonus")" \
    "Building the suites of others (once; some 3 minutes of one core)" build_conformance "$REPLY"
  conformance=$REPLY
}

build_conformance() {
  local target=$1 base=$2 context name names=() module
  cd "$bed/cyclonus"
  go_build -ldflags '-s -w' -o "$target/cyclonus" github.com/mattfenwick/cyclonus/cmd/cyclonus
  cd "$bed/cluster-network-policy"
  # It may want a newer Go than the machine's.
  (
    export GOTOOLCHAIN=auto
    module=$(go_command list -m -f '{{.Dir}}' sigs.k8s.io/network-policy-api)
    context=$(new_context)
    cp -r --no-preserve=mode "$module" "$context/module"
    sed -i -f without-sctp.sed "$context/module/conformance/utils/kubernetes/helper.go"
    grep -q WITHOUT_SCTP "$context/module/conformance/utils/kubernetes/helper.go" || die "the cases of ClusterNetworkPolicy have no PokeServer any more"
    cp go.mod go.sum "$context"
    go_command mod edit -replace "sigs.k8s.io/network-policy-api=$context/module" "$context/go.mod"
    go_command test -c -trimpath -buildvcs=false -modfile "$context/go.mod" -ldflags '-s -w' -o "$target/cnp.test" \
      sigs.k8s.io/network-policy-api/conformance
    rm -rf "$context"
    install -m 644 "$module"/config/crd/standard/policy.networking.k8s.io_clusternetworkpolicies.yaml "$target/cnp-crd.yaml"
  )
  cd "$bed/kubernetes-e2e"
  go_command test -c -trimpath -buildvcs=false -ldflags '-s -w' -o "$target/e2e.test" .
  go_build -ldflags '-s -w' -o "$target/ginkgo" github.com/onsi/ginkgo/v2/ginkgo
  context=$(new_context)
  go_build -ldflags '-s -w' -o "$context/agnhost" k8s.io/kubernetes/test/images/agnhost
  module=$(go_command list -m -f '{{.Dir}}' k8s.io/kubernetes)
  install -m 644 "$module"/test/images/agnhost/porter/localhost.{crt,key} "$context"
  cp agnhost.sh agnhost.Dockerfile "$context"
  docker_build --build-arg "BASE=$base" -f "$context/agnhost.Dockerfile" -t tweed/agnhost:dev "$context"
  rm -rf "$context"
  for name in $agnhost_names; do
    names+=("registry.k8s.io/e2e-test-images/$name")
    docker tag tweed/agnhost:dev "${names[-1]}"
  done
  docker save -o "$target/image.tar" "${names[@]}"
  # Those are others' names.
  docker rmi --no-prune "${names[@]}" >/dev/null
}

# conformance [SUITE[:CHOICE]...]: the suites are those of dev.tweed.e2e.conformance.Suite.
command_conformance() {
  need_root
  setup_bed
  setup_product_images
  setup_conformance
  set_properties
  properties+=("-Dtweed.commit=$(git -C "$root" describe --always --dirty 2>/dev/null || echo unknown)")
  # Where the kernel has it, the suites' SCTP servers find it.
  modprobe sctp 2>/dev/null || true
  trap 'sweep conformance; exit 130' INT TERM HUP
  run_main e2e dev.tweed.e2e.Conformance "$@"
}
