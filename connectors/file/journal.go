package file

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/touchstone-hub/touchstone/connectors"
)

// A journal is begun anew, with the newest keys, when it has grown beyond mostJournal bytes.
const (
	mostJournal = 8 << 20
	keptKeys    = 20000
)

// entry is one batch that an appending target is about to write: it stands in the journal, on disk,
// before the batch does in the file. After a crash the file's size tells whether the batch is
// whole; if it is not, it is cut off and none of its keys count as written.
type entry struct {
	File string   `json:"file"`
	From int64    `json:"from"` // the file's size before the batch
	To   int64    `json:"to"`   // and after it
	Sum  uint32   `json:"sum"`  // CRC-32C of the batch
	Keys []string `json:"keys"`
	// Void says that the batch of the entry before this one was not written.
	Void bool `json:"void,omitempty"`
}

// journal remembers the idempotency keys of what was appended, so that a write that is repeated
// after a crash or an unknown outcome is not appended twice.
type journal struct {
	path  string
	f     *os.File
	size  int64
	last  entry // which may not be whole
	void  bool  // the entry before the next one was not written
	keys  []string
	known map[string]bool
}

func openJournal(name string) (*journal, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, &connectors.PermanentError{Err: fmt.Errorf("journal: %w", err)}
	}
	j := &journal{path: name, f: f, known: map[string]bool{}}
	r := bufio.NewReaderSize(f, 1<<20)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // an unfinished line was not synced: its batch was not begun
		}
		if err != nil {
			_ = f.Close()
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		var e entry
		if json.Unmarshal(line, &e) != nil {
			break
		}
		j.size += int64(len(line))
		if !e.Void {
			j.settle()
		}
		j.last = e
	}
	if err := f.Truncate(j.size); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("cut the journal: %w", err)
	}
	return j, syncFolder(filepath.Dir(name))
}

// settle counts the last entry's keys as written.
func (j *journal) settle() {
	for _, key := range j.last.Keys {
		if !j.known[key] {
			j.known[key] = true
			j.keys = append(j.keys, key)
		}
	}
	j.last = entry{}
	if over := len(j.keys) - 2*keptKeys; over > 0 {
		for _, key := range j.keys[:over] {
			delete(j.known, key)
		}
		j.keys = slices.Delete(j.keys, 0, over)
	}
}

// begin puts an entry on disk.
func (j *journal) begin(e entry) error {
	if j.size > mostJournal {
		if err := j.renew(); err != nil {
			return err
		}
	}
	e.Void = j.void
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	n, err := j.f.WriteAt(append(line, '\n'), j.size)
	if err == nil {
		err = j.f.Sync()
	}
	if err != nil {
		return fmt.Errorf("write the journal: %w", err)
	}
	j.size += int64(n)
	j.last, j.void = e, false
	return nil
}

// drop forgets the last entry, whose batch was not written.
func (j *journal) drop() { j.last, j.void = entry{}, true }

// renew writes the newest keys into a new journal in place of the old one.
func (j *journal) renew() error {
	keep := j.keys[max(0, len(j.keys)-keptKeys):]
	line, err := json.Marshal(entry{Keys: keep})
	if err != nil {
		return err
	}
	line = append(line, '\n')
	f, err := os.OpenFile(j.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return fmt.Errorf("renew the journal: %w", err)
	}
	_, err = f.Write(line)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(j.path+".new", j.path)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(j.path))
	}
	if err != nil {
		_ = f.Close()
		return fmt.Errorf("renew the journal: %w", err)
	}
	_ = j.f.Close()
	j.f, j.size = f, int64(len(line))
	return nil
}

