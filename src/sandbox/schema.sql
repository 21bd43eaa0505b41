-- State of the sandbox. Ids are UUID text, Shopify ids integers, instants unix milliseconds (UTC),
-- money minor units (cents). Every row belongs to one shop.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

CREATE TABLE shops (
  id TEXT PRIMARY KEY,
  domain TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  currency TEXT NOT NULL,
  plan_monthly_limit INTEGER,
  plan_used INTEGER NOT NULL DEFAULT 0,
  plan_month TEXT NOT NULL,              -- YYYY-MM the counter belongs to
  sms_verification TEXT NOT NULL,        -- none, pending, verified, rejected
  settings TEXT NOT NULL,                -- the five settings blocks as one JSON object
  selling_plans TEXT NOT NULL DEFAULT '[]'  -- the shop metafield as Shopify holds it
) STRICT;

CREATE TABLE api_keys (key TEXT PRIMARY KEY, shop_id TEXT NOT NULL REFERENCES shops(id)) STRICT;
CREATE TABLE locations (shop_id TEXT NOT NULL, shopify_location_id INTEGER NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (shop_id, shopify_location_id)) STRICT;
CREATE TABLE markets (shop_id TEXT NOT NULL, shopify_market_id INTEGER NOT NULL, name TEXT NOT NULL,
  PRIMARY KEY (shop_id, shopify_market_id)) STRICT;

CREATE TABLE products (shop_id TEXT NOT NULL, shopify_product_id INTEGER NOT NULL, title TEXT NOT NULL,
  vendor TEXT NOT NULL, PRIMARY KEY (shop_id, shopify_product_id)) STRICT;
CREATE TABLE variants (
  shop_id TEXT NOT NULL,
  shopify_variant_id INTEGER NOT NULL,
  id TEXT NOT NULL,
  shopify_product_id INTEGER NOT NULL,
  title TEXT NOT NULL,
  sku TEXT,
  inventory_item_id INTEGER NOT NULL,
  price_minor INTEGER NOT NULL,
  inventory_policy TEXT NOT NULL,        -- CONTINUE, DENY
  preorder_count INTEGER NOT NULL DEFAULT 0,  -- units preordered, as STOQ stores it
  PRIMARY KEY (shop_id, shopify_variant_id)
) STRICT;
CREATE INDEX variants_by_product ON variants (shop_id, shopify_product_id);
CREATE TABLE collections (shop_id TEXT NOT NULL, shopify_collection_id INTEGER NOT NULL,
  shopify_product_id INTEGER NOT NULL,
  PRIMARY KEY (shop_id, shopify_collection_id, shopify_product_id)) STRICT;
CREATE TABLE stock (shop_id TEXT NOT NULL, shopify_variant_id INTEGER NOT NULL,
  shopify_location_id INTEGER NOT NULL, available INTEGER NOT NULL,
  PRIMARY KEY (shop_id, shopify_variant_id, shopify_location_id)) STRICT;

