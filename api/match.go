package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/golden/match"
	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerMatch(api huma.API) {
	get(a, api, "/v1/match/explain", "explain-match", "match", "Why two records are one customer or not: each summand of the pair's weight", a.explainMatch)
	get(a, api, "/v1/match/report", "match-report", "match", "How matching does on all live records: weak links, sizes, tasks, generic keys", a.matchReport)
	post(a, api, "/v1/match/training", "train-match", "match", "Learns parameters from all live records, and gives them as a file; changes nothing", http.StatusOK, a.train)
}

type matchInput struct {
	A string `query:"a" required:"true" minLength:"5" doc:"key of a record, system/stream/id"`
	B string `query:"b" required:"true" minLength:"5" doc:"key of another"`
}

type matchOutput struct{ Body *hub.PairExplanation }

func (a *API) explainMatch(ctx context.Context, in *matchInput) (*matchOutput, error) {
	found, err := a.hub.ExplainPair(ctx, in.A, in.B)
	return &matchOutput{found}, asked(err)
}

type matchReportOutput struct{ Body *hub.MatchReport }

func (a *API) matchReport(ctx context.Context, _ *struct{}) (*matchReportOutput, error) {
	found, err := a.hub.MatchReport(ctx)
	return &matchReportOutput{found}, err
}

type trainInput struct {
	Once
	Body hub.TrainRequest
}

type trainOutput struct{ Body hub.TrainingReport }

func (a *API) train(ctx context.Context, in *trainInput) (*trainOutput, error) {
	found, err := a.hub.Train(ctx, in.Body)
	if errors.Is(err, match.ErrUntrainable) {
		return nil, huma.Error409Conflict(err.Error())
	}
	return &trainOutput{found}, err
}
