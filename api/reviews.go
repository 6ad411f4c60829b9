package api

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/canonical"
	"github.com/touchstone-hub/touchstone/golden"
)

func (a *API) registerReviews(api huma.API) {
	get(a, api, "/v1/reviews", "list-reviews", "people", "Questions for people, by priority", a.reviews)
	get(a, api, "/v1/reviews/{id}", "get-review", "people", "One question, with the records that it is about", a.review)
	act(a, api, "/v1/reviews/{id}/answer", "answer-review", "people", "Answer a question about records: the same customer, or different ones", a.answer)
}

// Review is a question for people.
type Review struct {
	ID       string          `json:"id"`
	Kind     golden.TaskKind `json:"kind" enum:"match,conflict,size,home,outcome"`
	Records  []string        `json:"records" doc:"source records in question, system/stream/id"`
	Priority int32           `json:"priority" doc:"higher comes first: how likely it is one customer, and what hangs on it"`
	Score    float64         `json:"score" doc:"weight of the pair, in bits"`
	Detail   json.RawMessage `json:"detail,omitempty" doc:"why it is asked, and what the priority counts"`
	Time     time.Time       `json:"time"`
	Closed   *time.Time      `json:"closed,omitempty"`
}

// bit is the unit of a task's score.
const bit = 1024

func reviewOf(t golden.Task) Review {
	return Review{
		ID: t.ID, Kind: t.Kind, Records: t.Records, Priority: t.Priority, Score: float64(t.Score) / bit,
		Detail: t.Detail, Time: t.At, Closed: t.Closed,
	}
}

type reviewsInput struct {
	Kind   string `query:"kind" enum:"match,conflict,size,home,outcome"`
	Record string `query:"record" doc:"system/stream/id"`
	Closed bool   `query:"closed" doc:"those that are settled too"`
	Page
}

func (a *API) reviews(ctx context.Context, in *reviewsInput) (*listOutput[Review], error) {
	after, err := in.after(2)
	if err != nil {
		return nil, err
	}
	priority, err := strconv.ParseInt(cmp.Or(after[0], "0"), 10, 32)
	if err != nil {
		return nil, invalid("cursor", in.Cursor, "the next of an earlier answer")
	}
	tasks, err := a.store.Tasks(ctx, golden.TaskQuery{
		Kind: golden.TaskKind(in.Kind), Record: in.Record, Closed: in.Closed, After: after[1], AfterPriority: int32(priority), Limit: in.Limit + 1,
	})
	if err != nil {
		return nil, err
	}
	items := make([]Review, 0, len(tasks))
	for _, t := range tasks {
		items = append(items, reviewOf(t))
	}
	return &listOutput[Review]{page(items, in.Limit, func(r Review) string { return cursor(strconv.FormatInt(int64(r.Priority), 10), r.ID) })}, nil
}

// ReviewDetail is a question with what it is about.
type ReviewDetail struct {
	Review
	Sources   []ReviewSource    `json:"sources" doc:"the records in question, as they are now"`
	Decisions []golden.Decision `json:"decisions" doc:"what people decided about them, newest first, undone decisions too"`
}

// ReviewSource is one record of a question.
type ReviewSource struct {
	Key      string                       `json:"key" doc:"system/stream/id"`
	Customer string                       `json:"customer,omitempty" doc:"golden ID of the customer that it belongs to now; absent where it is deleted"`
	Version  int64                        `json:"version,omitempty" doc:"of the customer"`
	Document Document[canonical.Customer] `json:"document"`
}

type reviewInput struct {
	ID string `path:"id"`
}

type reviewOutput struct{ Body ReviewDetail }

func (a *API) review(ctx context.Context, in *reviewInput) (*reviewOutput, error) {
	tasks, err := a.store.Tasks(ctx, golden.TaskQuery{ID: in.ID, Closed: true, Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(tasks) == 0 {
		return nil, notFound("review %s", in.ID)
	}
	out := &reviewOutput{ReviewDetail{Review: reviewOf(tasks[0])}}
	if out.Body.Sources, err = a.reviewSources(ctx, tasks[0].Records); err != nil {
		return nil, err
	}
	out.Body.Decisions, err = a.store.Decisions(ctx, golden.DecisionQuery{Records: append([]string{}, tasks[0].Records...), Undone: true, Limit: 100})
	if out.Body.Decisions == nil {
		out.Body.Decisions = []golden.Decision{}
	}
	return out, err
}

func (a *API) reviewSources(ctx context.Context, keys []string) ([]ReviewSource, error) {
	sources := make([]ReviewSource, 0, len(keys))
	for _, key := range keys {
		s := ReviewSource{Key: key}
		found, err := a.store.FindCustomers(ctx, golden.Query{Lookups: []golden.Lookup{{Kind: golden.LookupRecord, Value: key}}, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			s.Customer, s.Version = found[0].ID, found[0].Version
			members, err := a.store.SourcesOf(ctx, found[0].No)
			if err != nil {
				return nil, err
			}
			if at := slices.IndexFunc(members, func(r golden.SourceRecord) bool { return r.Key == key }); at >= 0 {
				s.Document = members[at].Doc
			}
		}
		sources = append(sources, s)
	}
	return sources, nil
}

type answerInput struct {
	Once
	ID   string `path:"id"`
	Body struct {
		ActBody
		Strength
		Verdict golden.Verdict `json:"verdict" enum:"same,different"`
		Left    []string       `json:"left,omitempty" doc:"of a question about more than two records: which of them"`
		Right   []string       `json:"right,omitempty" doc:"against which"`
	}
}

func (a *API) answer(ctx context.Context, in *answerInput) (*effectsOutput, error) {
	b := in.Body
	return a.do(ctx, b.ActBody, golden.Act{Strength: b.Strength.Strength, Do: golden.Answer(in.ID, b.Verdict, b.Left, b.Right)})
}
