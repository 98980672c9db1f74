# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # variables of the other parts of ./dev, which sets -e
# Tests, benchmarks and the demo. Sourced by ./dev.

setup_bed() {
  setup_packages
  setup_jdk
  setup_go
  setup_docker
  setup_node_image
  setup_coredns
  setup_helm
}

# Sets properties: what tests and demo are told about the bed (e2e/bed/README.md).
set_properties() {
  # Nothing can be pulled: no Ryuk, and the image Testcontainers looks around with is one of ours.
  export TESTCONTAINERS_RYUK_DISABLED=true TESTCONTAINERS_TINYIMAGE_CONTAINER_IMAGE=tweed/probe:dev
  export TWEED_KUBE_API_TEST_DIR=$kube_api_test
  properties=(
    "-Dtweed.cache=$cache"
    "-Dtweed.chart=$root/helm"
    "-Dtweed.kubeApiTestDir=$kube_api_test"
    "-Dtweed.kubectl=$kubernetes/kubectl"
    "-Dtweed.pkiScript=$bed/pki.sh"
  )
  [[ -z ${node_image:-} ]] || properties+=("-Dtweed.bedImage=$node_image")
  [[ -z ${coredns:-} ]] || properties+=("-Dtweed.coreDns=$coredns")
  [[ -z ${helm:-} ]] || properties+=("-Dtweed.helm=$helm")
  [[ -z ${argocd:-} ]] || properties+=("-Dtweed.argocd=$argocd")
  [[ -z ${cyclonus:-} ]] || properties+=("-Dtweed.cyclonus=$cyclonus")
  [[ -z ${conformance:-} ]] || properties+=("-Dtweed.conformance=$conformance")
  [[ -z ${nft_versions:-} ]] || properties+=("-Dtweed.nftVersions=$nft_versions")
  [[ -z ${node_tar:-} ]] || properties+=("-Dtweed.nodeImageTar=$node_tar" "-Dtweed.operatorImageTar=$operator_tar")
}

# test [--no-skips] [--quick | LAYER...], test --long [MINUTES]. --no-skips: a skipped test of the layers below e2e is a failure.
# Tests of the layers above "unit" carry a JUnit tag named after their layer.
command_test() {
  if [[ ${1:-} == --long ]]; then
    shift
    test_long "$@"
    return
  fi
  if [[ $* == machine ]]; then
    test_machine
    return
  fi
  no_skips=''
  if [[ ${1:-} == --no-skips ]]; then
    no_skips=yes
    export TWEED_TEST_MAY_NOT_SKIP=true
    shift
  fi
  local layers=" $* " known=" unit api-server kernel e2e " layer
  case $layers in
    '  ') layers=$known ;;
    ' --quick ') layers=' unit ' ;;
  esac
  for layer in $layers; do
    [[ $known == *" $layer "* ]] || die "test: there is no layer '$layer'; say --quick or some of:$known"
  done

  [[ $layers != *@(' kernel '|' e2e ')* ]] || need_root
  if [[ $layers == ' unit ' ]]; then setup_packages mvn clang; else setup_packages; fi
  setup_jdk
  kube_api_test='' kubernetes=''
  local arguments=() skipped=''
  if [[ $layers == *' api-server '* || $layers == *' e2e '* ]]; then
    setup_go
    setup_kubernetes
    setup_helm
  fi
  if [[ $layers == *' api-server '* ]]; then
    setup_argocd
    setup_cyclonus
  fi
  [[ $layers != *' kernel '* ]] || setup_nft_versions
  # A firewall is not put on somebody's machine unasked: without it its tests are skipped, which CI does not allow.
  [[ -z $no_skips || $layers != *' kernel '* ]] || install_test_firewalls
  if [[ $layers == *' e2e '* ]]; then
    setup_docker
    setup_node_image
    setup_coredns
    setup_conformance
    setup_product_images
  else
    arguments+=(-Dtweed.skipE2e=true)
  fi
  for layer in $known; do
    [[ $layers == *" $layer "* ]] || skipped+=${skipped:+,}$layer
  done
  [[ $layers == *' unit '* ]] || arguments+=("-Dgroups=$(sed 's/^ *//; s/ *$//; s/ /,/g' <<<"$layers")")
  arguments+=("-DexcludedGroups=${skipped:+$skipped,}machine")
  set_properties
  run_tests "${arguments[@]}"
}

