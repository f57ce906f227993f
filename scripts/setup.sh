#!/bin/sh
# Finds a Python that is new enough and hands over to setup.py.
# usage: scripts/setup.sh [tests] [postgresql] [redis] [chromium]
set -eu
cd "$(dirname "$0")/.."

for python in python3 python3.13 python3.12 python3.11; do
    if "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$python" scripts/setup.py "$@"
    fi
done
echo "缺少 Python 3.11 或更新的版本：请先运行 sudo apt-get install -y python3 python3-venv。" >&2
exit 1
