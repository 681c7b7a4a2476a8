#!/usr/bin/env bash
# Registers a need and prints its events until goods and a volunteer are found: bash, curl, grep, date of GNU.
set -euo pipefail

headers=(-H "Authorization: Bearer $LIANSHAN_KEY" -H "Content-Type: application/json")
call() { curl -sS --fail-with-body --max-time 30 "${headers[@]}" "$@"; }
first() { grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4; }

day=$(date -u -d "14 days" +%F)
station=$(call "$LIANSHAN_URL/v1/stations?level=station&state=open&limit=1" | first id)
# The same key with the same body is the same call, however often it is sent.
need=$(call "$LIANSHAN_URL/v1/needs" -H "Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)" -d '{
  "station_id": "'"$station"'", "title": "Rice for a family", "theme": "elderly_care", "urgency": "normal",
  "due": "'"$day"'T10:00:00Z", "location": {"lon": 116.342, "lat": 39.926}, "beneficiaries": 4,
  "lines": [{"kind": "goods", "item": "rice", "quantity": 2, "unit": "bag_5kg"}],
  "volunteers": {"headcount": 1, "skills": ["carrying"], "languages": [],
                 "starts_at": "'"$day"'T02:00:00Z", "ends_at": "'"$day"'T03:00:00Z"},
  "publish": true}' | first id)
echo "$need"

events=$(call "$LIANSHAN_URL/v1/needs/$need/events")
echo "$events" | first type
after=$(echo "$events" | grep -o '"cursor":[^,]*' | head -n 1 | cut -d : -f 2 | tr -d '"')
exec 3< <(exec curl -sSN --max-time 60 "${headers[@]}" "$LIANSHAN_URL/v1/events/stream?after=$after")
stream=$!
while read -r line <&3; do
  case $line in
    event:*) type=${line#event: } ;;
    data:*"\"subject\":\"$need\""*)
      echo "$type"
      if [ "$type" = stations.need.ready ]; then break; fi
      ;;
  esac
done
kill "$stream"
