package company

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed erp.sql
var erpSchema string

// ERP is the company's ERP: a database file with a schema of its own.
type ERP struct {
	Path string
	db   *sql.DB
}

// ERPCustomer is a row of the customer table, with its address. Empty texts are NULL.
type ERPCustomer struct {
	No                                 string // K10001
	Firm                               bool
	Title, First, Last, Company, Born  string
	VAT, GLN, Email, Phone, Mobile     string
	Language, Currency, Terms, Credit  string
	Street, Zip, City, Country         string
	Contact, ContactRole, ContactPhone string
	Newsletter                         *bool // nil: never asked
	NewsletterAt, ChangedAt            time.Time
}

// ERPOrder is an order with its lines.
type ERPOrder struct {
	No, Customer, Status string
	Ordered              time.Time
	Lines                []OrderLine
}

// OrderLine is a position of an order, in the ERP and in the shop.
type OrderLine struct {
	Article, Description, Price string
	Quantity                    int
}

// erpRows are what the ERP begins with.
type erpRows struct {
	customers []ERPCustomer
	orders    []ERPOrder
}

// sqliteTime is how SQLite's own functions write times.
const sqliteTime = "2006-01-02 15:04:05.000"

func openERP(ctx context.Context, path string, rows *erpRows) (e *ERP, err error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=foreign_keys(1)&_txlock=immediate")
	if err != nil {
		return nil, err
	}
	e = &ERP{Path: path, db: db}
	if _, err := db.ExecContext(ctx, erpSchema); err != nil {
		return nil, fmt.Errorf("make the tables: %w", closing(db, err))
	}
	if err := e.fill(ctx, rows); err != nil {
		return nil, closing(db, err)
	}
	return e, nil
}

func closing(db *sql.DB, err error) error {
	_ = db.Close()
	return err
}

func (e *ERP) fill(ctx context.Context, rows *erpRows) error {
	return e.inTx(ctx, func(tx *sql.Tx) error {
		for i := range rows.customers {
			if err := insertCustomer(ctx, tx, &rows.customers[i]); err != nil {
				return err
			}
		}
		for i := range rows.orders {
			if err := insertOrder(ctx, tx, &rows.orders[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (e *ERP) inTx(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := e.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}

func insertCustomer(ctx context.Context, tx *sql.Tx, c *ERPCustomer) error {
	kind := "P"
	if c.Firm {
		kind = "F"
	}
	if c.ChangedAt.IsZero() {
		c.ChangedAt = time.Now()
	}
	var newsletter, at any
	if c.Newsletter != nil {
		newsletter, at = *c.Newsletter, c.NewsletterAt.UTC().Format(time.RFC3339)
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO customer (customer_no, type, title, first_name, last_name, company, born_on,
		vat_no, gln, email, phone_no, mobile, language, currency, payment_terms, credit_limit, newsletter, newsletter_at, changed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		c.No, kind, null(c.Title), null(c.First), null(c.Last), null(c.Company), null(c.Born), null(c.VAT), null(c.GLN),
		null(c.Email), null(c.Phone), null(c.Mobile), null(c.Language), null(c.Currency), null(c.Terms), null(c.Credit),
		newsletter, at, c.ChangedAt.UTC().Format(sqliteTime))
	if err != nil {
		return fmt.Errorf("insert customer %s: %w", c.No, err)
	}
	if c.Street != "" {
		if _, err := tx.ExecContext(ctx, `INSERT INTO address (customer_no, kind, street, zip, city, country) VALUES (?, 'B', ?, ?, ?, ?)`,
			c.No, c.Street, null(c.Zip), null(c.City), null(c.Country)); err != nil {
			return fmt.Errorf("insert address of %s: %w", c.No, err)
		}
	}
	if c.Contact != "" {
		if _, err := tx.ExecContext(ctx, `INSERT INTO contact (customer_no, full_name, role, phone_no) VALUES (?, ?, ?, ?)`,
			c.No, c.Contact, null(c.ContactRole), null(c.ContactPhone)); err != nil {
			return fmt.Errorf("insert contact of %s: %w", c.No, err)
		}
	}
	return nil
}

func insertOrder(ctx context.Context, tx *sql.Tx, o *ERPOrder) error {
	if _, err := tx.ExecContext(ctx, `INSERT INTO sales_order (order_no, customer_no, ordered_on, status, currency, changed_at) VALUES (?, ?, ?, ?, 'EUR', ?)`,
		o.No, o.Customer, o.Ordered.Format(time.DateOnly), o.Status, o.Ordered.UTC().Format(sqliteTime)); err != nil {
		return fmt.Errorf("insert order %s: %w", o.No, err)
	}
	for i, l := range o.Lines {
		if _, err := tx.ExecContext(ctx, `INSERT INTO sales_order_line (order_no, line_no, article, description, quantity, price) VALUES (?, ?, ?, ?, ?, ?)`,
			o.No, i+1, l.Article, l.Description, l.Quantity, l.Price); err != nil {
			return fmt.Errorf("insert line of order %s: %w", o.No, err)
		}
	}
	return nil
}

// null makes an empty text NULL.
func null(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// Insert adds a customer, as a clerk would.
func (e *ERP) Insert(ctx context.Context, c ERPCustomer) error {
	return e.inTx(ctx, func(tx *sql.Tx) error { return insertCustomer(ctx, tx, &c) })
}

// Mobile is a customer's mobile number as it is written, empty where there is none.
func (e *ERP) Mobile(ctx context.Context, no string) (string, error) {
	var mobile sql.NullString
	if err := e.db.QueryRowContext(ctx, `SELECT mobile FROM customer WHERE customer_no = ?`, no).Scan(&mobile); err != nil {
		return "", fmt.Errorf("read customer %s of the ERP: %w", no, err)
	}
	return mobile.String, nil
}

// ChangeMobile changes a customer's mobile number and gives the time of the change.
func (e *ERP) ChangeMobile(ctx context.Context, no, mobile string) (at time.Time, err error) {
	result, err := e.db.ExecContext(ctx, `UPDATE customer SET mobile = ?, changed_at = strftime('%Y-%m-%d %H:%M:%f', 'now') WHERE customer_no = ?`, null(mobile), no)
	if err != nil {
		return at, err
	}
	if n, err := result.RowsAffected(); err != nil || n != 1 {
		return at, fmt.Errorf("customer %s is not in the ERP", no)
	}
	return time.Now(), nil
}

// Delete removes a customer with addresses, contacts and orders.
func (e *ERP) Delete(ctx context.Context, no string) error {
	_, err := e.db.ExecContext(ctx, `DELETE FROM customer WHERE customer_no = ?`, no)
	return err
}

// Holding counts the customers with this number as mobile or telephone, as it is written.
func (e *ERP) Holding(ctx context.Context, number string) (n int, err error) {
	err = e.db.QueryRowContext(ctx, `SELECT count(*) FROM customer WHERE mobile = ?1 OR phone_no = ?1`, number).Scan(&n)
	return n, err
}

// Count counts the rows of a table: customer, sales_order, shop_order.
func (e *ERP) Count(ctx context.Context, table string) (n int, err error) {
	err = e.db.QueryRowContext(ctx, `SELECT count(*) FROM "`+table+`"`).Scan(&n)
	return n, err
}

// Close closes the file.
func (e *ERP) Close() error { return e.db.Close() }
