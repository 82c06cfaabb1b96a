#!/usr/bin/env bash
# Installs Superset in a scratch folder, imports the dashboard on a released database, and asks every chart for its data.
#   bi/try_superset.sh /absolute/path/to/data/releases/current/firstmw.duckdb [scratch folder]
# Some 1.5 GB and ten minutes; nothing outside the scratch folder is changed. Ends with the rows of every chart.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
database=${1:?give the released database}
scratch=${2:-/tmp/firstmw-superset}
python=${PYTHON:-python3}
mkdir -p "$scratch"
[ -x "$scratch/venv/bin/superset" ] || {
  "$python" -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install --quiet apache-superset duckdb-engine 'duckdb<2'
}
export SUPERSET_CONFIG_PATH="$scratch/superset_config.py" SUPERSET_HOME="$scratch/home" FLASK_APP=superset
cat > "$SUPERSET_CONFIG_PATH" <<CONFIG
SECRET_KEY = "scratch-only-never-served"
SQLALCHEMY_DATABASE_URI = "sqlite:///$scratch/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
CONFIG
PATH="$scratch/venv/bin:$PATH"
superset db upgrade
superset fab create-admin --username admin --firstname a --lastname b --email a@example.org --password admin || true
superset init
python "$here/superset_bundle.py" --database "$database" --out "$scratch/firstmw_superset.zip"
superset import-dashboards --path "$scratch/firstmw_superset.zip" --username admin
python "$here/try_superset.py"
