package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerTrace(api huma.API) {
	get(a, api, "/v1/trace", "trace", "operation", "The journey of a customer, a record or a message through all stages, oldest step first", a.trace)
}

type traceInput struct {
	ID    string    `query:"id" required:"true" minLength:"1" doc:"golden ID, key of a record (system/stream/id), or correlation ID"`
	Since time.Time `query:"since" doc:"only what came in at this time or later"`
	Limit int       `query:"limit" default:"10" minimum:"1" maximum:"100" doc:"most versions of a record, and changes of a customer, newest first"`
}

type traceOutput struct{ Body hub.Trace }

func (a *API) trace(ctx context.Context, in *traceInput) (*traceOutput, error) {
	found, err := a.hub.Trace(ctx, hub.TraceQuery{ID: in.ID, Since: in.Since, Limit: in.Limit})
	return &traceOutput{found}, err
}
