package edi

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/edi"
	"github.com/touchstone-hub/touchstone/formats"
	ediformat "github.com/touchstone-hub/touchstone/formats/edi"
	"github.com/touchstone-hub/touchstone/formats/json"
)

// target is what sends documents of one type to one partner.
type target struct {
	Partner config.Positioned[string] `yaml:"partner,required" doc:"whom documents are sent to"`
	Set     string                    `yaml:"set,required" doc:"type of the transaction set or message, such as 855 or ORDRSP"`
	Version string                    `yaml:"version" doc:"its version, where it is not the partner's"`

	Association string `yaml:"association" doc:"EDIFACT: association assigned code (UNH 0057), such as EAN008"`
	Guide       string `yaml:"guide" doc:"the guide that it follows, where the version does not name it"`

	name    string
	partner *partner
	format  *ediformat.Format
}

func (c *connector) openTarget(t connectors.TargetSettings, known []formats.Kind, ps *config.Problems) *target {
	out := &target{name: t.Name}
	if t.Format != nil {
		ps.Add(config.Problem{Position: t.At, What: "format is given, and the partner says what is written", Expected: "no format:"})
	}
	if !t.Decode(out, ps) {
		return out
	}
	if out.partner = c.known(out.Partner, ps); out.partner == nil {
		return out
	}
	if acknowledgement(out.Set) {
		ps.Add(config.Problem{Position: t.Rest.Get("set").Position(), What: fmt.Sprintf("%s is an acknowledgement, which the connector makes itself", out.Set), Expected: "a type such as 855 or ORDRSP"})
		return out
	}
	if out.Version == "" {
		out.Version = out.partner.Version.Value
	}
	out.openFormat(t, known, ps)
	return out
}

// openFormat opens the partner's format with the target's options.
func (t *target) openFormat(s connectors.TargetSettings, known []formats.Kind, ps *config.Problems) {
	name := "edi." + t.partner.Standard
	for _, k := range known {
		if k.Name != name {
			continue
		}
		options, _ := s.Rest.Split("set", "version", "association", "guide")
		if !options.Get("version").IsSet() {
			given := config.Parse(t.partner.at.File, []byte(fmt.Sprintf("version: %q\n", t.Version)), nil, &config.Problems{})
			options = config.Merge(given, options)
		}
		if format, ok := k.Open(options, ps).(*ediformat.Format); ok {
			t.format = format
			if len(t.partner.Guides) > 0 {
				t.format = format.With(t.partner.library)
			}
		}
		return
	}
	ps.Errorf(s.At, "format %s is not compiled in", name)
}

// charset is that of the partner's syntax (UNB 0001); X12 has none of its own.
func (p *partner) charset() string {
	if p.standard == edi.X12 {
		return ""
	}
	identifier, _, _ := strings.Cut(p.Syntax.Value, ":")
	return identifier
}

// queue takes documents for a partner.
type queue struct {
	*target
	connector *connector
	env       connectors.Env
}

// Repeat says that a document is known again by its key; see [connectors.Target].
func (q *queue) Repeat() connectors.Repeat { return connectors.RepeatKey }

// Deliver writes the documents as transaction sets and queues them, all in one transaction; what it
// says is done is in the ledger and will leave. See [connectors.Target].
func (q *queue) Deliver(ctx context.Context, batch []connectors.Delivery) []connectors.Outcome {
	outcomes := make([]connectors.Outcome, len(batch))
	if err := ctx.Err(); err != nil {
		for i := range outcomes {
			outcomes[i] = connectors.Outcome{Status: connectors.Retry, Err: fmt.Errorf("not begun: %w", err)}
		}
		return outcomes
	}
	rows := map[string]connectors.Row{}
	var keys []string
	now := q.env.Clock()
	for i := range batch {
		d := &batch[i]
		row, err := q.row(d, now.Add(time.Duration(i)*time.Microsecond))
		if err != nil {
			outcomes[i] = connectors.Outcome{Status: connectors.Refused, Err: err}
			continue
		}
		if _, twice := rows[d.Key]; !twice {
			rows[d.Key] = row
			keys = append(keys, d.Key)
		}
		outcomes[i] = connectors.Outcome{Status: connectors.Done, RemoteID: remoteID(d)}
	}
	if err := q.store(ctx, keys, rows); err != nil {
		for i := range outcomes {
			if outcomes[i].Status == connectors.Done {
				outcomes[i] = connectors.Outcome{Status: connectors.Retry, Err: fmt.Errorf("queue the document: %w", err)}
			}
		}
		return outcomes
	}
	q.connector.poke()
	return outcomes
}

// remoteID is what a partner's copy of a subject is known by: partners have no IDs for what they are sent.
func remoteID(d *connectors.Delivery) string {
	if d.RemoteID != "" {
		return d.RemoteID
	}
	return d.Subject
}

// store queues what is not in the ledger yet.
func (q *queue) store(ctx context.Context, keys []string, rows map[string]connectors.Row) error {
	if len(keys) == 0 {
		return nil
	}
	return q.env.Ledger.InTx(ctx, func(ctx context.Context, tx connectors.LedgerTx) error {
		known, err := tx.Rows(ctx, kindDocument, keys...)
		if err != nil {
			return err
		}
		var fresh []connectors.Row
		for _, key := range keys {
			if _, there := known[key]; !there {
				fresh = append(fresh, rows[key])
			}
		}
		return tx.Put(ctx, fresh...)
	})
}

// row is the row of a document that is new. The error is what is wrong with the document.
func (q *queue) row(d *connectors.Delivery, at time.Time) (connectors.Row, error) {
	switch {
	case d.Operation != connectors.Create && d.Operation != connectors.Update:
		return connectors.Row{}, fmt.Errorf("what was sent to a partner stays there: the target has no %s", d.Operation)
	case d.Operation == connectors.Update && d.RemoteID == "":
		return connectors.Row{}, fmt.Errorf("%s without the record's ID in the system", d.Operation)
	case len(d.Payload) == 0:
		return connectors.Row{}, fmt.Errorf("%s without a payload", d.Operation)
	}
	set, err := q.write(d.Payload)
	if err != nil {
		return connectors.Row{}, err
	}
	b := document{
		Partner: q.partner.name, Target: q.name, Subject: d.Subject, Operation: string(d.Operation), Type: q.Set, Version: q.Version,
		Correlation: d.Correlation, Bytes: set,
	}
	return with(connectors.Row{Kind: kindDocument, Key: d.Key, State: queued(q.partner), At: at}, b), nil
}

// write makes the transaction set of a payload, checked against its guide.
func (q *queue) write(payload []byte) ([]byte, error) {
	var doc formats.Doc
	if err := (&json.Format{}).Decode(&doc, formats.Frame{Bytes: payload}, &formats.Shape{Whole: true}); err != nil {
		return nil, fmt.Errorf("read the payload: %w", err)
	}
	set, err := q.format.AppendSet(nil, &doc.Root, ediformat.SetOptions{Delimiters: q.partner.delim, Control: q.partner.setControl(1), Charset: q.partner.charset()})
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", q.Set, err)
	}
	if faults := q.partner.checkSet(outgoing{set: set, kind: q.Set, version: q.Version}); len(faults) > 0 {
		return nil, fmt.Errorf("write %s: %s", q.Set, strings.Join(faults, "; "))
	}
	return set, nil
}
