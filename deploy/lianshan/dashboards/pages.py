"""The content of each dashboard. An expression or a threshold that an alert has as well is taken from the alert."""

from typing import Final

from deploy.lianshan.dashboards.panels import Dashboard, Panel, Query, Row
from deploy.lianshan.dashboards.rules import find_alert, find_selector

_LAG: Final = find_alert("LianshanLag")
_SCRAPED: Final = find_alert("LianshanServiceDown").series
_DISK: Final = find_alert("LianshanDiskFilling").series
_PUBLIC: Final = find_selector("lianshan:http_requests:rate5m")
"""Matches the paths of the API, not those of probes and scrapes."""
_S: Final = 'service=~"$service"'


def _count_events(kind: str, legend: str) -> Query:
    return Query(f'sum(rate(lianshan_events_published_total{{type="{kind}"}}[$__rate_interval])) * 60', legend)


OVERVIEW: Final = Dashboard(
    uid="lianshan-overview",
    title="Lianshan: the city's needs",
    about="Needs, linking and dispatch as they come, the waiting lists, and whether all is well.",
    rows=(
        Row("Is all well?", (
            Panel("Alerts", "Alerts that are firing now.",
                  (Query('count(ALERTS{alertstate="firing", alertname=~"Lianshan.*"}) or vector(0)'),),
                  kind="stat", wide=4, high=4, bad=1),
            Panel("Processes not ready", "Processes that are down, or have lost RabbitMQ or MongoDB.",
                  (Query(f"count({_SCRAPED} == 0 or min by (instance) (lianshan_ready) == 0) or vector(0)"),),
                  kind="stat", wide=4, high=4, bad=1),
            Panel("Dead letters", "Messages that were given up: `lianshan dlq list`.",
                  (Query('sum(max by (queue) (lianshan_letters{state="dead"}))'),),
                  kind="stat", wide=4, high=4, bad=1),
            Panel("Needs waiting", "Needs that wait for resources or volunteers.",
                  (Query("sum(lianshan:needs_waiting)"),), kind="stat", wide=4, high=4),
            Panel("Needs overdue", "Published needs past their due time, not served.",
                  (Query("max(lianshan_needs_overdue)"),), kind="stat", wide=4, high=4, bad=1),
            Panel("Slowest event", "95 of 100 events are applied within, over all services.",
                  (Query(f"max({_LAG.series})"),),
                  unit="s", kind="stat", wide=4, high=4, bad=_LAG.threshold),
        )),
        Row("Needs", (
            Panel("Needs a minute", "Events of stations.", (
                _count_events("stations.need.published", "published"),
                _count_events("stations.need.ready", "ready"),
                _count_events("stations.need.served", "served"),
                _count_events("stations.need.confirmed", "confirmed"),
                _count_events("stations.need.unmet", "unmet"),
                _count_events("stations.need.cancelled", "cancelled"),
            )),
            Panel("Open needs", "By state, as the gateway shows them.",
                  (Query("max by (state) (lianshan_needs_open)", "{{state}}"),), stacked=True),
            Panel("Waiting lists", "Links by reason, and needs that still look for people.", (
                Query("max by (reason) (lianshan_links_waiting)", "resources: {{reason}}"),
                Query("max(lianshan_staffings_waiting)", "volunteers"),
            )),
            Panel("Linking a minute", "Events of charity.", (
                _count_events("charity.link.linked", "linked"),
                _count_events("charity.link.delivered", "delivered"),
                _count_events("charity.link.released", "released"),
                _count_events("charity.donation.received", "donations"),
            )),
            Panel("Dispatch a minute", "Events of volunteering.", (
                _count_events("volunteering.staffing.offered", "offered"),
                _count_events("volunteering.staffing.confirmed", "confirmed"),
                _count_events("volunteering.staffing.awaited", "awaited"),
                _count_events("volunteering.hours.credited", "hours credited"),
            )),
            Panel("Delay", "95 of 100 events are applied within.",
                  (Query(_LAG.series, "{{service}}"),), unit="s"),
        )),
    ),
)  # fmt: skip

