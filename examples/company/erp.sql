CREATE TABLE IF NOT EXISTS customer (
  customer_no   TEXT PRIMARY KEY,
  type          TEXT NOT NULL CHECK (type IN ('P', 'F')),  -- person, firm
  title         TEXT,
  first_name    TEXT,
  last_name     TEXT,
  company       TEXT,
  born_on       TEXT,
  vat_no        TEXT,
  gln           TEXT,
  email         TEXT,
  phone_no      TEXT,
  mobile        TEXT,
  fax_no        TEXT,
  language      TEXT,
  currency      TEXT,
  payment_terms TEXT,
  credit_limit  TEXT,
  salesperson   TEXT,
  price_list    TEXT,
  newsletter    INTEGER,                                   -- NULL: never asked
  newsletter_at TEXT,
  changed_at    DATETIME NOT NULL
);
CREATE INDEX IF NOT EXISTS customer_changed ON customer (changed_at);

CREATE TABLE IF NOT EXISTS address (
  address_no  INTEGER PRIMARY KEY,
  customer_no TEXT NOT NULL REFERENCES customer ON DELETE CASCADE,
  kind        TEXT NOT NULL CHECK (kind IN ('B', 'D', 'V')),  -- billing, delivery, visiting
  street      TEXT,
  extra       TEXT,
  zip         TEXT,
  city        TEXT,
  country     TEXT
);
CREATE INDEX IF NOT EXISTS address_customer ON address (customer_no);

CREATE TABLE IF NOT EXISTS contact (
  contact_no  INTEGER PRIMARY KEY,
  customer_no TEXT NOT NULL REFERENCES customer ON DELETE CASCADE,
  full_name   TEXT NOT NULL,
  role        TEXT,
  email       TEXT,
  phone_no    TEXT
);
CREATE INDEX IF NOT EXISTS contact_customer ON contact (customer_no);

CREATE TABLE IF NOT EXISTS sales_order (
  order_no    TEXT PRIMARY KEY,
  customer_no TEXT NOT NULL REFERENCES customer ON DELETE CASCADE,
  ordered_on  TEXT NOT NULL,
  status      TEXT NOT NULL,
  currency    TEXT NOT NULL,
  changed_at  DATETIME NOT NULL
);
CREATE INDEX IF NOT EXISTS sales_order_changed ON sales_order (changed_at);

CREATE TABLE IF NOT EXISTS sales_order_line (
  order_no    TEXT NOT NULL REFERENCES sales_order ON DELETE CASCADE,
  line_no     INTEGER NOT NULL,
  article     TEXT NOT NULL,
  description TEXT,
  quantity    NUMERIC NOT NULL,
  price       TEXT NOT NULL,
  PRIMARY KEY (order_no, line_no)
);

-- Orders that come from the web shop, written by the hub.
CREATE TABLE IF NOT EXISTS shop_order (
  order_no     TEXT PRIMARY KEY,
  shop_account TEXT,
  ordered_at   TEXT,
  status       TEXT,
  currency     TEXT,
  amount       TEXT,
  positions    INTEGER
);

-- Orders of trading partners, written by the hub. The ERP books each at once, and writes its documents
-- about it.
CREATE TABLE IF NOT EXISTS partner_order (
  order_no    TEXT PRIMARY KEY,
  partner     TEXT NOT NULL,
  ordered_on  TEXT,
  currency    TEXT,
  article     TEXT,
  description TEXT,
  quantity    TEXT,
  unit        TEXT,
  price       TEXT
);

CREATE TABLE IF NOT EXISTS trade_document (
  document_no   TEXT PRIMARY KEY,
  kind          TEXT NOT NULL CHECK (kind IN ('response', 'despatch', 'invoice')),
  order_no      TEXT NOT NULL REFERENCES partner_order,
  partner       TEXT NOT NULL,
  customer_name TEXT,
  customer_gln  TEXT,
  ordered_on    TEXT,
  written_on    TEXT,
  currency      TEXT,
  article       TEXT,
  description   TEXT,
  quantity      NUMERIC,
  unit          TEXT,
  price         TEXT,
  changed_at    DATETIME NOT NULL
);
CREATE INDEX IF NOT EXISTS trade_document_changed ON trade_document (changed_at);

CREATE TRIGGER IF NOT EXISTS partner_order_booked AFTER INSERT ON partner_order BEGIN
  INSERT OR IGNORE INTO trade_document
    SELECT k.prefix || new.order_no, k.kind, new.order_no, new.partner, c.company, c.gln, new.ordered_on, date('now'), new.currency,
      new.article, new.description, new.quantity, new.unit, new.price, strftime('%Y-%m-%d %H:%M:%f', 'now')
    FROM (SELECT 'R-' AS prefix, 'response' AS kind UNION ALL SELECT 'D-', 'despatch' UNION ALL SELECT 'I-', 'invoice') k
    LEFT JOIN customer c ON c.customer_no = CASE new.partner WHEN 'lumina' THEN 'K90002' ELSE 'K90001' END;
END;
