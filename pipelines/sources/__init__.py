"""Connectors: what to ask a public source for, and what its answer says. Each is pure; one client does the asking.

A connector module describes one source and offers

- `SOURCE`, a `SourceInfo`;
- `requests(...)`, the requests of a night, given what is already held;
- `follow(request, payload)`, the next request of a paged or two-step answer, where there is one;
- `parse(payload)`, typed rows and rejects, re-runnable on any stored payload.
"""
