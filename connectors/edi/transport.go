package edi

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/connectors/file"
)

// inbox is where interchanges of one partner or of several arrive, whatever carries them.
type inbox interface {
	// Next waits for what came in; what it hands out is not handed out again before it is done or
	// given back.
	Next(ctx context.Context) (delivery, error)
	Close() error
}

// delivery is something that came in: one interchange or several in a row.
type delivery interface {
	// ID is the same whenever this delivery is handed out, by whichever process, and another for
	// every other one, also of the same content.
	ID() string
	// Name is what people call it.
	Name() string
	Modified() time.Time
	// Open reads it from the beginning, as often as it is asked.
	Open() (io.ReadCloser, error)
	// Done acknowledges it to whoever brought it, once everything about it is durable; why is set
	// where it could not be read. kept is where its bytes are to be found from now on.
	Done(why error) (kept string, err error)
	// Back gives it back: it is handed out again.
	Back()
}

// outbox is where interchanges leave.
type outbox interface {
	// Put hands an interchange over durably. Doing so again under the same name, with the same
	// content, is doing it once, unless the partner has taken it meanwhile: then it gets it again,
	// under the same control number.
	Put(name string, content []byte) error
	Close() error
}

// dropFolder is an inbox of files.
type dropFolder struct{ *file.Inbox }

// Next implements inbox.
func (d dropFolder) Next(ctx context.Context) (delivery, error) {
	f, err := d.Inbox.Next(ctx)
	if err != nil {
		return nil, err
	}
	return f, nil
}

// openInboxes opens the folders that partners' interchanges arrive in, each once.
func (w *worker) openInboxes() (boxes []inbox, err error) {
	opened := map[string]bool{}
	for _, p := range w.partners {
		folder := filepath.Clean(p.In.Folder.Value)
		if opened[folder+"\x00"+p.In.Pattern.Value] {
			continue
		}
		opened[folder+"\x00"+p.In.Pattern.Value] = true
		o := file.InboxSettings{System: w.system, Root: w.root, Folder: folder, Settle: p.In.Settle, Log: w.env.Log}
		if p.In.Pattern.Value != "" {
			o.Patterns = []string{p.In.Pattern.Value}
		}
		box, err := file.OpenInbox(o)
		if err != nil {
			for _, b := range boxes {
				_ = b.Close()
			}
			return nil, err
		}
		boxes = append(boxes, dropFolder{box})
	}
	return boxes, nil
}

// fileName is the name under which an interchange leaves: always the same for one.
func (p *partner) fileName(control string, at time.Time) string {
	return strings.NewReplacer("{control}", control, "{partner}", p.name, "{date}", at.UTC().Format("2006-01-02")).Replace(p.Out.File.Value)
}
