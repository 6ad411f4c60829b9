package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
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
func problem(ctx context.Context, err error) error {
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
	slog.ErrorContext(ctx, "request failed", "error", err)
	return huma.Error500InternalServerError("the store could not answer")
}

// invalid is the answer to a parameter that is wrong.
func invalid(parameter, found, expected string) error {
	return huma.Error400BadRequest("a parameter is wrong", &huma.ErrorDetail{
		Location: "query." + parameter, Value: found, Message: "expected " + expected,
	})
}

// handler fits a function on a plain request to huma.
func handler[I, O any](do func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		out, err := do(ctx, in)
		if err != nil {
			return nil, problem(ctx, err)
		}
		return out, nil
	}
}

func notFound(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, golden.ErrNotFound)...)
}
