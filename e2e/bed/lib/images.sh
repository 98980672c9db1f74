# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # variables of the other parts of ./dev, which sets -e
# The images of the test bed, made without a registry. Sourced by ./dev.

readonly debian_suite=trixie
readonly image_label=dev.tweed.image

# The old builder's notice of its own end is not ours to repeat.
docker_build() { docker build --force-rm "$@" 2> >(grep -v -e DEPRECATED -e 'BuildKit is currently' -e environment-variable >&2); }

has_image() { docker image inspect "$1" >/dev/null 2>&1; }

# debian_root DIRECTORY VARIANT PACKAGES_FILE [OPTION...]: DIRECTORY/root.tar with these packages.
debian_root() {
  local directory=$1 variant=$2 packages=$3
  shift 3
  nice mmdebstrap --variant="$variant" --include="$(paste -sd, "$packages")" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' --aptopt='APT::Install-Recommends "false"' \
    "$@" "$debian_suite" "$directory/root.tar"
}

# The nft of two releases of Debian, unpacked beside the machine's own: the node's and the daemon's may differ as much.
# Sets nft_versions to a directory with one subdirectory for each release, where nft runs as it is.
setup_nft_versions() {
  cached nft "$(hash_of bookworm trixie "$bed/lib/unpacked-nft")" "Unpacking nft of Debian 12 and 13" unpack_nft_versions
  nft_versions=$REPLY
}

unpack_nft_versions() {
  local suite
  for suite in bookworm trixie; do
    nice mmdebstrap --variant=extract --include=nftables --aptopt='APT::Install-Recommends "false"' "$suite" "$1/$suite"
    cp "$bed/lib/unpacked-nft" "$1/$suite/nft"
    "$1/$suite/nft" --version
  done
}

# root_name NAME VARIANT PACKAGES_FILE [OPTION...]: sets REPLY to NAME:<hash of what it is made from>.
root_name() {
  local name=$1
  shift
  # The place of this checkout is no part of the content.
  REPLY=$name:$(hash_of "$debian_suite" "$1" "$2" "${@/$bed/}" "$bed/lib/shrink-root")
}

# root_image NAME VARIANT PACKAGES_FILE [OPTION...]: the same, and makes sure that the image is there.
root_image() {
  local image name=$1
  root_name "$@"
  image=$REPLY
  shift
  if ! has_image "$image"; then
    cached "root-${name#*/}" "${image#*:}" "Collecting Debian packages for $name" debian_root "$@"
    # Every image built on it, with or without a name, inherits the label.
    docker import --change "LABEL $image_label=yes" "$REPLY/root.tar" "$image" >/dev/null
  fi
  REPLY=$image
}

# forget_old KIND: all but the newest six of $cache/KIND, each of which is as big as an image.
forget_old() {
  local old
  while read -r old; do rm -rf "${cache:?}/$1/$old"; done < <(ls -t "$cache/$1" | tail -n +7)
}

# Each build leaves the image that had the name before, and its own first stage, without a name. The newest six stay:
# what a build takes from the one before it (jlink) is among them. One that something uses cannot be removed, and need not be.
forget_unnamed_images() {
  docker images -q --filter dangling=true --filter "label=$image_label" | tail -n +7 | xargs -r docker rmi >/dev/null 2>&1 || true
}

# The image for test pods and the one for pod sandboxes. Sets probe_image.
setup_probe_image() {
  setup_probe
  root_image tweed/bed-probe-base extract "$bed/probe/packages" --extract-hook="$bed/lib/shrink-root"
  local base=$REPLY hash
  hash=$(hash_of "$base" "$(basename "$(dirname "$probe")")" "$bed/probe/Dockerfile" "$bed/node/pause.Dockerfile")
  probe_image=tweed/probe:$hash
  if ! has_image "$probe_image"; then
    step "Building $probe_image" probe-image build_probe_image "$base" "$hash"
  fi
  docker tag "$probe_image" tweed/probe:dev
  docker tag "tweed/pause:$hash" tweed/pause:dev
}

build_probe_image() {
  local base=$1 hash=$2 context
  context=$(new_context)
  cp "$probe" "$bed/probe/Dockerfile" "$bed/node/pause.Dockerfile" "$context"
  docker_build -f "$context/pause.Dockerfile" -t "tweed/pause:$hash" "$context"
  docker_build --build-arg "BASE=$base" -t "tweed/probe:$hash" "$context"
  rm -rf "$context"
}

# The cluster's DNS server. Sets coredns to a directory with image.tar and the manifest.
setup_coredns() {
  cached coredns "$(hash_of "$bed/coredns")" "Building CoreDNS (once; some 2 minutes of one core)" build_coredns
  coredns=$REPLY
}

build_coredns() {
  local context
  context=$(new_context)
  (cd "$bed/coredns" && go_build -ldflags '-s -w' -o "$context/coredns" .)
  cp "$bed/coredns/Dockerfile" "$context"
  docker_build --label "$image_label=yes" -t tweed/coredns:dev "$context"
  rm -rf "$context"
  docker save -o "$1/image.tar" tweed/coredns:dev
  cp "$bed/coredns/coredns.yaml" "$1"
}

# A directory to gather a build context in; links instead of copies would not be followed by docker.
new_context() {
  mkdir -p "$cache/tmp"
  mktemp -d "$cache/tmp/context.XXXXXX"
}

# The node image. Sets node_image to its name by hash; :dev points to the same.
setup_node_image() {
  setup_kubernetes
  setup_cni "$(architecture)"
  setup_old_cni
  setup_probe_image
  # firewalld depends on polkitd, which brings systemd; root needs neither to talk to it.
  root_image tweed/bed-node-base minbase "$bed/node/packages" \
    --customize-hook='chroot "$1" dpkg --purge --force-depends,remove-protected systemd-sysv libpam-systemd polkitd systemd libsystemd-shared'
  local base=$REPLY
  node_image=tweed/bed-node:$(hash_of "$base" "$probe_image" "${kubernetes##*/}" "${cni##*/}" "${old_cni##*/}" "$bed/node")
  has_image "$node_image" || step "Building $node_image" bed-node-image build_node_image "$base" "$node_image"
  docker tag "$node_image" tweed/bed-node:dev
}

build_node_image() {
  local base=$1 image=$2 context
  context=$(new_context)
  cp -r "$bed/node/." "$context"
  ln "$kubernetes/kubernetes" "$context/kubernetes" 2>/dev/null || cp "$kubernetes/kubernetes" "$context/kubernetes"
  cp -r "$cni" "$context/cni-current"
  cp -r "$old_cni" "$context/cni-old"
  mkdir "$context/images"
  docker save -o "$context/images/bed.tar" tweed/probe:dev tweed/pause:dev
  docker_build --build-arg "BASE=$base" -t "$image" "$context"
  rm -rf "$context"
  # Half a gigabyte each: the newest three are enough. One that a container uses cannot be removed, and need not be.
  docker images -q tweed/bed-node | uniq | tail -n +4 | xargs -r docker rmi -f >/dev/null 2>&1 || true
}
