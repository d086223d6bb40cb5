"""Checks a temperature log against the readings it was made from.

Reads a dump of everything that was sent to the store (CSV: point,at,value,quality; in the order of sending), a JSON file that says what was valid
when, the log as JSON and the log as CSV. Works every figure out anew, from the definitions in docs/logs.md, with nothing of the product's code.
Prints one JSON line: how many figures were compared and what differs.
"""
import base64, bisect, csv, datetime, json, math, sys, zoneinfo

dump_file, spec_file, json_file, csv_file = sys.argv[1:5]
spec = json.load(open(spec_file, encoding='utf-8'))
zone = zoneinfo.ZoneInfo(spec['zone'])
H_OVER_R = 83.144 / 8.3144e-3
checked, wrong = 0, []


def compare(what, expected, got, tolerance=0.0):
    global checked
    checked += 1
    if expected is None or got is None:
        same = expected is None and got is None
    else:
        same = abs(expected - got) <= tolerance
    if not same and len(wrong) < 30:
        wrong.append(f'{what}: expected {expected}, the log says {got}')


def midnights():
    first = datetime.datetime.fromtimestamp(spec['from'] / 1000, zone).date()
    found, day = [], first
    while True:
        at = int(datetime.datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)
        if at >= spec['to']:
            return found + [spec['to']]
        found.append(max(at, spec['from']))
        day += datetime.timedelta(days=1)


# The first reading sent for a (point, time) is the one that counts.
readings = {point: {} for point in spec['points']}
for point, at, value, quality in csv.reader(open(dump_file, encoding='ascii')):
    readings[point].setdefault(int(at), (float(value) if value else None, quality))

log = json.load(open(json_file, encoding='utf-8'))
tables = {}
for section in log['sections']:
    keys = [column['key'] for column in section['columns']]
    tables[section['id']] = [dict(zip(keys, row['cells'])) for row in section['rows']]

edges = midnights()
known_all = due_all = 0
for point, about in spec['points'].items():
    series = sorted((at, value) if quality == 'good' else (at, None) for at, (value, quality) in readings[point].items())
    stale, begin = about['staleAfter'], min(series[0][0], about['installed'])
    # Each good reading covers the time until the next word, at most `stale`; covers are cut where a day or a limit changes.
    cuts = sorted(set(edges) | {at for limit in about['limits'] for at in limit[:2]})
    days = [dict(values=[], cover=[], kinetic=[], known=0, above=0, below=0) for _ in edges[:-1]]
    for index, (at, value) in enumerate(series):
        if value is None:
            continue
        day = bisect.bisect_right(edges, at) - 1
        if 0 <= day < len(days):
            days[day]['values'].append(value)
        until = min(at + stale, series[index + 1][0] if index + 1 < len(series) else math.inf, spec['to'])
        start = max(at, spec['from'])
        while start < until:
            place = bisect.bisect_right(cuts, start)
            end = min(until, cuts[place] if place < len(cuts) else until)
            length = end - start
            this = days[bisect.bisect_right(edges, start) - 1]
            low, high = next((limit[2:] for limit in about['limits'] if limit[0] <= start < limit[1]), (None, None))
            this['cover'].append(value * length)
            if about['vaccine']:
                this['kinetic'].append(math.exp(-H_OVER_R / (value + 273.15)) * length)
            this['known'] += length
            if high is not None and value > high:
                this['above'] += length
            elif low is not None and value < low:
                this['below'] += length
            start = end
    rows = tables['daily.' + point]
    if len(rows) != len(days):
        wrong.append(f'{point}: {len(days)} days, the log has {len(rows)}')
    for index, (day, row) in enumerate(zip(days, rows)):
        name = f'{point} {datetime.datetime.fromtimestamp(edges[index] / 1000, zone).date()}'
        due = max(0, edges[index + 1] - max(edges[index], begin))
        compare(name + ' day', edges[index], row['day'])
        compare(name + ' min', min(day['values'], default=None), row['min'], 1e-6)
        compare(name + ' max', max(day['values'], default=None), row['max'], 1e-6)
        compare(name + ' mean', math.fsum(day['cover']) / day['known'] if day['known'] else None, row['mean'], 1e-6)
        compare(name + ' outside', day['above'] + day['below'], row['outside'])
        compare(name + ' unknown', due - day['known'], row['unknown'])
        compare(name + ' completeness', day['known'] / due if due else None, row['known'], 1e-6)
        if about['vaccine']:
            kinetic = H_OVER_R / -math.log(math.fsum(day['kinetic']) / day['known']) - 273.15 if day['known'] else None
            compare(name + ' mean kinetic temperature', kinetic, row['kinetic'], 1e-6)
    summary = next(row for row in tables['summary'] if row['equipment']['en'] == about['name'])
    known, due = sum(day['known'] for day in days), max(0, spec['to'] - max(spec['from'], begin))
    known_all, due_all = known_all + known, due_all + due
    compare(point + ' year mean', math.fsum(x for day in days for x in day['cover']) / known, summary['mean'], 1e-6)
    compare(point + ' year outside', sum(day['above'] + day['below'] for day in days), summary['outside'])
    compare(point + ' year completeness', known / due, summary['known'], 1e-6)
    told = sum(row['outside'] for row in tables['excursions'] if row['equipment']['en'] == about['name'])
    compare(point + ' excursions together', sum(day['above'] + day['below'] for day in days), told)
    gone = sum(row['length'] for row in tables['gaps'] if row['equipment']['en'] == about['name'])
    compare(point + ' gaps together', due - known, gone)
compare('completeness of the head', known_all / due_all, log['head']['completeness'], 1e-6)
for row in tables['gaps']:
    checked += 1
    if not row['cause']['zh'] or row['length'] <= 0:
        wrong.append(f'a gap without cause or length: {row}')


# The CSV says the same, as far as it has decimals.
def seconds(text):
    hours, minutes, rest = text.split(':')
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def shown(text):
    return None if text in ('', '—') else float(text)


lines = list(csv.reader(open(csv_file, encoding='utf-8-sig', newline='')))
for point, about in spec['points'].items():
    title = next(i for i, line in enumerate(lines) if line[0] == 'By day: ' + about['name'])
    head = next(i for i in range(title, title + 10) if lines[i][0].startswith('Day'))
    column = {key: next(i for i, cell in enumerate(lines[head]) if cell.startswith(name)) for key, name in
              (('min', 'Minimum'), ('mean', 'Mean'), ('max', 'Maximum'), ('outside', 'Time outside'), ('unknown', 'Time unknown'))}
    for row, line in zip(tables['daily.' + point], lines[head + 1:]):
        day = datetime.datetime.fromtimestamp(row['day'] / 1000, zone).date().isoformat()
        if line[0] != day:
            wrong.append(f'CSV of {point}: {line[0]} stands where {day} should')
        for key, tolerance in (('min', 0.051), ('mean', 0.0051), ('max', 0.051)):
            compare(f'CSV of {point} {day} {key}', row[key], shown(line[column[key]]), tolerance)
        for key in ('outside', 'unknown'):
            compare(f'CSV of {point} {day} {key}', row[key] / 1000, seconds(line[column[key]]), 1)

print(json.dumps({'checked': checked, 'wrong': wrong}, ensure_ascii=False))
