package http

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/touchstone-hub/touchstone/connectors"
)

// unanswered says what became of a request without an answer: before anything was sent, it was not
// begun; after that nobody knows.
func (t *target) unanswered(ctx context.Context, a *answered, err error) outcome {
	if a.wrote {
		return failed(connectors.Unknown, "no answer: %w", err)
	}
	o := failed(connectors.Retry, "not reached: %w", err)
	o.forAll = ctx.Err() == nil
	return o
}

// judge says what an answer means (RFC 9110, 15; 429 is of RFC 6585).
func (t *target) judge(op *operation, d *connectors.Delivery, a *answered) outcome {
	status := a.status
	fail := func(s connectors.Status) outcome {
		return failed(s, "%s answered %d %s", op.method, status, http.StatusText(status))
	}
	switch {
	case slices.Contains(op.keys.OK, status), len(op.keys.OK) == 0 && status >= 200 && status < 300:
		return outcome{Outcome: connectors.Outcome{Status: connectors.Done}}
	case slices.Contains(op.keys.Refused, status):
		return fail(connectors.Refused)
	case op.name != connectors.Create && slices.Contains(op.keys.Missing, status):
		return fail(connectors.Missing)
	}
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		// 403 as a rule says that a permission is lacking, for every record alike. Taken as a
		// refusal of the record, it would give up thousands of them one by one.
		o := fail(connectors.Unauthorised)
		o.forAll = true
		return o
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		o := fail(connectors.Retry)
		o.After = retryAfter(a.header, t.clock())
		o.forAll = true
		return o
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusLocked:
		o := fail(connectors.Retry)
		o.After = retryAfter(a.header, t.clock())
		return o
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return fail(connectors.Refused)
	}
	switch {
	case status >= 500 && d.Operation != connectors.Create:
		return fail(connectors.Retry)
	case status >= 500: // a gateway, or a system that stumbled after the work, answers so too
		return fail(connectors.Unknown)
	case status >= 300 && status < 400:
		return failed(connectors.Refused, "%s answered %d, a redirect to %q, which is not followed: mend base_url or the path", op.method, status, redirect(a.header))
	case status < 300:
		return failed(connectors.Unknown, "%s answered %d, which is not among ok", op.method, status)
	}
	return fail(connectors.Refused)
}

// redirect is where a redirect leads, without its query, which may hold tokens.
func redirect(h http.Header) string {
	u, err := (&http.Response{Header: h}).Location()
	if err != nil {
		return ""
	}
	u.RawQuery, u.User, u.Fragment = "", nil, ""
	return u.String()
}

// look searches for the record that a create would make: its ID, or "" where there is none. Where
// the answer is not sure, the outcome says why, and nothing must be created.
func (t *target) look(ctx context.Context, v values) (id string, o outcome, sure bool) {
	asked := false
	for _, address := range t.find.urls {
		where, err := address.url(v)
		if err != nil {
			continue // the payload lacks what this one looks by
		}
		asked = true
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
		if err != nil {
			return "", failed(connectors.Refused, "look for the record: %w", err), false
		}
		t.client.prepare(r)
		a, err := t.exchange(t.client.http, r)
		if err != nil { // nothing was begun, whatever was sent
			o := failed(connectors.Retry, "look for the record: %w", err)
			o.forAll = !a.wrote && ctx.Err() == nil
			return "", o, false
		}
		if id, o, sure = t.found(a, v); id != "" || !sure {
			return id, o, sure
		}
	}
	if !asked && t.keys.Find.Else == "refuse" {
		return "", failed(connectors.Refused, "look for the record: the payload has nothing to look by"), false
	}
	return "", outcome{}, true
}

// found reads one answer to a search.
func (t *target) found(a *answered, v values) (id string, o outcome, sure bool) {
	if a.status == http.StatusNotFound || a.status == http.StatusNoContent {
		return "", outcome{}, true
	}
	search := &operation{name: connectors.Create, method: http.MethodGet, keys: &operationKeys{OK: []int{http.StatusOK}}}
	o = t.judge(search, &connectors.Delivery{Operation: connectors.Update}, a)
	if o.Status != connectors.Done {
		if o.Err != nil {
			o.Err = fmt.Errorf("look for the record: %w", o.Err)
		}
		o.Response = a.shown()
		return "", o, false
	}
	decoded := decodeJSON(a.body)
	if decoded == nil {
		o = failed(connectors.Retry, "look for the record: the answer is no JSON")
		o.Response = a.shown()
		return "", o, false
	}
	records := []any{decoded}
	if t.find.in != nil {
		list, _ := lookup(decoded, t.find.in)
		records, _ = list.([]any)
	}
	for _, record := range records {
		if !t.find.agrees(record, v) {
			continue
		}
		if id := t.find.remoteID.from(record, v); id != "" {
			return id, outcome{}, true
		}
	}
	return "", outcome{}, true
}

// agrees tells whether a record is the one that was looked for: systems that search by words find
// similar ones too, and writing into those would mix up two customers.
func (f *finder) agrees(record any, v values) bool {
	for _, m := range f.match {
		there, found := lookup(record, m.path)
		want, err := m.value.id(v)
		if found && err == nil && strings.EqualFold(asText(there), want) {
			return true
		}
	}
	return len(f.match) == 0
}
