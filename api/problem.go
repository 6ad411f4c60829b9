package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/golden"
)

// writeProblem answers with a problem document (RFC 9457) outside of huma's operations.
func writeProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(huma.ErrorModel{Title: http.StatusText(status), Status: status, Detail: detail})
}

// problem is the answer to an error of the rooms below.
func (a *API) problem(ctx context.Context, err error) error {
	var known huma.StatusError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, golden.ErrNotFound):
		return huma.Error404NotFound(err.Error())
	case ctx.Err() != nil:
		return huma.NewError(http.StatusServiceUnavailable, "the request was given up")
	}
	a.log.ErrorContext(ctx, "request failed", "error", err)
	return huma.Error500InternalServerError("the store could not answer")
}

// invalid is the answer to a parameter that is wrong.
func invalid(parameter, found, expected string) error {
	return huma.Error400BadRequest("a parameter is wrong", &huma.ErrorDetail{
		Location: "query." + parameter, Value: found, Message: "expected " + expected,
	})
}

// handler fits a function on a plain request to huma.
func handler[I, O any](a *API, do func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	}
}

func notFound(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, golden.ErrNotFound)...)
}

// huma answers 422 to parameters that do not validate. RFC 9110 means that status for content; what
// is wrong here is the request, as with the parameters that this package looks at itself: 400.

// badRequest is a request whose invalid parameters are answered with 400.
type badRequest struct{ request }

type request = huma.Context

// SetStatus sets the status of the answer.
func (c badRequest) SetStatus(status int) {
	if status == http.StatusUnprocessableEntity {
		status = http.StatusBadRequest
	}
	c.request.SetStatus(status)
}

func badRequests(c huma.Context, next func(huma.Context)) { next(badRequest{c}) }

// badRequestBody makes the problem document say the same as the status.
func badRequestBody(_ huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*huma.ErrorModel); ok && p.Status == http.StatusUnprocessableEntity {
		p.Status, p.Title, p.Detail = http.StatusBadRequest, http.StatusText(http.StatusBadRequest), "a parameter is wrong"
	}
	return v, nil
}
