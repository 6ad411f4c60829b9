package file

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"time"

	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// A batch is emitted when it has so many frames or bytes.
const (
	mostFrames = 500
	mostBytes  = 1 << 20
)

// saveEvery is how often progress within a file is written down. What was emitted since is emitted
// again after a crash, which the hub takes as the same records once more.
const saveEvery = time.Second

// batch collects frames, of several small files or of a part of a large one.
type batch struct {
	*source
	emit connectors.Emit

	frames   []formats.Frame
	bytes    int
	finished []finished // whose last frames are in this batch, or were before
	current  *progress  // of the file that frames end in; nil between files
	unsaved  bool       // the ledger has grown since it was saved
	stuck    bool       // emitting or saving failed
}

// finished is a file that was read to its end.
type finished struct {
	candidate
	hash string
	why  error // nil: it goes to the archive
	bad  int64 // records that could not be read
}

// read takes one file's records into batches. An error is one of the hub's or of the folder's; what
// is wrong with the file ends in its quarantine.
func (b *batch) read(ctx context.Context, f candidate) error {
	log := b.env.Log.With("system", b.system, "stream", b.name, "file", f.path)
	hash, err := b.hash(ctx, f)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, fs.ErrNotExist):
		return nil // taken away before it was read
	case err != nil:
		b.finished = append(b.finished, finished{candidate: f, hash: "unread", why: fmt.Errorf("read %s: %w", f.path, err)})
		return nil
	case b.ledger.known[hash] || slices.ContainsFunc(b.finished, func(o finished) bool { return o.hash == hash && o.why == nil }):
		if known := b.seen[f.path]; known == nil || !known.told {
			log.Info("file has the content of one that was read before; it goes to the archive unread", "sha256", hash)
		}
		b.finished = append(b.finished, finished{candidate: f, hash: hash})
		return nil
	case b.refused[hash] != nil:
		b.finished = append(b.finished, finished{candidate: f, hash: hash, why: b.refused[hash]})
		return nil
	}
	format := b.formatFor(f.path)
	if format == nil {
		b.finished = append(b.finished, finished{candidate: f, hash: hash, why: fmt.Errorf("no format goes with files named *%s; expected format: in the stream", path.Ext(f.path))})
		return nil
	}
	return b.records(ctx, f, format, hash)
}

func (b *batch) hash(ctx context.Context, f candidate) (string, error) {
	in, err := b.root.Open(f.path)
	if err != nil {
		return "", err
	}
	defer in.Close()
	h := sha256.New()
	if _, err := io.Copy(h, &reader{ctx, in}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// reader ends with its context.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r *reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// records emits the file's records, from where an earlier run was stopped.
func (b *batch) records(ctx context.Context, f candidate, format formats.Format, hash string) error {
	in, err := b.root.Open(f.path)
	if err != nil {
		return fmt.Errorf("open %s: %w", f.path, err)
	}
	defer in.Close()
	at := progress{SHA256: hash}
	if c := b.ledger.Current; c != nil && c.SHA256 == hash {
		at = *c
		b.env.Log.Info("reading goes on where it was stopped", "system", b.system, "stream", b.name, "file", f.path, "record", at.Record)
	}
	from := at.Record
	header := map[string]string{"file": f.path, "modified": f.modified.UTC().Format(time.RFC3339Nano)}
	done := finished{candidate: f, hash: hash}
	var first error
	for frame, err := range format.Frames(ctx, in, f.path) {
		if err != nil {
			return fmt.Errorf("read %s: %w", f.path, err)
		}
		if from > 0 {
			// The record that was the last one is known by number and place. Where it is not there,
			// the stream's settings are others now, and all is read again.
			if same := frame.Position.Record == from && frame.Position.Offset == at.Offset; same || frame.Position.Record >= from {
				from = 0
				if !same {
					b.ledger.Current = nil
					return b.records(ctx, f, format, hash)
				}
			}
			continue
		}
		if frame.Err == nil {
			at.Good++
		} else {
			done.bad++
			first = cmp.Or(first, frame.Err)
		}
		frame.Header = header
		at.Record, at.Offset = frame.Position.Record, frame.Position.Offset
		b.current = &at
		if err := b.add(ctx, frame); err != nil {
			return err
		}
	}
	b.current = nil
	if !b.unchanged(f) {
		b.env.Log.Warn("file was changed while it was read; it will be read again", "system", b.system, "stream", b.name, "file", f.path)
		return nil
	}
	if at.Good == 0 && first != nil {
		done.why = first
	}
	b.finished = append(b.finished, done)
	if len(b.finished) >= mostFrames {
		return b.flush(ctx)
	}
	return nil
}

func (b *batch) add(ctx context.Context, f formats.Frame) error {
	b.frames = append(b.frames, f)
	b.bytes += len(f.Bytes)
	if len(b.frames) < mostFrames && b.bytes < mostBytes {
		return nil
	}
	return b.flush(ctx)
}

// flush makes the frames durable, then writes down that they are, and only then moves files.
func (b *batch) flush(ctx context.Context) error {
	if len(b.frames) > 0 {
		if err := b.emit(ctx, b.frames); err != nil {
			b.stuck = true
			return fmt.Errorf("emit %d records: %w", len(b.frames), err)
		}
		b.frames, b.bytes = nil, 0 // the emitter may keep the slice
	}
	current := b.ledger.Current
	for _, f := range b.finished {
		if f.why == nil {
			b.ledger.add(f.hash, b.Remember)
		}
		if current != nil && current.SHA256 == f.hash {
			current = nil
		}
	}
	if b.current != nil {
		at := *b.current
		current = &at
	}
	b.ledger.Current, b.unsaved = current, b.unsaved || current != nil || len(b.finished) > 0
	if len(b.finished) == 0 && b.env.Clock().Sub(b.saved) < saveEvery {
		return nil
	}
	if err := b.save(ctx); err != nil {
		b.stuck = true
		return err
	}
	for _, f := range b.finished {
		b.moveAway(f)
	}
	b.finished = nil
	return nil
}

// save writes down what is durable, even where the hub is stopping.
func (b *batch) save(ctx context.Context) error {
	if !b.unsaved {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := b.ledger.save(ctx, b.env.Checkpoint); err != nil {
		return err
	}
	b.unsaved, b.saved = false, b.env.Clock()
	return nil
}

// moveAway takes a file out of the folder. Where that fails, the file stays; its content is in the
// ledger, so that it is not read again, and it is tried again at the next look.
func (b *batch) moveAway(f finished) {
	log := b.env.Log.With("system", b.system, "stream", b.name, "file", f.path)
	if !b.unchanged(f.candidate) {
		log.Warn("file was changed while it was read; it will be read again")
		return
	}
	folder := b.Archive
	if f.why != nil {
		folder = b.Quarantine
	}
	to, err := b.put(f.candidate, folder, f.hash[:min(8, len(f.hash))])
	if err == nil && f.why != nil {
		log.Warn("file could not be read", "quarantine", to, "error", f.why)
		err = b.root.WriteFile(to+".error.txt", []byte(f.why.Error()+"\n"), 0o640)
	}
	if err == nil && f.why == nil {
		log.Info("file was read", "archive", to, "bad", f.bad)
	}
	if err != nil && f.why != nil {
		b.refused[f.hash] = f.why
	}
	if known := b.seen[f.path]; err != nil && (known == nil || !known.told) {
		log.Error("file cannot be moved away", "error", err)
		if known != nil {
			known.told = true
		}
	}
}
