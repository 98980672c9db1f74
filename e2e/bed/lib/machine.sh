# shellcheck shell=bash disable=SC2034,SC2154  # variables of the other parts of ./dev
# What the machine has to offer: packages, a JDK, Go, the Docker engine. Sourced by ./dev.

need_root() {
  ((EUID == 0)) || die "this command makes network namespaces and containers: run it as root (sudo ./dev ...)"
}

# The package that brings a command, as "command package".
readonly commands='
docker docker.io
dockerd docker.io
mmdebstrap mmdebstrap
mvn maven
clang clang
ethtool ethtool
ip iproute2
nft nftables
iptables iptables
iperf3 iperf3
ping iputils-ping
openssl openssl
curl curl
git git
flock util-linux
ps procps
bpftool bpftool
modprobe kmod
'

# setup_packages [COMMAND...]: these, or all of them.
setup_packages() {
  local command package missing=()
  while read -r command package; do
    [[ -n $command && ($# -eq 0 || " $* " == *" $command "*) ]] || continue
    command -v "$command" >/dev/null || missing+=("$package")
  done <<<"$commands"
  # Debian's keys, on what only derives from Debian.
  [[ $# -gt 0 || -e /usr/share/keyrings/debian-archive-keyring.gpg ]] || missing+=(debian-archive-keyring)
  # Headers clang compiles the fast path with: no command.
  [[ " $* " != *' clang '* && $# -gt 0 || -e /usr/include/bpf/bpf_helpers.h ]] || missing+=(libbpf-dev)
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
  # Since Debian 13 the client is a package of its own.
  [[ $# -gt 0 ]] || command -v docker >/dev/null || install_packages docker-cli
}

has_candidate() { [[ $(apt-cache policy "$1" 2>/dev/null) =~ Candidate:\ [^\(] ]]; }

install_packages() {
  local packages
  mapfile -t packages < <(printf '%s\n' "$@" | sort -u)
  command -v apt-get >/dev/null || die "these are missing and there is no apt-get to install them with: ${packages[*]}"
  ((EUID == 0)) || die "these packages are missing: ${packages[*]}; install them, or run this as root (sudo ./dev ...), which does"
  step "Installing ${packages[*]}" apt apt_install "${packages[@]}"
  hash -r
}

# apt_get OPTION...: without questions; waits for another package manager, as there is one after each boot.
apt_get() { DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; }

apt_install() {
  apt_get install "$@" || {
    # Old package lists, or a run that was interrupted.
    dpkg --configure -a
    apt_get update
    apt_get install "$@"
  }
}

# What tests need to run ufw and firewalld in namespaces. On the machine itself neither is started, now or at its next boot.
install_test_firewalls() {
  local missing=()
  command -v ufw >/dev/null || missing+=(ufw)
  command -v firewalld >/dev/null || missing+=(firewalld)
  command -v dbus-daemon >/dev/null || missing+=(dbus)
  [[ ${#missing[@]} -gt 0 ]] || return 0
  need_root
  if [[ ! -e /lib/systemd/system/firewalld.service ]]; then
    # Its package would enable it; who wants it later types: systemctl unmask firewalld
    mkdir -p /etc/systemd/system
    ln -sT /dev/null /etc/systemd/system/firewalld.service 2>/dev/null || true
  fi
  (
    if [[ ! -e /usr/sbin/policy-rc.d ]]; then
      trap 'rm -f /usr/sbin/policy-rc.d' EXIT
      printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
      chmod 755 /usr/sbin/policy-rc.d
    fi
    install_packages "${missing[@]}"
  )
  hash -r
}

is_jdk_25() {
  [[ -x $1/bin/javac && -x $1/bin/jlink ]] && grep -q '^JAVA_VERSION="25[."]' "$1/release" 2>/dev/null
}

# Sets and exports JAVA_HOME.
setup_jdk() {
  local candidate
  for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*25* "$HOME"/.sdkman/candidates/java/25*; do
    is_jdk_25 "$candidate" || continue
    export JAVA_HOME=$candidate
    return
  done
  candidate=$(readlink -f "$(command -v javac || true)") || true
  candidate=${candidate%/bin/javac}
  if [[ -n $candidate ]] && is_jdk_25 "$candidate"; then
    export JAVA_HOME=$candidate
    return
  fi
  if command -v apt-get >/dev/null && ((EUID == 0)); then
    has_candidate openjdk-25-jdk-headless || step "Reading package lists" apt apt_get update
    if has_candidate openjdk-25-jdk-headless; then
      install_packages openjdk-25-jdk-headless
      for candidate in /usr/lib/jvm/*25*; do
        is_jdk_25 "$candidate" || continue
        export JAVA_HOME=$candidate
        return
      done
    fi
  fi
  die "a JDK 25 is needed: install openjdk-25-jdk-headless where the distribution has it, or one from https://adoptium.net, and set JAVA_HOME to it"
}

# is_go COMMAND MINOR: true for Go 1.MINOR or newer.
is_go() {
  [[ -x $1 && $(GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) =~ ^go1\.([0-9]+) ]] && ((BASH_REMATCH[1] >= $2))
}

# Sets go to the Go command.
setup_go() {
  local package
  ! find_go || return 0
  if command -v apt-get >/dev/null && ((EUID == 0)); then
    has_candidate golang-go || step "Reading package lists" apt apt_get update
    for package in golang-1.27-go golang-1.26-go golang-1.25-go; do
      has_candidate "$package" || continue
      install_packages "$package"
      ! find_go || return 0
    done
    # Debian 13 has Go 1.24, and newer ones in its backports.
    if [[ $(. /etc/os-release && echo "$VERSION_CODENAME") == trixie ]]; then
      step "Installing golang-1.26-go from trixie-backports" apt apt_install_backport golang-1.26-go
    elif has_candidate golang-go; then
      install_packages golang-go
    fi
    ! find_go || return 0
  fi
  die "Go 1.25 or newer is needed to build Kubernetes: install it from https://go.dev/dl into /usr/local/go"
}

find_go() {
  local minor candidate
  for minor in 25 21; do
    for candidate in "$(command -v go || true)" /usr/local/go/bin/go /usr/lib/go-1.2[1-9]/bin/go; do
      is_go "$candidate" "$minor" || continue
      go=$candidate
      # An older one fetches what our modules ask for by itself; distributions switch that off.
      ((minor == 25)) || export GOTOOLCHAIN=auto
      return
    done
  done
  return 1
}

# The machine's own list of sources stays as it is.
apt_install_backport() {
  local directory options repository codename=trixie
  directory=$cache/tmp/backports
  mkdir -p "$directory/lists/partial"
  options=(-o "Dir::Etc::SourceList=$directory/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$directory/lists")
  repository=$(apt-get indextargets --format '$(REPO_URI)' 'Identifier: Packages' "Codename: $codename" 'Component: main' | head -n 1)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $repository $codename-backports main" >"$directory/sources.list"
  apt_get "${options[@]}" update
  apt_get "${options[@]}" install "$1"
  rm -rf "$directory"
}

docker_answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }

# Starts the Docker engine unless one answers, and lets our bridges pass its isolation rules.
setup_docker() {
  # The bed's Dockerfiles need nothing of BuildKit, and an older engine has none.
  export DOCKER_BUILDKIT=0
  if ! docker_answers; then
    need_root
    step "Starting the Docker engine" docker-start start_docker
  fi
  [[ $(docker info --format '{{.SecurityOptions}}') != *@(rootless|userns)* ]] ||
    die "the Docker engine here is rootless or maps users, and nodes of a cluster need one that does neither: stop it, or set DOCKER_HOST to another"
  ((EUID == 0)) || return 0
  # Frames between our nodes cross Docker's rules where bridges are filtered (net.bridge.bridge-nf-call-iptables).
  iptables -C DOCKER-USER -i tweed-+ -o tweed-+ -j ACCEPT 2>/dev/null ||
    iptables -I DOCKER-USER -i tweed-+ -o tweed-+ -j ACCEPT 2>/dev/null || true
}

start_docker() {
  local log=$log_directory/dockerd.log deadline=$((SECONDS + 60)) pid=''
  if [[ -d /run/systemd/system ]]; then
    systemctl start docker
  else
    # A file left by an engine that was killed keeps the new one from starting.
    if [[ -e /var/run/docker.pid ]] && ! kill -0 "$(</var/run/docker.pid)" 2>/dev/null; then rm -f /var/run/docker.pid; fi
    # A session of its own: the engine outlives this script and the terminal.
    setsid nohup dockerd >>"$log" 2>&1 </dev/null &
    pid=$!
  fi
  until docker_answers; do
    if [[ -n $pid ]] && ! kill -0 "$pid" 2>/dev/null; then
      # Only what went wrong: the engine tells much more, and none of it explains.
      { grep -v 'level=\(debug\|info\)' "$log" || true; } | tail -n 20
      echo "dockerd has ended; its log is $log"
      return 1
    fi
    if ((SECONDS >= deadline)); then
      echo "dockerd does not answer after 60 s; its log is $log"
      return 1
    fi
    sleep 0.3
  done
}

# sweep VALUE: removes every container and network with the label dev.tweed.bed=VALUE.
sweep() {
  local containers networks
  mapfile -t containers < <(docker ps -aq --filter "label=dev.tweed.bed=$1")
  [[ ${#containers[@]} -eq 0 ]] || docker rm -fv "${containers[@]}" >/dev/null
  mapfile -t networks < <(docker network ls -q --filter "label=dev.tweed.bed=$1")
  [[ ${#networks[@]} -eq 0 ]] || docker network rm "${networks[@]}" >/dev/null
}