ENGINE: Final = Dashboard(
    uid="lianshan-engine",
    title="Lianshan: a service's engine",
    about="Messages through each service: their number, their speed, their failures.",
    variable=("lianshan_batch_messages_count", "service"),
    rows=(
        Row("Messages", (
            Panel("Messages a second", "By outcome.", (
                Query(f"sum by (service, outcome) (lianshan:messages:rate5m{{{_S}}})", "{{service}} {{outcome}}"),
            )),
            Panel("By type", "The ten most frequent types.", (
                Query(f"topk(10, sum by (type) (lianshan:messages:rate5m{{{_S}}}))", "{{type}}"),
            )),
            Panel("Lag", "From happening to applied, median and 95 of 100.", (
                Query(f"lianshan:lag_seconds:p50{{{_S}}}", "{{service}} {{realm}} median"),
                Query(f"lianshan:lag_seconds:p95{{{_S}}}", "{{service}} {{realm}} 95 %"),
            ), unit="s"),
            Panel("Batch size", "Messages that are decided together, on average.", (
                Query(f"sum by (service) (rate(lianshan_batch_messages_sum{{{_S}}}[$__rate_interval])) / "
                      f"sum by (service) (rate(lianshan_batch_messages_count{{{_S}}}[$__rate_interval]))",
                      "{{service}}"),
            )),
            Panel("Where the time goes", "Seconds a second in each stage.", (
                Query(f"sum by (service, stage) (rate(lianshan_stage_seconds_sum{{{_S}}}[$__rate_interval]))",
                      "{{service}} {{stage}}"),
            ), unit="percentunit", stacked=True),
            Panel("Slow batches", "95 of 100 batches take at most, by stage.",
                  (Query(f"lianshan:stage_seconds:p95{{{_S}}}", "{{service}} {{stage}}"),), unit="s"),
        )),
        Row("Waiting", (
            Panel("Queues", "Messages that no consumer has taken yet.", (
                Query(f'max by (queue) (lianshan_queue_messages{{{_S}, kind="main"}})', "{{queue}}"),
            )),
            Panel("Retries and dead letters", "Messages that failed: waiting for another try, or dead.", (
                Query(f"sum by (service, state) (max by (service, queue, state) (lianshan_letters{{{_S}}}))",
                      "{{service}} {{state}}"),
            )),
            Panel("Oldest failed message", "How long one is due for its next try, or has been a dead letter.", (
                Query(f"max by (service, state) (lianshan_letters_oldest_seconds{{{_S}}})", "{{service}} {{state}}"),
            ), unit="s"),
            Panel("Consumers", "Replicas that take from each queue.",
                  (Query(f"max by (queue) (lianshan_queue_consumers{{{_S}}})", "{{queue}}"),)),
            Panel("Outbox", "Age of the oldest event that is committed and not confirmed.",
                  (Query(f"max by (service) (lianshan_outbox_age_seconds{{{_S}}})", "{{service}}"),), unit="s"),
            Panel("Events in the outbox", "Committed and not confirmed.",
                  (Query(f"max by (service) (lianshan_outbox_events{{{_S}}})", "{{service}}"),)),
            Panel("Events fetched from the log", "Events that a queue had dropped, read again.",
                  (Query(f"sum by (service) (rate(lianshan_events_fetched_total{{{_S}}}[5m]))", "{{service}}"),)),
            Panel("Outbox, part of its budget", "At 0.8 the door closes: commands are refused.",
                  (Query(f"max by (service) (lianshan_outbox_used_ratio{{{_S}}})", "{{service}}"),)),
            Panel("Timers", "Due and not fired, and how late the latest is.", (
                Query(f"max by (service) (lianshan_timers_due{{{_S}}})", "{{service}} due"),
                Query(f"max by (service) (lianshan_timers_late_seconds{{{_S}}})", "{{service}} seconds late"),
                Query(f"max by (service) (lianshan_timers_failing{{{_S}}})", "{{service}} failing"),
            )),
            Panel("Clock skew", "How far the hosts' clocks are from MongoDB's. No decision goes by them.",
                  (Query(f"abs(lianshan_clock_skew_seconds{{{_S}}})", "{{service}} {{instance}}"),), unit="s"),
        )),
        Row("Failures", (
            Panel("Conflicts", "Part of the batches that were decided twice.",
                  (Query(f"lianshan:conflicts:ratio10m{{{_S}}}", "{{service}}"),), unit="percentunit"),
            Panel("Failures a minute", "Put back for later, and given up.", (
                Query(f"sum by (service) (rate(lianshan_retries_total{{{_S}}}[$__rate_interval])) * 60",
                      "{{service}} retried"),
                Query(f"sum by (service) (rate(lianshan_dead_letters_total{{{_S}}}[$__rate_interval])) * 60",
                      "{{service}} given up"),
            )),
            Panel("CPU and memory", "Of each process.", (
                Query('rate(process_cpu_seconds_total{job=~"lianshan.*"}[$__rate_interval])', "{{process}}{{pod}} CPU"),
                Query('process_resident_memory_bytes{job=~"lianshan.*"} / 1e9', "{{process}}{{pod}} GB"),
            )),
        )),
    ),
)  # fmt: skip

