#!/bin/sh
# Everything that can be said about the code without running it. All checks run; one that
# fails makes the whole fail.
set -u
cd "$(dirname "$0")/.." || exit
python=.venv/bin/python
failed=""

check() {
    title=$1
    shift
    echo "== $title =="
    "$@" || failed="$failed $title;"
}

# Nothing of the workplace's own .env is left in a check of what production would run with.
in_production() {
    env DEBUG=false SECRET_KEY="$($python -c 'import secrets; print(secrets.token_urlsafe(50))')" \
        ALLOWED_HOSTS=register.example.cn CSRF_TRUSTED_ORIGINS=https://register.example.cn \
        DATABASE_URL=sqlite://:memory: SMS_BACKEND=residents.sms_tencent.TencentBackend SMS_TENCENT_SECRET_ID=check \
        SMS_TENCENT_SECRET_KEY=check SMS_TENCENT_APP_ID=check SMS_TENCENT_SIGN=check SMS_TENCENT_TEMPLATE=check "$@"
}

check "ruff" "$python" -m ruff check --output-format concise .
check "ruff format" "$python" -m ruff format --check --output-format concise .
check "mypy" "$python" -m mypy
check "import-linter" "$python" -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
check "djlint" "$python" -m djlint --lint --quiet .
check "hadolint" .venv/bin/hadolint Dockerfile
check "makemigrations" env DATABASE_URL=sqlite://:memory: "$python" manage.py makemigrations --check --dry-run
check "check --deploy" in_production "$python" manage.py check --deploy --fail-level WARNING

if [ -n "$failed" ]; then
    echo "未通过：$failed" >&2
    exit 1
fi
echo "全部检查通过。"
