#!/bin/sh
# The demo: logins and two communities, the document's own sample and a generated community synced
# from the simulator, then web and simulator in the foreground until Ctrl-C.
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
        simulator=""
    fi
    rm -rf "$scratch"
}

refuse_taken_port() {
    "$python" -c "import socket; s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(('127.0.0.1', $1))" 2>/dev/null && return
    echo "端口 $1（$2）已被占用：请先结束占用它的程序，再运行 make demo。" >&2
    exit 1
}

synced() {
    [ "$("$python" manage.py shell -v 0 -c 'from sync.models import SyncRun; print(SyncRun.objects.filter(status="done").count() > 1)')" = True ]
}

sync_everybody() {
    start_simulator
    echo "== 接口文档的样例：15131512234 =="
    "$python" manage.py sync_phone 15131512234
    echo "== 生成的小区：600 户 =="
    "$python" -c 'from sync.simulator.community import PHONES; print(*PHONES, sep="\n")' >"$scratch/phones.txt"
    "$python" manage.py sync_phones "$scratch/phones.txt"
}

simulator=""
scratch=$(mktemp -d)
trap tidy_up EXIT
trap 'exit 130' INT TERM HUP
export DATABASE_URL="${DATABASE_URL:-sqlite:///db.sqlite3}"

refuse_taken_port 8000 网页
refuse_taken_port 8001 模拟平台
"$python" manage.py migrate --verbosity 0
"$python" manage.py createcachetable --verbosity 0
logins=$("$python" manage.py seed_demo)
synced || sync_everybody
DEBUG=true "$python" manage.py seed_demo >/dev/null  # what the sample's household has begun
tidy_up
trap - EXIT

cat <<EOF

演示已就绪（按 Ctrl-C 结束）：
  工作台    http://127.0.0.1:8000/staff/
  业主页面  http://127.0.0.1:8000/my/
  管理后台  http://127.0.0.1:8000/admin/
  模拟平台  http://127.0.0.1:8001
$logins

先试试：以 wang 登录工作台，在搜索框输入 fy 找到付钰，打开房屋 1-1-1-101，看接口文档样例的四条发现，
采用建议的证件号码；再到「待审核」看业主替丈夫填写的资料，到「申请」答复租客；以 zhao 登录：另一个小区的录入员看不到它们。
最后在手机宽度的窗口打开业主页面，用上面的业主手机号登录，验证码印在本终端。
EOF
export PLATFORM_TOKEN_URL=http://127.0.0.1:8001/token PLATFORM_LOOKUP_URL=http://127.0.0.1:8001/lookup
export PLATFORM_KEY_K=demo PLATFORM_KEY_D=demo
exec "$python" -m honcho start