GATEWAY: Final = Dashboard(
    uid="lianshan-gateway",
    title="Lianshan: gateway and feed",
    about="The API as its callers see it, and the lag of the projections.",
    rows=(
        Row("API", (
            Panel("Requests a second", "By status.", (
                Query(f"sum by (status) (rate(lianshan_http_requests_total{{{_PUBLIC}}}[$__rate_interval]))",
                      "{{status}}"),
            ), stacked=True),
            Panel("Errors", "Part of the requests that end in 5xx.",
                  (Query("lianshan:http_errors:ratio5m", "5xx"),), unit="percentunit"),
            Panel("Latency", "95 of 100 requests take at most.",
                  (Query("lianshan:http_seconds:p95", "95 %"),), unit="s"),
            Panel("Busiest routes", "Requests a second.", (
                Query(f"topk(10, sum by (method, path) "
                      f"(rate(lianshan_http_requests_total{{{_PUBLIC}}}[$__rate_interval])))", "{{method}} {{path}}"),
            )),
            Panel("Slowest routes", "95 of 100 requests take at most.", (
                Query(f"topk(10, histogram_quantile(0.95, sum by (method, path, le) "
                      f"(rate(lianshan_http_seconds_bucket{{{_PUBLIC}}}[$__rate_interval]))))", "{{method}} {{path}}"),
            ), unit="s"),
            Panel("Being answered", "Open requests, and those of them that wait for a service.", (
                Query("sum(lianshan_http_open)", "open"),
                Query("sum(lianshan_gateway_in_flight)", "waiting for a service"),
            )),
        )),
        Row("Feed and projections", (
            Panel("Feed", "Events a second into the feed.",
                  (Query("max(deriv(lianshan_feed_cursor[5m]))", "cursor"),)),
            Panel("Sequencer lag", "From happening to the feed, median and 95 of 100.", (
                Query('lianshan:lag_seconds:p50{service="gateway", realm="event"}', "median"),
                Query('lianshan:lag_seconds:p95{service="gateway", realm="event"}', "95 %"),
            ), unit="s"),
            Panel("Views behind", "Events that lists do not show yet, in the partition furthest behind.",
                  (Query("max(lianshan_view_lag_events)", "events"),),
                  bad=find_alert("LianshanViewsBehind").threshold),
            Panel("Views lag", "From happening to shown in lists, 95 of 100.",
                  (Query('lianshan:lag_seconds:p95{service="gateway", realm="view"}', "95 %"),), unit="s"),
            Panel("Views being built", "Events that each has still to follow; 0 where none is built.",
                  (Query("max by (view) (lianshan_view_build_events)", "{{view}}"),)),
            Panel("Projector queue", "Events that the projector has not taken yet.",
                  (Query('max(lianshan_queue_messages{queue="gateway.events"})', "gateway.events"),)),
        )),
    ),
)  # fmt: skip

SERVERS: Final = Dashboard(
    uid="lianshan-servers",
    title="Lianshan: broker and database",
    about="RabbitMQ by its own Prometheus plugin, MongoDB and disks by their exporters; empty where none is scraped.",
    rows=(
        Row("RabbitMQ", (
            Panel("Alarms", "Memory and disk: while one stands, nothing is taken.", (
                Query("max(rabbitmq_alarms_memory_used_watermark)", "memory"),
                Query("max(rabbitmq_alarms_free_disk_space_watermark)", "disk"),
            ), kind="stat", bad=1),
            Panel("Memory", "Used, and the limit.", (
                Query("rabbitmq_process_resident_memory_bytes", "{{instance}} used"),
                Query("rabbitmq_resident_memory_limit_bytes", "{{instance}} limit"),
            ), unit="bytes"),
            Panel("Disk", "Free, and the limit below which nothing is taken.", (
                Query("rabbitmq_disk_space_available_bytes", "{{instance}} free"),
                Query("rabbitmq_disk_space_available_limit_bytes", "{{instance}} limit"),
            ), unit="bytes"),
            Panel("Messages", "Ready, and with a consumer.", (
                Query("sum(rabbitmq_queue_messages_ready)", "ready"),
                Query("sum(rabbitmq_queue_messages_unacked)", "with a consumer"),
            )),
            Panel("Connections", "Open connections and channels.", (
                Query("sum(rabbitmq_connections)", "connections"),
                Query("sum(rabbitmq_channels)", "channels"),
            )),
            Panel("Fullest queues", "As the services see them.", (
                Query("topk(10, max by (queue) (lianshan_queue_messages / lianshan_queue_limit_messages))",
                      "{{queue}}"),
            ), unit="percentunit"),
        )),
        Row("MongoDB and disks", (
            Panel("MongoDB up", "Whether each member answers its exporter.",
                  (Query("mongodb_up", "{{instance}}"),), kind="stat"),
            Panel("Replication lag", "How far each member is behind its primary.", (
                Query('(scalar(max(mongodb_rs_members_optimeDate{member_state="PRIMARY"})) - '
                      'mongodb_rs_members_optimeDate{member_state="SECONDARY"}) / 1000', "{{member_idx}}"),
            ), unit="s"),
            Panel("Commit", "95 of 100 batches commit within, as the services see it.",
                  (Query('lianshan:stage_seconds:p95{stage="commit"}', "{{service}}"),), unit="s"),
            Panel("Disks", "Free part of each.",
                  (Query(_DISK, "{{instance}} {{mountpoint}}"),), unit="percentunit"),
        )),
    ),
)  # fmt: skip
