package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerOperation(api huma.API) {
	get(a, api, "/v1/status", "get-status", "operation", "What the hub holds, lacks and cannot reach", a.status)
	get(a, api, "/v1/deliveries", "list-deliveries", "operation", "What targets hold of customers and documents", a.deliveries)
	get(a, api, "/v1/deliveries/pending", "list-pending", "operation", "What targets lack", a.pending)
	get(a, api, "/v1/deadletters", "list-dead-letters", "operation", "Records that could not be processed, newest first", a.deadLetters)
	get(a, api, "/v1/deadletters/{id}", "get-dead-letter", "operation", "One dead letter with its original bytes", a.deadLetter)
}

// health says that the process runs.
func (a *API) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// ready says whether the hub can do its work, and if not, why.
func (a *API) ready(w http.ResponseWriter, r *http.Request) {
	reasons := a.hub.Readiness(r.Context())
	w.Header().Set("Content-Type", "application/json")
	if len(reasons) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"ready": len(reasons) == 0, "reasons": reasons})
}

// unlessLoading answers for the store as long as it cannot be read.
func (a *API) unlessLoading(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if why := a.hub.Loading(); why != "" && strings.HasPrefix(r.URL.Path, "/v1/") {
			w.Header().Set("Retry-After", "5")
			writeProblem(w, http.StatusServiceUnavailable, why)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Status is what the hub holds, lacks and cannot reach.
type Status struct {
	Name        string                      `json:"name"`
	Customers   int64                       `json:"customers" doc:"live golden records"`
	Merged      int64                       `json:"merged" doc:"golden IDs that forward"`
	Records     map[string]int64            `json:"records" doc:"live source records by system/stream"`
	Deleted     map[string]int64            `json:"deleted" doc:"deleted source records by system/stream"`
	Documents   map[string]int64            `json:"documents" doc:"orders, interactions and products"`
	Deliveries  map[string]map[string]int64 `json:"deliveries" doc:"remote records by target and state"`
	Dirty       map[string]int64            `json:"dirty" doc:"subjects that a target lacks"`
	Reviews     map[string]int64            `json:"reviews" doc:"open questions by kind"`
	DeadLetters map[string]int64            `json:"deadLetters" doc:"open dead letters by stage"`
	Outbox      int64                       `json:"outbox" doc:"changes not yet published"`
	Stages      []hub.Stage                 `json:"stages" doc:"what each stage, target and subscriber has done and has yet to do"`
	Lag         map[string]int64            `json:"lag" doc:"records not yet taken, by stage"`
	Failing     map[string]hub.SourceStatus `json:"failing" doc:"sources and targets that fail just now"`
	NotReady    map[string]string           `json:"notReady" doc:"why the hub cannot do its work; empty where it can"`
	Generation  int64                       `json:"generation" doc:"number of the folder's state that runs"`
	Refused     string                      `json:"refused,omitempty" doc:"why the folder, as it is on disk, was not taken"`
	Sweeps      []hub.Sweep                 `json:"sweeps" doc:"what is being brought in line with a changed ruleset or route"`
	IntakeAddr  string                      `json:"intake,omitempty" doc:"where webhooks arrive"`
}

type statusOutput struct{ Body Status }

func (a *API) status(ctx context.Context, _ *struct{}) (*statusOutput, error) {
	s, err := a.store.Statistics(ctx)
	if err != nil {
		return nil, err
	}
	reasons := a.hub.Readiness(ctx)
	stages, err := a.hub.Stages(ctx)
	if err != nil {
		reasons["lag"] = err.Error() // the rest is the more wanted then
	}
	lag := map[string]int64{}
	for _, stage := range stages {
		if slices.Contains([]string{"translate", "resolve", "documents"}, stage.Name) && a.hub.IntakeAddress() != "" {
			lag[stage.Name] = stage.Behind
		}
	}
	sweeps, err := a.hub.Sweeps(ctx)
	if err != nil {
		return nil, err
	}
	return &statusOutput{Status{
		Generation: a.hub.Generation(), Refused: a.hub.Refused(), Sweeps: sweeps,
		Name: a.hub.Folder().Settings.Name, Customers: s.Customers, Merged: s.Merged,
		Records: s.Records, Deleted: s.Deleted, Documents: texts(s.Documents), Deliveries: deliveryTexts(s.Deliveries),
		Dirty: s.Dirty, Reviews: texts(s.Tasks), DeadLetters: s.DeadLetters, Outbox: s.Outbox,
		Stages: stages, Lag: lag, Failing: a.hub.Connections(), NotReady: reasons, IntakeAddr: a.hub.IntakeAddress(),
	}}, nil
}

func texts[K ~string](m map[K]int64) map[string]int64 {
	out := make(map[string]int64, len(m))
	for k, v := range m {
		out[string(k)] = v
	}
	return out
}

func deliveryTexts(m map[string]map[golden.DeliveryStatus]int64) map[string]map[string]int64 {
	out := make(map[string]map[string]int64, len(m))
	for k, v := range m {
		out[k] = texts(v)
	}
	return out
}

// Delivery is one record in one target.
type Delivery struct {
	Target   string                `json:"target" doc:"system.stream"`
	RemoteID string                `json:"remoteId,omitempty" doc:"the record's ID in the target; absent while a create is pending"`
	Subject  string                `json:"subject" doc:"golden ID, or system/stream/id of an order or interaction"`
	Route    string                `json:"route,omitempty"`
	Status   golden.DeliveryStatus `json:"status" enum:"settled,failing,refused,review,inactive,gone"`
	Version  int64                 `json:"version,omitempty" doc:"version of the golden record that it holds"`
	Attempts int                   `json:"attempts,omitempty"`
	Error    string                `json:"error,omitempty"`
	Time     time.Time             `json:"time"`
}

type deliveryInput struct {
	Target  string `query:"target" doc:"system.stream"`
	Subject string `query:"subject" doc:"golden ID or document key"`
	Status  string `query:"status" enum:"settled,failing,refused,review,inactive,gone"`
	Page
}

func (in *deliveryInput) query() (golden.DeliveryQuery, error) {
	after, err := in.after(3)
	if err != nil {
		return golden.DeliveryQuery{}, err
	}
	return golden.DeliveryQuery{
		Target: in.Target, Subject: in.Subject, Status: golden.DeliveryStatus(in.Status),
		AfterTarget: after[0], AfterSubject: after[1], AfterRemoteID: after[2], Limit: in.Limit + 1,
	}, nil
}

func (a *API) deliveries(ctx context.Context, in *deliveryInput) (*listOutput[Delivery], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	states, err := a.store.ListDeliveries(ctx, q)
	if err != nil {
		return nil, err
	}
	items := make([]Delivery, 0, len(states))
	for _, d := range states {
		items = append(items, Delivery{
			Target: d.Target, RemoteID: d.RemoteID, Subject: d.Subject, Route: d.Route, Status: d.Status,
			Version: d.SentVersion, Attempts: d.Attempts, Error: d.Error, Time: d.UpdatedAt,
		})
	}
	return &listOutput[Delivery]{page(items, in.Limit, func(d Delivery) string { return cursor(d.Target, d.Subject, d.RemoteID) })}, nil
}

// Pending is what a target lacks: a subject that is yet to be looked at, or failed.
type Pending struct {
	Target   string    `json:"target"`
	Subject  string    `json:"subject"`
	Since    time.Time `json:"since"`
	Next     time.Time `json:"next,omitzero" doc:"when it is tried again"`
	Attempts int       `json:"attempts"`
	Error    string    `json:"error,omitempty"`
}

func (a *API) pending(ctx context.Context, in *deliveryInput) (*listOutput[Pending], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	rows, err := a.store.ListDirty(ctx, q)
	if err != nil {
		return nil, err
	}
	items := make([]Pending, 0, len(rows))
	for _, d := range rows {
		items = append(items, Pending{Target: d.Target, Subject: d.Subject, Since: d.Since, Next: d.NotSent, Attempts: d.Attempt, Error: d.Error})
	}
	return &listOutput[Pending]{page(items, in.Limit, func(d Pending) string { return cursor(d.Target, d.Subject, "") })}, nil
}

// DeadLetter is a record that could not be processed.
type DeadLetter struct {
	ID         int64                  `json:"id"`
	Stage      string                 `json:"stage" doc:"ingest, translate, resolve, documents or deliver"`
	System     string                 `json:"system"`
	Stream     string                 `json:"stream,omitempty"`
	Key        string                 `json:"key,omitempty"`
	Cause      string                 `json:"cause" doc:"short class by which letters are grouped"`
	Error      string                 `json:"error"`
	Position   string                 `json:"position,omitempty" doc:"where the bytes stood"`
	Attempts   int                    `json:"attempts"`
	Time       time.Time              `json:"time"`
	State      golden.DeadLetterState `json:"state" enum:"open,replayed,dropped"`
	Resolution string                 `json:"resolution,omitempty"`
	Header     map[string]string      `json:"header,omitempty"`
	Text       string                 `json:"text,omitempty" doc:"the original bytes, where they are UTF-8"`
	Bytes      []byte                 `json:"bytes,omitempty" doc:"the original bytes, where they are not"`
	View       *hub.LetterView        `json:"view,omitempty" doc:"how today's format and mapping see the bytes"`
}

func letterOf(l golden.DeadLetter) DeadLetter {
	d := DeadLetter{
		ID: l.ID, Stage: l.Stage, System: l.System, Stream: l.Stream, Key: l.Key, Cause: l.Cause, Error: l.Error,
		Position: l.Position, Attempts: l.Attempts, Time: l.At, State: l.State, Resolution: l.Resolution, Header: hub.LetterHeader(l),
	}
	if utf8.Valid(l.Bytes) {
		d.Text = string(l.Bytes)
	} else {
		d.Bytes = l.Bytes
	}
	return d
}

type deadLettersInput struct {
	LetterFilter
	Page
}

func (a *API) deadLetters(ctx context.Context, in *deadLettersInput) (*listOutput[DeadLetter], error) {
	before, err := in.number()
	if err != nil {
		return nil, err
	}
	q := in.query()
	q.Before, q.Limit = before, in.Limit+1
	letters, err := a.store.DeadLetters(ctx, q)
	if err != nil {
		return nil, err
	}
	items := make([]DeadLetter, 0, len(letters))
	for _, l := range letters {
		items = append(items, letterOf(l))
	}
	return &listOutput[DeadLetter]{page(items, in.Limit, func(d DeadLetter) string { return cursor(strconv.FormatInt(d.ID, 10)) })}, nil
}

type deadLetterInput struct {
	ID int64 `path:"id"`
}

type deadLetterOutput struct{ Body DeadLetter }

func (a *API) deadLetter(ctx context.Context, in *deadLetterInput) (*deadLetterOutput, error) {
	l, err := a.store.DeadLetter(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	d := letterOf(l)
	d.View = a.hub.ViewLetter(l)
	return &deadLetterOutput{d}, nil
}