# test --long [MINUTES]: 1 GiB through every change of the fast path, then every property test again and again, each round with seeds of its own, until one fails or the time is over.
test_long() {
  local minutes=${1:-120} log=$log_directory/long.log began=$SECONDS round=0
  [[ $minutes =~ ^[1-9][0-9]*$ && $# -le 1 ]] || die "test: --long takes a number of minutes"
  need_root
  setup_packages
  setup_jdk
  setup_go
  setup_cyclonus
  install_test_firewalls
  export TWEED_TEST_MAY_NOT_SKIP=true
  mkdir -p "$log_directory"
  run_maven test -pl '!e2e' -Dtest='FastPathTest#aStreamOutlives*,FastPathSyncTest#aStreamOutlives*' -Dtweed.fastpath.bytes=1073741824 -Dsurefire.failIfNoSpecifiedTests=false >"$log" 2>&1 ||
    die "a stream of 1 GiB did not outlive the changes of its path. The whole log: $log"
  while ((SECONDS - began < minutes * 60)); do
    round=$((round + 1))
    run_maven test -pl '!e2e' -Dtest='*Propert*Test,*DifferentialTest' -Dtweed.simulation.steps=8000 "-Dtweed.cyclonus=$cyclonus" -Dsurefire.failIfNoSpecifiedTests=false >"$log" 2>&1 || {
      grep -E '^\[ERROR\] .' "$log" | head -n 20 >&2 || true
      die "a property test has failed in round $round. The whole log, with the seed: $log"
    }
    note "Round $round passed, $(((SECONDS - began) / 60)) of $minutes minutes"
  done
}

# Maven's output goes to the log; the screen shows one line for each test class and at the end the counts of each module.
run_tests() {
  local log=$log_directory/test.log
  mkdir -p "$log_directory"
  rm -rf "$log_directory/e2e-dump"
  touch "$log_directory/test.began"
  note "Testing; the whole log: $log"
  run_maven verify --fail-at-end "${properties[@]}" "$@" 2>&1 | tee "$log" |
    grep --line-buffered -E '^\[(INFO|WARNING|ERROR)\] +(Building Tweed|Tests run:.*Time elapsed|.*<<< (FAILURE|ERROR)!|BUILD )' |
    sed -u -E 's/^\[[A-Z]+\] +//; s/, Time elapsed: ([0-9.]+ s)/ (\1)/' >&2 || true
  # Each module's closing line is the one without a time.
  printf '\nTests by module:\n'
  sed -n -E 's/^\[INFO\] Building (Tweed :: .*) [0-9].*/\1/p; s/^\[(INFO|WARNING|ERROR)\] (Tests run: [0-9]+, Failures: [0-9]+, Errors: [0-9]+, Skipped: [0-9]+)$/  \2/p' "$log"
  awk '/^\[(INFO|WARNING|ERROR)\] Tests run: [0-9]+, Failures: [0-9]+, Errors: [0-9]+, Skipped: [0-9]+$/ {
      gsub(/[^0-9 ]/, ""); tests += $1; failures += $2; errors += $3; skipped += $4 }
    END { printf "All modules\n  Tests run: %d, Failures: %d, Errors: %d, Skipped: %d\n", tests, failures, errors, skipped }' "$log"
  if ! grep -q '\] BUILD SUCCESS' "$log"; then
    grep -E '^\[ERROR\] .' "$log" | grep -vE 'Help 1|To see the full|Re-run Maven|For more information|After correcting|mvn <args>|See dump files' | head -n 40 >&2 || true
    sed -n '/state of the cluster, more in/,/^[[:space:]]*at /p' "$log" | grep -v '^[[:space:]]*at ' | cut -c1-200 | head -n 60 >&2 || true
    die "the tests have failed. The whole log: $log"
  fi
  [[ -z $no_skips ]] || forbid_skips
}

# Surefire's reports of this run; the tests on the real cluster are Failsafe's.
forbid_skips() {
  local skipped
  skipped=$(find "$root" -path '*/target/surefire-reports/TEST-*.xml' -newer "$log_directory/test.began" \
    -exec grep -lE '<skipped' {} + | sed 's/.*TEST-//; s/\.xml$//' | sort | paste -sd' ') || true
  [[ -z $skipped ]] || die "tests were skipped, which is no success here: $skipped"
}

# run_main MODULE CLASS ARGUMENT...: a main class of a module, with its test class path.
run_main() {
  local module=$root/$1 class=$2
  shift 2
  (cd "$module" && "$JAVA_HOME/bin/java" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED \
    --sun-misc-unsafe-memory-access=allow \
    "${properties[@]}" -cp "target/test-classes:target/classes:$(<target/test.classpath)" "$class" "$@")
}

# bench [PART...]: the parts are those of dev.tweed.e2e.bench.ClusterBench.
command_bench() {
  need_root
  setup_bed
  setup_product_images
  set_properties
  run_main e2e dev.tweed.e2e.Bench "$@"
}

command_demo() {
  case "$*" in
    '')
      need_root
      setup_bed
      setup_product_images
      set_properties
      sweep demo
      # Half a cluster is no use: the program removes its containers when it is interrupted, and this what it leaves.
      trap 'sweep demo; exit 130' INT TERM HUP
      run_main e2e dev.tweed.e2e.Demo up
      ;;
    --down)
      docker_answers || return 0
      sweep demo
      rm -rf "$cache/demo"
      ;;
    *) die "demo: the only option is --down" ;;
  esac
}

command_kubectl() {
  local kubectl=$cache/kube-api-test/k8s/$kubernetes_version-linux-$(architecture)/kubectl
  [[ -x $kubectl && -r $cache/demo/pki/admin.conf ]] || die "there is no demo cluster; start one with ./dev demo"
  exec "$kubectl" --kubeconfig "$cache/demo/pki/admin.conf" "$@"
}

command_node() {
  [[ $# -ge 1 ]] || die "node: name one of: $(docker ps --filter label=dev.tweed.bed=demo --format '{{.Names}}' | sed 's/^tweed-demo-//' | sort | paste -sd' ')"
  local name=tweed-demo-$1 flags=(-i)
  shift
  docker inspect "$name" >/dev/null 2>&1 || die "there is no node ${name#tweed-demo-} in the demo cluster (docker ps shows what runs)"
  [[ -t 0 && -t 1 ]] && flags=(-it)
  if [[ $# -eq 0 ]]; then set -- bash; fi
  exec docker exec "${flags[@]}" "$name" "$@"
}
