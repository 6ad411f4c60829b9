package http

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/touchstone-hub/touchstone/config"
	"github.com/touchstone-hub/touchstone/connectors"
	"github.com/touchstone-hub/touchstone/formats"
)

// listKeys say how to ask for all records of a stream, or for those changed since last time.
type listKeys struct {
	Path  config.Positioned[string] `yaml:"path,required" doc:"relative to base_url; {since} stands for the newest change seen"`
	Next  config.Positioned[string] `yaml:"next" default:"link" doc:"where the next page's address stands: link (the Link header), or a path in the answer"`
	Since *sinceKeys                `yaml:"since" doc:"how to ask only for what has changed"`
	From  *config.Node              `yaml:"from" doc:"where the records are in an answer in JSON, where webhooks have them elsewhere"`
	Where *config.Node              `yaml:"where" doc:"which records of an answer in JSON are taken"`
}

type sinceKeys struct {
	Path    config.Positioned[string] `yaml:"path,required" doc:"path in a record of when it changed, or of a growing number"`
	Start   string                    `yaml:"start" default:"1970-01-01T00:00:00Z" doc:"where to begin"`
	Overlap time.Duration             `yaml:"overlap" default:"1m" doc:"how far to look back each time, where the value is a time"`
}

const defaultPoll = "@every 15m"

// list is a listKeys, compiled.
type list struct {
	url      template
	next     []formats.Step // nil: the Link header
	since    *sinceKeys
	format   formats.Format
	shape    *formats.Shape // what since reads of a record
	schedule cron.Schedule
	most     int64 // bytes of a page
}

func openList(keys *listKeys, s connectors.StreamSettings, known []formats.Kind, base *url.URL, ps *config.Problems) *list {
	l := &list{since: keys.Since, most: 64 << 20, format: s.Format, shape: &formats.Shape{}}
	if keys.From.IsSet() || keys.Where.IsSet() {
		if i := slices.IndexFunc(known, func(k formats.Kind) bool { return k.Name == "json" }); i >= 0 {
			options, _ := s.Rest.Get("list").Split("from", "where")
			l.format = known[i].Open(options, ps)
		}
	}
	l.url = compiler{base: base, problems: ps}.url(keys.Path.Node, []string{"since"})
	if keys.Next.Value != "link" {
		l.next = parsePath(keys.Next.Node, 0, keys.Next.Value, ps)
	}
	if asks := strings.Contains(keys.Path.Value, "{since}"); asks != (l.since != nil) {
		ps.Add(config.Problem{Position: keys.Path.Position(), What: "the path and since: do not go together", Expected: "{since} in the path and since: beside it, or neither"})
	}
	if l.since != nil {
		at := l.shape
		for _, step := range parsePath(l.since.Path.Node, 0, l.since.Path.Value, ps) {
			if step.IsIndex {
				ps.Add(config.Problem{Position: l.since.Path.Position(), What: "since reads from a list", Expected: "a path of names"})
				break
			}
			_, at = at.Slot(step.Name)
		}
		at.Whole = true
	}
	schedule, err := cron.ParseStandard(cmp.Or(s.Poll, defaultPoll))
	if err != nil {
		ps.Errorf(s.At, "poll: %v", err)
	}
	l.schedule = schedule
	return l
}

// poll asks for the list at once and then by the schedule, until ctx ends.
func (s *source) poll(ctx context.Context, emit connectors.Emit) error {
	for {
		if err := s.round(ctx, emit); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		now := s.env.Clock()
		timer := time.NewTimer(s.stream.list.schedule.Next(now).Sub(now))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
	}
}

// progress is the checkpoint: the newest change for which everything is durable.
type progress struct {
	Since string `json:"since"`
}

// round reads all pages once. The checkpoint moves only at the end: pages need not be in the
// order of change.
func (s *source) round(ctx context.Context, emit connectors.Emit) error {
	l := s.stream.list
	var p progress
	if l.since != nil {
		saved, err := s.env.Checkpoint.Load(ctx)
		if err != nil {
			return fmt.Errorf("load the checkpoint: %w", err)
		}
		p.Since = l.since.Start
		if saved != nil {
			if err := json.Unmarshal(saved, &p); err != nil {
				return &connectors.PermanentError{Err: fmt.Errorf("read the checkpoint %q: %w", saved, err)}
			}
		}
	}
	address, err := l.url.url(func(string, []formats.Step) (any, bool) { return l.lookBack(p.Since), true })
	if err != nil {
		return &connectors.PermanentError{Err: err}
	}
	newest := p.Since
	for address != "" {
		page, err := s.page(ctx, address)
		if err != nil {
			return err
		}
		seen, err := s.keepPage(ctx, page, address, emit)
		if err != nil {
			return err
		}
		newest = later(newest, seen)
		if address, err = l.following(page, address); err != nil {
			return err
		}
	}
	if newest == p.Since {
		return nil
	}
	state, err := json.Marshal(progress{newest})
	if err != nil {
		return err
	}
	return s.env.Checkpoint.Save(ctx, state)
}

