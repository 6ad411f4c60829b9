package postgres

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// beside is where a transaction that holds the lease on settling reads what it has not written: on a
// connection of its own, while the server still works on what was put. Each of its statements sees what is
// committed, as they do in a transaction (read committed); what settling depends on nobody else commits
// meanwhile.
type beside struct {
	pool   *pgxpool.Pool // nil: it reads in the transaction
	leased bool          // the lease is held, or will be once what is queued has run
	held   bool          // the server has said so
	locked bool          // it holds locks for which another connection would wait
	side   *pgxpool.Conn
	wrote  map[string]bool // tables
}

// writes notes the table that a statement writes.
func (b *beside) writes(s *sqlstore.Statement) {
	if s.Writes == "" || b.pool == nil {
		return
	}
	if b.wrote == nil {
		b.wrote = map[string]bool{}
	}
	b.wrote[s.Writes] = true
}

// Settle implements sqlstore.Conn.
func (c *conn) Settle(context.Context) error {
	if !c.leased {
		c.leased = true
		c.queued = append(c.queued, write{
			what: "take the lease on settling", text: "SELECT pg_advisory_xact_lock($1)", args: []any{c.lock}, rows: anyRows,
		})
	}
	return nil
}

// aside is where to read tables beside the transaction; nil where they are read in it: they must be, or
// nothing is under way that a query would have to wait for. Then one connection is quicker, and a query
// takes small writes with it.
func (c *conn) aside(ctx context.Context, tables ...string) (querier, error) {
	if c.pool == nil || c.sender == nil || !c.leased || c.locked ||
		slices.ContainsFunc(tables, func(table string) bool { return c.wrote[table] }) {
		return nil, nil
	}
	if !c.held {
		if err := c.finish(ctx); err != nil {
			return nil, err
		}
		c.held = true
	}
	if c.side == nil {
		side, err := c.pool.Acquire(ctx)
		if err != nil {
			c.pool = nil // there is no second connection to be had: the one will do
			return nil, ctx.Err()
		}
		c.side = side
	}
	return c.side, nil
}

// leave gives the connection back.
func (b *beside) leave() {
	if b.side != nil {
		b.side.Release()
		b.side = nil
	}
}
