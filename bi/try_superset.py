"""Asks Superset for the data of every chart of the imported dashboard; run by try_superset.sh in its environment."""

from __future__ import annotations

import sys
from typing import Any

from superset.app import create_app


def query_of(chart: Any) -> dict[str, Any]:
    """Return the query of a chart as the browser would send it."""
    params = chart.params_dict
    filters = [
        {"col": item["subject"], "op": item["operator"], "val": item["comparator"]}
        for item in params.get("adhoc_filters", [])
        if item["expressionType"] == "SIMPLE"
    ]
    where = " and ".join(
        item["sqlExpression"] for item in params.get("adhoc_filters", []) if item["expressionType"] == "SQL"
    )
    axis = [params["x_axis"]] if "x_axis" in params else []
    metrics = params.get("metrics") or ([params["metric"]] if "metric" in params else [])
    return {
        "columns": params.get("all_columns") or axis + params.get("groupby", []),
        "metrics": metrics,
        "filters": filters,
        "extras": {"where": where},
        "row_limit": params.get("row_limit", 100),
    }


def main() -> int:
    """Print the rows of every chart; return 1 where one has none."""
    app = create_app()
    with app.app_context():
        # These need the application.
        from superset import db, security_manager  # noqa: PLC0415
        from superset.models.dashboard import Dashboard  # noqa: PLC0415
        from superset.utils.core import override_user  # noqa: PLC0415

        dashboard = db.session.query(Dashboard).filter_by(slug="firstmw").one()
        charts = sorted(dashboard.slices, key=lambda chart: chart.slice_name)
        with override_user(security_manager.find_user("admin")), app.test_client() as client:
            token = client.post(
                "/api/v1/security/login",
                json={"username": "admin", "password": "admin", "provider": "db", "refresh": False},
            ).get_json()["access_token"]
            failed = 0
            for chart in charts:
                body = {
                    "datasource": {"id": chart.datasource_id, "type": "table"},
                    "queries": [query_of(chart)],
                    "result_format": "json",
                    "result_type": "full",
                }
                answer = client.post("/api/v1/chart/data", json=body, headers={"Authorization": f"Bearer {token}"})
                found = answer.get_json()
                rows = len(found["result"][0]["data"]) if answer.status_code == 200 else 0
                failed += rows == 0
                print(f"{chart.slice_name}: {rows} rows" + ("" if rows else f" ({found})"))
    print(f"{len(charts)} charts, {failed} without data")
    return 1 if failed or not charts else 0


if __name__ == "__main__":
    sys.exit(main())
