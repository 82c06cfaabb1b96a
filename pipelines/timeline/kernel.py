"""The Monte Carlo of one activity network: earliest finishes, the critical chain, modules one by one.

Samples run in blocks through plain one-dimensional loops, so that each step is one vector operation over a block.
"""

from __future__ import annotations

import numpy as np
from numba import njit

_BLOCK = 512


@njit(cache=True, nogil=True, inline="always")
def _raise_to(target, other):
    """Raise each entry of `target` to that of `other` where it is lower."""
    for c in range(target.shape[0]):
        target[c] = other[c] if other[c] > target[c] else target[c]


@njit(cache=True, nogil=True, inline="always")
def _add(target, months, multiple):
    """Add an activity's months, times its multiple, to when it starts."""
    for c in range(target.shape[0]):
        target[c] += months[c] * multiple


@njit(cache=True, nogil=True)
def _run(activity, multiple, months, pred_start, preds, finish):
    """Set when one activity ends in each sample of a block: its latest predecessor plus its own months."""
    target = finish[activity]
    begin, end = pred_start[activity], pred_start[activity + 1]
    if begin == end:
        target[:] = 0.0
    else:
        target[:] = finish[preds[begin]]
    for p in range(begin + 1, end):
        _raise_to(target, finish[preds[p]])
    _add(target, months, multiple)


@njit(cache=True, nogil=True)
def _run_sink(links, from_module, module, steady, multiple, months, finish, end):
    """Set when the last activity ends for a module, which waits only for what it needs."""
    end[:] = steady
    for pred in links:
        if from_module[pred] <= module:
            _raise_to(end, finish[pred])
    _add(end, months, multiple)


@njit(cache=True, nogil=True)
def _whole_months(end, horizon, month):
    """Set the month in which a module runs in each sample of a block, from 1; horizon + 1 where it is later."""
    for c in range(end.shape[0]):
        month[c] = np.int32(min(max(np.ceil(end[c]), 1.0), horizon + 1.0))


@njit(cache=True, nogil=True)
def _count_online(month, worth, counted, earned):
    """Count a module of a block by the month in which it runs, and add what it earns from then on."""
    for c in range(month.shape[0]):
        # Counts beside each other, so that samples of one month do not wait for one another.
        counted[c & 3, month[c]] += 1
    for c in range(month.shape[0]):
        earned[c] += worth[month[c]]


@njit(cache=True, nogil=True)
def _trace(c, sink, duration, multiple, months, pred_start, preds, from_module, finish, end, time_share, on_chain):
    """Walk the critical chain of one sample back: each activity waited for the last of its predecessors."""
    here = sink
    while here >= 0:
        on_chain[here] += 1.0
        if end > 0.0:
            time_share[here] += months[duration[here], c] * multiple[here, 0] / end
        before = -1
        latest = -1.0
        for p in range(pred_start[here], pred_start[here + 1]):
            pred = preds[p]
            if (here != sink or from_module[pred] <= 1) and finish[pred, c] > latest:
                latest = finish[pred, c]
                before = pred
        here = before


@njit(cache=True, nogil=True)
def _count_later(module_month, ends, finish, survival, horizon, later, ended):
    """Count the modules of a block of samples that run in the phases after each end, by the month they begin to."""
    gate = np.zeros(module_month.shape[1])
    gate_month = np.empty(module_month.shape[1], np.int32)
    for e in range(len(ends)):
        _raise_to(gate, finish[ends[e]])
        ended[e] = gate
        _whole_months(gate, horizon, gate_month)
        for module in range(module_month.shape[0]):
            for c in range(module_month.shape[1]):
                online_from = module_month[module, c]
                since = max(online_from, gate_month[c])
                if since <= horizon:
                    later[e, since] += survival[online_from]


