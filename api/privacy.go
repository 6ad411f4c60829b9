package api

import (
	"context"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/touchstone-hub/touchstone/hub"
)

func (a *API) registerPrivacy(api huma.API) {
	post(a, api, "/v1/privacy/erasures", "erase-customer", "privacy", "Remove a person everywhere (role admin)", http.StatusOK, a.erase)
	get(a, api, "/v1/privacy/erasures", "list-erasures", "privacy", "Who was removed when and why, without who it was; newest first", a.erasures)
	get(a, api, "/v1/privacy/erasures/{id}", "get-erasure", "privacy", "One removal with its receipts", a.erasure)
	post(a, api, "/v1/privacy/erasures/{id}/lift", "lift-erasure", "privacy", "Let a person in again (role admin)", http.StatusOK, a.lift)
	post(a, api, "/v1/privacy/erasures/{id}/receipts/close", "close-receipt", "privacy", "Close a receipt about which a person is asked, or which the target refused (role admin)", http.StatusOK, a.closeReceipt)
}

// admin refuses callers whose key has another role than admin. Those without keys have come through
// the socket of the data folder.
func admin(ctx context.Context) error {
	if who, ok := ctx.Value(callerKey{}).(caller); ok && who.role != "admin" {
		return huma.Error403Forbidden("this takes an API key with the role admin")
	}
	return nil
}

// noStore marks answers that may name records: nobody keeps them, the hub's own memory of answers
// included.
const noStore = "no-store"

type eraseInput struct {
	Once
	Body hub.EraseRequest
}

type erasureOutput struct {
	CacheControl string `header:"Cache-Control"`
	Body         hub.Erasure
}

func (a *API) erase(ctx context.Context, in *eraseInput) (*erasureOutput, error) {
	if err := admin(ctx); err != nil {
		return nil, err
	}
	in.Body.Author = author(ctx, in.Body.Author)
	e, err := a.hub.Erase(ctx, in.Body, keptWith(ctx, http.StatusOK))
	out := &erasureOutput{Body: e}
	if in.Body.DryRun {
		out.CacheControl = noStore
	}
	return out, err
}

func (a *API) erasures(ctx context.Context, in *Page) (*listOutput[hub.Erasure], error) {
	before, err := in.after(1)
	if err != nil {
		return nil, err
	}
	found, err := a.hub.Erasures(ctx, before[0], in.Limit+1)
	return &listOutput[hub.Erasure]{page(slices.Clone(found), in.Limit, func(e hub.Erasure) string { return cursor(e.ID) })}, err
}

type erasureInput struct {
	ID string `path:"id" doc:"of the erasure, E…"`
}

func (a *API) erasure(ctx context.Context, in *erasureInput) (*erasureOutput, error) {
	e, err := a.hub.Erasure(ctx, in.ID)
	return &erasureOutput{Body: e}, err
}

type liftInput struct {
	Once
	ID   string `path:"id" doc:"of the erasure, E…"`
	Body hub.LiftRequest
}

func (a *API) lift(ctx context.Context, in *liftInput) (*erasureOutput, error) {
	if err := admin(ctx); err != nil {
		return nil, err
	}
	in.Body.Author = author(ctx, in.Body.Author)
	e, err := a.hub.LiftErasure(ctx, in.ID, in.Body, keptWith(ctx, http.StatusOK))
	return &erasureOutput{Body: e}, err
}

type closeReceiptInput struct {
	Once
	ID   string `path:"id" doc:"of the erasure, E…"`
	Body hub.CloseReceiptRequest
}

func (a *API) closeReceipt(ctx context.Context, in *closeReceiptInput) (*erasureOutput, error) {
	if err := admin(ctx); err != nil {
		return nil, err
	}
	in.Body.Author = author(ctx, in.Body.Author)
	e, err := a.hub.CloseReceipt(ctx, in.ID, in.Body, keptWith(ctx, http.StatusOK))
	return &erasureOutput{Body: e}, err
}
