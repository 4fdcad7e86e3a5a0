"""Cross-check: five herds in jobsim and in SimPy, ten measures each, 400 replications on both sides.

usage: crosscheck.py JOBSIM OUT.csv        (needs simpy; written with 4.1.2)

The SimPy side shares no code and no random numbers with jobsim. It knows pods, calls and retries as the documents
beside this file describe them, not how jobsim does it. A row is good when the 99 % interval (Welch) of the
difference of the means contains 0.
"""
import csv, math, os, random, statistics, subprocess, sys, tempfile
from collections import deque
import simpy

JOBSIM, OUT = sys.argv[1:3]
HERE = os.path.dirname(os.path.abspath(__file__))
RUNS = 400
MEASURES = ['makespan_s', 'running_pod_s', 'calls', 'rejected', 'timeouts', 'peak_in_flight', 'peak_waiting',
            'peak_arrivals_per_s', 'utilisation', 'wait_s', 'sojourn_s']


class Station:
    """Places with a queue, FIFO or random, and what is counted of it."""

    def __init__(self, env, rng, places, order='fifo', limit=None):
        self.env, self.rng, self.places, self.order, self.limit = env, rng, places, order, limit
        self.queue, self.used = [], 0
        self.calls = self.rejected = self.timeouts = self.peak = self.peak_waiting = self.peak_1s = 0
        self.window, self.area, self.since, self.waits, self.sojourns = deque(), 0.0, 0.0, [], []

    def settle(self):
        self.area += self.used * (self.env.now - self.since)
        self.since = self.env.now

    def arrive(self, ours=True):
        """An event that succeeds with True when there is a place, or False when there is no room to wait."""
        self.calls += ours
        now = self.env.now
        while self.window and self.window[0] + 1 <= now:
            self.window.popleft()
        self.window.append(now)
        self.peak_1s = max(self.peak_1s, len(self.window))
        event = self.env.event()
        if self.used < self.places:
            self.settle()
            self.used += 1
            event.succeed(True)
        elif self.limit is not None and len(self.queue) >= self.limit:
            event.succeed(False)
        else:
            self.queue.append(event)
        self.peak = max(self.peak, self.used + len(self.queue))
        self.peak_waiting = max(self.peak_waiting, len(self.queue))
        return event

    def leave_queue(self, event):
        self.queue.remove(event)

    def release(self):
        self.settle()
        if self.queue:
            at = 0 if self.order == 'fifo' else self.rng.randrange(len(self.queue))
            self.queue.pop(at).succeed(True)
        else:
            self.used -= 1


class Bucket:
    """A token bucket that rejects."""

    def __init__(self, env, rate, burst):
        self.env, self.rate, self.burst, self.level, self.at = env, rate, burst, burst, 0.0
        self.places, self.area, self.used, self.since = 1, 0.0, 0, 0.0
        self.calls = self.rejected = self.timeouts = self.peak = self.peak_waiting = self.peak_1s = 0
        self.window, self.waits, self.sojourns = deque(), [], []

    def settle(self):
        self.area += (self.used > 0) * (self.env.now - self.since)
        self.since = self.env.now

    def passes(self):
        now = self.env.now
        self.calls += 1
        while self.window and self.window[0] + 1 <= now:
            self.window.popleft()
        self.window.append(now)
        self.peak_1s = max(self.peak_1s, len(self.window))
        self.level = min(self.burst, self.level + self.rate * (now - self.at))
        self.at = now
        if self.level < 1 - 1e-12:
            self.rejected += 1
            return False
        self.level -= 1
        return True


def exp(rng, mean):
    return rng.expovariate(1 / mean)


def call(env, station, service, timeout=None):
    """One try. True: served."""
    came = env.now
    event = station.arrive()
    if timeout is not None:
        yield event | env.timeout(timeout)
        if not event.triggered:
            station.leave_queue(event)
            station.timeouts += 1
            return False
    else:
        yield event
    if not event.value:
        station.rejected += 1
        return False
    station.waits.append(env.now - came)
    if timeout is not None:
        # The client's patience covers the service as well; a lock is given back when it ends.
        left = came + timeout - env.now
        if service > left:
            yield env.timeout(left)
            station.release()
            station.timeouts += 1
            station.waits.pop()
            return False
    yield env.timeout(service)
    station.release()
    station.sojourns.append(env.now - came)
    return True


def lock_fifo(env, rng):
    row = Station(env, rng, 1)

    def pod():
        for _ in range(5):
            yield env.timeout(exp(rng, 1.0))
            yield from call(env, row, exp(rng, 0.05))
    return [row], pod, 100, 50


def busy_server(env, rng):
    db = Station(env, rng, 4, limit=5)

    def pod():
        for _ in range(5):
            yield env.timeout(exp(rng, 1.0))
            tries = 0
            while not (yield from call(env, db, exp(rng, 0.2))):
                tries += 1
                yield env.timeout(min(0.1 * 2 ** (tries - 1), 5.0) * rng.random())
    return [db], pod, 80, 40


