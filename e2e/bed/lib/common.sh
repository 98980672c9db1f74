# shellcheck shell=bash
# Messages, logs, progress, hashes and the cache. Sourced by ./dev.

cache=${TWEED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/tweed}
log_directory=$cache/logs

die() {
  printf 'dev: %s\n' "$*" >&2
  exit 1
}

note() { printf '%s\n' "$*" >&2; }

# step LABEL LOG COMMAND...: runs the command in a subshell with its output in the log, shows one line with the elapsed
# time meanwhile, and on failure the end of the log and one sentence. Commands under a second leave no line.
step() {
  local label=$1 log=$log_directory/$2.log began=$SECONDS status=0 pid elapsed
  shift 2
  mkdir -p "$log_directory"
  # A process group of its own: else what runs in the background would live on after Ctrl-C.
  set -m
  ("$@") >"$log" 2>&1 </dev/null &
  pid=$!
  set +m
  trap 'interrupted "$label" "$pid"' INT TERM HUP
  local next=60
  while kill -0 "$pid" 2>/dev/null; do
    elapsed=$((SECONDS - began))
    if [[ -t 2 ]]; then
      ((elapsed < 1)) || printf '\r\033[K%s ... %d s' "$label" "$elapsed" >&2
    elif ((elapsed >= next)); then
      note "$label ... $elapsed s"
      next=$((next + 60))
    fi
    sleep 0.2
  done
  wait "$pid" || status=$?
  trap - INT TERM HUP
  elapsed=$((SECONDS - began))
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  if ((status != 0)); then
    tail -n 25 "$log" >&2
    die "$label failed after $elapsed s (exit code $status). The whole log: $log"
  fi
  ((elapsed < 1)) || note "$label: $elapsed s"
}

# interrupted LABEL GROUP. The terminal may be gone.
interrupted() {
  trap - INT TERM HUP
  kill -INT -- "-$2" 2>/dev/null || true
  note $'\n'"dev: $1 is interrupted; what is complete is kept for the next run" || true
  # Some finish first what they are at; go may be fetching modules.
  sleep 2
  kill -TERM -- "-$2" 2>/dev/null || true
  wait "$2" 2>/dev/null || true
  exit 130
}

# hash_of WORD|PATH...: twelve hex digits over the given words and the content of the given files and directories.
hash_of() {
  local item
  for item in "$@"; do
    if [[ -d $item ]]; then
      (cd "$item" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum)
    elif [[ -f $item ]]; then
      sha256sum <"$item"
    else
      printf '%s\n' "$item"
    fi
  done | sha256sum | cut -c1-12
}

# cached KIND HASH LABEL FUNCTION [ARGUMENT...]: makes sure that $cache/KIND/HASH exists and sets REPLY to it. When it is missing,
# FUNCTION DIRECTORY ARGUMENT... fills a temporary directory, which is then renamed: what is there is complete.
cached() {
  local kind=$1 hash=$2 label=$3
  shift 3
  local target=$cache/$kind/$hash
  if [[ ! -d $target ]]; then
    need_space
    step "$label" "$kind" fill_cache "$target" "$@"
  fi
  REPLY=$target
}

need_space() {
  mkdir -p "$cache"
  local free
  free=$(df --output=avail --block-size=1G "$cache" | tail -n 1)
  ((free >= 4)) || die "there are only ${free// /} GB left for $cache, and a build wants 4: make room (./dev clean-cache removes all that ./dev has built)"
}

fill_cache() {
  local target=$1 function=$2 lock
  shift 2
  mkdir -p "$(dirname "$target")" "$cache/locks"
  # Two runs of ./dev at once do not build the same thing twice.
  exec {lock}>"$cache/locks/${target//\//_}"
  flock "$lock"
  [[ ! -d $target ]] || return 0
  # What an interrupted run has left goes.
  local work=$target.tmp
  rm -rf "$work"
  mkdir -p "$work"
  # Go's temporary files: not in /tmp, which may be memory.
  export GOTMPDIR=$work
  "$function" "$work" "$@"
  mv -T "$work" "$target"
}
