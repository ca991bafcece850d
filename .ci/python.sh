# shellcheck shell=bash
# A Python with nats-py, for the test of the responder in Python. Sourced by `run`.

work=${work:?}

provide_python() {
  if install_client || { install_packages python3-venv && install_client; }; then
    export PYTHON="$work/python/bin/python"
    "$PYTHON" -c 'import nats, sys; print("nats-py on Python", sys.version.split()[0])'
  else
    tail -n 5 "$work/python.log"
    not_run "test of the responder in Python" "nats-py cannot be installed"
  fi
}

install_client() {
  python3 -m venv --clear "$work/python" >"$work/python.log" 2>&1 &&
    timeout 120 "$work/python/bin/pip" install -q nats-py >>"$work/python.log" 2>&1
}