def rate_limit(env, rng):
    api = Bucket(env, 20, 10)

    def pod():
        for _ in range(3):
            yield env.timeout(exp(rng, 0.5))
            tries = 0
            while not api.passes():
                tries += 1
                pause = min(0.2 * 2 ** (tries - 1), 4.0)
                yield env.timeout(pause / 2 + pause / 2 * rng.random())
            api.settle()
            api.used += 1
            api.peak = max(api.peak, api.used)
            service = exp(rng, 0.03)
            yield env.timeout(service)
            api.settle()
            api.used -= 1
            api.waits.append(0.0)
            api.sojourns.append(service)
    return [api], pod, 60, 60


def pool_and_server(env, rng):
    pool, db = Station(env, rng, 5), Station(env, rng, 3)

    def pod():
        for _ in range(1):
            yield env.timeout(exp(rng, 1.0))
            while True:
                came = env.now
                event = pool.arrive()
                yield event | env.timeout(2.0)
                if event.triggered:
                    break
                pool.leave_queue(event)
                pool.timeouts += 1
                yield env.timeout(0.5)
            pool.waits.append(env.now - came)
            yield from call(env, db, exp(rng, 0.2))
            yield env.timeout(exp(rng, 0.1))
            yield from call(env, db, exp(rng, 0.2))
            pool.release()
            pool.sojourns.append(env.now - came)
    return [pool, db], pod, 60, 30


def lock_random(env, rng):
    row = Station(env, rng, 1, order='random')

    def tenant():
        event = row.arrive(ours=False)
        yield event
        yield env.timeout(0.02)
        row.release()

    def tenants():
        while True:
            yield env.timeout(exp(rng, 0.2))
            env.process(tenant())
    env.process(tenants())

    def pod():
        for _ in range(4):
            yield env.timeout(exp(rng, 0.5))
            tries, pause = 0, 0.1
            while not (yield from call(env, row, exp(rng, 0.05), timeout=1.0)):
                tries += 1
                before = 0.1 if tries == 1 else pause
                pause = min(0.1 + (3 * before - 0.1) * rng.random(), 3.0)
                yield env.timeout(pause)
    return [row], pod, 40, 40


SCENARIOS = [lock_fifo, busy_server, rate_limit, pool_and_server, lock_random]


def simulate(scenario, seed):
    env, rng = simpy.Environment(), random.Random(seed)
    stations, pod, completions, parallelism = scenario(env, rng)
    state = {'left': completions, 'running': 0.0, 'done': 0}
    end = env.event()

    def slot():
        while state['left'] > 0:
            state['left'] -= 1
            began = env.now
            yield env.process(pod())
            state['running'] += env.now - began
            state['done'] += 1
            if state['done'] == completions:
                end.succeed()
    for _ in range(parallelism):
        env.process(slot())
    env.run(until=end)
    rows = []
    for s in stations:
        s.settle()
        rows.append([env.now, state['running'], s.calls, s.rejected, s.timeouts, s.peak, s.peak_waiting, s.peak_1s,
                     s.area / env.now / s.places, statistics.fmean(s.waits), statistics.fmean(s.sojourns)])
    return rows


def jobsim(name):
    """By replication, the last dependency's measures (the first one's, where there is one)."""
    with tempfile.TemporaryDirectory() as folder:
        to = os.path.join(folder, 'out')
        subprocess.run([JOBSIM, 'run', os.path.join(HERE, name + '.yaml'), '-n', str(RUNS), '--seed', '7', '--save', to],
                       check=True, stdout=subprocess.DEVNULL)
        jobs = list(csv.DictReader(open(os.path.join(to, 'replications.csv'))))
        found = {}
        for row in csv.DictReader(open(os.path.join(to, 'dependencies.csv'))):
            job = jobs[int(row['replication'])]
            found.setdefault(row['dependency'], []).append([float({**row, **job}[m] or 0) for m in MEASURES])
        return found


rows, bad = [], 0
for scenario in SCENARIOS:
    name = scenario.__name__.replace('_', '-')
    ours = jobsim(name)
    theirs = [simulate(scenario, 1000 * k + 17) for k in range(RUNS)]
    for at, (dependency, values) in enumerate(ours.items()):
        for m, measure in enumerate(MEASURES):
            a, b = [v[m] for v in values], [t[at][m] for t in theirs]
            ma, mb = statistics.fmean(a), statistics.fmean(b)
            error = math.sqrt(statistics.variance(a) / RUNS + statistics.variance(b) / RUNS)
            half = 2.58 * error   # t with several hundred degrees of freedom
            good = abs(ma - mb) <= half + 1e-9 * abs(mb)
            bad += not good
            rows.append([name, dependency, measure, f'{ma:.6f}', f'{mb:.6f}', f'{ma - mb - half:.6f}',
                         f'{ma - mb + half:.6f}', 'yes' if good else 'NO'])
with open(OUT, 'w', newline='') as f:
    out = csv.writer(f, lineterminator='\n')
    out.writerow(['scenario', 'dependency', 'measure', 'jobsim', 'simpy', 'difference_low', 'difference_high', 'contains_0'])
    out.writerows(rows)
print(f'{len(rows)} measures, {bad} whose 99 % interval of the difference does not contain 0')
sys.exit(bad > 0)