CREATE TABLE customers (
  id TEXT PRIMARY KEY,
  shop_id TEXT NOT NULL,
  email TEXT, phone TEXT, push TEXT, name TEXT,
  country TEXT, country_code TEXT, locale TEXT,
  accepts_marketing INTEGER NOT NULL DEFAULT 0,
  shopify_customer_id INTEGER,
  shopify_market_id INTEGER,
  unsubscribed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX customers_by_email ON customers (shop_id, email);
CREATE INDEX customers_by_phone ON customers (shop_id, phone);
CREATE INDEX customers_by_shopify ON customers (shop_id, shopify_customer_id);

CREATE TABLE signups (
  id TEXT PRIMARY KEY,
  shop_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  shopify_variant_id INTEGER NOT NULL,
  channel TEXT NOT NULL,
  email TEXT, phone TEXT, push TEXT,     -- the contact of its own channel
  quantity INTEGER NOT NULL,
  shopify_market_id INTEGER,
  source TEXT NOT NULL,
  optin_confirmed INTEGER,               -- null never asked, 0 asked, 1 confirmed
  notified_at INTEGER, blocked_at INTEGER, unsubscribed_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX signups_waiting_once ON signups
  (customer_id, shopify_variant_id, channel, coalesce(shopify_market_id, 0))
  WHERE notified_at IS NULL AND unsubscribed_at IS NULL;
CREATE INDEX signups_newest ON signups (shop_id, created_at DESC, id DESC);
CREATE INDEX signups_by_variant ON signups (shop_id, shopify_variant_id, created_at);

CREATE TABLE notifications (
  id TEXT PRIMARY KEY,
  shop_id TEXT NOT NULL,
  signup_id TEXT NOT NULL,
  customer_id TEXT NOT NULL,
  shopify_variant_id INTEGER NOT NULL,   -- the variant as of the attempt
  shopify_product_id INTEGER NOT NULL,
  variant_title TEXT NOT NULL,
  channel TEXT NOT NULL,
  contact TEXT,
  status TEXT NOT NULL,                  -- sent, blocked
  blocked_reason TEXT,
  sent_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX notifications_newest ON notifications (shop_id, created_at DESC, id DESC);
CREATE INDEX notifications_by_signup ON notifications (signup_id);

CREATE TABLE attributions (
  shop_id TEXT NOT NULL,
  shopify_order_id INTEGER NOT NULL,
  signup_id TEXT NOT NULL,
  notification_id TEXT NOT NULL,
  confidence TEXT NOT NULL,              -- high, medium, low
  revenue_minor INTEGER NOT NULL,
  ordered_at INTEGER NOT NULL,
  tagged INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (shop_id, shopify_order_id, signup_id)
) STRICT;
-- Every order the sandbox took, also those without attribution: a known id is refused.
CREATE TABLE orders (shop_id TEXT NOT NULL, shopify_order_id INTEGER NOT NULL, ordered_at INTEGER NOT NULL,
  PRIMARY KEY (shop_id, shopify_order_id)) STRICT;

CREATE TABLE offers (
  id TEXT PRIMARY KEY,
  shop_id TEXT NOT NULL,
  name TEXT NOT NULL,
  internal_name TEXT,
  state TEXT NOT NULL,                   -- disabled, scheduled, enabled
  starts_at INTEGER, ends_at INTEGER,
  shopify_selling_plan_id INTEGER NOT NULL,
  shopify_selling_plan_group_id INTEGER NOT NULL,
  blocks TEXT NOT NULL,                  -- the writable fields of the twelve capabilities as one JSON object
  auto_collect_since INTEGER,            -- when automatic charges were switched on
  deleted_at INTEGER,                    -- gone for callers; reports keep its name
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX offers_newest ON offers (shop_id, created_at DESC, id DESC);
-- What falls due is looked for before every request: each index has the order of its question.
CREATE INDEX offers_starting ON offers (shop_id, starts_at, id)
  WHERE state = 'scheduled' AND deleted_at IS NULL;
CREATE INDEX offers_ending ON offers (shop_id, ends_at, id)
  WHERE state = 'enabled' AND deleted_at IS NULL;
CREATE TABLE offer_variants (
  offer_id TEXT NOT NULL,
  shop_id TEXT NOT NULL,
  shopify_variant_id INTEGER NOT NULL,
  preorder_max_count INTEGER,
  shipping_text TEXT,
  PRIMARY KEY (offer_id, shopify_variant_id)
) STRICT;
CREATE INDEX offer_variants_by_variant ON offer_variants (shop_id, shopify_variant_id);
CREATE TABLE market_counts (shop_id TEXT NOT NULL, shopify_variant_id INTEGER NOT NULL,
  shopify_market_id INTEGER NOT NULL, preorder_count INTEGER NOT NULL,
  PRIMARY KEY (shop_id, shopify_variant_id, shopify_market_id)) STRICT;
-- The variant metafields as Shopify holds them; they may differ from what STOQ would write.
CREATE TABLE variant_metafields (shop_id TEXT NOT NULL, shopify_variant_id INTEGER NOT NULL,
  key TEXT NOT NULL, value TEXT NOT NULL,  -- JSON
  PRIMARY KEY (shop_id, shopify_variant_id, key)) STRICT;
-- Stock policies asked for by v1 that take effect later; until then the offer has a job (`ongoing_job`).
CREATE TABLE queued_policies (shop_id TEXT NOT NULL, offer_id TEXT NOT NULL, due_at INTEGER NOT NULL,
  policy TEXT NOT NULL, variant_ids TEXT NOT NULL) STRICT;
CREATE INDEX queued_policies_due ON queued_policies (shop_id, due_at);

-- Orders with preorder lines; each also stands in `orders`.
CREATE TABLE preorder_orders (
  shop_id TEXT NOT NULL,
  shopify_order_id INTEGER NOT NULL,
  id TEXT NOT NULL,                      -- own id, shown by v1 only
  name TEXT NOT NULL,
  customer_id INTEGER, email TEXT, customer_name TEXT,
  shopify_market_id INTEGER,
  currency TEXT NOT NULL,
  total_minor INTEGER NOT NULL,
  deposit_minor INTEGER NOT NULL,
  balance_minor INTEGER NOT NULL,
  outstanding_minor INTEGER NOT NULL,
  collected_minor INTEGER NOT NULL,
  refunded_minor INTEGER NOT NULL DEFAULT 0,
  financial_status TEXT NOT NULL,
  charged_at INTEGER, due_at INTEGER,
  auto_attempted_at INTEGER,
  collection_url_sent_at INTEGER,
  last_failure TEXT,                     -- JSON: code, message, at
  decline_code TEXT,                     -- every charge fails with it
  offer_id TEXT NOT NULL,                -- the governing offer
  fulfillment_status TEXT NOT NULL,      -- unfulfilled, scheduled, on_hold, open, fulfilled
  scheduled_at INTEGER, released_at INTEGER, fulfilled_at INTEGER,
  cancelled_at INTEGER, cancel_reason TEXT,
  tags TEXT NOT NULL,                    -- JSON array
  created_at INTEGER NOT NULL,
  PRIMARY KEY (shop_id, shopify_order_id)
) STRICT;
CREATE INDEX preorder_orders_newest ON preorder_orders (shop_id, created_at DESC, shopify_order_id DESC);
CREATE INDEX preorder_orders_due ON preorder_orders
  (shop_id, max(due_at, created_at), shopify_order_id)
  WHERE outstanding_minor > 0 AND auto_attempted_at IS NULL AND due_at IS NOT NULL;
CREATE INDEX preorder_orders_scheduled ON preorder_orders (shop_id, scheduled_at, shopify_order_id)
  WHERE fulfillment_status = 'scheduled' AND cancelled_at IS NULL;
CREATE TABLE preorder_lines (
  shop_id TEXT NOT NULL,
  id INTEGER NOT NULL,
  shopify_order_id INTEGER NOT NULL,
  offer_id TEXT NOT NULL,
  shopify_product_id INTEGER NOT NULL,
  shopify_variant_id INTEGER NOT NULL,
  product_title TEXT NOT NULL, variant_title TEXT NOT NULL,  -- as of the sale
  quantity INTEGER NOT NULL,
  unit_price_minor INTEGER NOT NULL,
  deposit_minor INTEGER NOT NULL,
  balance_minor INTEGER NOT NULL,
  PRIMARY KEY (shop_id, id)
) STRICT;
CREATE INDEX preorder_lines_by_order ON preorder_lines (shop_id, shopify_order_id, id);
CREATE INDEX preorder_lines_by_variant ON preorder_lines (shop_id, shopify_variant_id);
CREATE INDEX preorder_lines_by_offer ON preorder_lines (shop_id, offer_id);

CREATE TABLE alert_runs (
  shop_id TEXT NOT NULL,
  shopify_variant_id INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  remaining TEXT NOT NULL,               -- JSON array of signup ids, oldest first
  PRIMARY KEY (shop_id, shopify_variant_id)
) STRICT;
CREATE TABLE waitlist_marks (shop_id TEXT NOT NULL, shopify_variant_id INTEGER NOT NULL,
  PRIMARY KEY (shop_id, shopify_variant_id)) STRICT;

CREATE TABLE jobs (
  id TEXT PRIMARY KEY,                   -- as the API shows it, e.g. exp_5f0c1e7ab2d94c63
  shop_id TEXT NOT NULL,
  scope TEXT NOT NULL,                   -- path below the base before /jobs, e.g. /back_in_stock/reports
  total INTEGER NOT NULL,
  submitted_at INTEGER NOT NULL,
  file_name TEXT,
  file TEXT,                             -- CSV of an export
  action TEXT,                           -- action that runs for each item of a bulk job
  items TEXT,                            -- JSON array of record ids, in submitted order
  arguments TEXT,                        -- JSON object, the same for every item
  done INTEGER NOT NULL DEFAULT 0,       -- items that had their turn
  fault TEXT                             -- JSON of the job fault that hit the submit call
) STRICT;
CREATE INDEX jobs_at_work ON jobs (shop_id) WHERE items IS NOT NULL AND done < total;

CREATE TABLE journal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  shop TEXT, method TEXT, path TEXT, status INTEGER, points INTEGER, fault TEXT,
  effects TEXT NOT NULL                  -- JSON array
) STRICT;
