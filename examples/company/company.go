// Package company is the example company: stand-ins for its five systems and its trading
// partners, with a few hundred customers in them.
//
// In comes a seed; out come an ERP (an SQLite file), a web shop and a newsletter tool (HTTP servers
// that keep state), a call center (which tells of calls) supply chain management (which drops
// files) and two partners (which exchange EDI through folders), all on loopback, all as untidy as the real thing. The package never knows anything of the
// hub but where its webhooks arrive.
package company

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
)

// Config says how large the company is and where it lives.
type Config struct {
	// Folder holds the ERP's file and the drop folder; it is made where it is missing.
	Folder string
	// Seed decides on everything random: equal seeds make equal companies.
	Seed uint64
	// Customers is how many real people and organisations there are; 300 where zero.
	Customers int
	// API and Intake are the addresses for the hub, host:port; free ones on loopback where empty.
	API, Intake string
}

// Company is the running company.
type Company struct {
	ERP        *ERP
	Shop       *Shop
	Newsletter *Newsletter
	CallCenter *CallCenter
	SCM        *SCM
	Partners   *Partners

	// Customers are the real customers, with the records that each has in the systems. The first
	// is the one whose number the demo changes.
	Customers []Customer
	// Bad is how many records in the systems are beyond repair, and have to end as dead letters.
	Bad int

	api, intake string
	closers     []io.Closer
}

// Start fills the systems and opens them. What the company sends to the hub, it sends again until
// it is taken; it need not be up yet.
func Start(ctx context.Context, cfg Config) (c *Company, err error) {
	c = &Company{api: cfg.API, intake: cfg.Intake}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Close())
			c = nil
		}
	}()
	if err := c.addresses(); err != nil {
		return c, err
	}
	w := newWorld(cfg.Seed, cmp.Or(cfg.Customers, 300))
	c.Customers = w.customers
	if err := c.open(ctx, cfg.Folder, w); err != nil {
		return c, err
	}
	c.Bad = len(w.files.bad)
	return c, nil
}

// addresses picks free ports for the hub, where none are given.
func (c *Company) addresses() error {
	for _, a := range []*string{&c.api, &c.intake} {
		if *a != "" {
			continue
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fmt.Errorf("find a free port: %w", err)
		}
		*a = l.Addr().String()
		defer func() { _ = l.Close() }() // after both are found, so that they differ
	}
	return nil
}

func (c *Company) open(ctx context.Context, folder string, w *world) (err error) {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("make the company's folder: %w", err)
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return err
	}
	if c.ERP, err = openERP(ctx, filepath.Join(folder, "erp.db"), &w.erp); err != nil {
		return fmt.Errorf("open the ERP: %w", err)
	}
	c.closers = append(c.closers, c.ERP)
	if c.Shop, err = openShop("http://"+c.intake+"/in/webshop/", &w.shop); err != nil {
		return fmt.Errorf("open the shop: %w", err)
	}
	c.closers = append(c.closers, c.Shop)
	if c.Newsletter, err = openNewsletter(); err != nil {
		return fmt.Errorf("open the newsletter tool: %w", err)
	}
	c.closers = append(c.closers, c.Newsletter)
	if c.SCM, err = openSCM(filepath.Join(folder, "drop"), &w.files); err != nil {
		return fmt.Errorf("open supply chain management: %w", err)
	}
	if c.Partners, err = openPartners(filepath.Join(folder, "exchange")); err != nil {
		return fmt.Errorf("open the trading partners: %w", err)
	}
	c.closers = append(c.closers, c.Partners)
	c.CallCenter = openCallCenter("http://"+c.intake+"/in/callcenter/calls", w.calls)
	c.closers = append(c.closers, c.CallCenter)
	return nil
}

// Env is what the hub folder's variables stand for.
func (c *Company) Env() map[string]string {
	return map[string]string{
		"ACME_API":              c.api,
		"ACME_INTAKE":           c.intake,
		"ACME_ERP":              c.ERP.Path,
		"ACME_SHOP":             c.Shop.URL,
		"ACME_SHOP_TOKEN":       shopToken,
		"ACME_SHOP_SECRET":      shopSecret,
		"ACME_NEWSLETTER":       c.Newsletter.URL,
		"ACME_NEWSLETTER_TOKEN": newsletterToken,
		"ACME_CALLCENTER_TOKEN": callCenterToken,
		"ACME_DROP":             c.SCM.Folder,
		"ACME_EXCHANGE":         c.Partners.Folder,
	}
}

// API is the hub's address, host:port.
func (c *Company) API() string { return c.api }

// Lookup finds a variable in Env first and in the environment of the process after that.
func (c *Company) Lookup(name string) (string, bool) {
	if value, ok := c.Env()[name]; ok {
		return value, true
	}
	return os.LookupEnv(name)
}

// Unsent is how many webhooks and call events wait to be taken by the hub.
func (c *Company) Unsent() int { return c.Shop.hooks.unsent() + c.CallCenter.events.unsent() }

// Close stops all systems. Their data stay.
func (c *Company) Close() error {
	var errs []error
	for i := len(c.closers) - 1; i >= 0; i-- {
		errs = append(errs, c.closers[i].Close())
	}
	c.closers = nil
	return errors.Join(errs...)
}
