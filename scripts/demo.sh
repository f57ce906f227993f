#!/bin/sh
# Shows the main job: the document's own sample and a generated community, asked of the simulator.
# A platform or a database named in .env is left alone; DATABASE_URL in the environment is used.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python

free_port() {
    "$python" -c 'from scripts.postgresql import free_port; print(free_port())'
}

start_simulator() {
    port=$(free_port)
    export PLATFORM_TOKEN_URL="http://127.0.0.1:$port/token" PLATFORM_LOOKUP_URL="http://127.0.0.1:$port/lookup"
    export PLATFORM_KEY_K=demo PLATFORM_KEY_D=demo
    "$python" manage.py run_simulator --port "$port" >"$scratch/simulator.log" 2>&1 &
    simulator=$!
    wait_for "$port"
}

wait_for() {
    for _ in $(seq 100); do
        "$python" -c "import socket; socket.create_connection(('127.0.0.1', $1)).close()" 2>/dev/null && return
        kill -0 "$simulator" 2>/dev/null || break
        sleep 0.1
    done
    cat "$scratch/simulator.log" >&2
    echo "未能启动模拟平台。" >&2
    exit 1
}

tidy_up() {
    if [ -n "$simulator" ]; then
        kill "$simulator" 2>/dev/null || true
        wait "$simulator" || true
    fi
    rm -rf "$scratch"
}

simulator=""
scratch=$(mktemp -d)
trap tidy_up EXIT
trap 'exit 130' INT TERM HUP
export DATABASE_URL="${DATABASE_URL:-sqlite:///db.sqlite3}"

"$python" manage.py migrate --verbosity 0
"$python" manage.py createcachetable --verbosity 0
start_simulator

echo "== 接口文档的样例：15131512234 =="
"$python" manage.py sync_phone 15131512234
echo "== 生成的小区：600 户 =="
"$python" -c 'from sync.simulator.community import PHONES; print(*PHONES, sep="\n")' >"$scratch/phones.txt"
"$python" manage.py sync_phones "$scratch/phones.txt"
