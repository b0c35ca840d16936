#!/usr/bin/env bash
# A pilot week of the demo through the command line alone, in a folder of its own; `make week` runs it.
# Each command is shown before it runs. The first that fails ends the week.
set -euo pipefail
demo="$(cd "$(dirname "$0")/demo" && pwd)"
mikro="${MIKRO:-mikro}"
week="$(mktemp -d)"
trap 'rm -rf "$week"' EXIT
cd "$week"
export MIKRO_DB=pilot.duckdb MIKRO_ACTOR=anna

show() { printf '\n$ mikro %s\n' "$*"; "$mikro" "$@"; }
# The same with the result as JSON in a file, for the next command to read.
into() { local file="$1"; shift; printf '\n$ mikro %s --json\n' "$*"; "$mikro" "$@" --json >"$file"; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)'"$1"')'; }

echo "# Sunday: the pilot begins"
show init
cp -r "$demo" demo
show import demo --as-of 2026-11-29T17:00
show roles give chief admin --actor chief
show roles give anna coordinator --municipality 1283 --municipality 1282 --municipality 1284 --actor chief
show roles give lena lead --actor chief
into match.json match --as-of 2026-11-29T18:00
echo "  $(field "['n_matched']" <match.json) of $(field "['n_requests']" <match.json) requests served, $(field "['proof']" <match.json)"

echo; echo "# Monday: Anna decides for her municipalities, and the volunteers are asked"
show approve --all --at 2026-11-30T08:00
show offer --at 2026-11-30T08:05
into offers.json list offers --status sent --as-of 2026-11-30T08:10
offers="$(python3 -c 'import json; print(" ".join(o["offer_id"] for o in sorted(json.load(open("offers.json")), key=lambda o: o["starts_at"])[:3]))')"
set -- $offers
show answer "$1" yes --at 2026-11-30T12:00
show answer "$2" yes --at 2026-11-30T12:10
show answer "$3" no --reason time --at 2026-11-30T13:00
show chores --at 2026-11-30T13:05
printf '\n$ mikro messages --as-of 2026-11-30T13:10\n'
"$mikro" messages --as-of 2026-11-30T13:10 >messages.txt
head -4 messages.txt; echo "  … $(($(wc -l <messages.txt) - 6)) more"

echo; echo "# Thursday: what became of the visits"
into visits.json list visits --as-of 2026-12-03T18:00
first="$(field "[0]['visit_id']" <visits.json)"
second="$(field "[1]['visit_id']" <visits.json)"
show visit complete "$first" --minutes 55 --at 2026-12-03T18:00
show visit feedback "$first" resident 5 --again --at 2026-12-03T18:10
show visit miss "$second" resident --at 2026-12-03T18:20
into incident.json incident report no_contact 1 --text "Nobody opened." --visit "$second" --at 2026-12-03T18:25
incident="$(field "['incident_id']" <incident.json)"
show incident triage "$incident" 1 called_both --at 2026-12-04T09:00
show incident close "$incident" settled --at 2026-12-04T15:00

echo; echo "# Friday: a person is erased, researchers get their extract, the pilot is kept safe"
mkdir backups
show backup --to backups --actor chief
resident="$(field "[0]['resident_id']" <visits.json)"
show erase "$resident" --basis consent_withdrawn
show erase "$resident" --approve --actor lena
show extract --out extract --as-of 2026-12-04T16:00 --actor lena
show backup --to backups --actor chief
show restore backups/"$(ls -t backups | head -1)" --actor chief
show verify
show verify --log --actor lena
