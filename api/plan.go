package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerPlans(api huma.API) {
	post(a, api, "/v1/plans", "plan", "match", "What another ruleset, or another folder, would do: to records, customers and targets; changes nothing", http.StatusOK, a.plan)
}

type planInput struct {
	Once
	Body hub.PlanRequest
}

type planOutput struct{ Body *hub.Plan }

func (a *API) plan(ctx context.Context, in *planInput) (*planOutput, error) {
	if _, remote := ctx.Value(callerKey{}).(caller); remote && in.Body.Folder != "" {
		return nil, huma.Error403Forbidden("a folder may be named only through the socket of the data folder; send the ruleset instead")
	}
	found, err := a.hub.Plan(ctx, in.Body)
	return &planOutput{found}, err
}
