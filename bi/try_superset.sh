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
  # flask-caching 2.5 breaks Superset 6.1, which also imports cachetools and rich without asking for them.
  "$scratch/venv/bin/pip" install --quiet apache-superset duckdb-engine 'duckdb<2' 'flask-caching<2.4' cachetools rich
}
export SUPERSET_CONFIG_PATH="$scratch/superset_config.py" SUPERSET_HOME="$scratch/home"
cat > "$SUPERSET_CONFIG_PATH" <<CONFIG
SECRET_KEY = "scratch-only-never-served"
SQLALCHEMY_DATABASE_URI = "sqlite:///$scratch/superset.db"
WTF_CSRF_ENABLED = False
TALISMAN_ENABLED = False
CONFIG
rm -f "$scratch/superset.db"
"$scratch/venv/bin/python" "$here/superset_bundle.py" --database "$database" --out "$scratch/firstmw_superset.zip"
"$scratch/venv/bin/python" "$here/try_superset.py" "$scratch/firstmw_superset.zip"
echo "to look at it: SUPERSET_CONFIG_PATH=$SUPERSET_CONFIG_PATH $scratch/venv/bin/superset run -p 8088, user admin, password admin"
