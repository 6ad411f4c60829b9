package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/golden"
)

func (a *API) registerPeople(api huma.API) {
	const tag = "people"
	act(a, api, "/v1/customers/{id}/merge", "merge-customers", tag, "Make the customer one with another customer or a source record", a.merge)
	act(a, api, "/v1/customers/{id}/split", "split-customer", tag, "Take source records out of the customer: they are another one", a.split)
	act(a, api, "/v1/customers/{id}/move", "move-record", tag, "Take a source record from the customer that it is in, and put it into this one", a.move)
	act(a, api, "/v1/customers/{id}/pin", "pin-value", tag, "State the value of an attribute, above every rule", a.pin)
	act(a, api, "/v1/customers/{id}/unpin", "unpin-value", tag, "Let the rules choose the value of an attribute again", a.unpin)
	act(a, api, "/v1/decisions", "decide", tag, "Say that source records are the same customer, or different ones", a.decide)
	act(a, api, "/v1/decisions/{id}/undo", "undo-decision", tag, "Undo a decision, with all that was decided together with it", a.undo)
	get(a, api, "/v1/decisions", "list-decisions", tag, "What people decided, newest first", a.decisions)
	get(a, api, "/v1/decisions/{id}", "get-decision", tag, "One decision, and those that were made together with it", a.decision)
}

// act registers one operation by which a person decides.
func act[I any](a *API, api huma.API, path, id, tag, summary string, do func(context.Context, *I) (*effectsOutput, error)) {
	huma.Register(api, huma.Operation{
		OperationID: id, Method: http.MethodPost, Path: path, Summary: summary, Tags: []string{tag}, DefaultStatus: http.StatusOK,
		Errors: []int{
			http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict,
			http.StatusPreconditionFailed, http.StatusPreconditionRequired, http.StatusServiceUnavailable,
		},
	}, handler(a, func(ctx context.Context, in *I) (*effectsOutput, error) {
		out, err := do(ctx, in)
		return out, asked(err)
	}))
}

// ActBody is what every act of a person says.
type ActBody struct {
	Reason string `json:"reason,omitempty" maxLength:"2000" doc:"why; may be left out of a dry run only"`
	Author string `json:"author,omitempty" maxLength:"200" doc:"who; the name of the API key where left out"`
	DryRun bool   `json:"dryRun,omitempty" doc:"tell the effects, and change nothing"`
}

// Strength is how far a verdict binds.
type Strength struct {
	Strength golden.Strength `json:"strength,omitempty" enum:"lock,suggest,auto" default:"lock" doc:"lock: holds against everything; suggest: holds, but a better home is reported; auto: counts as evidence"`
}

// Seen are the versions of the customers that a request names, as the caller saw them.
type Seen struct {
	Match string `header:"If-Match" doc:"ETags of the customers that the request names, separated by commas; * for whatever they are"`
}

// versions are the customers by golden ID; nil for whatever they are.
func (s Seen) versions() (map[string]int64, error) {
	if s.Match == "" {
		return nil, huma.NewError(http.StatusPreconditionRequired, "If-Match is needed: the ETag of the customer as you saw it, or *")
	}
	seen := map[string]int64{}
	for one := range strings.SplitSeq(s.Match, ",") {
		one = strings.TrimSpace(one)
		if one == "*" {
			return nil, nil
		}
		tag, err := strconv.Unquote(one) // a weak tag matches nothing here (RFC 9110, 13.1.1)
		id, version, ok := strings.Cut(tag, "-")
		n, bad := strconv.ParseInt(version, 10, 64)
		if err == nil && ok && bad == nil {
			seen[id] = n
		}
	}
	return seen, nil
}

type effectsOutput struct{ Body golden.Effects }

// do has the hub do what is asked.
func (a *API) do(ctx context.Context, body ActBody, act golden.Act) (*effectsOutput, error) {
	act.Author, act.Reason, act.DryRun = author(ctx, body.Author), body.Reason, body.DryRun
	switch {
	case act.Reason == "" && !act.DryRun:
		return nil, &golden.InvalidError{Field: "reason", Found: "none", Expected: "why this is so, for those who come later"}
	case act.Author == "" && !act.DryRun:
		return nil, &golden.InvalidError{Field: "author", Found: "none", Expected: "who decides this, since the request carries no API key"}
	}
	if keep := keptWith(ctx, http.StatusOK); keep != nil {
		act.Done = func(ctx context.Context, tx golden.Tx, e golden.Effects) error { return keep(ctx, tx, e) }
	}
	effects, err := a.hub.Act(ctx, act)
	return &effectsOutput{effects}, err
}