@njit(cache=True, nogil=True)
def run_network(
    months,
    duration,
    multiple,
    complete_multiple,
    pred_start,
    preds,
    from_module,
    is_full,
    varies,
    horizon,
    worth,
    ends,
    survival,
):
    """Draw one network.

    Parameters
    ----------
    months : float64 (n_durations, n_samples)
        Drawn durations, shared by all networks.
    duration : int64 (n_activities,)
        Row of `months` of each activity.
    multiple : float64 (n_activities, n_modules)
        What the drawn months are multiplied by when k = 1..n modules are to run; does not fall in k.
    complete_multiple : float64 (n_activities,)
        The same for the complete plant.
    pred_start, preds : int64 (n_activities + 1,), (n_links,)
        Predecessors of each activity, which come before it in order; the last activity is the sink.
    from_module : int64 (n_activities,)
        First module (from 1) that waits for the activity.
    is_full : bool (n_activities,)
        Whether only modules from `from_module` on, and the complete plant, need the activity.
    varies : bool (n_activities,)
        Whether the finish depends on the module.
    horizon : int
        Months counted.
    worth : float64 (horizon + 1,)
        What a module is worth that comes online in month 1..horizon; entry 0 is not read.
    ends : int64 (n_ends,)
        Activities whose end, for the complete plant, ends a phase, in order of the phases.
    survival : float64 (horizon + 1,)
        Chance that a module that would come online in month 1..horizon is not given up before.

    Returns
    -------
    first, full, complete, earned : float64 (n_samples,)
        Months until one module, all modules, the complete plant; and the mean over the modules of what they are worth.
    online : float64 (horizon,)
        Mean number of modules online at the end of month 1..horizon.
    time_share, on_chain, start_mean, finish_mean : float64 (n_activities,)
        For the first module: mean share of the months spent in the activity on the critical chain, share of samples in
        which it lies on the chain, mean start and finish.
    later : float64 (n_ends, horizon + 1)
        Mean number of modules that begin in month 1..horizon to run in the phases after each end, given up ones left
        out; entry 0 is not used.
    ended : float64 (n_ends, n_samples)
        Months until each end.
    """
    n_samples = months.shape[1]
    n_activities, n_modules = multiple.shape
    sink = n_activities - 1
    links = preds[pred_start[sink] : pred_start[sink + 1]]
    # What is the same for every module is found once per block; the loop over modules sees the rest.
    is_steady = ~varies & (from_module <= 1)
    steady_links = links[is_steady[links]]
    other_links = links[~is_steady[links]]
    varying = np.flatnonzero(varies[:sink])
    at_completion = np.flatnonzero(varies[:sink] | is_full[:sink])
    nothing_waits = np.ones(n_activities, np.int64)
    first = np.empty(n_samples)
    full = np.empty(n_samples)
    complete = np.empty(n_samples)
    earned = np.zeros(n_samples)
    counted = np.zeros((4, horizon + 2), np.int64)
    worth_until = np.append(worth, 0.0)
    later = np.zeros((len(ends), horizon + 1))
    ended = np.zeros((len(ends), n_samples))
    time_share = np.zeros(n_activities)
    on_chain = np.zeros(n_activities)
    finish_mean = np.zeros(n_activities)
    start_mean = np.zeros(n_activities)
    for begin in range(0, n_samples, _BLOCK):
        drawn = months[:, begin : min(begin + _BLOCK, n_samples)]
        size = drawn.shape[1]
        finish = np.zeros((n_activities, size))
        steady = np.zeros(size)
        end = np.empty(size)
        module_month = np.empty((n_modules, size), np.int32)
        for a in range(sink):
            _run(a, multiple[a, 0], drawn[duration[a]], pred_start, preds, finish)
        for pred in steady_links:
            _raise_to(steady, finish[pred])
        last = drawn[duration[sink]]
        _run_sink(other_links, from_module, 1, steady, multiple[sink, 0], last, finish, end)
        finish[sink] = end
        first[begin : begin + size] = end
        for a in range(n_activities):
            finished = finish[a].sum()
            finish_mean[a] += finished
            start_mean[a] += finished - drawn[duration[a]].sum() * multiple[a, 0]
        for c in range(size):
            _trace(
                c, sink, duration, multiple, drawn, pred_start, preds, from_module, finish, end[c], time_share, on_chain
            )
        for module in range(1, n_modules + 1):
            if module > 1:
                for activity in varying:
                    _run(activity, multiple[activity, module - 1], drawn[duration[activity]], pred_start, preds, finish)
                _run_sink(other_links, from_module, module, steady, multiple[sink, module - 1], last, finish, end)
            month = module_month[module - 1]
            _whole_months(end, horizon, month)
            _count_online(month, worth_until, counted, earned[begin : begin + size])
        full[begin : begin + size] = end
        for activity in at_completion:
            _run(activity, complete_multiple[activity], drawn[duration[activity]], pred_start, preds, finish)
        _run_sink(links, nothing_waits, 1, np.zeros(size), complete_multiple[sink], last, finish, finish[sink])
        complete[begin : begin + size] = finish[sink]
        _count_later(module_month, ends, finish, survival, horizon, later, ended[:, begin : begin + size])
    return (
        first,
        full,
        complete,
        earned / n_modules,
        np.cumsum(counted[:, 1 : horizon + 1].sum(axis=0)) / n_samples,
        time_share / n_samples,
        on_chain / n_samples,
        np.maximum(start_mean / n_samples, 0.0),
        finish_mean / n_samples,
        later / n_samples,
        ended,
    )


