package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"path/filepath"
	"sync"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
	"github.com/touchstone-hub/touchstone/formats/json"
)

// target writes one stream's files. Calls of Deliver take turns: files are written one after
// another anyway.
type target struct {
	*sink
	root   *os.Root
	system string
	env    connectors.Env

	mu      sync.Mutex
	journal *journal // of an appending target
}

// lister is a target that can show what it holds; see [connectors.Lister].
type lister struct{ *target }

func newTarget(s *sink, root *os.Root, system string, env connectors.Env) (connectors.Target, error) {
	t := &target{sink: s, root: root, system: system, env: env}
	switch s.mode {
	case perRecord:
		return lister{t}, nil
	case appending:
		j, err := openJournal(filepath.Join(env.DataFolder, "file-"+system+"-"+s.name+".journal"))
		if err != nil {
			_ = root.Close()
			return nil, err
		}
		t.journal = j
	}
	return t, nil
}

// Close gives the files back.
func (t *target) Close() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.journal != nil {
		return errors.Join(t.journal.close(), t.root.Close())
	}
	return t.root.Close()
}

// Repeat says how a write may be repeated; see [connectors.Target]. A file a record is replaced by
// the same; a file a write has the idempotency key in its name; an appending target remembers the
// keys that it wrote; a file a batch is written once more under another name.
func (t *target) Repeat() connectors.Repeat { return t.repeat() }

// Describe gives a target's abilities; see [connectors.Describer].
func (c *connector) Describe(name string) connectors.Abilities {
	s := c.targets[name]
	a := connectors.Abilities{Repeat: s.repeat(), Operations: []connectors.Operation{connectors.Create, connectors.Update}}
	if s.mode == perRecord {
		a.Operations = append(a.Operations, connectors.Delete)
	}
	return a
}

func (s *sink) repeat() connectors.Repeat {
	switch s.mode {
	case perRecord:
		return connectors.RepeatUpsert
	case perDelivery, appending:
		return connectors.RepeatKey
	}
	return connectors.RepeatNone
}

// Deliver writes the batch; see [connectors.Target]. What it says is done is on disk.
func (t *target) Deliver(ctx context.Context, batch []connectors.Delivery) []connectors.Outcome {
	t.mu.Lock()
	defer t.mu.Unlock()
	outcomes := make([]connectors.Outcome, len(batch))
	if err := ctx.Err(); err != nil {
		for i := range outcomes {
			outcomes[i] = connectors.Outcome{Status: connectors.Retry, Err: fmt.Errorf("not begun: %w", err)}
		}
		return outcomes
	}
	records := make([][]byte, len(batch))
	var good []int
	for i := range batch {
		record, err := t.record(&batch[i])
		if err != nil {
			outcomes[i] = connectors.Outcome{Status: connectors.Refused, Err: err}
			continue
		}
		records[i] = record
		good = append(good, i)
	}
	switch t.mode {
	case perRecord, perDelivery:
		for _, i := range good {
			if err := ctx.Err(); err != nil {
				outcomes[i] = connectors.Outcome{Status: connectors.Retry, Err: fmt.Errorf("not begun: %w", err)}
				continue
			}
			outcomes[i] = t.one(&batch[i], records[i])
		}
	case perBatch:
		t.together(batch, records, good, outcomes)
	case appending:
		t.append(batch, records, good, outcomes)
	}
	return outcomes
}

// record gives the bytes to write; nil for a file that is to be deleted.
func (t *target) record(d *connectors.Delivery) ([]byte, error) {
	switch {
	case d.Operation == connectors.Delete && t.mode == perRecord:
		return nil, nil
	case d.Operation == connectors.Delete:
		return nil, errors.New("what was written to these files stays there: the target has no delete")
	case d.Operation != connectors.Create && d.RemoteID == "":
		return nil, fmt.Errorf("%s without the record's ID in the system", d.Operation)
	case len(d.Payload) == 0:
		return nil, fmt.Errorf("%s without a payload", d.Operation)
	}
	var doc formats.Doc
	if err := (&json.Format{}).Decode(&doc, formats.Frame{Bytes: d.Payload}, &formats.Shape{Whole: true}); err != nil {
		return nil, fmt.Errorf("read the payload: %w", err)
	}
	b, err := t.format.Encode(nil, &doc.Root)
	if err != nil {
		return nil, fmt.Errorf("write the record: %w", err)
	}
	return append(b, separator(t.format)...), nil
}