// refused is the answer to an act that cannot be done; nil for other errors.
func refused(err error) error {
	var invalid *golden.InvalidError
	var stale *golden.VersionError
	var stands *golden.StandsError
	var contradiction *golden.ContradictionError
	switch {
	case errors.As(err, &invalid):
		return huma.Error400BadRequest("the request is wrong", &huma.ErrorDetail{
			Location: "body." + invalid.Field, Value: invalid.Found, Message: "found " + invalid.Found + "; expected " + invalid.Expected,
		})
	case errors.As(err, &stale):
		return huma.Error412PreconditionFailed(stale.Error() + "; look at it again")
	case errors.As(err, &stands):
		return huma.Error409Conflict(stands.Error())
	case errors.As(err, &contradiction):
		return huma.Error409Conflict(contradiction.Error() + ", which hold against everything; undo those first")
	}
	return nil
}

// CustomerAct is a request about the customer of the path.
type CustomerAct struct {
	Once
	Seen
	ID string `path:"id" doc:"golden ID; one that was merged stands for the survivor"`
}

type mergeInput struct {
	CustomerAct
	Body struct {
		ActBody
		Strength
		With string `json:"with" minLength:"1" doc:"golden ID, whose ETag If-Match names too, or system/stream/id of a source record"`
	}
}

func (a *API) merge(ctx context.Context, in *mergeInput) (*effectsOutput, error) {
	seen, err := in.versions()
	if err != nil {
		return nil, err
	}
	return a.do(ctx, in.Body.ActBody, golden.Act{Seen: seen, Strength: in.Body.Strength.Strength, Do: golden.Merge(in.ID, in.Body.With)})
}

type splitInput struct {
	CustomerAct
	Body struct {
		ActBody
		Strength
		Records []string `json:"records" minItems:"1" maxItems:"1000" doc:"source records that are another customer, system/stream/id"`
	}
}

func (a *API) split(ctx context.Context, in *splitInput) (*effectsOutput, error) {
	seen, err := in.versions()
	if err != nil {
		return nil, err
	}
	return a.do(ctx, in.Body.ActBody, golden.Act{Seen: seen, Strength: in.Body.Strength.Strength, Do: golden.SplitOff(in.ID, in.Body.Records)})
}

type moveInput struct {
	CustomerAct
	Body struct {
		ActBody
		Strength
		Record string `json:"record" minLength:"1" doc:"source record, system/stream/id"`
	}
}

func (a *API) move(ctx context.Context, in *moveInput) (*effectsOutput, error) {
	seen, err := in.versions()
	if err != nil {
		return nil, err
	}
	return a.do(ctx, in.Body.ActBody, golden.Act{Seen: seen, Strength: in.Body.Strength.Strength, Do: golden.Move(in.Body.Record, in.ID)})
}

type pinInput struct {
	CustomerAct
	Body struct {
		ActBody
		Attribute string          `json:"attribute" minLength:"1" doc:"top-level attribute of the customer"`
		Value     json.RawMessage `json:"value" doc:"its value, a list with all its items; null for: has none"`
	}
}

func (a *API) pin(ctx context.Context, in *pinInput) (*effectsOutput, error) {
	seen, err := in.versions()
	if err != nil {
		return nil, err
	}
	return a.do(ctx, in.Body.ActBody, golden.Act{Seen: seen, Do: golden.Pin(in.ID, in.Body.Attribute, in.Body.Value)})
}

type unpinInput struct {
	CustomerAct
	Body struct {
		ActBody
		Attribute string `json:"attribute" minLength:"1" doc:"top-level attribute of the customer"`
	}
}

func (a *API) unpin(ctx context.Context, in *unpinInput) (*effectsOutput, error) {
	seen, err := in.versions()
	if err != nil {
		return nil, err
	}
	return a.do(ctx, in.Body.ActBody, golden.Act{Seen: seen, Do: golden.Unpin(in.ID, in.Body.Attribute)})
}

type decideInput struct {
	Once
	Body struct {
		ActBody
		Strength
		Verdict golden.Verdict `json:"verdict" enum:"same,different"`
		Left    []string       `json:"left" minItems:"1" maxItems:"1000" doc:"source records, system/stream/id"`
		Right   []string       `json:"right" minItems:"1" maxItems:"1000" doc:"source records; the verdict is between each of left and each of right"`
	}
}

func (a *API) decide(ctx context.Context, in *decideInput) (*effectsOutput, error) {
	b := in.Body
	return a.do(ctx, b.ActBody, golden.Act{Strength: b.Strength.Strength, Do: golden.Judge(b.Verdict, b.Left, b.Right)})
}

type undoInput struct {
	Once
	ID   string `path:"id"`
	Body ActBody
}

func (a *API) undo(ctx context.Context, in *undoInput) (*effectsOutput, error) {
	return a.do(ctx, in.Body, golden.Act{Do: golden.UndoOf(in.ID)})
}
