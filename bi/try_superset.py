"""Imports the dashboard into an empty Superset and asks it for the data of every chart; run by try_superset.sh.

python try_superset.py firstmw_superset.zip
"""

from __future__ import annotations

import sys
import zipfile
from typing import Any

from superset.app import create_app


def query_of(chart: Any) -> dict[str, Any]:
    """Return the query of a chart as the browser would send it."""
    params = chart.params_dict
    filters = params.get("adhoc_filters", [])
    simple = [item for item in filters if item["expressionType"] == "SIMPLE"]
    axis = [params["x_axis"]] if "x_axis" in params else []
    return {
        "columns": params.get("all_columns") or axis + params.get("groupby", []),
        "metrics": params.get("metrics") or ([params["metric"]] if "metric" in params else []),
        "filters": [{"col": item["subject"], "op": item["operator"], "val": item["comparator"]} for item in simple],
        "extras": {"where": " and ".join(item["sqlExpression"] for item in filters if item not in simple)},
        "row_limit": params.get("row_limit", 100),
    }


def main() -> int:
    """Print the rows of every chart; return 1 where one has none."""
    app = create_app()
    with app.app_context():
        # These need the application.
        from flask import g  # noqa: PLC0415
        from flask_appbuilder import Model  # noqa: PLC0415
        from superset import db, security_manager  # noqa: PLC0415
        from superset.commands.dashboard.importers.v1 import ImportDashboardsCommand  # noqa: PLC0415
        from superset.models.dashboard import Dashboard  # noqa: PLC0415

        Model.metadata.create_all(db.engine)
        app.appbuilder.add_permissions(update_perms=True)
        security_manager.sync_role_definitions()
        admin = security_manager.find_user("admin") or security_manager.add_user(
            "admin", "a", "b", "a@example.org", security_manager.find_role("Admin"), password="admin"
        )
        g.user = admin
        with zipfile.ZipFile(sys.argv[1]) as archive:
            contents = {name.partition("/")[2]: archive.read(name).decode() for name in archive.namelist()}
        ImportDashboardsCommand(contents, overwrite=True).run()
        dashboard = db.session.query(Dashboard).filter_by(slug="firstmw").one()
        title = dashboard.dashboard_title
        asked = {chart.slice_name: (chart.datasource_id, query_of(chart)) for chart in dashboard.slices}
    # Outside the import's context, where each request has a user of its own.
    client = app.test_client()
    credentials = {"username": "admin", "password": "admin", "provider": "db", "refresh": False}
    token = client.post("/api/v1/security/login", json=credentials).get_json()["access_token"]
    failed = 0
    for name, (dataset, query) in sorted(asked.items()):
        body = {
            "datasource": {"id": dataset, "type": "table"},
            "queries": [query],
            "result_format": "json",
            "result_type": "full",
        }
        answer = client.post("/api/v1/chart/data", json=body, headers={"Authorization": f"Bearer {token}"})
        found = answer.get_json()
        rows = len(found["result"][0]["data"]) if answer.status_code == 200 else 0
        failed += rows == 0
        print(f"{name}: {rows} rows" + ("" if rows else f" ({found})"))
    print(f"{title}: {len(asked)} charts, {failed} without data")
    return 1 if failed or not asked else 0


if __name__ == "__main__":
    sys.exit(main())
