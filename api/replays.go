package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/golden"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerReplays(api huma.API) {
	post(a, api, "/v1/replays", "start-replay", "operation", "Run raw history again through today's mappings", http.StatusAccepted, a.startReplay)
	get(a, api, "/v1/replays", "list-replays", "operation", "The last replays, newest first", a.replays)
	get(a, api, "/v1/replays/{id}", "get-replay", "operation", "How far a replay is", a.replay)
	post(a, api, "/v1/replays/{id}/stop", "stop-replay", "operation", "Stop a replay; what it published stands", http.StatusOK, a.stopReplay)
	get(a, api, "/v1/deadletters/groups", "group-dead-letters", "operation", "Dead letters by cause, most first", a.deadLetterGroups)
	post(a, api, "/v1/deadletters/replay", "replay-dead-letters", "operation", "Process dead letters again", http.StatusOK, a.replayDeadLetters)
	post(a, api, "/v1/deadletters/drop", "drop-dead-letters", "operation", "Close dead letters with a reason", http.StatusOK, a.dropDeadLetters)
}

type startReplayInput struct {
	Once
	Body hub.ReplayRequest
}

type replayOutput struct{ Body hub.Replay }

func (a *API) startReplay(ctx context.Context, in *startReplayInput) (*replayOutput, error) {
	r, err := a.hub.StartReplay(ctx, in.Body, keptWith(ctx, http.StatusAccepted))
	return &replayOutput{r}, err
}

type replayInput struct {
	ID string `path:"id" doc:"such as R12"`
}

func (a *API) replay(ctx context.Context, in *replayInput) (*replayOutput, error) {
	r, err := a.hub.Replay(ctx, in.ID)
	return &replayOutput{r}, err
}

type stopReplayInput struct {
	Once
	replayInput
}

// stopReplay keeps its answer afterwards: stopping twice is stopping once.
func (a *API) stopReplay(ctx context.Context, in *stopReplayInput) (*replayOutput, error) {
	r, err := a.hub.StopReplay(ctx, in.ID)
	return &replayOutput{r}, err
}

func (a *API) replays(ctx context.Context, _ *struct{}) (*listOutput[hub.Replay], error) {
	list, err := a.hub.Replays(ctx)
	return &listOutput[hub.Replay]{List[hub.Replay]{Items: list}}, err
}

// LetterFilter chooses among dead letters.
type LetterFilter struct {
	Stage  string    `query:"stage" json:"stage,omitempty" doc:"ingest, translate, resolve, documents or deliver"`
	System string    `query:"system" json:"system,omitempty" doc:"of the record, or of the target"`
	Stream string    `query:"stream" json:"stream,omitempty"`
	Key    string    `query:"key" json:"key,omitempty" doc:"of the record; of deliver the golden ID or document"`
	Cause  string    `query:"cause" json:"cause,omitempty"`
	State  string    `query:"state" json:"state,omitempty" enum:"open,replayed,dropped" default:"open"`
	Since  time.Time `query:"since" json:"since,omitzero" doc:"not older than this"`
}

func (f LetterFilter) query() golden.DeadLetterQuery {
	return golden.DeadLetterQuery{
		Stage: f.Stage, System: f.System, Stream: f.Stream, Key: f.Key, Cause: f.Cause,
		State: golden.DeadLetterState(f.State), Since: f.Since,
	}
}

// DeadLetterGroup are dead letters of one cause.
type DeadLetterGroup struct {
	Stage  string     `json:"stage"`
	System string     `json:"system"`
	Stream string     `json:"stream,omitempty"`
	Cause  string     `json:"cause"`
	Count  int64      `json:"count"`
	Oldest time.Time  `json:"oldest"`
	Newest DeadLetter `json:"newest" doc:"without its bytes"`
}

func (a *API) deadLetterGroups(ctx context.Context, in *LetterFilter) (*listOutput[DeadLetterGroup], error) {
	groups, err := a.store.DeadLetterGroups(ctx, in.query())
	items := make([]DeadLetterGroup, 0, len(groups))
	for _, g := range groups {
		items = append(items, DeadLetterGroup{
			Stage: g.Stage, System: g.System, Stream: g.Stream, Cause: g.Cause, Count: g.Count, Oldest: g.Oldest, Newest: letterOf(g.Newest),
		})
	}
	return &listOutput[DeadLetterGroup]{List[DeadLetterGroup]{Items: items}}, err
}

// LetterSelection names dead letters: some, or all that a filter leaves.
type LetterSelection struct {
	IDs []int64 `json:"ids,omitempty" maxItems:"1000" doc:"these letters, whatever their state"`
	All bool    `json:"all,omitempty" doc:"all open letters that the filter leaves"`
	LetterFilter
	Before int64 `json:"before,omitempty" doc:"next of the answer before: letters with smaller numbers"`
}

func (s LetterSelection) choice() (hub.LetterChoice, error) {
	if s.All == (len(s.IDs) > 0) || !s.All && s.LetterFilter != (LetterFilter{State: s.State}) {
		return hub.LetterChoice{}, &hub.RequestError{Field: "ids", Expected: "either ids, or all: true, with or without a filter"}
	}
	c := hub.LetterChoice{IDs: s.IDs, Query: s.query()}
	c.Query.Before = s.Before
	return c, nil
}

type replayLettersInput struct {
	Once
	Body LetterSelection
}

type letterResultOutput struct{ Body hub.LetterResult }

// replayDeadLetters publishes to Kafka, which no transaction of the store includes. It is done in steps,
// each of which says with its letters how far it is: asked again after the process has ended, it goes on
// there. Only the step at which it ended is done again. What that publishes again is the same version of the
// same record, and has no effect; only bytes that never were a record come in as new ones once more.
func (a *API) replayDeadLetters(ctx context.Context, in *replayLettersInput) (*letterResultOutput, error) {
	choice, err := in.Body.choice()
	if err != nil {
		return nil, err
	}
	var from hub.LetterProgress
	if err := gotTo(ctx, &from); err != nil {
		return nil, err
	}
	result, err := a.hub.ReplayLetters(ctx, choice, from, keptWith(ctx, unfinished))
	return &letterResultOutput{result}, err
}

type dropLettersInput struct {
	Once
	Body struct {
		LetterSelection
		Reason string `json:"reason" minLength:"1" doc:"why the records are not needed"`
	}
}

func (a *API) dropDeadLetters(ctx context.Context, in *dropLettersInput) (*letterResultOutput, error) {
	choice, err := in.Body.choice()
	if err != nil {
		return nil, err
	}
	result, err := a.hub.DropLetters(ctx, choice, in.Body.Reason, keptWith(ctx, http.StatusOK))
	return &letterResultOutput{result}, err
}