func (j *journal) close() error { return j.f.Close() }

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// append adds the batch to the end of the file, without those that the journal knows.
func (t *target) append(batch []connectors.Delivery, records [][]byte, good []int, outcomes []connectors.Outcome) {
	fail := func(status connectors.Status, err error) {
		for _, i := range good {
			if outcomes[i].Status == "" {
				outcomes[i] = connectors.Outcome{Status: status, Err: err}
			}
		}
	}
	if err := t.recover(); err != nil {
		fail(connectors.Retry, err)
		return
	}
	e := entry{}
	var content []byte
	for _, i := range good {
		key := batch[i].Key
		if key != "" && (t.journal.known[key] || slices.Contains(e.Keys, key)) {
			continue // Done with the others
		}
		content = append(content, records[i]...)
		e.Keys = append(e.Keys, key)
	}
	if len(e.Keys) > 0 {
		e.File = t.expand(&batch[good[0]], t.env.Clock())
		if status, err := t.appendTo(e, content); err != nil {
			for _, i := range good {
				if t.journal.known[batch[i].Key] {
					outcomes[i] = done(batch[i].Subject, nil)
				}
			}
			fail(status, err)
			return
		}
	}
	for _, i := range good {
		outcomes[i] = done(batch[i].Subject, nil)
	}
}

// appendTo adds content to the entry's file. Where that fails, the file is cut back; where that
// fails too, the outcome is unknown until recover has looked.
func (t *target) appendTo(e entry, content []byte) (connectors.Status, error) {
	if err := t.root.MkdirAll(path.Dir(e.File), 0o750); err != nil {
		return connectors.Retry, fmt.Errorf("make the folder: %w", err)
	}
	f, err := t.root.OpenFile(e.File, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return connectors.Retry, fmt.Errorf("open %s: %w", e.File, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return connectors.Retry, fmt.Errorf("open %s: %w", e.File, err)
	}
	e.From = info.Size()
	if e.From == 0 {
		content = append(head(t.format), content...)
	}
	e.To, e.Sum = e.From+int64(len(content)), crc32.Checksum(content, castagnoli)
	if err := t.journal.begin(e); err != nil {
		return connectors.Retry, err
	}
	_, err = f.WriteAt(content, e.From)
	if err == nil {
		err = f.Sync()
	}
	if err == nil && e.From == 0 {
		err = t.syncDir(path.Dir(e.File))
	}
	if err != nil {
		err = fmt.Errorf("append to %s: %w", e.File, err)
		if cut := errors.Join(f.Truncate(e.From), f.Sync()); cut != nil {
			return connectors.Unknown, errors.Join(err, cut)
		}
		t.journal.drop()
		return connectors.Retry, err
	}
	t.journal.settle()
	return connectors.Done, nil
}

// recover looks at the file of a batch of which it is not known whether it was written whole. What
// there is of it is kept if it is all there, and cut off otherwise. Where the file has been taken
// away, the batch counts as not written: better twice than never.
func (t *target) recover() error {
	e := t.journal.last
	if e.File == "" {
		t.journal.settle()
		return nil
	}
	f, err := t.root.OpenFile(e.File, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		t.journal.drop()
		return nil
	}
	if err != nil {
		return fmt.Errorf("open %s: %w", e.File, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	switch size := info.Size(); {
	case size >= e.To && holds(f, e):
		t.journal.settle()
	case size > e.From && size <= e.To:
		t.env.Log.Warn("the end of a file that was being written is cut off", "system", t.system, "target", t.name, "file", e.File, "from", e.From, "to", size)
		if err := errors.Join(f.Truncate(e.From), f.Sync()); err != nil {
			return fmt.Errorf("cut %s: %w", e.File, err)
		}
		t.journal.drop()
	default:
		t.journal.drop()
	}
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// holds tells whether the entry's batch is in the file: after a crash a file may have its full
// size, but not all of its content.
func holds(f *os.File, e entry) bool {
	sum := crc32.New(castagnoli)
	n, err := io.Copy(sum, io.NewSectionReader(f, e.From, e.To-e.From))
	return err == nil && n == e.To-e.From && sum.Sum32() == e.Sum
}
