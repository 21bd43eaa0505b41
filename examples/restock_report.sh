#!/usr/bin/env bash
# A restock report every night: what shoppers wait for most, whether it is on preorder, and what alerts earned. It only reads.
#
# Needs stoq-mcp and jq. The shop's key is read from STOQ_API_KEY.
#   examples/restock_report.sh                # prints the report
#   examples/restock_report.sh --sandbox      # of a sandbox shop; what stands here goes to `stoq-mcp call`
#   PROGRAM=…  names the program; ROWS=20 says how many variants to list
#
# Every night by cron, which mails what is printed, report and errors alike (the file sets STOQ_API_KEY, chmod 600):
#   MAILTO=ops@example.com
#   15 6 * * *  set -a; . /etc/stoq/key.env; /usr/local/bin/restock_report.sh
# or by systemd: examples/systemd/restock-report.timer and .service.
set -euo pipefail
program=${PROGRAM:-stoq-mcp}
rows=${ROWS:-10}
flags=("$@")

ask() { # action, arguments: the whole result as JSON
  "$program" call "$1" --json "${2:-{\}}" --structured --read-only "${flags[@]}" </dev/null
}

# The ids of all variants that are in a preorder offer, page by page.
attached() {
  local page cursor=null
  while :; do
    page=$(ask preorders_product_variants_list "{\"cursor\": $cursor}")
    jq '.data.product_variants[].shopify_variant_id' <<<"$page"
    cursor=$(jq '.page.next_cursor' <<<"$page")
    [ "$cursor" != null ] || return 0
  done
}

# All three or none: a report that lacks a part would be read as if there were nothing.
demand=$(ask back_in_stock_reports_products_in_demand)
summary=$(ask back_in_stock_reports_summary)
preorders=$(attached)

jq --null-input --raw-output --argjson rows "$rows" \
  --argjson demand "$demand" --argjson summary "$summary" --argjson attached "$(jq --slurp . <<<"$preorders")" '
  def padded($width): tostring | (" " * ($width - length) // "") + .;
  $summary.data as $all
  | [$demand.data.product_variants[] | select(.pending > 0)] as $wanted
  | "Restock report, \($all.window.from) to \($all.window.to)",
    "",
    "Waiting  Variant",
    ($wanted | sort_by(-.pending)[:$rows][]
      | .shopify_variant_id as $id
      | (.pending | padded(7)) + "  \(.product_title) / \(.variant_title), variant \($id)"
        + (if $attached | index($id) then ", in a preorder offer" else "" end)),
    (if $wanted == [] then "Nobody waits for anything." else empty end),
    "",
    "\($all.totals.pending) shoppers wait in all. Alerts brought back \($all.totals.conversions) orders,"
      + " \($all.totals.recovered_revenue) \($all.currency)."
'
