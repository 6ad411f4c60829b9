package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerPlans(api huma.API) {
	post(a, api, "/v1/plans", "plan", "match", "What another ruleset would do: which customers would merge, split or change; changes nothing", http.StatusOK, a.plan)
}

type planInput struct {
	Once
	Body hub.PlanRequest
}

type planOutput struct{ Body *hub.Plan }

func (a *API) plan(ctx context.Context, in *planInput) (*planOutput, error) {
	found, err := a.hub.Plan(ctx, in.Body)
	return &planOutput{found}, err
}