@njit(cache=True, nogil=True)
def first_if_free(months, duration, multiple, pred_start, preds, from_module, free):
    """Return the months to the first module, shape (n_samples,), if the activity `free` took no time."""
    n_samples = months.shape[1]
    n_activities = multiple.shape[0]
    sink = n_activities - 1
    links = preds[pred_start[sink] : pred_start[sink + 1]]
    first = np.empty(n_samples)
    factor = multiple[:, 0].copy()
    factor[free] = 0.0
    for begin in range(0, n_samples, _BLOCK):
        drawn = months[:, begin : min(begin + _BLOCK, n_samples)]
        size = drawn.shape[1]
        finish = np.zeros((n_activities, size))
        for a in range(sink):
            _run(a, factor[a], drawn[duration[a]], pred_start, preds, finish)
        end = first[begin : begin + size]
        _run_sink(links, from_module, 1, np.zeros(size), factor[sink], drawn[duration[sink]], finish, end)
    return first


@njit(cache=True, nogil=True)
def run_schedule(months, duration, multiple, complete_multiple, pred_start, preds, from_module, varies):
    """Return when everything ends in each sample, of which `run_network` keeps the means only.

    Parameters are those of `run_network`.

    Returns
    -------
    start, finish : float64 (n_activities, n_samples)
        Of each activity, as far as the first module needs it.
    complete : float64 (n_activities, n_samples)
        Finish of each activity for the complete plant.
    modules : float64 (n_modules, n_samples)
        Month in which module 1..n is energised.
    """
    n_samples = months.shape[1]
    n_activities, n_modules = multiple.shape
    sink = n_activities - 1
    links = preds[pred_start[sink] : pred_start[sink + 1]]
    steady = np.zeros(n_samples)
    finish = np.zeros((n_activities, n_samples))
    modules = np.empty((n_modules, n_samples))
    last = months[duration[sink]]
    for a in range(sink):
        _run(a, multiple[a, 0], months[duration[a]], pred_start, preds, finish)
    first = finish.copy()
    for module in range(1, n_modules + 1):
        if module > 1:
            for a in range(sink):
                if varies[a]:
                    _run(a, multiple[a, module - 1], months[duration[a]], pred_start, preds, finish)
        _run_sink(links, from_module, module, steady, multiple[sink, module - 1], last, finish, modules[module - 1])
    first[sink] = modules[0]
    for a in range(sink):
        _run(a, complete_multiple[a], months[duration[a]], pred_start, preds, finish)
    _run_sink(links, np.ones_like(from_module), 1, steady, complete_multiple[sink], last, finish, finish[sink])
    start = np.empty((n_activities, n_samples))
    for a in range(n_activities):
        for c in range(n_samples):
            start[a, c] = max(first[a, c] - months[duration[a], c] * multiple[a, 0], 0.0)
    return start, first, finish, modules
