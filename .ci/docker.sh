# shellcheck shell=bash
# A Docker engine with the image of the pinned nats-server, for the container tests. Sourced by `run`.
# Functions run where `set -e` does not hold, so each step says what its failure means.

engine_pid=
work=${work:?}

container_tests=possible

provide_docker() {
  if ! engine_answers && ! start_engine; then
    no_container_tests "$why_no_engine"
  elif docker version --format 'Docker engine {{.Server.Version}}' && ! provide_image; then
    no_container_tests "an engine answers, and the image $NATS_SERVER_IMAGE can neither be pulled nor made"
  fi
}

no_container_tests() {
  container_tests=impossible
  not_run "container tests" "$1"
}

engine_answers() {
  docker info >/dev/null 2>&1
}

start_engine() {
  [ -z "${DOCKER_HOST:-}" ] || { why_no_engine="no engine answers at DOCKER_HOST"; return 1; }
  [ "$(uname)" = Linux ] || { why_no_engine="no engine answers, and one can be started on Linux only"; return 1; }
  [ "$(id -u)" = 0 ] || { why_no_engine="no engine answers, and only root may start one"; return 1; }
  install_engine || { why_no_engine="no engine answers, and docker.io could not be installed"; return 1; }
  engine_answers || launch_engine
}

install_engine() {
  engine_installed || { install_packages docker.io && engine_installed; }
}

engine_installed() {
  command -v dockerd >/dev/null && command -v docker >/dev/null
}

launch_engine() {
  [ -e /sys/class/net/docker0 ] && bridge_was_there=yes || bridge_was_there=no
  # Nothing outlives the engine, not even firewall rules: a process forwards the ports, and no container calls out.
  dockerd --data-root "$work/docker" --exec-root "$work/docker-exec" --pidfile "$work/docker.pid" \
    --host "unix://$work/docker.sock" --iptables=false --ip6tables=false --ip-forward=false >"$work/docker.log" 2>&1 </dev/null &
  engine_pid=$!
  export DOCKER_HOST="unix://$work/docker.sock"
  for _ in $(seq 120); do
    engine_answers && return
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.5
  done
  tail -n 5 "$work/docker.log"
  stop_engine
  unset DOCKER_HOST
  why_no_engine="dockerd did not start on this machine"
  return 1
}

stop_engine() {
  [ -n "$engine_pid" ] || return 0
  kill "$engine_pid" 2>/dev/null || true
  timeout 30 tail --pid="$engine_pid" -f /dev/null || kill -KILL "$engine_pid" 2>/dev/null || true
  wait "$engine_pid" 2>/dev/null || true
  engine_pid=
  [ "$bridge_was_there" = yes ] || ip link delete docker0 2>/dev/null || true
}

# If the image cannot be pulled, it is made from the kit's own binary, which is static.
provide_image() {
  export NATS_SERVER_IMAGE="${NATS_SERVER_IMAGE:-nats:2.14.0-alpine}"
  docker image inspect "$NATS_SERVER_IMAGE" >/dev/null 2>&1 && return
  timeout 60 docker pull -q "$NATS_SERVER_IMAGE" && return
  echo "The image cannot be pulled; it is made from the fetched binary."
  local binary
  binary=$(node .ci/pinned-server.js) || return
  mkdir -p "$work/image" && cp "$binary" "$work/image/nats-server" || return
  tar -C "$work/image" -c . |
    docker import -c 'ENTRYPOINT ["/nats-server"]' -c 'CMD ["-js"]' -c 'EXPOSE 4222' - "$NATS_SERVER_IMAGE"
}