// page asks for one page.
func (s *source) page(ctx context.Context, address string) (*answered, error) {
	ctx, cancel := context.WithTimeout(ctx, s.client.set.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, &connectors.PermanentError{Err: fmt.Errorf("ask for the list: %w", s.client.plain(err))}
	}
	s.client.prepare(r)
	resp, err := s.client.http.Do(r)
	if err != nil {
		return nil, &connectors.RetryableError{Err: fmt.Errorf("ask for the list: %w", s.client.plain(err))}
	}
	defer resp.Body.Close()
	a := &answered{status: resp.StatusCode, header: resp.Header}
	most := max(s.stream.list.most, int64(s.stream.keys.MaxBody))
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, most+1)); err != nil {
		return nil, &connectors.RetryableError{Err: fmt.Errorf("read the list: %w", s.client.plain(err))}
	}
	if int64(len(a.body)) > most {
		return nil, &connectors.PermanentError{Err: fmt.Errorf("a page of the list is larger than %d bytes: ask for fewer records a page", most)}
	}
	return a, s.listed(a)
}

// listed classes the answer to a request for a list.
func (s *source) listed(a *answered) error {
	if a.status == http.StatusOK {
		return nil
	}
	err := fmt.Errorf("ask for the list: the system answered %d %s", a.status, http.StatusText(a.status))
	switch {
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden:
		return &connectors.UnauthorisedError{Err: err}
	case a.status >= 500, a.status == http.StatusTooManyRequests, a.status == http.StatusRequestTimeout:
		return &connectors.RetryableError{Err: err, After: retryAfter(a.header, s.env.Clock())}
	}
	return &connectors.PermanentError{Err: err}
}

// keepPage makes the records of a page durable and returns the newest change among them.
func (s *source) keepPage(ctx context.Context, page *answered, address string, emit connectors.Emit) (newest string, err error) {
	origin, _, _ := strings.Cut(address, "?")
	l := s.stream.list
	var frames []formats.Frame
	var doc formats.Doc
	good := 0 // records; the others are dead letters
	for f, err := range l.format.Frames(ctx, bytes.NewReader(page.body), origin) {
		if err != nil {
			return "", fmt.Errorf("cut the list into records: %w", err)
		}
		// Frames are cut without looking into them; decoding tells records from other text.
		if f.Err == nil && l.format.Decode(&doc, f, l.shape) == nil {
			good++
			newest = later(newest, l.changed(&doc.Root))
		}
		frames = append(frames, f)
	}
	if good == 0 && len(frames) > 0 {
		// A whole page that is not of the format is no record of the system's: it is a proxy's
		// or maintenance page, and will be another one next time.
		return "", &connectors.RetryableError{Err: fmt.Errorf("the list at %s is not of its format", origin)}
	}
	if len(frames) == 0 {
		return "", nil
	}
	return newest, emit(ctx, frames)
}

// changed reads when a record changed; "" where it does not say.
func (l *list) changed(n *formats.Node) string {
	for len(n.Kids) == 1 && n.Kind == formats.Object {
		n = &n.Kids[0]
	}
	if l.since == nil || n.Kind != formats.Text && n.Kind != formats.Number {
		return ""
	}
	return string(n.Text)
}

// lookBack is since, less the overlap where it is a time.
func (l *list) lookBack(since string) string {
	if at, err := time.Parse(time.RFC3339, since); err == nil && at.Unix() > 0 {
		return at.Add(-l.since.Overlap).Format(time.RFC3339)
	}
	return since
}

// later is the later of two times, the greater of two numbers, or else the last by its letters.
func later(a, b string) string {
	if a == "" || b == "" {
		return cmp.Or(a, b)
	}
	ta, errA := time.Parse(time.RFC3339, a)
	tb, errB := time.Parse(time.RFC3339, b)
	if errA == nil && errB == nil {
		if tb.After(ta) {
			return b
		}
		return a
	}
	na, okA := new(big.Rat).SetString(a)
	nb, okB := new(big.Rat).SetString(b)
	if okA && okB && nb.Cmp(na) > 0 || okA != okB && okB || !okA && !okB && b > a {
		return b // a number beats the start that is a time
	}
	return a
}

// following is the address of the next page, "" after the last. It stays on the system's host:
// the credentials go with it.
func (l *list) following(page *answered, address string) (string, error) {
	next := ""
	if l.next != nil {
		value, _ := lookup(decodeJSON(page.body), l.next)
		next = asText(value)
	} else {
		next = nextLink(page.header)
	}
	if next == "" {
		return "", nil
	}
	from, err := url.Parse(address)
	if err != nil {
		return "", &connectors.PermanentError{Err: fmt.Errorf("read the list's address: %w", err)}
	}
	to, err := from.Parse(next)
	switch {
	case err != nil:
		return "", &connectors.PermanentError{Err: fmt.Errorf("the next page's address cannot be read")}
	case to.Host != from.Host || to.Scheme != from.Scheme:
		return "", &connectors.PermanentError{Err: fmt.Errorf("the next page is on another host, %s", to.Host)}
	case to.String() == address:
		return "", &connectors.PermanentError{Err: fmt.Errorf("the next page is the same page")}
	}
	return to.String(), nil
}

// nextLink reads the Link header (RFC 8288); rel="next" is the next page.
func nextLink(h http.Header) string {
	for _, line := range h.Values("Link") {
		for link := range strings.SplitSeq(line, ",") {
			address, rest, _ := strings.Cut(strings.TrimSpace(link), ">")
			if p := strings.ReplaceAll(rest, `"`, ""); strings.HasPrefix(address, "<") && strings.Contains(p, "rel=next") {
				return address[1:]
			}
		}
	}
	return ""
}
