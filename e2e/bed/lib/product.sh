# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # variables of the other parts of ./dev, which sets -e
# Tweed itself: the Maven build and the images of operator and daemon. Sourced by ./dev.

readonly agent_jar=$root/node-daemon/agent/target/tweed-node.jar
readonly training_jar=$root/node-daemon/agent/target/tweed-training.jar
readonly operator_app=$root/operator/target/quarkus-app

run_maven() { (cd "$root" && nice "${MAVEN:-mvn}" -B -ntp "$@"); }

# Everything the jars are made from.
sources_hash() {
  local pom inputs=("$root/pom.xml")
  for pom in "$root"/{,node-daemon/}*/pom.xml; do
    inputs+=("$pom" "${pom%pom.xml}src")
  done
  [[ ! -d $root/crds/manifests ]] || inputs+=("$root/crds/manifests")
  hash_of "${inputs[@]}" "$JAVA_HOME"
}

# Jars and test classes of every module, unless they were made from these very sources.
setup_build() {
  local stamp=$root/target/tweed-sources hash
  hash=$(sources_hash)
  [[ -r $stamp && $(<"$stamp") == "$hash" && -e $agent_jar && -e $training_jar && -e $operator_app/quarkus-run.jar && -e $test_classpath ]] && return
  step "Building Tweed (mvn package)" build package_tweed
  mkdir -p "$root/target"
  echo "$hash" >"$stamp"
}

readonly test_classpath=$root/e2e/target/test.classpath

package_tweed() {
  run_maven -DskipTests package dependency:build-classpath -Dmdep.outputFile=target/test.classpath -Dmdep.includeScope=test
}

# build_base and runtime_base COMMAND: COMMAND (root_name or root_image) for the two stages of our Dockerfiles.
build_base() { "$1" tweed/build-base minbase "$bed/images/build-packages" --setup-hook='mkdir -p "$1/usr/share/man/man1"'; }
runtime_base() { "$1" tweed/base extract "$bed/images/runtime-packages" --extract-hook="$bed/lib/shrink-root"; }

# The two images, by name tweed/operator:dev and tweed/node:dev and as archives. Sets operator_tar and node_tar.
setup_product_images() {
  local bases
  setup_build
  setup_cni "$(architecture)"
  build_base root_name
  bases=$REPLY
  runtime_base root_name
  bases+=" $REPLY"

  cached node-image "$(hash_of "$bases" "${cni##*/}" "$agent_jar" "$training_jar" "$root/node-daemon/agent/src/main/docker")" \
    "Building tweed/node:dev" build_product_image node
  node_tar=$REPLY/image.tar
  cached operator-image "$(hash_of "$bases" "$operator_app" "$root/operator/src/main/docker")" \
    "Building tweed/operator:dev" build_product_image operator
  operator_tar=$REPLY/image.tar
}

# node_context DIRECTORY ARCHITECTURE..., operator_context DIRECTORY: gathers a build context.
node_context() {
  local directory=$1 architecture
  shift
  cp -p "$agent_jar" "$training_jar" "$root"/node-daemon/agent/src/main/docker/* "$directory"
  mkdir "$directory/cni"
  for architecture in "$@"; do
    setup_cni "$architecture"
    cp -r "$cni" "$directory/cni/$architecture"
  done
}

operator_context() {
  [[ -e $operator_app/quarkus-run.jar ]] || { echo "operator/target/quarkus-app is missing"; return 1; }
  cp -rp "$operator_app" "$root"/operator/src/main/docker/* "$1"
}

build_product_image() {
  local target=$1 which=$2 context from
  context=$(new_context)
  "${which}_context" "$context" "$(architecture)"
  build_base root_image
  from=$REPLY
  runtime_base root_image
  docker_build --build-arg "BUILD_BASE=$from" --build-arg "BASE=$REPLY" \
    --build-arg "TARGETARCH=$(architecture)" -t "tweed/$which:dev" "$context"
  rm -rf "$context"
  docker save -o "$target/image.tar" "tweed/$which:dev"
  forget_old "$which-image"
  forget_unnamed_images
}

# For people with a registry: both images for every platform, from Debian's own image, pushed.
push_product_images() {
  local registry=$1 tag=$2 platforms=$3 which context architectures
  docker buildx version >/dev/null 2>&1 || die "building for a registry needs docker buildx: install the package docker-buildx"
  setup_build
  IFS=, read -ra architectures <<<"${platforms//linux\//}"
  for which in node operator; do
    context=$(new_context)
    "${which}_context" "$context" "${architectures[@]}"
    step "Building and pushing $registry/$which:$tag for $platforms" "push-$which" env DOCKER_BUILDKIT=1 docker buildx build \
      --platform "$platforms" -t "$registry/$which:$tag" --push "$context"
    rm -rf "$context"
  done
}
