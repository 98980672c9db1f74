# shellcheck shell=bash disable=SC2034,SC2154,SC2164  # variables of the other parts of ./dev, which sets -e
# A virtual machine of Debian with systemd, as a node beside the containers of the bed. Sourced by ./dev.

setup_vm_packages() {
  local missing=()
  command -v qemu-system-x86_64 >/dev/null || missing+=(qemu-system-x86)
  command -v mkfs.ext4 >/dev/null || missing+=(e2fsprogs)
  command -v ssh >/dev/null || missing+=(openssh-client)
  [[ ${#missing[@]} -eq 0 ]] || install_packages "${missing[@]}"
}

# What a virtual machine boots from, with the product's images in its containerd. Sets vm to a directory with vmlinuz, initrd.img
# and disk.img. Needs setup_bed and setup_product_images.
setup_vm() {
  [[ $(architecture) == amd64 ]] || die "the virtual machine is made for amd64 only"
  setup_vm_packages
  setup_containerd2
  cached vm-root "$(hash_of "$debian_suite" "$bed/vm/packages")" "Collecting Debian packages for a virtual machine" \
    debian_root minbase "$bed/vm/packages"
  local base=$REPLY
  cached vm "$(hash_of "$base" "$bed/vm" "$bed/lib/vm.sh" "$bed/node/kubelet.yaml" "$bed/node/containerd.toml" "${containerd2##*/}" "${kubernetes##*/}" "$probe_image" "$node_tar" "$operator_tar")" \
    "Making the disk of a virtual machine" make_vm_disk "$base"
  vm=$REPLY
  forget_old vm
}

make_vm_disk() {
  local target=$1 base=$2 disk=$1/root component
  mkdir "$disk"
  tar -C "$disk" -xf "$base/root.tar"
  cp -r "$bed/vm/files/." "$disk"
  install -D -m 755 -t "$disk/opt/containerd2" "$containerd2"/*
  cp --dereference "$kubernetes/kubernetes" "$disk/usr/local/bin/kubernetes"
  for component in kubelet kube-proxy kubectl; do ln -s kubernetes "$disk/usr/local/bin/$component"; done
  sed 's/cgroupDriver: .*/cgroupDriver: systemd/; s/failCgroupV1: .*/failCgroupV1: true/' "$bed/node/kubelet.yaml" >"$disk/etc/bed/kubelet.yaml"
  sed '/restrict_oom_score_adj/d; s/SystemdCgroup = .*/SystemdCgroup = true/' "$bed/node/containerd.toml" >"$disk/etc/containerd/config.toml"
  chroot "$disk" systemctl enable bed-setup kubelet kube-proxy systemd-networkd ssh
  chroot "$disk" systemctl disable NetworkManager NetworkManager-wait-online firewalld nftables
  docker save tweed/pause:dev tweed/probe:dev tweed/node:dev tweed/operator:dev -o "$target/images.tar"
  # In the machine itself, which may be emulated, this would take minutes.
  unshare --mount --pid --fork --kill-child "$BASH" -euc "$(declare -f import_into_vm); import_into_vm '$target'"
  rm "$target/images.tar"
  mv "$disk"/boot/vmlinuz-* "$target/vmlinuz"
  mv "$disk"/boot/initrd.img-* "$target/initrd.img"
  truncate -s 8G "$target/disk.img"
  mkfs.ext4 -q -F -L root -d "$disk" "$target/disk.img"
  rm -rf "$disk"
}

# In namespaces of its own: containerd of the disk, on the disk.
import_into_vm() {
  local disk=$1/root
  mount --make-rprivate /
  mount --bind "$disk" "$disk"
  mount -t proc proc "$disk/proc"
  mount --rbind /dev "$disk/dev"
  mount --rbind /sys "$disk/sys"
  mount -t tmpfs run "$disk/run"
  mount -t tmpfs tmp "$disk/tmp"
  mount --bind "$1" "$disk/mnt"
  chroot "$disk" containerd --log-level warn &
  local attempt
  for attempt in $(seq 100); do
    chroot "$disk" ctr version >/dev/null 2>&1 && break
    sleep 0.1
  done
  chroot "$disk" ctr -n k8s.io images import --snapshotter overlayfs /mnt/images.tar
}

# test machine: what only a whole machine can show; a quarter of an hour where it has to be emulated.
test_machine() {
  need_root
  setup_bed
  setup_product_images
  setup_vm
  set_properties
  properties+=("-Dtweed.vm=$vm")
  no_skips=''
  run_tests -pl e2e -am -Dgroups=machine -Dit.test=VirtualMachineIT -Dfailsafe.failIfNoSpecifiedTests=false
}