// one writes or deletes one record's file. Its ID in the system is its path.
func (t *target) one(d *connectors.Delivery, record []byte) connectors.Outcome {
	name := t.expand(d, t.env.Clock())
	if t.mode == perRecord && d.RemoteID != "" {
		name = d.RemoteID
		if ok, err := path.Match(t.glob(), name); err != nil || !ok || !filepath.IsLocal(name) {
			return connectors.Outcome{Status: connectors.Refused, Err: fmt.Errorf("%q is no file of this target", name)}
		}
	}
	if d.Operation == connectors.Delete {
		err := t.root.Remove(name)
		if errors.Is(err, fs.ErrNotExist) {
			return connectors.Outcome{Status: connectors.Missing, Err: err}
		}
		if err == nil {
			err = t.syncDir(path.Dir(name))
		}
		return done(name, err)
	}
	id := name
	if t.mode != perRecord {
		id = d.Subject
	}
	return done(id, t.write(name, append(head(t.format), record...)))
}

// done makes an outcome of an error: writing a file whole can be tried again.
func done(id string, err error) connectors.Outcome {
	if err != nil {
		return connectors.Outcome{Status: connectors.Retry, Err: err}
	}
	return connectors.Outcome{Status: connectors.Done, RemoteID: id}
}

// together writes the batch into one new file.
func (t *target) together(batch []connectors.Delivery, records [][]byte, good []int, outcomes []connectors.Outcome) {
	if len(good) == 0 {
		return
	}
	content := head(t.format)
	for _, i := range good {
		content = append(content, records[i]...)
	}
	name, err := freeName(t.root, t.expand(&batch[good[0]], t.env.Clock()), "again")
	if err == nil {
		err = t.write(name, content)
	}
	for _, i := range good {
		outcomes[i] = done(batch[i].Subject, err)
	}
}

// write makes a file appear with all of its content, on disk: it is written beside under another
// name, synced, renamed, and the folder synced. Without an error it is there; with one it may be.
func (t *target) write(name string, content []byte) error {
	dir := path.Dir(name)
	if err := t.root.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("make the folder: %w", err)
	}
	hidden := path.Join(dir, "."+path.Base(name)+".tmp")
	f, err := t.root.OpenFile(hidden, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o640)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	_, err = f.Write(content)
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = t.root.Rename(hidden, name)
	}
	if err == nil {
		err = t.syncDir(dir)
	}
	if err != nil {
		_ = t.root.Remove(hidden)
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// syncDir makes the names in a folder durable.
func (t *target) syncDir(dir string) error {
	d, err := t.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// List gives the records that the target holds, in the order of their files' names; a file that
// cannot be read as one record is a bad frame. Each frame's Key is the record's ID in the system.
func (t lister) List(ctx context.Context) iter.Seq2[formats.Frame, error] {
	return func(yield func(formats.Frame, error) bool) {
		names, err := fs.Glob(t.root.FS(), t.glob())
		if err != nil {
			yield(formats.Frame{}, fmt.Errorf("list %s: %w", t.glob(), err))
			return
		}
		for _, name := range names {
			if path.Base(name)[0] == '.' {
				continue
			}
			f, err := t.root.Open(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				yield(formats.Frame{}, err)
				return
			}
			for frame, err := range t.format.Frames(ctx, f, name) {
				frame.Key = name
				if !yield(frame, err) || err != nil {
					_ = f.Close()
					return
				}
			}
			_ = f.Close()
		}
	}
}
