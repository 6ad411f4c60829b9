package sqlite

import (
	"context"
	"errors"

	"github.com/touchstone-hub/touchstone/golden/store/sqlstore"
)

// Read implements sqlstore.Backend.
func (b *backend) Read(ctx context.Context, do func(c sqlstore.Conn) error) error {
	c, err := b.acquire(ctx)
	if err != nil {
		return err
	}
	defer b.release(c)
	return do(c)
}

// View implements sqlstore.Backend: a read transaction sees one state of the file.
func (b *backend) View(ctx context.Context, do func(c sqlstore.Conn) error) error {
	c, err := b.acquire(ctx)
	if err != nil {
		return err
	}
	defer b.release(c)
	if err := c.kept("BEGIN"); err != nil {
		return err
	}
	// A view writes nothing: ending it only lets go of the state.
	defer func() { _ = c.kept("ROLLBACK") }()
	return do(c)
}

// Ping implements sqlstore.Backend.
func (b *backend) Ping(ctx context.Context) error {
	return b.Read(ctx, func(c sqlstore.Conn) error {
		return c.(*conn).statement("SELECT 1 FROM counter LIMIT 1")
	})
}

func (b *backend) acquire(ctx context.Context) (*conn, error) {
	select {
	case b.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b.closing:
		return nil, errClosed
	}
	select {
	case <-b.closing:
		<-b.slots
		return nil, errClosed
	case c := <-b.idle:
		return c, nil
	default:
	}
	c, err := b.open()
	if err != nil {
		<-b.slots
		return nil, err
	}
	c.interrupt = true
	return c, nil
}

func (b *backend) release(c *conn) {
	b.idle <- c // has room for as many as there are slots
	<-b.slots
}

// closeReaders waits for the reads that run.
func (b *backend) closeReaders() error {
	for range cap(b.slots) {
		b.slots <- struct{}{}
	}
	var errs []error
	for {
		select {
		case c := <-b.idle:
			errs = append(errs, c.close())
		default:
			return errors.Join(errs...)
		}
	}
}
